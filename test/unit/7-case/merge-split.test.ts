/** Cases that people make one of, or take apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import { readPrecision } from '../../../collector/src/7-case/precision.ts';
import { isHeld } from '../../../collector/src/7-case/readers.ts';
import { Bench, draft, hour, minute, movedDelegation, start } from './keeper-harness.ts';
import { inventory } from './opened-case.ts';

void test('merge and split by a person: the older survives, the separated never glue again', () => {
  const { bench, older, younger, first, second } = twoCases();
  bench.say('case.merge', { case_id: younger, with: older }, start + 2 * minute);
  const merged = bench.only();
  assert.equal(merged.case_id, older);
  assert.equal(bench.cases.get(younger)?.merged_into, older);
  bench.say('case.note', { case_id: younger, text: 'same hand' }, start + 3 * minute);
  assert.ok(
    bench.only().timeline.some((line) => line.text.includes('same hand')),
    'words reach the survivor',
  );
  bench.say('case.split', { case_id: merged.case_id, finding_ids: [second.finding_id] }, start + 4 * minute);
  assert.deepEqual(
    bench.standing().map((each) => each.domains),
    [['pay.example'], ['two.example']],
  );
  const both = draft({ detection: 'X03', domains: ['pay.example', 'two.example'] }, [
    ...first.evidence,
    ...second.evidence,
  ]);
  bench.finding(both, start + 5 * minute);
  assert.equal(bench.standing().length, 2, 'a person separated them');
  bench.say('case.split', { case_id: merged.case_id, finding_ids: ['none'] }, start + 6 * minute);
  assert.equal(bench.standing().length, 2);
});

/** Two cases, each of one finding: `first` by one person, `second` a minute later by another. */
function twoCases(): {
  bench: Bench;
  older: string;
  younger: string;
  first: FindingDraft;
  second: FindingDraft;
} {
  const bench = new Bench(inventory);
  const by = (actor: string, domain: string, atMs: number) => ({
    ...movedDelegation(domain, `ns1.${actor}.example`, atMs),
    actor_id: actor,
  });
  const first = by('okta:a', 'pay.example', start);
  const second = by('okta:b', 'two.example', start + minute);
  bench.finding(first, start);
  bench.finding(second, start + minute);
  const [older = '', younger = ''] = [...bench.cases.keys()];
  return { bench, older, younger, first, second };
}

void test('a merge never hides an open incident in a closed case, nor loses a hold or a step', () => {
  const { bench, older, younger } = twoCases();
  bench.say('case.closed', { case_id: older, disposition: 'false_positive' }, start + hour);
  bench.say('case.held', { case_id: younger }, start + hour, 'okta:counsel');
  bench.say('action.executed', { case_id: younger, step: 'verify_owner' }, start + hour, 'okta:jane');
  bench.say('case.merge', { case_id: younger, with: older }, start + 2 * hour, 'okta:jane');
  const survivor = bench.cases.get(older);
  assert.equal(survivor?.state, 'reopened');
  assert.equal(survivor.disposition, null);
  assert.deepEqual(
    readPrecision(bench.state()).map(({ judged, false_positive: wrong }) => [judged, wrong]),
    [[0, 0]],
    'the verdict is taken back from the findings it was given for, and from no other',
  );
  assert.equal(bench.cases.get(younger)?.merged_into, older);
  assert.ok(isHeld(bench.state(), older), 'the hold moves with the evidence');
});

void test('two cases that become one are as far as the one that is less far', () => {
  const { bench, older, younger } = twoCases();
  bench.say('case.contained', { case_id: older }, start + hour);
  bench.say('case.merge', { case_id: older, with: younger }, start + 2 * hour);
  assert.equal(bench.only().state, 'acknowledged');
});

void test('a case taken out keeps hold, page and the lines its findings stand on', () => {
  const { bench, older, younger, first } = twoCases();
  const pagedYounger = bench.cases.get(younger)?.paged_at;
  assert.notEqual(pagedYounger, null);
  bench.say('case.merge', { case_id: older, with: younger }, start + hour);
  bench.say('case.held', { case_id: older }, start + hour + minute, 'okta:counsel');
  bench.say('case.split', { case_id: older, finding_ids: [first.finding_id] }, start + 2 * hour, 'okta:jane');
  const created = bench.standing().find(({ finding_ids: ids }) => ids.includes(first.finding_id));
  assert.notEqual(created?.case_id, older);
  assert.ok(isHeld(bench.state(), created?.case_id ?? ''));
  assert.notEqual(created?.paged_at, null, 'its finding woke somebody up');
  assert.ok(
    created?.timeline.some(({ kind, domain }) => kind !== 'finding' && domain === 'pay.example'),
    'the change itself is told in the new case',
  );
  assert.ok(!created?.timeline.some(({ kind, domain }) => kind !== 'finding' && domain === 'two.example'));
});
