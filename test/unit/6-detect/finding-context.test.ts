/** What severity is told about the matched events: country, factor reset, thin history, unproven senders, providers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, factsOf, type EntryFacts } from '../../../collector/src/6-detect/finding-context.ts';
import { evidenceOf } from '../../../collector/src/6-detect/finding-draft.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FindingContext } from '../../../collector/src/contract/finding.ts';

function eventWith(fields: object): CanonicalEvent {
  return {
    event_id: 'a'.repeat(26),
    event_type: 'registrar.domain.lock_disabled',
    tenant: 'acme',
    timestamp: '2026-11-21T08:00:00.000Z',
    ingested_at: '2026-11-21T08:00:01.000Z',
    source_kind: 'registrar_audit',
    source_system: 'registrar-a',
    confidence: 0.99,
    actor_id: 'registrar-a:alice',
    domain: 'pay.example',
    approval_state: 'not_found',
    ...fields,
  } as unknown as CanonicalEvent;
}

function contextFor(events: readonly CanonicalEvent[], groups: readonly string[] = []): FindingContext {
  const facts: EntryFacts[] = events.map((event) => factsOf(event, false, groups));
  return contextOf(events.map(evidenceOf), facts);
}

void test('a new network at home is not a new country', () => {
  const context = contextFor([eventWith({ feature: { novelty: { asn_new: true, country_new: false } } })]);
  assert.equal(context.first_seen_network_or_country, true);
  assert.equal(context.first_seen_country, false);
});

void test('no second factor is not a reset of it', () => {
  const context = contextFor([eventWith({ feature: { mfa: { absent: true, reset_72h: false } } })]);
  assert.equal(context.mfa_absent_or_reset, true);
  assert.equal(context.mfa_reset_72h, false);
});

void test('thin history caps only the rules that stand on it', () => {
  const event = eventWith({ feature: { deviation: { cap_medium: true }, spike: { cold_start: true } } });
  assert.equal(contextFor([event]).cap_medium, undefined);
  assert.equal(contextFor([event], ['deviation']).cap_medium, true);
  assert.equal(contextFor([event], ['spike']).cap_medium, true);
  assert.equal(contextFor([event], ['intent']).cap_medium, undefined);
});

void test('unproven senders stay a hint until somebody proven says something too', () => {
  const hint = eventWith({ source: { unverified: true } });
  assert.equal(contextFor([hint, hint]).unverified, true);
  assert.equal(contextFor([hint, eventWith({ source_kind: 'rdap_poll' })]).unverified, undefined);
});

void test('only a change whose every witness stays inside the provider counts as the provider’s own', () => {
  const inside = eventWith({ feature: { deviation: { inside_provider: true } } });
  const missing = eventWith({ feature: { attribution: { inside_provider: true } } });
  assert.equal(contextFor([inside, missing]).inside_provider, true);
  assert.equal(contextFor([inside, eventWith({})]).inside_provider, undefined);
});

void test('domains of a cluster belong to the rules that judge clusters', () => {
  const event = eventWith({ feature: { cluster: { domains: ['a.example', 'b.example'] } } });
  assert.deepEqual(factsOf(event, false, ['cluster']).domains, ['a.example', 'b.example']);
  assert.equal(factsOf(event, false, ['deviation']).domains, undefined);
});

void test('a minute’s TTL counts on an answer outside the approved set, not on a record in our own zone', () => {
  const feature = { ttl: { low_unapproved: true } };
  assert.equal(contextFor([eventWith({ event_type: 'dnsquery.answer.changed', feature })]).short_ttl, true);
  assert.equal(contextFor([eventWith({ event_type: 'dns.record.updated', feature })]).short_ttl, undefined);
});
