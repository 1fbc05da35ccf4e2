/**
 * Synthetic records after the vendors' documentation, for shapes and names that no recorded sample has. Each expectation
 * was written from the document before the record was ever read; `about` says what is tried.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { isSourceName } from '../../../collector/src/contract/source-name.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

interface Variant {
  readonly about: string;
  readonly record?: unknown;
  readonly text?: string;
  readonly base64?: string;
  readonly expect?: readonly Record<string, unknown>[];
  readonly dead_letter?: string;
}

const folder = new URL('../../fixtures/variants/', import.meta.url);

function bytesOf(variant: Variant): Uint8Array {
  if (variant.base64 !== undefined) return Buffer.from(variant.base64, 'base64');
  return Buffer.from(variant.text ?? JSON.stringify(variant.record));
}

for (const file of readdirSync(folder)) {
  const source = file.slice(0, -'.json'.length);
  assert.ok(isSourceName(source), file);
  const normaliser = normaliserFor(source);
  const variants = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly Variant[];
  for (const variant of variants)
    test(`${source}: ${variant.about}`, () => {
      assert.ok(normaliser !== undefined);
      const outcome = normaliseBytes(
        normaliser,
        bytesOf(variant),
        undefined,
        variant.text === undefined ? undefined : 'text/plain',
      );
      if (variant.dead_letter !== undefined) {
        assert.ok(!outcome.ok, 'expected a dead letter');
        assert.equal(outcome.failure.code, variant.dead_letter);
        return;
      }
      assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code} ${outcome.failure.path}`);
      const expected = variant.expect ?? [];
      assert.equal(outcome.value.length, expected.length, outcome.value.map((e) => e.event_type).join(' '));
      for (const [index, each] of expected.entries())
        assertHolds(outcome.value[index], each, `${variant.about} #${index}`);
    });
}
