/**
 * Cases against Incident Finding (2005) of OCSF 1.8: the tables below are written down from the schema's
 * events/findings/incident_finding.json and profiles/incident.json. Every case a person can see must fit.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ocsfOf } from '../../../../collector/src/8-sink/webhook/ocsf.ts';
import type { Case } from '../../../../collector/src/contract/case.ts';
import { severities } from '../../../../collector/src/contract/severity.ts';
import { sampleCase, signalOf } from '../sample-signals.ts';

/** Base event, class and profile: required attributes. */
const required = [
  'activity_id',
  'category_uid',
  'class_uid',
  'finding_info_list',
  'metadata',
  'severity_id',
  'status_id',
  'time',
  'type_uid',
];

/** What we write beyond that; everything else would be a word the class does not have. */
const known = new Set([
  ...required,
  'assignee',
  'assignee_group',
  'desc',
  'end_time',
  'impact_id',
  'is_suspected_breach',
  'message',
  'priority_id',
  'start_time',
  'tickets',
  'unmapped',
  'verdict_id',
]);

/** Enumerations of the class; 0 is Unknown and 99 Other everywhere. */
const values: Readonly<Record<string, readonly number[]>> = {
  activity_id: [0, 1, 2, 3, 99],
  severity_id: [0, 1, 2, 3, 4, 5, 6, 99],
  status_id: [0, 1, 2, 3, 4, 5, 99],
  verdict_id: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99],
  impact_id: [0, 1, 2, 3, 4, 99],
  priority_id: [0, 1, 2, 3, 4, 99],
};

const states: readonly Case['state'][] = ['new', 'acknowledged', 'contained', 'closed', 'reopened', 'merged'];

function everyCase(): Case[] {
  return states.flatMap((state) =>
    severities.flatMap((severity) =>
      ([null, 'true_positive', 'false_positive', 'benign_positive'] as const).flatMap((disposition) =>
        [null, 'dns-ops'].flatMap((team) =>
          [null, 'okta:jane@acme.example'].flatMap((assignee) =>
            [false, true].map((drill) => sampleCase({ state, severity, disposition, team, assignee, drill })),
          ),
        ),
      ),
    ),
  );
}

test('every case is a whole Incident Finding', () => {
  const cases = everyCase();
  assert.equal(cases.length, 960);
  for (const one of cases) {
    const out = ocsfOf(signalOf('case', one));
    const name = JSON.stringify([
      one.state,
      one.severity,
      one.disposition,
      one.team,
      one.assignee,
      one.drill,
    ]);
    for (const attribute of required) assert.notEqual(out[attribute], undefined, `${name} ${attribute}`);
    for (const attribute of Object.keys(out)) assert.ok(known.has(attribute), `${name} ${attribute}`);
    for (const [attribute, allowed] of Object.entries(values))
      assert.ok(allowed.includes(out[attribute] as number), `${name} ${attribute} ${String(out[attribute])}`);
    assert.equal(out['class_uid'], 2005);
    assert.equal(out['type_uid'], 200_500 + (out['activity_id'] as number));
    // The constraint of the class: at least one of assignee and assignee_group.
    assert.ok(out['assignee'] !== undefined || out['assignee_group'] !== undefined, name);
    const metadata = out['metadata'] as { version: string; profiles: string[] };
    assert.deepEqual([metadata.version, metadata.profiles], ['1.8.0', ['incident']]);
    for (const info of out['finding_info_list'] as { uid: string; title: string }[])
      assert.ok(info.uid !== '' && info.title !== '');
    assert.ok((out['start_time'] as number) <= (out['end_time'] as number));
  }
});

test('what people decided is said in the words of the class', () => {
  const read = (over: Partial<Case>) => {
    const out = ocsfOf(signalOf('case', sampleCase(over)));
    return [out['activity_id'], out['status_id'], out['verdict_id'], out['is_suspected_breach']];
  };
  const table: readonly (readonly [Partial<Case>, readonly unknown[]])[] = [
    [{ revision: 0, state: 'new' }, [1, 1, 0, false]],
    [{ revision: 1, state: 'acknowledged' }, [2, 2, 0, false]],
    [{ revision: 2, state: 'contained' }, [2, 4, 0, false]],
    [{ revision: 3, state: 'closed', disposition: 'true_positive' }, [3, 5, 2, true]],
    [{ revision: 3, state: 'closed', disposition: 'false_positive' }, [3, 5, 1, false]],
    [{ revision: 3, state: 'closed', disposition: 'benign_positive' }, [3, 5, 5, false]],
    [{ revision: 4, state: 'reopened', disposition: null }, [2, 2, 0, false]],
    [{ revision: 5, state: 'merged' }, [3, 5, 0, false]],
    [{ revision: 1, state: 'closed', disposition: 'true_positive', drill: true }, [3, 5, 6, false]],
  ];
  for (const [over, expected] of table) assert.deepEqual(read(over), expected, JSON.stringify(over));
  const impacts = severities.map(
    (severity) => ocsfOf(signalOf('case', sampleCase({ severity })))['impact_id'],
  );
  assert.deepEqual(Object.fromEntries(severities.map((severity, n) => [severity, impacts[n]])), {
    informational: 1,
    low: 1,
    medium: 2,
    high: 3,
    critical: 4,
  });
});
