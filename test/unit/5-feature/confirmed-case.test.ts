/** What a confirmed case taught the baselines is forgotten (detection reference 3: no slow poisoning). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { novelty } from '../../../collector/src/5-feature/novelty.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type {
  Directive,
  EntityKey,
  Message,
  StateView,
  StepContext,
} from '../../../collector/src/contract/step.ts';
import { annotateOperator } from '../../../collector/src/engine/annotate-operator.ts';
import { inventoryView, stateOf } from '../4-ledger/stage-harness.ts';

const day = 86_400_000;
const start = Date.parse('2026-10-01T09:00:00Z');
const key: EntityKey = { scope: 'principal', tenant: 'acme', id: 'okta:alice' };
const context = { inventory: inventoryView({ version: 1 }) } as unknown as StepContext;

function login(state: StateView, atMs: number, country: string, asn: number): FeatureOf<'novelty'> {
  const event = {
    event_id: String(atMs),
    event_type: 'identity.session.login_succeeded',
    outcome: 'success',
    tenant: 'acme',
    timestamp: new Date(atMs).toISOString(),
    actor_id: 'okta:alice',
    source_ip: '192.0.2.1',
    enrich: { source: { country, asn } },
  } as unknown as CanonicalEvent;
  const message: Message = {
    kind: 'event',
    id: String(atMs),
    timeMs: atMs,
    ingestMs: atMs,
    tenant: 'acme',
    event,
  };
  return novelty.step(state, message, context, key).features?.['novelty'] as FeatureOf<'novelty'>;
}

function directive(type: Directive['type'], atMs: number, data: Record<string, unknown>): Message {
  return {
    kind: 'directive',
    id: 'd',
    timeMs: atMs,
    ingestMs: atMs,
    tenant: 'acme',
    directive: { type, tenant: 'acme', by: 'okta:bob', data },
  };
}

function yearsAtHome(): StateView {
  const state = stateOf({});
  for (let i = 0; i < 20; i++) login(state, start + i * day, 'NL', 64496);
  return state;
}

void test('the intruder’s country is new again after the case was confirmed, home is not', () => {
  const state = yearsAtHome();
  assert.equal(login(state, start + 21 * day, 'RO', 64666).country_new, true);
  assert.equal(login(state, start + 22 * day, 'RO', 64666).country_new, false);
  const openedAt = new Date(start + 21 * day + 3_600_000).toISOString();
  novelty.step(
    state,
    directive('case.closed', start + 25 * day, { disposition: 'true_positive', opened_at: openedAt }),
    context,
    key,
  );
  const again = login(state, start + 26 * day, 'RO', 64666);
  assert.deepEqual([again.country_new, again.asn_new], [true, true]);
  assert.equal(login(state, start + 26 * day + 1, 'NL', 64496).country_new, false);
});

void test('a false alarm teaches as usual', () => {
  const state = yearsAtHome();
  login(state, start + 21 * day, 'DE', 64500);
  const openedAt = new Date(start + 21 * day).toISOString();
  novelty.step(
    state,
    directive('case.closed', start + 22 * day, { disposition: 'false_positive', opened_at: openedAt }),
    context,
    key,
  );
  assert.equal(login(state, start + 23 * day, 'DE', 64500).country_new, false);
});

void test('a verdict reaches the entities it names, other words reach none', () => {
  const enrich = (event: CanonicalEvent): CanonicalEvent => event;
  const data = { domains: ['pay.example', 'pay.example'], actors: ['okta:alice'] };
  const verdict = directive('case.disposition', start, data);
  assert.deepEqual(annotateOperator('principal', [novelty], enrich).keysOf(verdict), ['acme|okta:alice']);
  const onDomains = annotateOperator('domain', [{ ...novelty, scope: 'domain' }], enrich);
  assert.deepEqual(onDomains.keysOf(verdict), ['acme|pay.example']);
  assert.deepEqual(onDomains.keysOf(directive('case.note', start, data)), []);
  assert.deepEqual(onDomains.keysOf(directive('case.closed', start, { domains: 'all' })), []);
});
