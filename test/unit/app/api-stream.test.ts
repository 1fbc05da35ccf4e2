import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
before(async () => {
  running = await startCollector();
});
after(() => running.stop());

interface Received {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: any;
}

/** Reads events of the stream until `enough` holds. */
async function watch(
  token: string,
  enough: (events: readonly Received[]) => boolean,
  opened: () => void = () => undefined,
  lastEventId?: string,
): Promise<Received[]> {
  const gone = new AbortController();
  const answer = await fetch(`${running.url}/api/v1/stream`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: gone.signal,
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  opened();
  const events: Received[] = [];
  let text = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks.filter((one) => !one.startsWith(':'))) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      events.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? 'null') });
    }
    if (enough(events)) break;
  }
  gone.abort();
  return events;
}

const has =
  (...kinds: string[]) =>
  (events: readonly Received[]): boolean =>
    kinds.every((kind) => events.some(({ event }) => event === kind));

test('findings, cases and scores arrive while they happen, each tenant its own, and a reader can go on where it was', async () => {
  const beta: Received[] = [];
  const watching = watch(tokenOf('beta', 'viewer'), has('case', 'finding', 'score')).then((events) =>
    beta.push(...events),
  );
  const events = await watch(tokenOf('acme', 'responder'), has('case', 'finding', 'score'), () => {
    void running.deliver('acme', lockRemoved);
  });
  for (const { event, data } of events)
    if (event === 'case' || event === 'finding' || event === 'score') assert.equal(data.tenant, 'acme');
  const found = events.find(({ event }) => event === 'case')?.data;
  assert.deepEqual(found.domains, ['shop.example']);
  assert.equal(found.timeline, undefined);
  const first = events.find(({ event }) => event === 'finding')?.id;
  const again = await watch(tokenOf('acme', 'responder'), (all) => all.length >= 1, undefined, first);
  assert.notEqual(again[0]?.id, first);
  assert.notEqual(again[0]?.event, 'resync');
  const lost = await watch(tokenOf('acme', 'responder'), has('resync'), undefined, 'other.1');
  assert.equal(lost[0]?.event, 'resync');
  await running.deliver('beta', lockRemoved);
  await watching;
  for (const { event, data } of beta)
    if (event !== 'status') assert.equal(data.tenant, 'beta', String(event));
  assert.equal(running.collector.live.clients <= 4, true);
  await running.until('all readers gone', () => (running.collector.live.clients === 0 ? true : undefined));
});
