/** A worker of the engine as a process of its own, so that it can be killed and frozen. Settings: JSON in argv. */
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { joinLease } from '../../collector/src/log/kafka-lease.ts';
import { fileCheckpoints } from '../../collector/src/host/kafka/checkpoint-objects.ts';
import { ControlTopic } from '../../collector/src/host/kafka/control-topic.ts';
import { EngineWorker } from '../../collector/src/host/kafka/engine-worker.ts';
import { stageTopic } from '../../collector/src/host/kafka/stage-topics.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { parityParts } from './parity-input.ts';

/** What a worker process is told. */
export interface WorkerSettings {
  readonly bootstrap: readonly string[];
  readonly prefix: string;
  readonly partitions: number;
  readonly writers: readonly string[];
  readonly checkpoints: string;
  readonly checkpointEveryMs: number;
  readonly sessionTimeoutMs: number;
  /** False: sealed lane only. */
  readonly preliminary?: boolean;
}

const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const parts = await parityParts();
const { bootstrap, prefix, partitions, writers } = settings;
const connection = { bootstrap, clientId: `worker-${process.pid}`, requestTimeoutMs: 5_000 };
const layout = { prefix, partitions, writers, operators: parts.operators() };
const stop = new AbortController();
const around = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }),
  log: (level: string, message: string) => process.stderr.write(`${process.pid} ${level} ${message}\n`),
};
const lease = joinLease({
  connection,
  group: `${prefix}.engine`,
  topic: stageTopic(layout, 0),
  sessionTimeoutMs: settings.sessionTimeoutMs,
  around,
});
const client = createKafkaClient(connection);
const control = new ControlTopic({
  client: createKafkaClient(connection),
  topic: `${prefix}.control`,
  inventory: parts.tables.inventory,
  inventoryOf: parts.inventoryOf,
  useRules: parts.useRules,
  around,
});
const worker = new EngineWorker({
  layout,
  tables: parts.tables,
  client,
  lease,
  control,
  stage: { preliminary: settings.preliminary ?? true },
  checkpoints: fileCheckpoints(settings.checkpoints),
  codeDigest: parts.codeDigest,
  around,
  checkpointEveryMs: settings.checkpointEveryMs,
});
const tell = setInterval(
  () => process.stdout.write(`${JSON.stringify({ ...worker.stats(), held: lease.isHeld() })}\n`),
  100,
);
process.once('SIGTERM', () => stop.abort());
try {
  await worker.run(stop.signal);
} catch (error) {
  around.log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
} finally {
  clearInterval(tell);
  await lease.leave();
  await client.close();
  process.exit();
}
