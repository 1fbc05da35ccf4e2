/**
 * Moves what an embedded collector knows to an engine on Kafka: state, timers, known ids, what waits for the watermark,
 * positions of sources, everything published and what sinks have not taken yet. The collector is stopped meanwhile; sources
 * go on where it stopped, so nothing is missing between.
 */
import { hostname } from 'node:os';
import { createOutgoingPolicy } from '../1-source/address-policy.ts';
import { signalMessage, signalTopics } from '../8-sink/kafka/signal-message.ts';
import type { Signal, SignalKind, SinkRun, Surroundings } from '../contract/component.ts';
import type { KafkaClient, KafkaMessage } from '../contract/kafka.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { CheckpointObjects } from '../host/kafka/checkpoint-objects.ts';
import type { CaseBook } from '../host/case-book.ts';
import type { EmbeddedHost } from '../host/embedded-host.ts';
import { movedCheckpoints, type MovedState } from '../host/kafka/moved-checkpoints.ts';
import { PositionsTopic, positionsTopic } from '../host/kafka/positions-topic.ts';
import { sinkPositionName } from '../host/kafka/signal-delivery.ts';
import { partitionEdges } from '../host/kafka/stage-topics.ts';
import { writesOf } from '../host/kafka/stage-writer.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import { loadSourceCursors } from '../log/source-cursors.ts';
import { resourceOf, startTracing } from '../self/tracing.ts';
import { collectorEngine } from './collector-engine.ts';
import type { Config } from './config-schema.ts';
import type { KafkaEngineConfig } from './config-engine.ts';
import { readControlDocuments } from './control-entries.ts';
import { kafkaConnectionOf } from './kafka-parts.ts';
import { checkpointsOf, sourcePositionName } from './kafka-wiring.ts';
import { localSourcesOf } from './local-sources.ts';
import { NetworkDatabases } from './network-databases.ts';
import { controlPaths } from './run-collector.ts';
import { sinksOf } from './sink-list.ts';
import { openStores, type Stores } from './stores.ts';
import { stageNames, wantedTopics } from './topic-plan.ts';
import { UnusableInput } from './unusable-input.ts';
import { version } from './version.ts';

/** What moves, and between where. */
export interface MoveOptions {
  readonly config: Config;
  readonly around: Surroundings;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** True: everything is read and checked, nothing is written to Kafka. */
  readonly dryRun: boolean;
}

const kinds: readonly SignalKind[] = ['event', 'finding', 'case', 'score'];
const readBytes = 1024 * 1024;

/** Moves, and tells what was moved, a line each. Throws UnusableInput with what stands in the way; nothing is written then. */
export async function moveToKafka(options: MoveOptions): Promise<readonly string[]> {
  const { config, around } = options;
  const { engine } = config;
  if (engine.host !== 'kafka')
    throw new UnusableInput([
      'engine: the configuration must name the Kafka engine to move to (host: kafka)',
    ]);
  const documents = await readControlDocuments(controlPaths(config));
  const stores = await openStores(config.data, around.nowMs);
  const resource = resourceOf({}, { 'service.version': version });
  const sinks = sinksOf(config, { around, env: {}, resource, stdout: options.stdout });
  const client = createKafkaClient(kafkaConnectionOf({ ...engine, id: 'move' }));
  try {
    const network = new NetworkDatabases(config.network_databases, around);
    await network.refresh();
    const { host } = collectorEngine({
      stores,
      documents,
      paths: controlPaths(config),
      sources: [],
      sinks,
      retention: { maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER },
      around,
      tracing: startTracing({}, resource),
      version,
      network,
    });
    await host.catchUp();
    const policy = createOutgoingPolicy({
      allowNetworks: config.outgoing.allow_networks,
      allowPlainHttp: config.outgoing.allow_plain_http,
    });
    const checkpoints = checkpointsOf({ engine, policy, around });
    await refuseUsed(client, checkpoints, engine);
    const move = new Move(options, engine, { stores, host, sinks, client, checkpoints });
    return await move.run();
  } finally {
    for (const sink of sinks) await sink.close();
    await client.close();
    await stores.close();
  }
}

/** A place in which an engine has worked, or half a move has been written, would be mixed with what comes. */
async function refuseUsed(
  client: KafkaClient,
  checkpoints: CheckpointObjects,
  { prefix, partitions }: KafkaEngineConfig,
): Promise<void> {
  const problems: string[] = [];
  for (const topic of wantedTopics({ prefix, partitions, stages: stageNames })) {
    const found = await client.topic(topic.name);
    if (!found.ok) {
      problems.push(`engine: ${found.failure.message}`);
      continue;
    }
    if (found.value.partitions !== topic.partitions)
      problems.push(
        `engine: topic ${topic.name} has ${found.value.partitions} partitions, not ${topic.partitions}`,
      );
    const ends = await client.offsets(topic.name, 'end');
    if (!ends.ok) problems.push(`engine: ${ends.failure.message}`);
    else if (ends.value.some((end) => end > 0))
      problems.push(
        `engine: topic ${topic.name} is not empty; take another prefix, or delete the topics and make them anew`,
      );
  }
  if ((await checkpoints.newestOffset('entries-0')) !== undefined)
    problems.push('engine.checkpoints: there are checkpoints already; name an empty place');
  if (problems.length > 0) throw new UnusableInput(problems);
}

