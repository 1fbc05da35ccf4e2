/**
 * Faults on three real brokers while the engine works: a broker dies and comes back, leaders move, the active worker is
 * frozen past its session and thawed, workers come and go. Every time the decisions must be those of the embedded run.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { assertDecidedSame } from '../kafka/parity-difference.ts';
import { parityInput, parityParts, type ParityInput } from '../kafka/parity-input.ts';
import { runEmbedded, type Decided } from '../kafka/parity-decided.ts';
import { isAlive, KafkaRun, type WorkerProcess } from '../kafka/parity-run.ts';
import { eventually, makeTopic } from '../kafka/test-parts.ts';

const events = Number(process.env['ZONEWARDEN_FAULT_EVENTS'] ?? 1_500);
const partitions = 4;
/** Takes a record only while two brokers are in sync. */
const topic = 'canary';

describe('kafka faults', { skip: brokerUnavailable() ?? false }, () => {
  let cluster: TestCluster;
  let client: KafkaClient;
  let input: ParityInput;
  let expected: Decided;

  before(async () => {
    cluster = await startCluster({ brokers: 3, properties: { 'min.insync.replicas': '2' } });
    client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'faults', requestTimeoutMs: 5_000 });
    await makeTopic(client, topic, 1, {}, 3);
    input = parityInput(await parityParts(), events, 7);
    expected = await runEmbedded(input);
  });
  after(async () => {
    await client?.close();
    await cluster?.stop();
  });

  /** Feeds half, lets `fault` happen while workers are at work, feeds the rest and compares. */
  async function through(
    t: TestContext,
    workers: number,
    fault: (run: KafkaRun) => Promise<void>,
    afterwards: (run: KafkaRun) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const layout = {
      prefix: `f-${randomUUID()}`,
      partitions,
      writers: ['collector-a', 'collector-b'],
      operators: (await parityParts()).operators(),
    };
    const run = new KafkaRun(client, layout, cluster.bootstrap);
    try {
      await eventually(
        () =>
          run.prepare(3).then(
            () => true,
            () => false,
          ),
        (made) => made,
        'topics on three brokers',
      );
      run.start(workers);
      await eventually(
        () => run.workers.filter((worker) => (worker.word?.owned.length ?? 0) > 0).length,
        (working) => working >= Math.min(workers, 1),
        'a worker owns partitions',
      );
      let happened = false;
      await run.feed(input, async (share) => {
        if (share < 0.5 || happened) return;
        happened = true;
        await fault(run);
      });
      await run.sealed(input.endMs, 120_000);
      await afterwards(run);
      await run.stop();
      const found = await run.decided();
      assert.ok(expected.findings.size > 0);
      await assertDecidedSame(found, expected, run);
    } catch (error) {
      t.diagnostic(run.errors().slice(-2000));
      throw error;
    } finally {
      await run.clear();
    }
  }

  function ownerOf(run: KafkaRun): WorkerProcess {
    const found = run.workers.find((worker) => isAlive(worker) && (worker.word?.owned.length ?? 0) > 0);
    assert.ok(found, 'nobody owns a partition');
    return found;
  }

  it('every broker is killed in turn and comes back: leaders and the coordinator move', async (t) => {
    await through(t, 2, async () => {
      for (const broker of cluster.brokers) {
        broker.signal('SIGKILL');
        await broker.gone();
        await delay(1_000);
        await broker.start();
        await eventually(
          () => client.produce([{ topic, partition: 0, value: 'still here' }]),
          ({ ok }) => ok,
          'two replicas are in sync again',
        );
      }
    });
  });

  it('records that nobody of us wrote are reported and change nothing', async (t) => {
    await through(t, 1, async (run) => {
      const stage = `${run.layout.prefix}.stage-domain`;
      const poison = ['', '{"from":', '[]', 'null', '{"from":"0","watermarkMs":"soon"}', '\u0000\ufffd'];
      for (const value of poison) await client.produce([{ topic: stage, partition: 1, value }]);
      await client.produce([{ topic: stage, partition: 1, key: 'tombstone', value: null }]);
      await eventually(
        () => run.errors(),
        (text) => text.split('was not written by an engine').length > poison.length,
        'every one is reported',
      );
    });
  });

  it('the active worker is frozen past its session, the standby takes over, the zombie wakes up', async (t) => {
    await through(t, 2, async (run) => {
      const zombie = ownerOf(run);
      const frozen = new Set(zombie.word?.owned);
      const atMs = Date.now();
      zombie.child.kill('SIGSTOP');
      await eventually(
        () => {
          const others = run.workers.filter((worker) => worker !== zombie && (worker.word?.atMs ?? 0) > atMs);
          return others.flatMap(({ word }) => [...(word?.owned ?? [])]);
        },
        (owned) => [...frozen].every((partition) => owned.includes(partition)),
        'the standby owns what the frozen worker had',
      );
      t.diagnostic(`taken over ${Date.now() - atMs} ms after the freeze (session 3000 ms)`);
      zombie.child.kill('SIGCONT');
      await eventually(
        () => zombie.word?.atMs ?? 0,
        (heardMs) => heardMs > atMs + 1_000,
        'the zombie speaks again',
      );
    });
  });

  it('kill -9 of the active worker: fail-over in less than 30 s', async (t) => {
    await through(t, 2, async (run) => {
      const victim = ownerOf(run);
      const atMs = Date.now();
      victim.child.kill('SIGKILL');
      await eventually(
        () =>
          run.workers
            .filter(isAlive)
            .flatMap(({ word }) => (word !== undefined && word.atMs > atMs ? [...word.owned] : [])),
        (owned) => new Set(owned).size === partitions,
        'the other worker owns everything',
      );
      const failOverMs = Date.now() - atMs;
      t.diagnostic(`fail-over ${failOverMs} ms (session 3000 ms)`);
      assert.ok(failOverMs < 30_000);
    });
  });

  it('a rebalance storm: workers come and go', async (t) => {
    await through(t, 2, async (run) => {
      for (let round = 0; round < 5; round++) {
        run.start(1);
        await delay(1_500);
        const alive = run.workers.filter(isAlive);
        alive[round % alive.length]?.child.kill(round % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      }
    });
  });
});
