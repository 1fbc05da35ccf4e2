/**
 * The engine on a real broker decides the same as one process: findings and cases byte for byte, state by digest, with
 * 1 to 16 partitions, two collectors that feed it, two workers and kill -9 in the middle.
 * ZONEWARDEN_PARITY_EVENTS sets the size; 100000 is the full run.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, existingBroker, startCluster, type TestCluster } from '../kafka/broker.ts';
import { assertDecidedSame } from '../kafka/parity-difference.ts';
import { parityInput, parityParts, type ParityInput } from '../kafka/parity-input.ts';
import { runEmbedded, type Decided } from '../kafka/parity-decided.ts';
import { isAlive, KafkaRun } from '../kafka/parity-run.ts';
import { eventually } from '../kafka/test-parts.ts';

const events = Number(process.env['ZONEWARDEN_PARITY_EVENTS'] ?? 2_000);
const counts = (process.env['ZONEWARDEN_PARITY_PARTITIONS'] ?? '1,2,4,8,16').split(',').map(Number);
/** A long run has the times that are shipped, a short one shorter ones, so that its kills happen in time. */
const timing = events < 50_000 ? {} : { sessionTimeoutMs: 10_000, checkpointEveryMs: 10_000 };
const existing = existingBroker();
const skip = (existing === undefined ? brokerUnavailable() : undefined) ?? false;

describe('kafka parity', { skip }, () => {
  let cluster: TestCluster | undefined;
  let bootstrap: readonly string[];
  let client: KafkaClient;
  let input: ParityInput;
  let expected: Decided;

  before(async () => {
    cluster = existing === undefined ? await startCluster() : undefined;
    bootstrap = existing ?? cluster?.bootstrap ?? [];
    client = createKafkaClient({ bootstrap, clientId: 'parity' });
    input = parityInput(await parityParts(), events, 1);
    expected = await runEmbedded(input);
  });
  after(async () => {
    await client?.close();
    await cluster?.stop();
  });

  for (const partitions of counts)
    it(`decides the same on ${partitions} partitions with kill -9`, async (t) => {
      const layout = {
        prefix: `p-${randomUUID()}`,
        partitions,
        writers: ['collector-a', 'collector-b'],
        operators: (await parityParts()).operators(),
      };
      const run = new KafkaRun(client, layout, bootstrap, timing);
      try {
        await run.prepare();
        run.start(2);
        let kills = 0;
        const startedMs = performance.now();
        await run.feed(input, async (share) => {
          if (share * 4 < kills + 1 || kills === 3) return;
          // A worker that is at work dies without a word; another one begins somewhere else.
          const victim = await eventually(
            () =>
              run.workers.find(
                (one) => isAlive(one) && (one.word?.records ?? 0) > 0 && one.word?.owned.length !== 0,
              ),
            (found) => found !== undefined,
            'a worker works',
          );
          victim?.child.kill('SIGKILL');
          run.start(1);
          kills++;
        });
        await run.sealed(input.endMs, 60_000 + events * 20);
        t.diagnostic(`${events} events, ${kills} kills: ${Math.round(performance.now() - startedMs)} ms`);
        await run.stop();
        const found = await run.decided();
        assert.equal(kills, 3);
        assert.ok(expected.findings.size > 0 && expected.cases.size > 0);
        await assertDecidedSame(found, expected, run);
      } finally {
        await run.clear();
      }
    });
});
