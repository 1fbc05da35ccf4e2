import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveHub, type LiveMessage } from '../../../collector/src/api/live-stream.ts';
import type { ServerSentEvent } from '../../../collector/src/contract/http.ts';

const message = (n: number, tenant = 'a'): LiveMessage => ({ tenant, event: 'score', data: n });

function reader(hub: LiveHub, tenant: string, last?: string) {
  const stop = new AbortController();
  const stream = hub.subscribe(
    (one) => one === tenant,
    ({ data }) => data,
    last,
  );
  assert.ok(stream !== undefined);
  const events = stream(stop.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<ServerSentEvent> => (await events.next()).value as ServerSentEvent;
  return { next, stop, end: () => events.next() };
}

test('a slow reader is told to read anew instead of filling memory', async () => {
  const hub = new LiveHub('e', { queueMax: 3 });
  const slow = reader(hub, 'a');
  const pending = slow.next();
  for (let n = 1; n <= 10; n++) hub.publish(message(n));
  const first = await pending;
  const events = [first];
  while (events.at(-1)?.id !== 'e.10' && events.length < 10) events.push(await slow.next());
  assert.ok(events.some(({ event }) => event === 'resync'));
  assert.ok(events.length <= 5, JSON.stringify(events));
  slow.stop.abort();
  assert.equal((await slow.end()).done, true);
  assert.equal(hub.clients, 0);
});

test('what was missed follows while it is remembered', async () => {
  const hub = new LiveHub('e', { rememberedMax: 3 });
  for (let n = 1; n <= 5; n++) hub.publish(message(n, n === 4 ? 'b' : 'a'));
  const near = reader(hub, 'a', 'e.2');
  assert.deepEqual(
    [await near.next(), await near.next()].map(({ id, data }) => [id, data]),
    [
      ['e.3', '3'],
      ['e.5', '5'],
    ],
  );
  for (const id of ['e.1', 'f.5', 'e.6', 'e.x', 'e.-1']) {
    const far = reader(hub, 'a', id);
    const { event } = await far.next();
    assert.equal(event, 'resync', id);
    far.stop.abort();
    await far.end();
  }
  near.stop.abort();
});

test('there is a last seat', () => {
  const hub = new LiveHub('e', { clientsMax: 0 });
  assert.equal(
    hub.subscribe(
      () => true,
      () => null,
    ),
    undefined,
  );
});
