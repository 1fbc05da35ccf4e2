/**
 * What exports, tables and data lakes change of a record without changing what it means must not change the events: every column
 * they have ever seen, null where this record has none; numbers or booleans as text; lists of one object without their brackets;
 * times as the tables of data lakes write them.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { isSourceName } from '../../../collector/src/contract/source-name.ts';
import { normaliseBytes } from './normalise-check.ts';

const folder = new URL('../../fixtures/variants/', import.meta.url);

interface Variant {
  readonly about: string;
  readonly record?: unknown;
  readonly dead_letter?: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/** Members whose null is a word of its own: `old_value: null` says that there was nothing before. */
const meaningful = new Set(['old_value', 'new_value']);

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function collect(value: unknown, path: string, columns: Map<string, Set<string>>): void {
  if (Array.isArray(value)) for (const each of value as unknown[]) collect(each, `${path}/*`, columns);
  if (!isMembers(value)) return;
  const known = columns.get(path) ?? new Set();
  columns.set(path, known);
  for (const [key, inner] of Object.entries(value)) {
    if (!meaningful.has(key)) known.add(key);
    collect(inner, `${path}/${key}`, columns);
  }
}

function filled(value: unknown, path: string, columns: ReadonlyMap<string, ReadonlySet<string>>): unknown {
  if (Array.isArray(value)) return value.map((each) => filled(each, `${path}/*`, columns));
  if (!isMembers(value)) return value;
  const row: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) row[key] = filled(inner, `${path}/${key}`, columns);
  for (const key of columns.get(path) ?? []) row[key] ??= null;
  return row;
}

type Rewrite = (value: unknown) => unknown;

function throughout(value: unknown, rewrite: Rewrite): unknown {
  if (Array.isArray(value)) return rewrite(value.map((each) => throughout(each, rewrite)));
  if (!isMembers(value)) return rewrite(value);
  return rewrite(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, throughout(inner, rewrite)])),
  );
}

const rewrites: Readonly<Record<string, Rewrite>> = {
  'numbers as text': (value) => (typeof value === 'number' ? String(value) : value),
  'booleans as text': (value) => (typeof value === 'boolean' ? String(value) : value),
  'lists of one object without brackets': (value) =>
    Array.isArray(value) && value.length === 1 && isMembers(value[0]) ? value[0] : value,
  'times of data lakes': (value) =>
    typeof value === 'string' && utcTime.test(value) ? value.replace('T', ' ').replace('Z', ' UTC') : value,
};

const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** Their times are in the shape of a protocol or of an API that no table holds. */
const exactTimes = new Set(['ct', 'dmarc', 'entra', 'dnsimple']);

/** An envelope is not an export's to change: `records` of Azure is a list. */
function isEnvelope(record: unknown): boolean {
  return isMembers(record) && Array.isArray(record['records']);
}

/** What a reader sees of the events; the ids that hash the bytes differ, as the bytes do. */
function told(source: string, record: unknown): readonly Members[] {
  assert.ok(isSourceName(source));
  const normaliser = normaliserFor(source);
  assert.ok(normaliser !== undefined);
  const outcome = normaliseBytes(normaliser, Buffer.from(JSON.stringify(record)));
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value.map((event) => {
    const seen: Record<string, unknown> = { ...event };
    for (const key of ['event_id', 'source_event_id', 'change_fact_id', 'transaction_id', 'raw', 'source'])
      delete seen[key];
    return seen;
  });
}

for (const file of readdirSync(folder)) {
  const source = file.slice(0, -'.json'.length);
  const variants = (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly Variant[]).filter(
    (each) =>
      each.record !== undefined &&
      each.dead_letter === undefined &&
      // It has no columns but its one.
      each.about !== 'validation file of a new Logpush job',
  );
  const columns = new Map<string, Set<string>>();
  for (const each of variants) collect(each.record, '', columns);
  test(`${source}: a column that is null is a column that is not there`, () => {
    for (const each of variants)
      assert.deepEqual(told(source, filled(each.record, '', columns)), told(source, each.record), each.about);
  });
  for (const [name, rewrite] of Object.entries(rewrites)) {
    if (name === 'times of data lakes' && exactTimes.has(source)) continue;
    test(`${source}: ${name}`, () => {
      for (const each of variants)
        if (!isEnvelope(each.record))
          assert.deepEqual(
            told(source, throughout(each.record, rewrite)),
            told(source, each.record),
            each.about,
          );
    });
  }
}
