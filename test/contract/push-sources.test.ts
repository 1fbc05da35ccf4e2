/**
 * What every source that is pushed to over HTTP holds: 2xx means durable, a repeated delivery makes no second event, also over a
 * restart, and neither a damaged body, a wrong or old proof, nor a full disk makes it lose, throw or tell a secret.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createWebhookSource } from '../../collector/src/1-source/webhook/webhook-source.ts';
import { normalisers } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import type { HttpAnswer } from '../../collector/src/contract/http.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { startFake, startMs, type Fake } from '../unit/1-source/api-fake.ts';
import { type Push, type PushCase } from './push-case.ts';
import { pushCases, settingsOf } from './push-cases.ts';
import { canary } from './source-cases.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };

/** One life of the source over a store that outlives it. */
interface Life {
  deliver(push: Push, atMs?: number): Promise<HttpAnswer>;
  end(): Promise<void>;
}

interface World {
  readonly stored: RawRecord[];
  readonly told: string[];
  hold: Promise<void> | undefined;
  full: boolean;
  start(): Promise<Life>;
}

async function worldOf(one: PushCase, t: TestContext): Promise<World> {
  let keys: Fake | undefined;
  if (one.keys !== undefined) {
    keys = await startFake(() => ({ body: one.keys?.() }));
    const opened = keys;
    t.after(() => opened.close());
  }
  const world: World = {
    stored: [],
    told: [],
    hold: undefined,
    full: false,
    start() {
      const source = createWebhookSource(settingsOf(one, keys), {
        nowMs: () => startMs,
        random: () => 0.5,
        sleep: () => Promise.resolve(),
        log: (...line) => world.told.push(JSON.stringify(line)),
      });
      const stop = new AbortController();
      const running = source.run(
        {
          async accept(records) {
            await world.hold;
            if (world.full) throw Object.assign(new Error('no space'), { code: 'log_full' });
            world.stored.push(...records);
          },
          cursor: () => undefined,
          heartbeat: () => {},
          gap: () => {},
        },
        stop.signal,
      );
      return Promise.resolve({
        deliver: async (push: Push, atMs = startMs) => {
          const answer = await source.deliver(
            {
              method: 'POST',
              path: '/ingest/x',
              query: new URLSearchParams(),
              headers: push.headers,
              body: push.body,
              remoteAddress: '192.0.2.7',
              receivedAtMs: atMs,
            },
            push.path ?? '',
          );
          world.told.push(
            JSON.stringify([
              answer.headers,
              Buffer.isBuffer(answer.body) ? answer.body.toString() : answer.body,
            ]),
          );
          return answer;
        },
        end: async () => {
          stop.abort();
          await running;
        },
      });
    },
  };
  return world;
}

/** Event ids of everything stored, however late it is read; 'dead' for what no normaliser reads. */
function eventIds(one: PushCase, stored: readonly RawRecord[]): string[] {
  const normaliser = normalisers.find((each) => each.source === one.feed);
  assert.ok(normaliser !== undefined);
  return stored.flatMap((record) => {
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, context);
    return outcome.ok
      ? outcome.value.events.map((event) => event.event_id)
      : [`dead ${outcome.failure.code} ${outcome.failure.message}`];
  });
}

const isDone = (answer: HttpAnswer): boolean => answer.status >= 200 && answer.status < 300;

function assertNoSecret(world: World): void {
  const stored = world.stored.map((record) =>
    JSON.stringify({ ...record, bytes: Buffer.from(record.bytes).toString() }),
  );
  assert.equal([...stored, ...world.told].join('\n').includes(canary), false, 'a secret is shown');
}

for (const one of pushCases) {
  test(`${one.name}: a delivery becomes events, verified only when it is proven`, async (t) => {
    const world = await worldOf(one, t);
    const life = await world.start();
    assert.ok(isDone(await life.deliver(one.push(['1', '2'], startMs))));
    const ids = eventIds(one, world.stored);
    assert.ok(ids.length > 0 && ids.every((id) => !id.startsWith('dead')), ids.join('; '));
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(world.stored.every(({ verified }) => verified === one.isProven));
    assertNoSecret(world);
    await life.end();
  });

  test(`${one.name}: answered only when the records are durable; a full disk asks to repeat, and the repeat is taken`, async (t) => {
    const world = await worldOf(one, t);
    const life = await world.start();
    let release = (): void => {};
    world.hold = new Promise((resolve) => (release = resolve));
    let answered = false;
    const waiting = life.deliver(one.push(['1'], startMs)).then((answer) => {
      answered = true;
      return answer;
    });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false, 'it answered before the record was durable');
    world.full = true;
    release();
    const refused = await waiting;
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers?.['retry-after']) > 0);
    assert.equal(world.stored.length, 0);
    world.full = false;
    assert.ok(isDone(await life.deliver(one.push(['1'], startMs))));
    assert.ok(world.stored.length > 0);
    await life.end();
  });

  test(`${one.name}: a delivery that comes again, later and over a restart, makes no second event`, async (t) => {
    const world = await worldOf(one, t);
    const first = await world.start();
    assert.ok(isDone(await first.deliver(one.push(['1'], startMs))));
    const ids = new Set(eventIds(one, world.stored));
    assert.ok(isDone(await first.deliver(one.push(['1'], startMs + 60_000), startMs + 60_000)));
    await first.end();
    const second = await world.start();
    assert.ok(isDone(await second.deliver(one.push(['1'], startMs + 120_000), startMs + 120_000)));
    await second.end();
    assert.deepEqual(new Set(eventIds(one, world.stored)), ids);
  });

  test(`${one.name}: a body that is cut anywhere is refused or kept whole as a dead letter, never half read as done`, async (t) => {
    const world = await worldOf(one, t);
    const life = await world.start();
    const { body, ...rest } = one.push(['1'], startMs);
    for (let length = 0; length < body.length; length += Math.max(1, Math.floor(body.length / 40))) {
      world.stored.length = 0;
      const answer = await life.deliver({ ...rest, body: body.subarray(0, length) });
      if (!isDone(answer)) {
        assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} at ${length}`);
        assert.equal(world.stored.length, 0);
      } else
        assert.ok(
          eventIds(one, world.stored).every((id) => id.startsWith('dead')),
          `read at ${length}`,
        );
    }
    assert.ok(isDone(await life.deliver(one.push(['2'], startMs))), 'it goes on afterwards');
    await life.end();
    assertNoSecret(world);
  });

  test(`${one.name}: a wrong secret stores nothing and tells nothing`, async (t) => {
    const world = await worldOf(one, t);
    const life = await world.start();
    const answer = await life.deliver(one.push(['1'], startMs, 'another secret'));
    assert.ok(answer.status === 401 || answer.status === 404, String(answer.status));
    assert.equal(world.stored.length, 0);
    assertNoSecret(world);
    await life.end();
  });

  test(`${one.name}: before its start and after its end it asks to repeat`, async (t) => {
    const world = await worldOf(one, t);
    const life = await world.start();
    await life.end();
    const answer = await life.deliver(one.push(['1'], startMs));
    assert.equal(answer.status, 503);
    assert.equal(world.stored.length, 0);
  });

  if (one.ages)
    test(`${one.name}: a proof from another time is refused; a clock a little off is not`, async (t) => {
      const world = await worldOf(one, t);
      const life = await world.start();
      assert.equal((await life.deliver(one.push(['1'], startMs - 86_400_000))).status, 401, 'a day old');
      assert.equal(world.stored.length, 0);
      assert.ok(isDone(await life.deliver(one.push(['1'], startMs - 30_000))), 'half a minute old');
      await life.end();
    });
}
