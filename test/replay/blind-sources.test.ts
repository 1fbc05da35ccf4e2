/** A finding is degraded by the sources that watch its own domain, and by no others of their kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { Inventory } from '../../collector/src/contract/inventory.ts';
import { at, eventOf, smallInventory } from '../unit/4-ledger/stage-harness.ts';
import { played } from './whole-pipeline.ts';

const start = '2026-03-02T10:00:00.000Z';
const [pay] = smallInventory().domains ?? [];
assert.ok(pay !== undefined);
const inventory: Inventory = {
  ...smallInventory(),
  domains: [pay, { ...pay, domain: 'shop.example', registrar_account: 'registrar-b/1', approved: {} }],
};

/** `pay.example` is polled by `rdap-a`, `shop.example` by `rdap-b`; then `rdap-b` falls silent, and both are taken. */
function story(): CanonicalEvent[] {
  const watched = [
    ['pay.example', 'rdap-a'],
    ['shop.example', 'rdap-b'],
  ] as const;
  const locked = watched.map(([domain, source_id]) =>
    eventOf({
      event_type: 'registrar.domain.state_observed',
      timestamp: start,
      domain,
      source_id,
      source_kind: 'rdap_poll',
      attribute: 'statuses',
      new_value: ['clientTransferProhibited'],
    }),
  );
  const silent = eventOf({
    event_type: 'pipeline.source.silent',
    timestamp: at(start, 30),
    source_kind: 'pipeline',
    source_id: 'rdap-b',
    attribute: 'rdap_poll',
  });
  const taken = watched.map(([domain]) =>
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: at(start, 60),
      timestamp_earliest: at(start, 59),
      domain,
      source_id: 'probe',
      attribute: 'nameservers',
      old_value: ['ns1.provider-a.example'],
      old_known: true,
      new_value: [`ns1.stranger-${domain.slice(0, 3)}.example`],
    }),
  );
  return [...locked, silent, ...taken];
}

test('one of two RDAP sources is silent: what rests on it says so, what the other watches does not', async () => {
  const events = story();
  const result = await played({ inventory, events });
  const reasons = (detection: string, domain: string): string[] => {
    const finding = result.findings.find((each) => each.detection === detection && each.domain === domain);
    assert.ok(finding !== undefined, `${detection} of ${domain}`);
    return finding.degraded_reasons.filter((reason) => reason.startsWith('rdap_poll'));
  };
  // R05 speaks on the change itself, R08 on what the ledger derives from it.
  for (const detection of ['R05', 'R08']) {
    assert.deepEqual(reasons(detection, 'pay.example'), [], detection);
    assert.deepEqual(
      reasons(detection, 'shop.example'),
      ['rdap_poll: the source that watches this was silent'],
      detection,
    );
  }
  const blind = (domain: string): (string | undefined)[] =>
    result.cases
      .filter(({ domains, drill }) => domains.includes(domain) && !drill)
      .flatMap(({ timeline }) => timeline.filter(({ kind }) => kind === 'blind').map(({ text }) => text));
  assert.deepEqual(blind('pay.example'), []);
  assert.ok(blind('shop.example').length > 0);
  for (const text of blind('shop.example')) assert.match(text ?? '', /rdap-b/u);
  assert.deepEqual(await played({ inventory, events: events.toReversed() }), result);
});
