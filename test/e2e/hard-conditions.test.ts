/** A real process under conditions it does not choose: a sync that fails, little memory, a sink that crawls, files of another version. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCheckpointState } from './checkpoint-state.ts';
import {
  bodiesInLog,
  deliver,
  deliverInTime,
  deliveryBody,
  makeHome,
  metricOf,
  startProcess,
} from './real-process.ts';

const failingSync = new URL('../faults/failing-sync.ts', import.meta.url).href;

async function until(holds: () => Promise<boolean>, what: string, ms = 60_000): Promise<void> {
  const endMs = performance.now() + ms;
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a sync that fails once: nothing more is acknowledged, the process ends in words, nothing acknowledged is lost', async (t) => {
  const home = makeHome(t);
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const { child, url, said } = await startProcess(t, home, ['--import', failingSync]);
    const before = acknowledged.length;
    for (let i = 0; i < 20; i++) {
      const body = deliveryBody(round * 1000 + i);
      if ((await deliver(url, body)) === 200) acknowledged.push(body);
    }
    assert.equal(acknowledged.length, before + 20);
    const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode]);
    child.kill('SIGUSR2');
    // Heartbeats sync too: whichever write comes first meets the fault.
    for (let i = 20; i < 40 && child.exitCode === null; i++) {
      const body = deliveryBody(round * 1000 + i);
      const status = await deliver(url, body);
      if (status === 200) acknowledged.push(body);
      else break;
    }
    const [code] = (await exited) as [number];
    assert.notEqual(code, 0);
    assert.match(said(), /fdatasync of \S+ failed .*EIO.*nothing more is accepted/);
    assert.doesNotMatch(said(), /\n\s+at .*\.ts:\d+/, 'a person reads this');
  }
  const logged = await bodiesInLog(home.data);
  assert.deepEqual(
    acknowledged.filter((body) => !logged.has(body)),
    [],
  );
});

test('a heap of 128 MB is enough under load, and the stop is clean', async (t) => {
  const home = makeHome(t);
  const running = await startProcess(t, home, ['--max-old-space-size=128']);
  const acknowledged: string[] = [];
  let next = 0;
  const posters = Array.from({ length: 8 }, async () => {
    while (next < 600) {
      const body = deliveryBody(next++);
      assert.equal(await deliverInTime(running.url, body), 200, running.said());
      acknowledged.push(body);
    }
  });
  await Promise.all(posters);
  assert.equal(running.child.exitCode, null, running.said());
  assert.equal(await running.end('SIGTERM'), 0, running.said());
  const logged = await bodiesInLog(home.data);
  assert.deepEqual(
    acknowledged.filter((body) => !logged.has(body)),
    [],
  );
});

test('a sink many times too slow: the queue grows on disk and not in memory, and is worked off later', async (t) => {
  let delayMs = 300;
  let requests = 0;
  const endpoint = createServer((request, response) => {
    requests++;
    request.resume();
    request.on('end', () =>
      setTimeout(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        delayMs,
      ).unref(),
    );
  }).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  t.after(() => {
    endpoint.closeAllConnections();
    endpoint.close();
  });
  const { port } = endpoint.address() as AddressInfo;
  const home = makeHome(
    t,
    `  - {id: otlp, kind: otlp, endpoint: 'http://127.0.0.1:${port}', batch_max: 5}\n`,
  );
  const running = await startProcess(t, home);
  const backlog = (): Promise<number> => metricOf(running.url, 'zonewarden_sink_backlog', 'sink="otlp"');
  for (let i = 0; i < 200; i++) await deliverInTime(running.url, deliveryBody(i));
  const before = await metricOf(running.url, 'zonewarden_process_memory_bytes', 'resident');
  let refused = 0;
  for (let i = 200; i < 800; i++) if ((await deliverInTime(running.url, deliveryBody(i))) !== 200) refused++;
  assert.equal(refused, 0, 'a slow sink is no reason to refuse');
  assert.ok((await backlog()) > 200, `${await backlog()} wait after ${requests} requests`);
  const grown = (await metricOf(running.url, 'zonewarden_process_memory_bytes', 'resident')) - before;
  assert.ok(grown < 150 * 2 ** 20, `${grown} bytes more`);
  delayMs = 0;
  await until(async () => (await backlog()) === 0, 'worked off');
  assert.equal(await metricOf(running.url, 'zonewarden_sink_lost_total', 'sink="otlp"'), 0);
  assert.equal(await running.end('SIGTERM'), 0);
});

test('a checkpoint of a newer version is refused in words; moved away as they say, the log gives the same findings', async (t) => {
  const home = makeHome(t);
  const first = await startProcess(t, home);
  for (let i = 0; i < 120; i++) assert.equal(await deliver(first.url, deliveryBody(i)), 200);
  await until(async () => (await metricOf(first.url, 'zonewarden_engine_backlog')) === 0, 'all decided');
  assert.equal(await first.end('SIGTERM'), 0);
  const expected = readCheckpointState(home.data);
  assert.ok(Object.keys(expected.findings).length > 0);

  const path = join(home.data, 'checkpoints.sqlite');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  const bytes = readFileSync(path);
  await assert.rejects(startProcess(t, home), (error: Error) => {
    assert.match(error.message, /ended with 2: .*checkpoints\.sqlite: .*newer version/s);
    assert.doesNotMatch(error.message, /\n\s+at /);
    return true;
  });
  assert.deepEqual(readFileSync(path), bytes, 'what cannot be read is not touched');

  renameSync(path, `${path}.newer`);
  const again = await startProcess(t, home);
  assert.equal(await again.end('SIGTERM'), 0);
  assert.deepEqual(readCheckpointState(home.data).findings, expected.findings);
});

test("under Node's permission model, with frozen intrinsics: reads the program and its files, writes its data directory, starts no process", async (t) => {
  const home = makeHome(t);
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  const running = await startProcess(t, home, [
    '--permission',
    // Nothing that a record names can reach a prototype, and no library can change what others are built on.
    '--disable-proto=delete',
    '--frozen-intrinsics',
    `--allow-fs-read=${repository}`,
    `--allow-fs-read=${home.directory}`,
    `--allow-fs-write=${home.data}`,
  ]);
  for (let i = 0; i < 20; i++) assert.equal(await deliver(running.url, deliveryBody(i)), 200);
  assert.equal(await running.end('SIGTERM'), 0, running.said());
  assert.equal((await bodiesInLog(home.data)).size, 20);
});

test('a second collector on the same data, and one whose port is taken, say so and end', async (t) => {
  const home = makeHome(t);
  const running = await startProcess(t, home);
  await assert.rejects(startProcess(t, home), (error: Error) => {
    assert.match(error.message, /ended with 2: /);
    assert.match(error.message, /another|in use|held|lock/i);
    assert.doesNotMatch(error.message, /\n\s+at /);
    return true;
  });
  assert.equal(await deliver(running.url, deliveryBody(1)), 200, 'the first one is not disturbed');
  assert.equal(await running.end('SIGTERM'), 0);
});
