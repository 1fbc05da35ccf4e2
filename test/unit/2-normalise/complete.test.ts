import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  completeDraft,
  completeRecord,
  isWithoutDifference,
} from '../../../collector/src/2-normalise/complete.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { isCanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { EventDraft, Normaliser } from '../../../collector/src/contract/normaliser.ts';
import { succeeded } from '../../../collector/src/contract/outcome.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';
import { base32OfHex } from '../../../collector/src/leaf/base32.ts';
import { context } from './normalise-check.ts';
import { ordinaryDraft, ordinaryRecord, receivedAtMs } from './ordinary-draft.ts';

const ingestedAtMs = receivedAtMs + 1500;

const record = ordinaryRecord;

function draft(more: Partial<EventDraft> = {}): EventDraft {
  return ordinaryDraft({
    atom: 'nameservers',
    domain: 'pay.example',
    attribute: 'nameservers',
    ...more,
  });
}

function normaliser(drafts: readonly EventDraft[]): Normaliser {
  return { source: 'webhook', version: 3, normalise: () => succeeded(drafts) };
}

const complete = (more: Partial<EventDraft> = {}, raw: RawRecord = record()) =>
  completeDraft(draft(more), raw, normaliser([]), ingestedAtMs, context, context.sha256(raw.bytes));

test('a completed draft is a canonical event with the id of detection.md 2.5', () => {
  const event = complete();
  assert.ok(isCanonicalEvent(event));
  const parts = [
    'acme',
    'registrar_audit',
    '',
    'id-1',
    'registrar.domain.nameservers_changed',
    'nameservers',
  ];
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  assert.equal(event.event_id, base32OfHex(digest, 26));
  assert.equal(event.observed_at, '2026-11-21T10:00:00.000Z');
  assert.equal(event.ingested_at, '2026-11-21T10:00:01.500Z');
  assert.equal(event.normaliser, 'webhook@3');
  assert.equal(event.raw.size, 7);
  assert.equal(event.raw.inline, '{"a":1}');
});

test('the id ignores times and raw bytes, and differs by tenant, instance, type and atom', () => {
  const id = complete().event_id;
  assert.equal(complete({ timestamp: '2026-01-01T00:00:00.000Z' }).event_id, id);
  assert.equal(complete({}, record({ bytes: Buffer.from('{}'), receivedAtMs: 0 })).event_id, id);
  const others = [
    complete({}, record({ tenant: 'beta' })),
    complete({}, record({ instance: 'second' })),
    complete({ event_type: 'registrar.domain.glue_changed' }),
    complete({ atom: 'ds' }),
    complete({ key: ['id', '1'] }),
  ];
  assert.equal(new Set([id, ...others.map((event) => event.event_id)]).size, 6);
});

test('sets get their difference, and an unknown old value gives none', () => {
  const event = complete({ old_value: ['a', 'b'], new_value: ['b', 'c'], old_known: true });
  assert.deepEqual([event.added, event.removed], [['c'], ['a']]);
  assert.equal(complete({ new_value: ['b'], old_known: false }).added, undefined);
  const large = complete({
    old_value: [],
    new_value: Array.from({ length: 300 }, (_, i) => `n${i}`),
    old_known: true,
  });
  assert.equal(large.added?.length, 256);
  assert.equal(large.truncated, 44);
  assert.equal(complete({ ttl_old: 3600, ttl_new: 300 }).ttl_delta, -3300);
});

test('a change to the same value is counted and left out; a new TTL is a change', () => {
  assert.equal(isWithoutDifference(draft({ old_value: ['a'], new_value: ['a'], old_known: true })), true);
  assert.equal(isWithoutDifference(draft({ old_value: ['a'], new_value: ['a'], old_known: false })), false);
  assert.equal(
    isWithoutDifference(
      draft({ old_value: ['a'], new_value: ['a'], old_known: true, ttl_old: 1, ttl_new: 2 }),
    ),
    false,
  );
  const drafts = [draft({ old_value: 'x', new_value: 'x', old_known: true }), draft()];
  const done = completeRecord(drafts, record(), normaliser([]), ingestedAtMs, context, context.sha256('x'));
  assert.equal(done.duplicateCount, 1);
  assert.equal(done.events.length, 1);
});

test('an unproven sender lowers confidence and is marked', () => {
  const event = complete({ source: { a: 1 } }, record({ verified: false }));
  assert.equal(event.confidence, 0.5);
  assert.deepEqual(event.source, { a: 1, unverified: true });
});

test('raw bytes stand inline only when they are text and small', () => {
  assert.equal(complete({}, record({ bytes: Uint8Array.of(0xff) })).raw.inline, undefined);
  assert.equal(complete({}, record({ bytes: Buffer.alloc(32 * 1024 + 1, 0x61) })).raw.inline, undefined);
  assert.equal(complete({}, record({ bytes: Buffer.alloc(32 * 1024, 0x61) })).raw.inline?.length, 32 * 1024);
});

test('long texts are cut so that the event fits and different values stay different', () => {
  const long = 'x'.repeat(10_000);
  const event = complete(
    {
      actor_id: long,
      user_agent: long,
      new_value: [`${long}1`],
      identity: { target_user: long, app: undefined },
      source: { long: 'y'.repeat(20_000), short: 1 },
    },
    record({ bytes: Buffer.alloc(40_000, 0x61) }),
  );
  assert.ok(isCanonicalEvent(event));
  assert.deepEqual(event.source, { short: 1, truncated_fields: ['long'] });
  assert.notDeepEqual(event.new_value, complete({ new_value: [`${long}2`] }).new_value);
});

test('an internationalised domain carries its readable form', () => {
  assert.equal(complete({ domain: 'xn--bcher-kva.example' }).domain_unicode, 'bücher.example');
});

test('a throwing normaliser and a broken event are dead letters with their own codes', () => {
  const throwing: Normaliser = {
    source: 'webhook',
    version: 1,
    normalise: () => {
      throw new TypeError('x is undefined');
    },
  };
  const thrown = normaliseRecord(record(), throwing, ingestedAtMs, context);
  assert.equal(thrown.ok ? '' : thrown.failure.code, 'normaliser_bug');
  const broken = normaliseRecord(
    record(),
    normaliser([draft({ timestamp: 'yesterday' })]),
    ingestedAtMs,
    context,
  );
  assert.equal(broken.ok ? '' : broken.failure.code, 'schema_violation');
  assert.equal(broken.ok ? '' : broken.failure.path, '/timestamp');
});
