/** A history that does not fit into the heap: it is sorted on disk and played event by event. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import { eventOf } from '../4-ledger/stage-harness.ts';

const events = 40_000;
const dayMs = 86_400_000;
const startMs = Date.UTC(2025, 0, 1);
/** As objects the events alone would take more than twice this. */
const heapMegabytes = 96;
const main = fileURLToPath(new URL('../../../collector/src/cli/main.ts', import.meta.url));

function line(i: number): string {
  // Later events stand earlier in the file.
  const timeMs = startMs + (events - i) * 600_000;
  return JSON.stringify({
    ...eventOf({
      event_type: 'identity.session.login_succeeded',
      timestamp: formatInstant(timeMs),
      source_kind: 'identity_log',
      acquisition: 'push',
      actor_id: `okta:person${i % 50}@acme`,
      actor_type: 'user',
      auth_method: 'sso',
      source: { padding: `${i}`.padEnd(2_000, 'x'), more: Array.from({ length: 40 }, (_, k) => ({ k, i })) },
    }),
    event_id: i
      .toString(6)
      .replaceAll(/\d/gu, (digit) => String(Number(digit) + 2))
      .padStart(26, 'a'),
  });
}

test('a year of 40,000 events, 180 MB of objects, is learned from in a heap of 96 MB, and nothing is lost', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-backfill-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'history.ndjson');
  const file = openSync(path, 'w');
  for (let i = 0; i < events; i += 500)
    writeSync(file, Array.from({ length: 500 }, (_, k) => `${line(i + k)}\n`).join(''));
  closeSync(file);
  writeFileSync(
    join(directory, 'inventory.yaml'),
    'version: 1\ntenants: [{id: acme}]\ndomains: [{domain: pay.example, tenant: acme}]\n',
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      `--max-old-space-size=${heapMegabytes}`,
      '--max-semi-space-size=4',
      main,
      'backfill',
      '--inventory',
      join(directory, 'inventory.yaml'),
      '--dry-run',
      path,
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  assert.equal(status, 0, stderr.slice(-2_000));
  const [from, to] = [1, events].map((i) => formatInstant(startMs + i * 600_000).slice(0, 10));
  assert.match(stdout, new RegExp(`^${events} events from ${from} to ${to} taught .*50 principals`));
  assert.ok(events * 600_000 > 270 * dayMs);
});
