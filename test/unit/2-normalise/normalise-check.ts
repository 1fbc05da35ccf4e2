/** Shared by the normaliser tests: records from sample files, and expectations that name only what they check. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import type { Failure, Outcome } from '../../../collector/src/contract/outcome.ts';
import { frameFile } from '../../../collector/src/1-source/file/frame-file.ts';
import { frameReportFile } from '../../../collector/src/1-source/file/unpack-report.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';

const samples = new URL('../../../../shared/samples/', import.meta.url);
const golden = new URL('../../fixtures/golden/', import.meta.url);
export const receivedAtMs = Date.UTC(2026, 10, 21, 22, 0, 0);
export const context = {
  sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex'),
};

/** One record through normaliser, completion and schema. */
export function normaliseBytes(
  normaliser: Normaliser,
  bytes: Uint8Array,
  meta?: Record<string, string>,
  contentType = 'application/json',
): Outcome<readonly CanonicalEvent[]> {
  const record = {
    tenant: 'acme',
    source: normaliser.source,
    receivedAtMs,
    contentType,
    verified: true,
    bytes,
    ...(meta === undefined ? {} : { meta }),
  };
  const outcome = normaliseRecord(record, normaliser, receivedAtMs, context);
  return outcome.ok ? { ok: true, value: outcome.value.events } : outcome;
}

/** Events of a JSON value; the test fails when it is a dead letter. */
export function eventsOf(normaliser: Normaliser, value: unknown): readonly CanonicalEvent[] {
  const outcome = normaliseBytes(normaliser, Buffer.from(JSON.stringify(value)));
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code} ${outcome.failure.path}`);
  return outcome.value;
}

/** The failure of bytes or of a JSON value; the test fails when it is read. */
export function failureOf(normaliser: Normaliser, value: unknown): Failure {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const outcome = normaliseBytes(normaliser, bytes);
  assert.ok(!outcome.ok, 'expected a dead letter');
  return outcome.failure;
}

/** Every member of `expected`, at any depth, must be in `actual` with the same value; null also means absent. */
export function assertHolds(actual: unknown, expected: Record<string, unknown>, where: string): void {
  for (const [field, value] of Object.entries(expected)) {
    const found = (actual as Record<string, unknown> | undefined)?.[field];
    if (value === null)
      assert.ok(found === undefined || found === null, `${where}.${field}: ${JSON.stringify(found)}`);
    else if (typeof value === 'object' && !Array.isArray(value))
      assertHolds(found, value as Record<string, unknown>, `${where}.${field}`);
    else assert.deepEqual(found, value, `${where}.${field}`);
  }
}

type Expected = Record<string, readonly Record<string, unknown>[] | { dead_letter: string }>;

/** Every record of every sample file of a feed against its golden file; each expectation must have been met once. */
export async function checkGolden(t: TestContext, normaliser: Normaliser): Promise<void> {
  const folder = new URL(`${normaliser.source}/`, samples);
  if (!existsSync(folder)) return t.skip(`samples of ${normaliser.source} are not here`);
  const expectations = JSON.parse(
    readFileSync(new URL(`${normaliser.source}.json`, golden), 'utf8'),
  ) as Expected;
  const seen = new Set<string>();
  for (const file of readdirSync(folder)) {
    if (file === 'SOURCE.md') continue;
    const bytes = readFileSync(new URL(file, folder));
    const framed =
      normaliser.source === 'dmarc'
        ? await frameReportFile(file, bytes)
        : frameFile(normaliser.source, file, bytes);
    for (const record of framed) {
      const where = `${file}#${record.index}`;
      seen.add(where);
      const expected = expectations[where];
      assert.ok(expected !== undefined, `${where} has no expectation`);
      assert.ok('bytes' in record, `${where} could not be framed`);
      const outcome = normaliseBytes(normaliser, record.bytes);
      if (!Array.isArray(expected)) {
        assert.equal(
          outcome.ok ? 'read' : outcome.failure.code,
          (expected as { dead_letter: string }).dead_letter,
          where,
        );
        continue;
      }
      assert.ok(outcome.ok, `${where}: ${outcome.ok ? '' : outcome.failure.message}`);
      const types = outcome.value.map((event) => event.event_type);
      assert.deepEqual(
        types,
        expected.map((each: Record<string, unknown>) => each['event_type']),
        where,
      );
      for (const [at, event] of outcome.value.entries())
        assertHolds(event, expected[at] ?? {}, `${where}[${at}]`);
      assert.equal(
        new Set(outcome.value.map((event) => event.event_id)).size,
        outcome.value.length,
        `${where}: ids differ`,
      );
    }
  }
  assert.deepEqual(
    [...seen].sort(),
    Object.keys(expectations).sort(),
    'every expectation belongs to a record',
  );
}
