/** The parts of a collector whose engine runs on Kafka, put together. */
import { hostname } from 'node:os';
import type { SourceRun } from '../contract/component.ts';
import { createKafkaIntake, feedPartition, type KafkaIntake } from '../host/kafka/kafka-intake.ts';
import type { OutgoingPolicy } from '../1-source/address-policy.ts';
import { createAskAws } from '../1-source/cloudtrail-queue/signed-request.ts';
import { createOutgoingClient } from '../1-source/outgoing-http.ts';
import { fileCheckpoints, type CheckpointObjects } from '../host/kafka/checkpoint-objects.ts';
import { objectCheckpoints } from '../host/kafka/object-checkpoints.ts';
import { s3Objects } from '../host/kafka/s3-objects.ts';
import { ControlTopic } from '../host/kafka/control-topic.ts';
import { EngineWorker } from '../host/kafka/engine-worker.ts';
import { entriesTopic } from '../host/kafka/entry-task.ts';
import { KafkaHost } from '../host/kafka/kafka-host.ts';
import { leasedSource } from '../host/kafka/leased-source.ts';
import { PositionsTopic, positionsTopic } from '../host/kafka/positions-topic.ts';
import { PublishedReader } from '../host/kafka/published-reader.ts';
import { partitionEdges, type StageLayout } from '../host/kafka/stage-topics.ts';
import type { KafkaClient } from '../contract/kafka.ts';
import type { Intent } from '../contract/inventory.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import { joinLease, type GroupLease } from '../log/kafka-lease.ts';
import { Outbox } from '../8-sink/outbox.ts';
import { engineParts, type EngineParts } from './collector-engine.ts';
import type { CollectorOptions } from './collector.ts';
import type { KafkaEngineConfig } from './config-engine.ts';
import { kafkaConnectionOf } from './kafka-parts.ts';
import { publishedSignal } from './published-signal.ts';
import { version } from './version.ts';
import { refusedLetters } from './refused-letters.ts';

/** Sources of one machine (its files, its sockets): every collector runs its own and keeps positions of its own. */
export interface KafkaCollectorOptions extends CollectorOptions {
  readonly engine: KafkaEngineConfig;
  /** What checkpoints in an object store may reach. */
  readonly policy: OutgoingPolicy;
  /** Ids of sources that belong to this machine. */
  readonly localSources: ReadonlySet<string>;
}

const controlWaitMs = 60_000;

/** Topic of inventory and rules: one partition. */
export function controlTopic(prefix: string): string {
  return `${prefix}.control`;
}

