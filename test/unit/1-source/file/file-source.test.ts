import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createFileSource, type FileSettings } from '../../../../collector/src/1-source/file/file-source.ts';
import { createLineSplitter } from '../../../../collector/src/1-source/line-splitter.ts';
import { createStdinSource } from '../../../../collector/src/1-source/stdin/stdin-source.ts';
import type { Intake, SourceIdentity, Surroundings } from '../../../../collector/src/contract/component.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zw-file-'));
});
after(async () => {
  await rm(directory, { recursive: true });
});

const identity: SourceIdentity = {
  tenant: 't',
  id: 'f',
  feed: 'okta',
  kind: 'identity_log',
  intervalMs: 1000,
};

function harness(cursor?: string) {
  const texts: string[] = [];
  const logged: string[] = [];
  let position = cursor;
  let failures = 0;
  const turns: (() => void)[] = [];
  const intake: Intake = {
    async accept(records, next) {
      if (failures > 0) {
        failures--;
        throw Object.assign(new Error('full'), { code: 'disk_full' });
      }
      texts.push(...records.map((record) => Buffer.from(record.bytes).toString()));
      if (next !== undefined) position = next.position;
    },
    cursor: () => position,
    heartbeat: () => {},
    gap: () => {},
  };
  let idle = (): void => {};
  const surroundings: Surroundings = {
    nowMs: () => 0,
    random: () => 0,
    log: (_, message) => logged.push(message),
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error('aborted'));
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        turns.push(resolve);
        idle();
      }),
  };
  return {
    texts,
    logged,
    intake,
    surroundings,
    failNext: (count: number) => (failures = count),
    position: () => position,
    /** Lets the source poll once more and waits until it sleeps again. */
    poll: async () => {
      const sleeping = new Promise<void>((resolve) => (idle = resolve));
      turns.shift()?.();
      await sleeping;
    },
  };
}

function settings(path: string, fields: Partial<FileSettings> = {}): FileSettings {
  return {
    identity,
    feed: 'okta',
    paths: [path],
    from: 'start',
    follow: true,
    pollIntervalMs: 1000,
    ...fields,
  };
}

