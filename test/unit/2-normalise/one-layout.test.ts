/** All drafts, and all events, have the same members in the same order: code that reads them meets one hidden class. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { frameFile } from '../../../collector/src/1-source/file/frame-file.ts';
import { blankDraft } from '../../../collector/src/2-normalise/blank-draft.ts';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { context, receivedAtMs } from './normalise-check.ts';

test('drafts and events of every sample begin from the blank ones', (t) => {
  const samples = new URL('../../../../shared/samples/', import.meta.url);
  if (!existsSync(samples)) return t.skip('samples are not here');
  const draftMembers = Object.keys(blankDraft).join();
  let eventMembers: string | undefined;
  let count = 0;
  for (const name of readdirSync(samples)) {
    const normaliser = normaliserFor(name as SourceName);
    if (normaliser === undefined || name === 'dmarc') continue;
    for (const file of readdirSync(new URL(`${name}/`, samples))) {
      if (file === 'SOURCE.md') continue;
      for (const framed of frameFile(
        normaliser.source,
        file,
        readFileSync(new URL(`${name}/${file}`, samples)),
      )) {
        if (!('bytes' in framed)) continue;
        const { bytes } = framed;
        const contentType = 'application/json';
        const record = {
          tenant: 'acme',
          source: normaliser.source,
          receivedAtMs,
          contentType,
          verified: true,
          bytes,
        };
        const drafts = normaliser.normalise(record, context);
        if (!drafts.ok) continue;
        for (const draft of drafts.value)
          assert.equal(Object.keys(draft).join(), draftMembers, `${file}#${framed.index}`);
        const outcome = normaliseRecord(record, normaliser, receivedAtMs, context);
        assert.ok(outcome.ok);
        for (const event of outcome.value.events) {
          eventMembers ??= Object.keys(event).join();
          assert.equal(Object.keys(event).join(), eventMembers, file);
        }
        count += drafts.value.length;
      }
    }
  }
  assert.ok(count > 300, `${count} drafts`);
  return undefined;
});
