import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Publication } from '../../../collector/src/engine/publication.ts';

test('public ids lead back to what the engine calls a case, the newest name first', () => {
  const publication = new Publication((text) => createHash('sha256').update(text).digest('hex'));
  publication.restorePublicIds([
    ['engine-1', 'public'],
    ['engine-2', 'public'],
    ['engine-3', 'other'],
  ]);
  assert.deepEqual(publication.engineCaseIds('public'), ['engine-2', 'engine-1', 'public']);
  assert.deepEqual(publication.engineCaseIds('never-renamed'), ['never-renamed']);
  for (const id of publication.engineCaseIds('public')) assert.equal(publication.publicCaseId(id), 'public');
});
