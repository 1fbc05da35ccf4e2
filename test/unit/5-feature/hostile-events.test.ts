/** Any event that passes the schema goes through ledger and features without a throw, and state stays plain JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import { eventTypes } from '../../../collector/src/contract/event-types.ts';
import { sourceKinds } from '../../../collector/src/contract/event.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { at, createHarness, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const annotators = [...ledgerAnnotators, ...featureAnnotators];

const word = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'pay.example', 'ns1.x.example', '192.0.2.1'),
  fc.constantFrom(
    '"v=spf1 +all"',
    '"v=DMARC1; p=none"',
    '0 issue ";"',
    '10 mx.example',
    '2026-13-45T99:00:00Z',
  ),
  fc.string({ maxLength: 40 }),
);
const value = fc.oneof(
  fc.array(word, { maxLength: 6 }),
  word,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const anyEvent = fc.record({
  event_type: fc.constantFrom(...eventTypes),
  minutes: fc.integer({ min: 0, max: 60 * 24 * 40 }),
  outcome: fc.constantFrom('success', 'failure', 'attempt', 'unknown'),
  source_kind: fc.constantFrom(...sourceKinds),
  acquisition: fc.constantFrom('push', 'poll', 'diff'),
  domain: fc.constantFrom('pay.example', 'other.example', '__proto__', undefined),
  record_name: optional(fc.constantFrom('pay.example', 'www.pay.example', '_dmarc.pay.example', '__proto__')),
  record_type: optional(fc.constantFrom('A', 'MX', 'TXT', 'CAA', 'NS', 'DNSKEY', 'TYPE65280')),
  attribute: optional(
    fc.constantFrom('nameservers', 'ds', 'statuses', 'registrar', 'expiry', 'contact.admin', '__proto__'),
  ),
  old_value: optional(value),
  old_known: optional(fc.boolean()),
  new_value: optional(value),
  actor_id: fc.constantFrom('unknown', 'registrar-a:alice', '__proto__'),
  registrar_account: optional(fc.constantFrom('registrar-a/4711', 'x/__proto__')),
  token_id: optional(word),
  auth_method: optional(fc.constantFrom('sso', 'token', 'unknown')),
  user_agent: optional(word),
  ttl_old: optional(fc.integer()),
  ttl_new: optional(fc.integer()),
  transaction_id: optional(word),
  transaction_size: optional(fc.integer()),
  cert: optional(
    fc.record({
      names: fc.array(word, { maxLength: 3 }),
      spki_sha256: word,
      issuer_cn: word,
      acme_account_uri: word,
    }),
  ),
  query: optional(
    fc.record({
      count: fc.double({ noNaN: true, noDefaultInfinity: true }),
      window_s: fc.double({ noNaN: true, noDefaultInfinity: true }),
      vantage: word,
      by_asn: fc.dictionary(word, fc.double({ noNaN: true, noDefaultInfinity: true }), { maxKeys: 3 }),
      by_rcode: fc.dictionary(word, fc.integer(), { maxKeys: 3 }),
    }),
  ),
  identity: optional(fc.record({ target_user: word, factor: word })),
  mail: optional(fc.record({ mailbox: word })),
  source: optional(
    fc.record({ prefix: word, covering_prefix: word, days_left: fc.integer(), dangling: fc.boolean() }),
  ),
  enrich: optional(
    fc.record({ source: fc.record({ country: word, asn: fc.nat(), lat: fc.integer(), lon: fc.integer() }) }),
  ),
});

type Draft = Omit<Partial<CanonicalEvent>, 'event_type'> & { event_type: string; minutes: number };

function eventFrom({ minutes, ...fields }: Draft, index: number): CanonicalEvent {
  const present = Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
  return {
    ...eventOf({ event_type: fields.event_type, timestamp: at(day0, minutes) }),
    ...(present as Partial<CanonicalEvent>),
    event_id: `e${String(index)}`,
  };
}

void test('arbitrary events neither throw nor leave anything in state that JSON cannot carry', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 25 }), (drafts) => {
      const events = drafts
        .toSorted((a, b) => a.minutes - b.minutes)
        .map((draft, index) => eventFrom(draft as Draft, index));
      const play = (restarts: boolean) => {
        const harness = createHarness(annotators, { inventory: smallInventory(), restarts });
        const out = events.map((event) => harness.event(event));
        harness.advance(ms(day0) + 60 * 86_400_000);
        return { out, derived: harness.derived, states: harness.states };
      };
      const through = play(false);
      const restarted = play(true);
      assert.deepEqual(JSON.parse(JSON.stringify(restarted.out)), JSON.parse(JSON.stringify(through.out)));
      assert.deepEqual(restarted.derived, through.derived);
      assert.deepEqual(
        JSON.parse(JSON.stringify(through.states)),
        JSON.parse(JSON.stringify(restarted.states)),
      );
    }),
    { numRuns: 200 },
  );
});
