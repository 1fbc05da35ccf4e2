/** Runs the same input embedded and on Kafka with worker processes that can be killed, and compares what came out. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from '../../collector/src/contract/case.ts';
import type { Finding } from '../../collector/src/contract/finding.ts';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { limits } from '../../collector/src/contract/limits.ts';
import type { Message } from '../../collector/src/contract/step.ts';
import { fileCheckpoints } from '../../collector/src/host/kafka/checkpoint-objects.ts';
import type { TaskCheckpoint } from '../../collector/src/host/kafka/stage-task.ts';
import {
  broadcastRecords,
  stageTopic,
  type StageLayout,
} from '../../collector/src/host/kafka/stage-topics.ts';
import { writeStage } from '../../collector/src/host/kafka/stage-writer.ts';
import { Results } from '../replay/partitioned-run.ts';
import { decided, settled, type Decided, type SaidByTask } from './parity-decided.ts';
import { parityParts, type ParityEdit, type ParityInput } from './parity-input.ts';
import { eventually, makeTopic, valueOf } from './test-parts.ts';
import type { WorkerSettings } from './worker-process.ts';

const workerPath = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** What a worker process said last. */
export interface WorkerWord {
  readonly owned: readonly number[];
  readonly records: number;
  readonly lag: number;
  readonly sealedMs: number | null;
  readonly held: boolean;
  readonly atMs: number;
}

