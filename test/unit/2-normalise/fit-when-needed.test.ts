/** A draft that plainly fits is not cut, and comes out as if it had been looked through for what has to be cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { completeDraft, completeRecord } from '../../../collector/src/2-normalise/complete.ts';
import type { EventDraft, Normaliser } from '../../../collector/src/contract/normaliser.ts';
import { succeeded } from '../../../collector/src/contract/outcome.ts';
import { context } from './normalise-check.ts';
import { ordinaryDraft, ordinaryRecord, receivedAtMs } from './ordinary-draft.ts';

const normaliser: Normaliser = { source: 'webhook', version: 1, normalise: () => succeeded([]) };
const record = ordinaryRecord();

/** Mostly what fits: with a dozen members nearly no draft would be left alone else. */
const text = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('a', 'a'.repeat(512)) },
  { weight: 1, arbitrary: fc.constantFrom('b'.repeat(513), 'c'.repeat(4096), 'd'.repeat(4097)) },
);
const texts = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(['a'], [], Array<string>(256).fill('a')) },
  { weight: 1, arbitrary: fc.constantFrom(['a', 'd'.repeat(5000)], Array<string>(300).fill('b')) },
);
const part = fc.record(
  {
    event_type_original: text,
    actor_id: text,
    actor_name: text,
    user_agent: text,
    attribute: text,
    old_value: fc.oneof(text, texts),
    old_known: fc.boolean(),
    new_value: fc.oneof(text, texts),
    added: texts,
    removed: texts,
    source_instance: text,
    query: fc.record({ question: text, answers: texts }, { requiredKeys: [] }),
    identity: fc.record({ target_user: text, risk_reasons: texts }, { requiredKeys: [] }),
    mail: fc.record({ mailbox: text, forward_to: texts }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

test('completion cuts what does not fit, and nothing else', () => {
  let unusual = 0;
  let plain = 0;
  fc.assert(
    fc.property(part, (more) => {
      const draft = (): EventDraft => ordinaryDraft(structuredClone(more));
      const digest = context.sha256(record.bytes);
      const done = completeRecord([draft()], record, normaliser, receivedAtMs, context, digest);
      if (done.events.length === 0) return;
      const fitted = completeDraft(draft(), record, normaliser, receivedAtMs, context, digest);
      assert.equal(JSON.stringify(done.events[0]), JSON.stringify(fitted));
      if (done.unusual.length > 0) unusual += 1;
      else plain += 1;
    }),
    { numRuns: 400 },
  );
  assert.ok(unusual > 20 && plain > 20, `${unusual} cut, ${plain} as they were`);
});
