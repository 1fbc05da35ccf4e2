/** Deadlines of visibility: data with source and date, the same rows in code, and what they do to a claim. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { propagation, propagationMs } from '../../../collector/src/4-ledger/propagation.ts';
import { changeFacts } from '../../../collector/src/contract/ledger.ts';
import { at, createHarness, eventOf, ms, smallInventory } from './stage-harness.ts';

const start = '2026-11-01T00:00:00.000Z';
const minuteMs = 60_000;

test('code and data have the same rows, each with source and date', () => {
  const path = new URL('../../../collector/data/propagation.json', import.meta.url);
  const { rows } = JSON.parse(readFileSync(path, 'utf8')) as {
    rows: { what: string; for: string; minutes: number; source: string; date: string }[];
  };
  assert.deepEqual(
    rows.map(({ what, for: name, minutes }) => ({ what, for: name, minutes })),
    propagation,
  );
  for (const { source, date } of rows) {
    assert.ok(source.length > 20);
    assert.match(date, /^\d{4}-\d\d-\d\d$/);
  }
});

test('the longest suffix that fits counts; everything else has the row for all', () => {
  assert.equal(propagationMs('delegation', 'pay.no'), 165 * minuteMs);
  assert.equal(propagationMs('delegation', 'shop.co.uk'), 60 * minuteMs);
  assert.equal(propagationMs('delegation', 'pay.example'), 60 * minuteMs);
  assert.equal(propagationMs('registration', 'pay.no'), 1440 * minuteMs);
  assert.equal(propagationMs('records', 'aws'), 10 * minuteMs);
});

/** Claim of new name servers that the probe, which looks every minute, never sees. */
function stateAfter(domain: string, minutes: number): string | undefined {
  const inventory = smallInventory({ domain });
  const sources = [
    { kind: 'delegation_probe', intervalMs: minuteMs },
    { kind: 'registrar_audit', intervalMs: minuteMs },
  ];
  const harness = createHarness(ledgerAnnotators, { inventory, sources });
  const about = { domain, attribute: 'nameservers' } as const;
  harness.event(
    eventOf({
      ...about,
      event_type: 'registrar.domain.state_observed',
      timestamp: start,
      new_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
    }),
  );
  harness.event(
    eventOf({
      ...about,
      event_type: 'registrar.domain.nameservers_changed',
      source_kind: 'registrar_audit',
      acquisition: 'push',
      timestamp: at(start, 10),
      new_value: ['ns1.provider-b.example'],
    }),
  );
  harness.advance(ms(at(start, 10 + minutes)));
  return changeFacts(harness.state('domain', domain)).at(-1)?.state;
}

test('a claim is contradicted when the registry should have published it, not before', () => {
  // Two looks of the probe and the row of the registry.
  assert.equal(stateAfter('pay.example', 61), 'claimed');
  assert.equal(stateAfter('pay.example', 62), 'contradicted');
  assert.equal(stateAfter('pay.no', 62), 'claimed', 'Norid publishes every two hours');
  assert.equal(stateAfter('pay.no', 166), 'claimed');
  assert.equal(stateAfter('pay.no', 167), 'contradicted');
});