async function start(path: string, cursor?: string, fields: Partial<FileSettings> = {}) {
  const world = harness(cursor);
  const stop = new AbortController();
  const source = createFileSource(settings(path, fields), world.surroundings);
  const ended = source.run(world.intake, stop.signal);
  await world.poll();
  return {
    ...world,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

test('a growing file is followed line by line; half a line waits', async () => {
  const path = join(directory, 'grow.ndjson');
  await writeFile(path, '{"n":1}\r\n\n{"n":2}\n{"n"');
  const run = await start(path);
  assert.deepEqual(run.texts, ['{"n":1}', '{"n":2}']);
  await appendFile(path, ':3}\n');
  await run.poll();
  assert.deepEqual(run.texts, ['{"n":1}', '{"n":2}', '{"n":3}']);
  await run.stop();
});

test('after a restart reading goes on where records were durable', async () => {
  const path = join(directory, 'restart.ndjson');
  await writeFile(path, 'a\nb\nhalf');
  const first = await start(path);
  await first.stop();
  await appendFile(path, 'way\nc\n');
  const second = await start(path, first.position());
  assert.deepEqual(second.texts, ['halfway', 'c']);
  await second.stop();
});

test('rotation by rename loses nothing, while running and while away', async () => {
  const path = join(directory, 'rotate.log');
  await writeFile(path, 'a\n');
  const run = await start(path);
  await appendFile(path, 'b\nlast without end');
  await rename(path, `${path}.1`);
  await writeFile(path, 'c\n');
  await run.poll();
  assert.deepEqual(run.texts, ['a', 'b', 'last without end', 'c']);
  await run.stop();
  await appendFile(path, 'd\n');
  await rename(path, `${path}.2`);
  await writeFile(path, 'e\n');
  const again = await start(path, run.position());
  assert.deepEqual(again.texts, ['d', 'e']);
  await again.stop();
});

test('a file replaced beyond recovery is said, not hidden; a truncated one starts over', async () => {
  const path = join(directory, 'gone.ndjson');
  await writeFile(path, 'a\n');
  const again = await start(path, JSON.stringify([[path, 1, 500]]));
  assert.deepEqual(again.texts, ['a']);
  assert.match(again.logged.join(), /replaced while this collector was away/);
  await truncate(path, 0);
  await again.poll();
  await appendFile(path, 'b\n');
  await again.poll();
  assert.deepEqual(again.texts, ['a', 'b']);
  await again.stop();
});

test('from the end: only what is new', async () => {
  const path = join(directory, 'end.ndjson');
  await writeFile(path, 'old\n');
  const run = await start(path, undefined, { from: 'end' });
  await appendFile(path, 'new\n');
  await run.poll();
  assert.deepEqual(run.texts, ['new']);
  await run.stop();
});

test('whole files are taken once they have stopped changing, and only once', async () => {
  const path = join(directory, 'drop-*.json');
  const file = join(directory, 'drop-1.json');
  await writeFile(file, '{"a":');
  const run = await start(path);
  await appendFile(file, '1}');
  await run.poll();
  assert.deepEqual(run.texts, []);
  await run.poll();
  await run.poll();
  assert.deepEqual(run.texts, ['{"a":1}']);
  await run.stop();
  const again = await start(path, run.position());
  await again.poll();
  assert.deepEqual(again.texts, []);
  await again.stop();
});

test('a full disk pauses; nothing is skipped', async () => {
  const path = join(directory, 'full.ndjson');
  await writeFile(path, 'a\nb\n');
  const world = harness();
  world.failNext(1);
  const stop = new AbortController();
  const ended = createFileSource(settings(path), world.surroundings).run(world.intake, stop.signal);
  await world.poll();
  assert.deepEqual(world.texts, []);
  await world.poll();
  assert.deepEqual(world.texts, ['a', 'b']);
  stop.abort();
  await ended;
});

test('a line beyond the limit is reported with its place; its neighbours are taken', async () => {
  const path = join(directory, 'long.ndjson');
  await writeFile(path, `a\n${'x'.repeat(2_000_000)}\nb\n`);
  const rejected: string[] = [];
  const world = harness();
  const source = createFileSource(
    settings(path, {
      follow: false,
      onRejected: (_, failure) => rejected.push(`${failure.code} ${failure.path}`),
    }),
    world.surroundings,
  );
  await source.run(world.intake, new AbortController().signal);
  assert.deepEqual(world.texts, ['a', 'b']);
  assert.deepEqual(rejected, ['too_large byte 2000003']);
});

test('missing files and folders do not stop the others', async () => {
  const path = join(directory, 'there.ndjson');
  await writeFile(path, 'a\n');
  const world = harness();
  const paths = [join(directory, 'absent.ndjson'), directory, path];
  await createFileSource(settings(path, { paths, follow: false }), world.surroundings).run(
    world.intake,
    new AbortController().signal,
  );
  assert.deepEqual(world.texts, ['a']);
});

test('standard input: lines over any chunk boundary, the last one without end', async () => {
  const world = harness();
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const chunk of ['{"a"', ':1}\n{"b":', '2}\r\n\n{"c":3}'])
      yield await Promise.resolve(Buffer.from(chunk));
  }
  const source = createStdinSource({ identity, feed: 'okta' }, input(), world.surroundings);
  await source.run(world.intake, new AbortController().signal);
  assert.deepEqual(world.texts, ['{"a":1}', '{"b":2}', '{"c":3}']);
});

test('property: lines do not depend on how the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\n', '\r', ' ') }),
      fc.array(fc.integer({ min: 1, max: 5 })),
      (text, cuts) => {
        const all = Buffer.from(text);
        const whole = createLineSplitter(4);
        const expected = [...whole.push(all), whole.end()];
        const pieces = createLineSplitter(4);
        const found = [];
        let from = 0;
        for (const length of [...cuts, all.length]) {
          found.push(...pieces.push(all.subarray(from, from + length)));
          from += length;
        }
        found.push(...pieces.push(all.subarray(from)), pieces.end());
        assert.deepEqual(found, expected);
      },
    ),
  );
});