/** The checkpoint store an engine is configured with. */
export function checkpointsOf({
  engine,
  policy,
  around,
}: Pick<KafkaCollectorOptions, 'engine' | 'policy' | 'around'>): CheckpointObjects {
  const { directory, s3 } = engine.checkpoints;
  if (s3 === undefined) return fileCheckpoints(directory ?? '');
  const client = createOutgoingClient(policy, { nowMs: around.nowMs, userAgent: `zonewarden/${version}` });
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = s3;
  const ask = createAskAws(client, s3.region, {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  const { bucket, prefix } = s3;
  return objectCheckpoints(
    s3Objects(ask, { endpoint: s3.endpoint.replace(/\/+$/, ''), bucket, prefix }, around.nowMs),
  );
}

/** Name under which the position of a source is kept: of all collectors, or of this one. */
export function sourcePositionName(
  source: string,
  instance: string,
  localSources: ReadonlySet<string>,
): string {
  return localSources.has(source) ? `source/${instance}/${source}` : `source/${source}`;
}

/** What the parts of one collector share. */
export interface KafkaWiring {
  readonly options: KafkaCollectorOptions;
  readonly parts: EngineParts;
  readonly lease: GroupLease;
  readonly intake: KafkaIntake;
  readonly control: ControlTopic;
  readonly positions: PositionsTopic;
  readonly host: KafkaHost;
  readonly delivery: PublishedReader;
  readonly outboxes: readonly Outbox[];
  readonly sources: readonly SourceRun[];
  readonly close: () => Promise<void>;
}

/** Builds everything; the lease is asked for at once. */
export function wireKafka(options: KafkaCollectorOptions): KafkaWiring {
  const { engine, around, stores } = options;
  const { prefix, partitions } = engine;
  const parts = engineParts(options);
  const instance = engine.instance ?? hostname();
  const connection = kafkaConnectionOf({ ...engine, id: instance });
  const layout: StageLayout = {
    prefix,
    partitions,
    operators: parts.operators,
    writers: partitionEdges(partitions),
  };
  const clients: KafkaClient[] = [];
  // One call at a time per client: everything that reads has its own.
  const clientFor = (): KafkaClient => {
    const client = createKafkaClient(connection);
    clients.push(client);
    return client;
  };
  const lease = joinLease({
    connection,
    group: `${prefix}.engine`,
    topic: entriesTopic(prefix),
    sessionTimeoutMs: engine.session_timeout_s * 1000,
    around,
  });
  const positions = new PositionsTopic(clientFor(), positionsTopic(prefix), around);
  const control = controlOf(options, parts, clientFor());
  const intake = createKafkaIntake({
    client: clientFor(),
    prefix,
    partitions,
    positions,
    around,
    cursorName: (source) => sourcePositionName(source, instance, options.localSources),
    onRefused: (code) => parts.figures.refusals.set(code, (parts.figures.refusals.get(code) ?? 0) + 1),
  });
  const worker = workerOf(
    options,
    { parts, layout, lease, control, told: (intent) => host.book.takeIntent(intent) },
    clientFor(),
  );
  const host: KafkaHost = new KafkaHost({
    worker,
    lease,
    partitions,
    reader: new PublishedReader(clientFor(), prefix, around),
    told: (signal) => publishedSignal(parts, signal),
    around,
  });
  const quarantine = refusedLetters(stores.quarantine, around);
  return {
    options,
    parts,
    lease,
    intake,
    control,
    positions,
    host,
    delivery: new PublishedReader(clientFor(), prefix, around),
    outboxes: options.sinks.map((sink) => new Outbox({ sink, queue: stores.signals, around, quarantine })),
    sources: options.sources.map((source) =>
      options.localSources.has(source.identity.id)
        ? source
        : leasedSource(source, { lease, partitions, positions, around }),
    ),
    async close() {
      await lease.leave();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function controlOf({ engine, around }: KafkaCollectorOptions, parts: EngineParts, client: KafkaClient) {
  return new ControlTopic({
    client,
    topic: controlTopic(engine.prefix),
    inventory: parts.tables.inventory,
    inventoryOf: parts.stages.inventoryOf,
    useRules: parts.stages.useRules,
    around,
  });
}

interface WorkerParts {
  readonly parts: EngineParts;
  readonly layout: StageLayout;
  readonly lease: GroupLease;
  readonly control: ControlTopic;
  readonly told: (intent: Intent) => void;
}

function workerOf(
  options: KafkaCollectorOptions,
  { parts, layout, lease, control, told }: WorkerParts,
  client: KafkaClient,
): EngineWorker {
  const { engine, around, latenessMs: given } = options;
  const lateness = given === undefined ? {} : { latenessMs: given };
  return new EngineWorker({
    layout,
    tables: parts.tables,
    client,
    lease,
    checkpoints: checkpointsOf(options),
    codeDigest: parts.codeDigest,
    around,
    control,
    scores: { scoreOf: parts.scoreOf, riskOf: parts.riskOf },
    checkpointEveryMs: engine.checkpoint_s * 1000,
    stage: lateness,
    entries: {
      stages: parts.stages,
      observer: parts.observer,
      told: (message) => {
        if (message.kind === 'intent') told(message.intent);
      },
      sha256: parts.tables.sha256,
      ...lateness,
      inventoryAt: async (number) => {
        await control.upTo(number, AbortSignal.timeout(controlWaitMs));
        // Another inventory than the others read would be another result: rather stop than guess.
        if (control.number < number)
          throw new Error(
            `${controlTopic(engine.prefix)} could not be read up to entry ${number} in a minute`,
          );
        return control.inventoryAt(number);
      },
    },
  });
}

/** Partitions whose entries come from a source. */
export function partitionOfSource(source: SourceRun, partitions: number): number {
  return feedPartition(source.identity.tenant, source.identity.feed, partitions);
}
