/** Ledger and features over one small inventory, and the events their tests speak in. */
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import type { InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, smallInventory } from '../4-ledger/stage-harness.ts';
import { delegationAt, loginAt } from './ordinary-events.ts';

/** Midnight at which every test begins. */
export const day0 = '2026-11-01T00:00:00.000Z';
/** Everything that annotates an event, in the order of the pipeline. */
export const annotators = [...ledgerAnnotators, ...featureAnnotators];
/** Approved name servers of `pay.example`, and some that nobody approved. */
export const own = ['ns1.provider-a.example', 'ns2.provider-a.example'];
export const strange = ['ns1.elsewhere.example', 'ns2.elsewhere.example'];

/** A group of features of an event, empty when it has none. */
export function feature<G extends FeatureGroup>(event: CanonicalEvent, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

/** Annotators over an inventory of one domain, `pay.example`, that three probes watch. */
export function harnessWith(domain: Partial<InventoryDomain> = {}) {
  const sources = ['delegation_probe', 'answer_probe', 'rdap_poll'].map((kind) => ({
    kind,
    intervalMs: 60_000,
  }));
  return createHarness(annotators, { inventory: smallInventory(domain), sources });
}

/** Three vantages of three see another answer, `minutes` after the beginning. */
export function answer(
  minutes: number,
  name: string,
  type: string,
  value: string[],
  extra: Partial<CanonicalEvent> = {},
) {
  return eventOf({
    event_type: 'dnsquery.answer.changed',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    record_name: name,
    record_type: type,
    new_value: value,
    source_kind: 'answer_probe',
    query: { vantage: '3 of 3' },
    ...extra,
  });
}

/** The delegation of `pay.example` changes, `minutes` after the beginning. */
export function delegation(minutes: number, value: string[], extra: Partial<CanonicalEvent> = {}) {
  return delegationAt(at(day0, minutes), value, extra);
}

/** Alice logs in from a place, `minutes` after the beginning. */
export function login(minutes: number, source: Record<string, unknown>, extra: Partial<CanonicalEvent> = {}) {
  return loginAt(at(day0, minutes), source, extra);
}
