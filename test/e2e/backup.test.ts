/** A backup of a real collector under load: a start from the copy ends where an undisturbed run over the same log ends. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readCheckpointState } from './checkpoint-state.ts';
import { bodiesInLog, deliver, deliverInTime, deliveryBody, makeHome, startProcess } from './real-process.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));

test('a backup under load holds everything acknowledged before it, and a start from it decides the same', async (t) => {
  const home = makeHome(t);
  const running = await startProcess(t, home);
  const acknowledged: string[] = [];
  for (let i = 0; i < 150; i++) {
    const body = deliveryBody(i);
    assert.equal(await deliverInTime(running.url, body), 200);
    acknowledged.push(body);
  }
  let isOver = false;
  let next = 150;
  const posters = Array.from({ length: 4 }, async () => {
    while (!isOver) await deliver(running.url, deliveryBody(next++));
  });
  const copy = join(home.directory, 'copy');
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'backup',
    '--data',
    home.data,
    '--out',
    copy,
  ]);
  isOver = true;
  await Promise.all(posters);
  assert.match(stdout, /^log +\S+ \S+$/m);
  assert.match(stdout, /records read back/);
  assert.equal(await running.end('SIGTERM'), 0, running.said());
  const stays = (name: string): boolean => name !== 'lock' && !/-(wal|shm)$/.test(name);
  assert.deepEqual(readdirSync(copy).filter(stays).sort(), readdirSync(home.data).filter(stays).sort());

  const restored = await startProcess(t, { ...home, data: copy });
  assert.equal(await restored.end('SIGTERM'), 0, restored.said());
  const logged = await bodiesInLog(copy);
  assert.deepEqual(
    acknowledged.filter((body) => !logged.has(body)),
    [],
  );

  const undisturbed = join(home.directory, 'undisturbed');
  cpSync(join(copy, 'log'), join(undisturbed, 'log'), { recursive: true });
  const oracle = await startProcess(t, { ...home, data: undisturbed });
  assert.equal(await oracle.end('SIGTERM'), 0, oracle.said());
  const [found, expected] = [readCheckpointState(copy), readCheckpointState(undisturbed)];
  assert.ok(Object.keys(expected.findings).length > 0, 'the load must raise findings');
  assert.deepEqual(found.findings, expected.findings);
  assert.deepEqual(found.state, expected.state);
});
