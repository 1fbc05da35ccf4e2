import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { normalise } from '../../../collector/src/cli/normalise.ts';

interface Run {
  readonly status: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly errors: readonly string[];
}

async function run(...argv: string[]): Promise<Run> {
  const collect = (into: string[], delayed: boolean): Writable =>
    new Writable({
      highWaterMark: 1,
      write(chunk, _, done) {
        into.push(String(chunk));
        if (delayed) setImmediate(done);
        else done();
      },
    });
  const out: string[] = [];
  const err: string[] = [];
  const status = await normalise(argv, { stdout: collect(out, true), stderr: collect(err, false) });
  const lines = out.join('').split('\n').filter(Boolean);
  return {
    status,
    lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    errors: err.join('').split('\n').filter(Boolean),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'normalise-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const good = '{"domain":"new.example.","timestamp":1770960643}';

test('events and dead letters carry the path as given and the index; a dead letter makes status 1', async () => {
  const path = file('mixed.ndjson', `${good}\n{"domain":\n${good.replace('new', 'other')}\n`);
  const result = await run(
    '--source',
    'zonestream',
    '--tenant',
    'acme',
    '--received-at',
    '2026-11-21T10:00:00Z',
    path,
  );
  assert.equal(result.status, 1);
  assert.deepEqual(
    result.lines.map((line) => [line['file'], line['index'], Object.keys(line)[2]]),
    [
      [path, 0, 'event'],
      [path, 1, 'dead_letter'],
      [path, 2, 'event'],
    ],
  );
  const event = result.lines[0]?.['event'] as Record<string, unknown>;
  assert.equal(event['tenant'], 'acme');
  assert.equal(event['ingested_at'], '2026-11-21T10:00:00.000Z');
  assert.deepEqual(Object.keys(result.lines[1]?.['dead_letter'] as object), ['code', 'path', 'message']);
});

test('a slow reader gets every line', async () => {
  const path = file('many.ndjson', `${good}\n`.repeat(2000));
  const result = await run('--source', 'zonestream', path);
  assert.equal(result.status, 0);
  assert.equal(result.lines.length, 2000);
  assert.equal(result.lines[1999]?.['index'], 1999);
});

test('bad usage and unreadable files are status 2, one line each, and other files are still read', async () => {
  const path = file('one.ndjson', good);
  for (const argv of [
    [],
    ['--source', 'nonsense', path],
    ['--source', 'zonestream'],
    ['--source', 'zonestream', '--received-at', 'noon', path],
    ['--source', 'zonestream', '--unknown', path],
  ]) {
    const result = await run(...argv);
    assert.equal(result.status, 2, argv.join(' '));
    assert.equal(result.lines.length, 0);
    assert.equal(result.errors.length, 1);
  }
  const missing = await run('--source', 'zonestream', join(folder, 'missing.ndjson'), folder, path);
  assert.equal(missing.status, 2);
  assert.equal(missing.lines.length, 1);
  assert.equal(missing.errors.length, 2);
});
