/** What an approval does to the severity of the very change it names, and to one beside it (detection reference 3.11, F4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intent } from '../../collector/src/contract/inventory.ts';
import { at, eventOf, smallInventory } from '../unit/4-ledger/stage-harness.ts';
import { played } from './whole-pipeline.ts';

const start = '2026-03-02T10:00:00.000Z';

const intent: Intent = {
  id: 'CHG-7',
  tenant: 'acme',
  source: 'ticket',
  valid_from: at(start, -60),
  valid_until: at(start, 60),
  changes: [
    { domain: 'pay.example', action: 'record', name: 'www.pay.example', type: 'A', new: ['192.0.2.44'] },
  ],
};

async function verdict(value: string, intents: readonly Intent[]) {
  const event = eventOf({
    event_type: 'dns.record.updated',
    timestamp: start,
    source_kind: 'dns_provider_audit',
    acquisition: 'push',
    actor_id: 'provider-a:alice',
    actor_type: 'user',
    domain: 'pay.example',
    record_name: 'www.pay.example',
    record_type: 'A',
    attribute: 'records',
    old_value: ['192.0.2.10'],
    old_known: true,
    new_value: [value],
  });
  const inventory = smallInventory({ tier: 2, critical_hosts: ['www'] });
  const { findings, cases } = await played({ inventory, intents, events: [event] });
  const finding = findings.find(({ detection }) => detection === 'C02');
  return { finding, cases };
}

test('exact match lowers, the right name with a wrong value raises, a bare window changes nothing', async () => {
  const window: Intent = {
    ...intent,
    changes: intent.changes.map(({ new: _value, ...change }) => change),
  };
  const open = await verdict('203.0.113.66', []);
  const exact = await verdict('192.0.2.44', [intent]);
  const wrong = await verdict('203.0.113.66', [intent]);
  const bare = await verdict('203.0.113.66', [window]);
  assert.equal(exact.finding, undefined, 'what was meant is no finding');
  assert.ok(exact.cases.every(({ paged_at: paged }) => paged === null));
  const scoreOf = ({ finding }: typeof open): number => finding?.severity_score ?? -1;
  // 0.7 on tier 2 with effect 1; a wrong value for an approved object counts 1.4 of it, at most 1.
  assert.equal(scoreOf(open), 0.35);
  assert.equal(scoreOf(wrong), 0.49);
  assert.ok(wrong.finding?.severity_terms.includes('approved was another value for this very object x1.4'));
  assert.ok(scoreOf(bare) <= scoreOf(open));
  assert.notEqual(bare.finding, undefined, 'a time span approves nothing');
});

test('a host without a baseline: the approval names what it should be, so that another value needs no history', async () => {
  const event = eventOf({
    event_type: 'dns.record.updated',
    timestamp: start,
    source_kind: 'dns_provider_audit',
    acquisition: 'push',
    actor_id: 'provider-a:alice',
    actor_type: 'user',
    domain: 'pay.example',
    record_name: 'api.pay.example',
    record_type: 'A',
    attribute: 'records',
    old_value: ['192.0.2.12'],
    old_known: true,
    new_value: ['203.0.113.9'],
  });
  const named: Intent = {
    ...intent,
    changes: [
      { domain: 'pay.example', action: 'record', name: 'api.pay.example', type: 'A', new: ['192.0.2.45'] },
    ],
  };
  const severityWith = async (intents: readonly Intent[]): Promise<string | undefined> => {
    const { findings } = await played({ inventory: smallInventory(), intents, events: [event] });
    return findings.find(({ detection }) => detection === 'C02')?.severity;
  };
  // 0.7 x 1.4 on tier 0. Without a baseline of any kind at most medium (3.6).
  assert.equal(await severityWith([named]), 'critical');
  assert.equal(await severityWith([]), 'medium');
});

test('an intent that ended unused is named in the summary, one that was used is not', async () => {
  const change = (minutes: number) =>
    eventOf({
      event_type: 'dns.record.updated',
      timestamp: at(start, minutes),
      source_kind: 'dns_provider_audit',
      domain: 'pay.example',
      record_name: 'www.pay.example',
      record_type: 'A',
      attribute: 'records',
      old_value: ['192.0.2.10'],
      old_known: true,
      new_value: ['192.0.2.44'],
    });
  const summaryOf = async (minutes: number) =>
    (await played({ inventory: smallInventory(), intents: [intent], events: [change(minutes), change(900)] }))
      .summary.unused_intents;
  assert.deepEqual(await summaryOf(10), []);
  assert.deepEqual(await summaryOf(300), [
    {
      about: 'pay.example',
      changes: ['record www.pay.example A: ["192.0.2.44"]'],
      intent: 'CHG-7',
      tenant: 'acme',
    },
  ]);
});

test('hit and run: the return to the approved value is approved, the excursion was not, and a later look changes nothing', async () => {
  const ours = ['ns1.provider-a.example', 'ns2.provider-a.example'];
  const strange = ['ns1.elsewhere.example'];
  const moved = (minutes: number, old: string[], now: string[]) =>
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: at(start, minutes),
      domain: 'pay.example',
      attribute: 'nameservers',
      old_value: old,
      old_known: true,
      new_value: now,
    });
  const seenAgain = eventOf({
    event_type: 'registrar.domain.nameservers_changed',
    timestamp: at(start, 90),
    source_kind: 'rdap_poll',
    domain: 'pay.example',
    attribute: 'nameservers',
    old_value: strange,
    old_known: true,
    new_value: ours,
  });
  const { findings, cases } = await played({
    inventory: smallInventory(),
    events: [moved(0, ours, strange), moved(10, strange, ours), seenAgain],
  });
  const found = findings.filter(({ detection }) => detection === 'C09');
  // The probe and RDAP each saw it come back.
  assert.deepEqual(
    found.map(({ severity, severity_score: score }) => [severity, score]),
    [
      ['critical', 0.85],
      ['critical', 0.85],
    ],
  );
  assert.match(
    cases[0]?.title ?? '',
    /^Delegation of pay\.example went to ns1\.elsewhere\.example and came back, nobody approved it$/,
  );
});
