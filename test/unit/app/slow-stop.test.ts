/** What keeps a stop waiting is named once, and only when it waits long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowStop } from '../../../collector/src/app/slow-stop.ts';

function surroundings() {
  const said: string[] = [];
  let pass = (): void => undefined;
  return {
    said,
    around: {
      log: (_level: string, message: string) => void said.push(message),
      sleep: (ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          assert.equal(ms, 3_000);
          pass = resolve;
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
    },
    threeSecondsPass: async () => {
      pass();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('whoever has not ended three seconds after the signal is named', async () => {
  const { around, said, threeSecondsPass } = surroundings();
  const stopping = new SlowStop(around);
  const stop = new AbortController();
  const [hangs, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  void stopping.track('source topic', hangs.promise);
  void stopping.track('sink otlp', ends.promise);
  void stopping.track('source broken', Promise.reject(new Error('x'))).catch(() => undefined);
  stopping.watch(stop.signal);
  assert.deepEqual(said, []);
  stop.abort();
  ends.resolve();
  await ends.promise;
  await threeSecondsPass();
  assert.deepEqual(said, ['the stop waits for source topic; nothing is lost if it is cut short']);
});

test('a stop in time says nothing, and one that was asked for before it is watched is watched all the same', async () => {
  const { around, said, threeSecondsPass } = surroundings();
  const stopping = new SlowStop(around);
  void stopping.track('source topic', new Promise(() => undefined));
  stopping.watch(AbortSignal.abort());
  stopping.end();
  await threeSecondsPass();
  assert.deepEqual(said, []);
  const late = new SlowStop(around);
  for (let i = 0; i < 12; i++) void late.track(`source s${i}`, new Promise(() => undefined));
  late.watch(AbortSignal.abort());
  await threeSecondsPass();
  assert.match(said[0] ?? '', /^the stop waits for source s0, .*, source s9 and 2 more;/);
});
