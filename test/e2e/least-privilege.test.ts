/** A real process with little right: another user, a data directory it may only read, a port that somebody else has. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, readdirSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { bodiesInLog, deliver, deliveryBody, makeHome, startProcess, type Home } from './real-process.ts';
import { main } from './collector-process.ts';

/** The user that owns nothing. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

function everything(directory: string): string[] {
  return [
    directory,
    ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name))),
  ];
}

/** Gives a home to another user when we are root; else it is ours already. Returns as whom to start. */
function handOver(home: Home): { uid?: number; gid?: number } {
  if (!isRoot) return {};
  for (const path of everything(home.directory)) chownSync(path, nobody, nobody);
  return { uid: nobody, gid: nobody };
}

/** Root can read everything; another user needs a checkout that others may read. */
function cannotRead(): string | false {
  if (!isRoot) return false;
  for (let path = main; path !== '/'; path = join(path, '..'))
    if ((statSync(path).mode & 0o005) === 0) return `${path} cannot be read by other users`;
  accessSync(process.execPath, constants.X_OK);
  return false;
}

async function refusedWith(t: TestContext, home: Home, as: object): Promise<string> {
  let said = '';
  await assert.rejects(startProcess(t, home, [], as), (error: Error) => {
    said = error.message;
    return true;
  });
  assert.match(said, /^ended with 2: /, said);
  assert.doesNotMatch(said, /\n\s+at /, 'a person reads this');
  return said;
}

test(
  'another user than root runs it, and its files are for that user alone',
  { skip: cannotRead() },
  async (t) => {
    const home = makeHome(t);
    const running = await startProcess(t, home, [], handOver(home));
    for (let i = 0; i < 20; i++) assert.equal(await deliver(running.url, deliveryBody(i)), 200);
    assert.equal(await running.end('SIGTERM'), 0, running.said());
    for (const path of everything(home.data).slice(1)) {
      const { uid, mode } = statSync(path);
      assert.equal(uid, isRoot ? nobody : process.getuid?.());
      assert.equal(mode & 0o002, 0, `${path} can be written by everybody`);
    }
    assert.equal((await bodiesInLog(home.data)).size, 20);
  },
);

test(
  'a data directory that may only be read is refused by name, with a way out',
  { skip: cannotRead() },
  async (t) => {
    const home = makeHome(t);
    const as = handOver(home);
    chmodSync(home.data, 0o555);
    const said = await refusedWith(t, home, as);
    assert.ok(said.includes(home.data), said);
    assert.match(said, /this user may only read .*let it write there .*or choose another/);
  },
);

test(
  'files of a data directory that may only be read are refused by name',
  { skip: cannotRead() },
  async (t) => {
    const home = makeHome(t);
    const as = handOver(home);
    const first = await startProcess(t, home, [], as);
    assert.equal(await deliver(first.url, deliveryBody(1)), 200);
    assert.equal(await first.end('SIGTERM'), 0);
    for (const path of everything(home.data).slice(1)) if (statSync(path).isFile()) chmodSync(path, 0o444);
    const said = await refusedWith(t, home, as);
    assert.ok(said.includes(home.data), said);
    for (const path of everything(home.data).slice(1)) if (statSync(path).isFile()) chmodSync(path, 0o644);
    assert.equal((await bodiesInLog(home.data)).size, 1, 'nothing was touched');
  },
);

test('a port that another process has is refused by name, with a way out, and nothing is left locked', async (t) => {
  const home = makeHome(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const child = spawn(
    process.execPath,
    [main, 'run', '--config', home.config, '--data', home.data, '--listen', `127.0.0.1:${port}`],
    { env: { ...process.env, PROCESS_SECRET: 'process-secret' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 2, said);
  assert.match(said, new RegExp(`127\\.0\\.0\\.1:${port}\\b`));
  assert.match(said, /another process listens there; stop it or change "listen"/);
  assert.doesNotMatch(said, /\n\s+at /);
  const running = await startProcess(t, home);
  assert.equal(await running.end('SIGTERM'), 0);
});
