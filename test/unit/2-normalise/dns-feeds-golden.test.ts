/** Every sample record of the DNS feeds against expectations written by hand (dnstap: against ISC's dnstap-read). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import { framesOfFile } from '../../../collector/src/1-source/frame-streams.ts';
import { awsPublicQuerylog } from '../../../collector/src/2-normalise/aws-public-querylog.ts';
import { awsResolverQuerylog } from '../../../collector/src/2-normalise/aws-resolver-querylog.ts';
import { bindLog } from '../../../collector/src/2-normalise/bind-log.ts';
import { cloudflareDns } from '../../../collector/src/2-normalise/cloudflare-dns.ts';
import { dnsXfr } from '../../../collector/src/2-normalise/dns-xfr.ts';
import { dnstap } from '../../../collector/src/2-normalise/dnstap.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { unboundLog } from '../../../collector/src/2-normalise/unbound-log.ts';

const samples = new URL('../../../../shared/samples/', import.meta.url);
const golden = new URL('../../fixtures/golden/', import.meta.url);
const receivedAtMs = Date.UTC(2026, 10, 21, 22, 0, 0);
const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };

type Expected = Record<string, readonly Record<string, unknown>[] | { dead_letter: string }>;

function recordsOf(file: string, bytes: Buffer): Uint8Array[] {
  if (file.endsWith('.fstrm')) return [...framesOfFile(bytes).frames];
  if (!/\.(?:log|ndjson)$/.test(file)) return [bytes];
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line));
}

/** Every member of `expected`, at any depth, must be in `actual` with the same value. */
function assertHolds(actual: unknown, expected: Record<string, unknown>, where: string): void {
  for (const [field, value] of Object.entries(expected)) {
    const found = (actual as Record<string, unknown>)[field];
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      assertHolds(found, value as Record<string, unknown>, `${where}.${field}`);
    else assert.deepEqual(found, value, `${where}.${field}`);
  }
}

function assertFactsHold(
  events: readonly CanonicalEvent[],
  expected: readonly Record<string, unknown>[],
  where: string,
): void {
  assert.deepEqual(
    events.map((event) => event.event_type),
    expected.map((each) => each['event_type']),
    where,
  );
  for (const [index, event] of events.entries()) assertHolds(event, expected[index]!, `${where}[${index}]`);
  assert.equal(new Set(events.map((event) => event.event_id)).size, events.length, `${where}: ids differ`);
}

for (const normaliser of [
  dnsXfr,
  dnstap,
  bindLog,
  unboundLog,
  awsResolverQuerylog,
  awsPublicQuerylog,
  cloudflareDns,
] satisfies Normaliser[]) {
  test(`${normaliser.source}: every sample record gives the expected facts`, (t) => {
    const folder = new URL(`${normaliser.source}/`, samples);
    if (!existsSync(folder)) return t.skip(`samples of ${normaliser.source} are not here`);
    const expectations = JSON.parse(
      readFileSync(new URL(`${normaliser.source}.json`, golden), 'utf8'),
    ) as Expected;
    const seen = new Set<string>();
    for (const file of readdirSync(folder)) {
      if (file === 'SOURCE.md') continue;
      const records = recordsOf(file, readFileSync(new URL(file, folder)));
      for (const [index, bytes] of records.entries()) {
        const where = `${file}#${index}`;
        seen.add(where);
        const expected = expectations[where];
        assert.ok(expected, `${where} has no expectation`);
        const outcome = normaliseRecord(
          {
            tenant: 'acme',
            source: normaliser.source,
            receivedAtMs,
            contentType: file.endsWith('.txt') ? 'text/plain' : 'application/octet-stream',
            verified: true,
            bytes,
          },
          normaliser,
          receivedAtMs,
          context,
        );
        if ('dead_letter' in expected) {
          assert.ok(!outcome.ok, `${where} must be refused`);
          assert.equal(outcome.failure.code, expected.dead_letter, where);
          continue;
        }
        assert.ok(outcome.ok, `${where}: ${JSON.stringify(outcome)}`);
        assertFactsHold(outcome.value.events, expected, where);
      }
    }
    assert.deepEqual([...seen].sort(), Object.keys(expectations).sort(), 'expectations without a sample');
  });
}
