/** The wall clock of a running process is set forward, back and right again: nothing is lost, and what was decided is what the log says. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCheckpointState } from './checkpoint-state.ts';
import { eventually, type CollectorProcess } from './collector-process.ts';
import {
  bodiesInLog,
  deliverInTime,
  deliveryBody,
  makeHome,
  metricOf,
  startProcess,
} from './real-process.ts';

const jumping = ['--import', new URL('../faults/jumping-clock.ts', import.meta.url).href];

async function jump(running: CollectorProcess, times: number): Promise<void> {
  running.child.kill('SIGUSR2');
  await eventually('the clock jumped', () =>
    Promise.resolve(running.said().split('clock off by').length > times ? true : undefined),
  );
}

test('forward an hour, back ten minutes, forward a day and right again, with a restart behind the future', async (t) => {
  const home = makeHome(t);
  const sent: string[] = [];
  const deliverSome = async (running: CollectorProcess): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const body = deliveryBody(sent.length);
      assert.equal(await deliverInTime(running.url, body), 200, running.said());
      sent.push(body);
    }
  };
  const first = await startProcess(t, home, jumping);
  await deliverSome(first);
  for (let times = 1; times <= 4; times++) {
    await jump(first, times);
    await deliverSome(first);
  }
  const backlog = (): Promise<number> => metricOf(first.url, 'zonewarden_engine_backlog');
  await eventually('all decided', async () => ((await backlog()) === 0 ? true : undefined));
  assert.equal((await fetch(`${first.url}/readyz`)).status, 200);
  assert.equal(await first.end('SIGTERM'), 0, first.said());

  // The clock is right again, and the log ends tomorrow.
  const second = await startProcess(t, home);
  await deliverSome(second);
  assert.equal(await second.end('SIGTERM'), 0, second.said());
  const logged = await bodiesInLog(home.data);
  assert.deepEqual(
    sent.filter((body) => !logged.has(body)),
    [],
  );

  const undisturbed = join(home.directory, 'undisturbed');
  cpSync(join(home.data, 'log'), join(undisturbed, 'log'), { recursive: true });
  const oracle = await startProcess(t, { ...home, data: undisturbed });
  assert.equal(await oracle.end('SIGTERM'), 0, oracle.said());
  const [found, expected] = [readCheckpointState(home.data), readCheckpointState(undisturbed)];
  assert.ok(Object.keys(expected.findings).length > 0, 'the load must raise findings');
  assert.deepEqual(found.findings, expected.findings);
  assert.deepEqual(found.state, expected.state);
});
