import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rules } from '../../../collector/src/cli/rules.ts';
import type { RuleProof } from '../../../collector/src/6-detect/proof.ts';
import { collectingIo } from './collecting-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'proof-'));

async function proofs(
  argv: readonly string[],
): Promise<{ status: number; of: Map<string, RuleProof[]>; summary: unknown }> {
  const io = collectingIo();
  const status = await rules(['proof', ...argv], io);
  const rows = io
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RuleProof);
  const summary: unknown = rows.pop();
  const of = new Map<string, RuleProof[]>();
  for (const row of rows) of.set(row.detection, [...(of.get(row.detection) ?? []), row]);
  return { status, of, summary };
}

void test('recorded fixtures prove, synthetic ones do not; an old drill is stale', async () => {
  const drills = join(folder, 'drills.ndjson');
  writeFileSync(
    drills,
    '{"detection": "P03", "name": "quarterly", "passed": true, "at": "2020-01-01T00:00:00Z"}\n',
  );
  const { status, of } = await proofs(['--drills', drills]);
  assert.equal(of.size, 50);
  assert.equal(of.get('R03')?.[0]?.state, 'proven');
  assert.ok((of.get('R03')?.[0]?.recordedFixtures ?? 0) >= 1);
  assert.equal(of.get('P03')?.[0]?.state, 'stale');
  assert.equal(status, 1);
});

void test('unreadable drills are one line', async () => {
  const drills = join(folder, 'bad.ndjson');
  writeFileSync(drills, '{"detection": "P03"}\n');
  const io = collectingIo();
  assert.equal(await rules(['proof', '--drills', drills], io), 2);
  assert.match(io.errors(), /bad\.ndjson:1: must be/);
});
