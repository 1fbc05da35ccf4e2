/** A feed over a WebSocket that sends more than is taken: large messages, a slow log, a full disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { manualClock, fakeIntake, until, feedServer, source } from './socket-feed.ts';

test('a message larger than the limit ends the connection, not the process', async () => {
  const server = await feedServer((socket) => {
    socket.send('{"small":1}');
    socket.send('x'.repeat(20_000));
  });
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.lines.some((line) => line.includes('larger than message_bytes_max')), 'ended');
  assert.equal(intake.records.length, 1);
  stop.abort();
  await ended;
});

test('a slow log holds the sender; nothing is lost and memory stays bounded', async () => {
  const total = 20_000;
  const server = await feedServer((socket) => {
    for (let at = 0; at < total; at++) socket.send(`{"n":${at},"pad":"${'x'.repeat(500)}"}`);
  });
  const clock = manualClock();
  const intake = fakeIntake();
  let release = (): void => {};
  intake.gate = new Promise((resolve) => (release = resolve));
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  const [accepted] = await untilValue(() => (server.sockets.size > 0 ? server.sockets : undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok((accepted as WebSocket).bufferedAmount > 1_000_000, 'the sender still holds most of it');
  intake.gate = undefined;
  release();
  await until(() => intake.records.length === total, 'all records');
  assert.ok(intake.records.every((record, at) => Buffer.from(record.bytes).includes(`"n":${at},`)));
  stop.abort();
  await ended;
});

test('a full disk pauses and resumes; a failed disk ends the run', async () => {
  const server = await feedServer((socket) => socket.send('{}'));
  const clock = manualClock();
  const intake = fakeIntake();
  intake.fail = Object.assign(new Error('full'), { code: 'disk_full' });
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.sleeping === 2, 'paused');
  intake.fail = undefined;
  clock.advance(5000);
  await until(() => intake.records.length === 1, 'taken after all');
  stop.abort();
  await ended;

  const broken = fakeIntake();
  broken.fail = Object.assign(new Error('device gone'), { code: 'disk_fault' });
  const second = source(server.port, clock);
  await assert.rejects(second.run.run(broken, second.stop.signal), /device gone/);
});

test('what was lost while a full disk held the sender is blind time, although the connection lived on', async () => {
  const server = await feedServer((socket) => {
    // The cable breaks during the hold: no answer to any ping comes back.
    socket.pong = () => {};
    socket.send('{"n":1}');
  });
  const clock = manualClock();
  const intake = fakeIntake();
  intake.fail = Object.assign(new Error('full'), { code: 'disk_full' });
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.sleeping === 2, 'paused');
  const heldMs = clock.surroundings.nowMs();
  intake.fail = undefined;
  clock.advance(5000);
  await until(() => intake.records.length === 1, 'taken after all');
  assert.equal(intake.cursor('zs/newly_registered_domain'), String(heldMs), 'not the time of the commit');
  for (const socket of server.sockets) socket.terminate();
  await until(() => clock.lines.some((line) => line.startsWith('feed disconnected')), 'cut');
  clock.advance(10_000);
  await until(() => intake.gaps.length > 0, 'the gap');
  assert.equal(intake.gaps[0]?.[0], heldMs, 'blind since the sender was held');
  stop.abort();
  await ended;
});

async function untilValue<T>(read: () => T | undefined): Promise<T> {
  let value: T | undefined;
  await until(() => (value = read()) !== undefined, 'value');
  return value as T;
}