/** What stands in a topic. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly text: string;
}

/** A worker process. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  word: WorkerWord | undefined;
  readonly errors: string[];
  readonly gone: Promise<number | null>;
}

/** False once the process has ended. */
export function isAlive({ child }: WorkerProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Starts a worker as a process of its own. */
export function startWorker(settings: WorkerSettings): WorkerProcess {
  const child = spawn(process.execPath, [workerPath, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const worker: WorkerProcess = { child, word: undefined, errors, gone };
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    const last = lines.at(-1);
    if (last !== undefined) worker.word = { ...(JSON.parse(last) as WorkerWord), atMs: Date.now() };
  });
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return worker;
}

/** Topics, writers and workers of one engine on a broker. */
export class KafkaRun {
  readonly layout: StageLayout;
  readonly settings: WorkerSettings;
  readonly workers: WorkerProcess[] = [];
  readonly client: KafkaClient;
  #control = 0;
  readonly #directory = mkdtempSync(join(tmpdir(), 'zonewarden-checkpoints-'));

  constructor(
    client: KafkaClient,
    layout: StageLayout,
    bootstrap: readonly string[],
    timing: Partial<WorkerSettings> = {},
  ) {
    this.client = client;
    this.layout = layout;
    const { prefix, partitions, writers } = layout;
    this.settings = {
      bootstrap,
      prefix,
      partitions,
      writers,
      checkpoints: this.#directory,
      checkpointEveryMs: 1_000,
      sessionTimeoutMs: 3_000,
      ...timing,
    };
  }

  /** Creates the topics. */
  async prepare(replicas = 1): Promise<void> {
    const { prefix, partitions, operators } = this.layout;
    const stages = operators.map((_, stage) => stageTopic(this.layout, stage));
    for (const topic of [...stages, `${prefix}.canonical`, `${prefix}.findings`, `${prefix}.cases`])
      await makeTopic(this.client, topic, partitions, { 'max.message.bytes': '16777216' }, replicas);
    await makeTopic(this.client, `${prefix}.control`, 1, { 'max.message.bytes': '16777216' }, replicas);
    const { files, inventory } = await parityParts();
    // What holds from the beginning.
    await this.#edit({ atMs: 0, type: 'rules', body: { files } });
    await this.#edit({ atMs: 0, type: 'inventory', body: inventory });
  }

  /** An edit as the leader of the collectors writes it. */
  async #edit(edit: ParityEdit): Promise<void> {
    const { prefix, writers } = this.layout;
    const records =
      edit.type === 'note'
        ? broadcastRecords(this.layout, 0, { from: writers[0] ?? '', note: edit.note })
        : [{ topic: `${prefix}.control`, partition: 0, value: JSON.stringify(edit) }];
    await eventually(
      () => this.client.produce(records),
      ({ ok }) => ok,
      'the broker takes an edit',
    );
    if (edit.type === 'note') return;
    // A retried produce may stand twice, so the topic says how many edits there are.
    const ends = await eventually(
      () => this.client.offsets(`${prefix}.control`, 'end'),
      ({ ok }) => ok,
      'the broker counts the edits',
    );
    this.#control = valueOf(ends)[0] ?? 0;
  }

  /** Starts workers. */
  start(count: number): void {
    for (let i = 0; i < count; i++) this.workers.push(startWorker(this.settings));
  }

  /** Writes input as two collectors that share it: every second message each, heartbeats from both. */
  async feed(
    input: ParityInput,
    done: (share: number) => Promise<void> | void = () => undefined,
  ): Promise<void> {
    const { writers } = this.layout;
    const step = 200;
    let edit = 0;
    for (let from = 0; from < input.batches.length; from += step) {
      const part = input.batches.slice(from, from + step);
      const watermarkMs = (part.at(-1)?.ingestMs ?? 0) - limits.latenessMs;
      const messages = part.flatMap((batch) => batch.messages);
      for (; (input.edits[edit]?.atMs ?? Infinity) <= (part.at(-1)?.ingestMs ?? 0); edit++)
        await this.#edit(input.edits[edit] as ParityEdit);
      for (const [index, writer] of writers.entries())
        await this.#write(
          writer,
          messages.filter((message) => sideOf(message, writers.length) === index),
          watermarkMs,
        );
      await done((from + step) / input.batches.length);
    }
    for (const writer of writers) await this.#write(writer, [], input.endMs);
  }

  async #write(writer: string, messages: readonly Message[], watermarkMs: number): Promise<void> {
    await eventually(
      () => writeStage(this.client, this.layout, writer, messages, watermarkMs, this.#control),
      ({ ok }) => ok,
      'the broker takes messages',
    );
  }

  /** Waits until everything below `endMs` is sealed on every partition. */
  async sealed(endMs: number, timeoutMs = 90_000): Promise<void> {
    const untilMs = Date.now() + timeoutMs;
    for (;;) {
      const alive = this.workers.filter(isAlive);
      const done = new Set(
        alive.flatMap(({ word }) =>
          word !== undefined && (word.sealedMs ?? -Infinity) >= endMs ? word.owned : [],
        ),
      );
      if (done.size === this.layout.partitions) return;
      if (alive.length === 0) throw new Error(`every worker is gone: ${this.errors()}`);
      if (Date.now() > untilMs)
        throw new Error(
          `not sealed in time; ${JSON.stringify(alive.map(({ word }) => word))} ${this.errors()}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  errors(): string {
    return this.workers.map(({ errors }) => errors.join('').slice(-1500)).join('\n');
  }

  /** Waits for checkpoints of everything that stands in the topics: a stop in the middle of a round makes none. */
  async #checkpointed(): Promise<void> {
    const untilMs = Date.now() + 60_000;
    for (;;) {
      const behind = await this.#behind();
      if (behind.length === 0) return;
      if (Date.now() > untilMs)
        throw new Error(`no checkpoint of the end of ${behind.join(', ')}; ${this.errors()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Tasks whose newest checkpoint does not cover their topic. */
  async #behind(): Promise<string[]> {
    const checkpoints = fileCheckpoints(this.#directory);
    const { operators, partitions } = this.layout;
    const behind: string[] = [];
    for (const [stage, { name }] of operators.entries()) {
      const ends = await this.client.offsets(stageTopic(this.layout, stage), 'end');
      for (let partition = 0; partition < partitions; partition++) {
        const saved = (await checkpoints.newestOffset(`${name}-${partition}`)) ?? 0;
        const end = ends.ok ? (ends.value[partition] ?? 0) : Infinity;
        if (saved < end) behind.push(`${name}-${partition} (${saved} of ${end})`);
      }
    }
    return behind;
  }

  /** Stops the workers cleanly; their last checkpoints hold the final state. */
  async stop(): Promise<void> {
    if (this.workers.some(isAlive)) await this.#checkpointed();
    for (const { child } of this.workers) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    const late = setTimeout(() => this.workers.forEach(({ child }) => child.kill('SIGKILL')), 60_000);
    await Promise.all(this.workers.map(({ gone }) => gone));
    clearTimeout(late);
  }

  /** What was decided, read from the topics and the checkpoints. */
  async decided(): Promise<Decided> {
    const { prefix, operators, partitions } = this.layout;
    const results = new Results();
    for (const { text } of await this.records(`${prefix}.findings`))
      results.finding(JSON.parse(text) as Finding);
    for (const { text } of await this.records(`${prefix}.cases`))
      results.caseChanged(JSON.parse(text) as Case);
    const checkpoints = fileCheckpoints(this.#directory);
    const state: [string, string, unknown][] = [];
    const said: SaidByTask[] = [];
    for (const { name } of operators)
      for (let partition = 0; partition < partitions; partition++) {
        const { text } = await checkpoints.newest(`${name}-${partition}`);
        if (text === undefined) continue;
        const saved = JSON.parse(text) as TaskCheckpoint;
        for (const [key, values] of saved.state) state.push([name, key, Object.fromEntries(values)]);
        said.push(saved);
      }
    return decided(settled(results, said), state);
  }

  /** Everything that stands in a topic, partition by partition. */
  async records(topic: string): Promise<TopicRecord[]> {
    const ends = valueOf(await this.client.offsets(topic, 'end'));
    const records: TopicRecord[] = [];
    for (const [partition, end] of ends.entries()) {
      for (let offset = 0; offset < end;) {
        const amounts = { bytesMax: 16_000_000, partitionBytesMax: 16_000_000, waitMs: 100 };
        const [part] = valueOf(await this.client.read([{ topic, partition, offset }], amounts));
        for (const record of part?.records ?? [])
          records.push({ partition, offset: record.offset, text: record.value?.toString() ?? 'null' });
        offset = part?.next ?? offset;
      }
    }
    return records;
  }

  /** Ends whatever still runs and removes the checkpoints. */
  async clear(): Promise<void> {
    for (const { child } of this.workers) child.kill('SIGKILL');
    await Promise.all(this.workers.map(({ gone }) => gone));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function sideOf(message: Message, sides: number): number {
  return message.id.charCodeAt(message.id.length - 1) % sides;
}
