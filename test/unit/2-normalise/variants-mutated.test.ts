/**
 * Whatever stands where a vendor's document promised something else, a record is read, kept or refused with a reason: never is
 * a normaliser surprised, nor an event made that the schema refuses.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { isSourceName } from '../../../collector/src/contract/source-name.ts';
import { normaliseBytes } from './normalise-check.ts';

const folder = new URL('../../fixtures/variants/', import.meta.url);

/** Other types, empty and long values, lists for single values, texts that look like something. */
const substitutes: readonly unknown[] = [
  null,
  [],
  {},
  0,
  '',
  true,
  -1,
  1e300,
  [null],
  [{}],
  ['x'],
  'x'.repeat(5000),
  '\u0000',
  '::',
  'ä.example',
  { a: { b: [1] } },
  '[]',
  '{',
];

type Path = readonly (string | number)[];

function* pathsOf(value: unknown, at: Path = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* pathsOf(inner, [...at, Array.isArray(value) ? Number(key) : key]);
}

function withSubstitute(text: string, path: Path, substitute: unknown): Buffer {
  const root: unknown = JSON.parse(text);
  let holder = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  holder[path.at(-1) ?? ''] = substitute;
  return Buffer.from(JSON.stringify(root));
}

for (const file of readdirSync(folder)) {
  const source = file.slice(0, -'.json'.length);
  assert.ok(isSourceName(source), file);
  const normaliser = normaliserFor(source);
  const variants = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly {
    readonly about: string;
    readonly record?: unknown;
  }[];
  if (variants.every(({ record }) => record === undefined)) continue;
  test(`${source}: any member of a record may be anything`, () => {
    assert.ok(normaliser !== undefined);
    // Each place is tried with two of the values; together the records try all of them everywhere.
    let turn = 0;
    for (const { about, record } of variants) {
      if (record === undefined) continue;
      const text = JSON.stringify(record);
      for (const path of pathsOf(record))
        for (let n = 0; n < 2; n++) {
          const substitute = substitutes[(turn += 7) % substitutes.length];
          const outcome = normaliseBytes(normaliser, withSubstitute(text, path, substitute));
          const fault = outcome.ok ? '' : outcome.failure.code;
          assert.ok(
            fault !== 'normaliser_bug' && fault !== 'schema_violation',
            `${about}: /${path.join('/')} = ${JSON.stringify(substitute)}: ${outcome.ok ? '' : outcome.failure.message}`,
          );
        }
    }
  });
}