interface MoveParts {
  readonly stores: Stores;
  readonly host: EmbeddedHost;
  readonly sinks: readonly SinkRun[];
  readonly client: KafkaClient;
  readonly checkpoints: CheckpointObjects;
}

class Move {
  readonly #options: MoveOptions;
  readonly #engine: KafkaEngineConfig;
  readonly #parts: MoveParts;
  readonly #lines: string[] = [];

  constructor(options: MoveOptions, engine: KafkaEngineConfig, parts: MoveParts) {
    this.#options = options;
    this.#engine = engine;
    this.#parts = parts;
  }

  async run(): Promise<readonly string[]> {
    await this.#publish();
    await this.#positions();
    await this.#owed();
    // Last: without checkpoints nothing of this counts, and a second attempt is told so.
    await this.#checkpoints();
    return this.#lines;
  }

  async #publish(): Promise<void> {
    const { book } = this.#parts.host;
    await this.#write(signalsOf(book, this.#options.around.nowMs()));
    this.#lines.push(
      `published: ${book.findings.size} findings, ${book.cases.size} cases, ${[...book.scores.values()].length} scores`,
    );
  }

  /** Sources go on where they stopped; sinks have had what was published before. */
  async #positions(): Promise<void> {
    const { stores, client } = this.#parts;
    const { prefix, instance = hostname(), partitions } = this.#engine;
    const local = localSourcesOf(this.#options.config);
    const cursors = (await loadSourceCursors(stores.checkpoints, stores.log)).snapshot();
    const pairs = cursors.map(
      ([source, position]) => [sourcePositionName(source, instance, local), position] as const,
    );
    this.#lines.push(`positions of ${pairs.length} sources`);
    if (this.#options.dryRun) return;
    const served: (readonly [string, string])[] = [];
    for (const kind of kinds) {
      const ends = must(await client.offsets(`${prefix}.${signalTopics[kind]}`, 'end'));
      for (let partition = 0; partition < partitions; partition++)
        served.push([sinkPositionName({ kind, partition }), String(ends[partition] ?? 0)]);
    }
    const positions = new PositionsTopic(client, positionsTopic(prefix), this.#options.around);
    if (!(await positions.set([...pairs, ...served])))
      throw new UnusableInput([`engine: ${positionsTopic(prefix)} cannot be written`]);
  }

  /** What some sink has not taken yet comes once more, behind what all of them have. */
  async #owed(): Promise<void> {
    const { stores, sinks } = this.#parts;
    let count = 0;
    let position = Math.min(stores.signals.end, ...sinks.map(({ id }) => stores.signals.position(id)));
    while (position < stores.signals.end) {
      const { signals, next } = await stores.signals.read(position, readBytes);
      if (next <= position) break;
      position = next;
      count += signals.length;
      await this.#write(signals.map(({ signal }) => signal));
    }
    this.#lines.push(`${count} signals that a sink has not taken yet`);
  }

  async #checkpoints(): Promise<void> {
    const { host, checkpoints } = this.#parts;
    const { prefix, partitions } = this.#engine;
    const operators = host.engine.operators.map(({ operator }) => operator);
    const layout = { prefix, partitions, operators, writers: partitionEdges(partitions) };
    let [count, chars] = [0, 0];
    for (const { name, text } of movedCheckpoints(layout, stateOf(host))) {
      count++;
      chars += text.length;
      if (!this.#options.dryRun) await checkpoints.save(name, 0, text);
    }
    const keys = host.engine.operators.reduce((sum, { state }) => sum + state.size, 0);
    this.#lines.push(`${count} checkpoints, ${keys} keys of state, ${Math.ceil(chars / 1024)} KiB`);
  }

  async #write(signals: Iterable<Signal>): Promise<void> {
    if (this.#options.dryRun) return;
    const messages: KafkaMessage[] = [];
    for (const signal of signals) messages.push(signalMessage(signal, this.#engine.prefix));
    for (const write of writesOf(messages)) must(await this.#parts.client.produce(write));
  }
}

function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new UnusableInput([
    `engine: ${outcome.failure.message}; nothing is lost, take another prefix and move again`,
  ]);
}

function stateOf(host: EmbeddedHost): MovedState {
  const { engine, book } = host;
  return {
    engine,
    ...host.entryState(),
    codeDigest: host.codeDigest,
    tenantOf: (id) => {
      const known = book.published(id);
      if (known === undefined) return undefined;
      return known.kind === 'case' ? known.case.tenant : known.finding.tenant;
    },
  };
}

function* signalsOf(book: CaseBook, nowMs: number): Generator<Signal> {
  for (const body of book.findings.values())
    yield { kind: 'finding', key: `${body.finding_id}.${body.revision}`, timeMs: nowMs, body };
  for (const body of book.cases.values())
    yield { kind: 'case', key: `${body.case_id}.${body.revision}`, timeMs: nowMs, body };
  for (const body of book.scores.values())
    yield { kind: 'score', key: `${body.tenant}|${body.domain}@${body.as_of}`, timeMs: nowMs, body };
}
