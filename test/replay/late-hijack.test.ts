/** A hijack that the registrar's log tells hours later, when everything is back, is still found at the certificate it was made for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, eventOf, smallInventory } from '../unit/4-ledger/stage-harness.ts';
import { played } from './whole-pipeline.ts';

const start = '2026-03-02T10:00:00.000Z';
const own = ['ns1.provider-a.example', 'ns2.provider-a.example'];

test('the certificate of a hijack nobody saw is stated again when the log comes, once, in any order of arrival', async () => {
  const moved = (minutes: number, value: string[], polledSince?: number) =>
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: at(start, minutes),
      ...(polledSince === undefined ? {} : { timestamp_earliest: at(start, polledSince) }),
      domain: 'pay.example',
      attribute: 'nameservers',
      source_kind: 'rdap_poll',
      source_id: 'rdap',
      new_value: value,
    });
  const events = [
    { ...moved(0, own), event_type: 'registrar.domain.state_observed' },
    eventOf({
      event_type: 'cert.precert_logged',
      timestamp: at(start, 70),
      domain: 'pay.example',
      source_kind: 'ct_log',
      source_id: 'ct',
      cert: { names: ['pay.example'], issuer_cn: 'Free CA', not_before: at(start, 60), serial: 'a' },
    }),
    moved(360, ['ns1.stranger.example'], 30),
  ];
  const result = await played({ inventory: smallInventory(), events });
  const verdicts = result.findings.filter(
    ({ detection, title }) =>
      detection === 'T01' && title === 'Certificate issued while the domain was not ours',
  );
  assert.equal(verdicts.length, 1);
  assert.equal(verdicts[0]?.severity, 'critical');
  assert.deepEqual(await played({ inventory: smallInventory(), events: events.toReversed() }), result);
});
