/** A checkpoint of the version before, one row for all values of a tenant, is taken over and continued with equal results. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCollector } from '../../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../../collector/src/app/rule-files.ts';
import { openStores } from '../../../collector/src/app/stores.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';
import { openCheckpointStore } from '../../../collector/src/log/checkpoint-store.ts';
import { encodeLogEntry } from '../../../collector/src/log/entry-codec.ts';
import { startTracing } from '../../../collector/src/self/tracing.ts';
import { benchInventory, benchRecords } from '../../bench/bench-records.ts';
import { readCheckpointState } from '../../e2e/checkpoint-state.ts';

const nowMs = Date.UTC(2026, 0, 1);
const domains = 20;

/** One life: opens what is there, takes the parts one after the other, checkpoints and closes. */
async function live(directory: string, parts: readonly (readonly RawRecord[])[]): Promise<void> {
  const stores = await openStores(directory, () => nowMs);
  const rules = await readRuleFiles([shippedRulesPath()]);
  const collector = await createCollector({
    stores,
    documents: { inventory: benchInventory(domains), intents: [], rules },
    paths: { rules: [] },
    sources: [],
    sinks: [],
    retention: {},
    around: { nowMs: () => nowMs, random: () => 0.5, sleep: () => Promise.resolve(), log: () => undefined },
    tracing: startTracing({}, {}),
    version: 'test',
  });
  for (const records of parts) {
    await stores.log.append(records.map((record) => encodeLogEntry({ kind: 'raw', record })));
    await collector.host.catchUp();
  }
  collector.host.checkpoint();
  await stores.close();
}

/** Rows of the case keeper in the format of before (a name, the key) and of now (a mark after the name). */
function caseRows(directory: string): { before: string[]; now: string[] } {
  const opened = openCheckpointStore(join(directory, 'checkpoints.sqlite'), () => nowMs);
  assert.ok(opened.ok);
  const names = [...opened.value.rows('engine')].map(([name]) => name);
  opened.value.close();
  return {
    before: names.filter((name) => name.startsWith('case\u0001')),
    now: names.filter((name) => name.startsWith('case@\u0001')),
  };
}

/**
 * Writes the checkpoint as earlier versions would have: all values of a key in one row, timers and what was said in the
 * meta data, seen ids of a day as one table.
 */
function asBefore(directory: string): void {
  const opened = openCheckpointStore(join(directory, 'checkpoints.sqlite'), () => nowMs);
  assert.ok(opened.ok);
  const head = opened.value.head('engine');
  assert.ok(head);
  const byKey = new Map<string, Record<string, unknown>>();
  const deletes: string[] = [];
  const timers: Record<string, { key: string; name: string; atMs: number }[]> = {};
  const said: unknown[] = [];
  const seen = new Map<string, Buffer[]>();
  for (const [row, value] of opened.value.rows('engine')) {
    const [kind, rest = ''] = row.split('\u0001');
    if (kind === '@timer') {
      const [operator, key, name] = JSON.parse(rest) as [string, string, string];
      (timers[operator] ??= []).push({ key, name, atMs: Number(value) });
      deletes.push(row);
    }
    if (kind === '@said') {
      said.push([rest, ...(JSON.parse(value) as unknown[])]);
      deletes.push(row);
    }
    if (kind === '@seen') {
      const day = rest.split('/')[0] ?? '';
      seen.set(day, [...(seen.get(day) ?? []), Buffer.from(JSON.parse(value) as string, 'base64')]);
      deletes.push(row);
    }
    if (kind !== 'case@') continue;
    const [key, name] = JSON.parse(rest) as [string, string];
    byKey.set(key, { ...byKey.get(key), [name]: JSON.parse(value) as unknown });
    deletes.push(row);
  }
  assert.ok(Object.keys(timers).length > 0 && said.length > 0 && seen.size > 0);
  const upserts = [
    ...[...byKey].map(([key, values]) => [`case\u0001${key}`, JSON.stringify(values)] as const),
    // Empty places of a hash table are zeros; ids may stand anywhere.
    ...[...seen].map(
      ([day, parts]) =>
        [
          `@seen\u0001${day}`,
          JSON.stringify(Buffer.concat([Buffer.alloc(64), ...parts]).toString('base64')),
        ] as const,
    ),
  ];
  const meta = { ...(head.meta as object), timers, said };
  opened.value.save('engine', { position: head.position, meta, upserts, deletes });
  opened.value.close();
}

test('a checkpoint with one row for a tenant goes on as if nothing had changed, and is written by value from then on', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-migration-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [moved, undisturbed] = [join(root, 'moved'), join(root, 'undisturbed')];
  // Half an hour apart: each part seals the one before, and memories fall out as well as come in.
  const parts = [0, 1, 2, 3, 4, 5].map((part) =>
    benchRecords('dnsimple', 300, nowMs + part * 1_800_000, domains, part * 300),
  );
  await live(undisturbed, parts);

  await live(moved, parts.slice(0, 2));
  const rowCount = caseRows(moved).now.length;
  assert.ok(rowCount > 10, `${rowCount} values`);
  asBefore(moved);
  assert.deepEqual(caseRows(moved), { before: ['case\u0001acme'], now: [] });

  await live(moved, parts.slice(2, 4));
  assert.deepEqual(caseRows(moved).before, [], 'the row of before is gone');
  assert.ok(caseRows(moved).now.length >= rowCount);

  // The values nobody has changed since must have survived the move: a third life reads only what the second wrote.
  await live(moved, parts.slice(4));
  const [found, expected] = [readCheckpointState(moved), readCheckpointState(undisturbed)];
  assert.ok(Object.keys(expected.findings).length > 0, 'the records must raise findings');
  assert.deepEqual(found.findings, expected.findings);
  assert.deepEqual(found.state, expected.state);
});
