/**
 * Runs the engine on the partitions it is given, every stage of each. Positions and state come from checkpoint objects,
 * results go to Kafka before a position moves: whatever happens, a start from any checkpoint repeats outputs under the
 * same ids and loses none. No transactions, no offsets kept by Kafka.
 */
import { setImmediate } from 'node:timers/promises';
import type { KafkaClient, KafkaFetched, KafkaMessage } from '../../contract/kafka.ts';
import type { Surroundings } from '../../contract/component.ts';
import { limits } from '../../contract/limits.ts';
import type { EngineTables } from '../../engine/surroundings.ts';
import type { PartitionLease } from '../../log/kafka-lease.ts';
import type { CheckpointObjects } from './checkpoint-objects.ts';
import type { ControlTopic } from './control-topic.ts';
import { EntryTask, type EntryParts } from './entry-task.ts';
import { StagePartitionTask, type PartitionTask, type ScoreParts } from './partition-task.ts';
import { StageTask, type StageTaskOptions } from './stage-task.ts';
import type { StageLayout } from './stage-topics.ts';
import { writesOf } from './stage-writer.ts';

/** Parts of a worker; times in milliseconds. */
export interface WorkerOptions {
  readonly layout: StageLayout;
  readonly tables: Omit<EngineTables, 'sources'>;
  readonly client: KafkaClient;
  readonly lease: PartitionLease;
  readonly checkpoints: CheckpointObjects;
  /** Digest of everything that gives state its meaning; a checkpoint of another one is used and reported. */
  readonly codeDigest: string;
  readonly around: Surroundings;
  /** Present: every partition begins with a task that reads the entries topic, and its edges are the writers. */
  readonly entries?: EntryParts;
  /** Where edits of inventory and rules come from; absent: there are none. */
  readonly control?: Pick<ControlTopic, 'upTo' | 'forget' | 'holding'>;
  readonly scores?: ScoreParts;
  readonly stage?: StageTaskOptions;
  readonly checkpointEveryMs?: number;
  /** How often partitions of others are read ahead, so that a take-over starts warm; 0: never. */
  readonly warmEveryMs?: number;
  readonly waitMs?: number;
}

/** Counters since the start. */
export interface WorkerStats {
  readonly owned: readonly number[];
  readonly records: number;
  readonly written: number;
  readonly checkpoints: number;
  readonly unreadable: number;
  /** Records not read yet, over all stages and owned partitions. */
  readonly lag: number;
  /** Time of the newest entry on the slowest owned partition, epoch ms; -Infinity when none is known. */
  readonly clockMs: number;
  /** Lowest watermark of all stages over owned partitions; undefined when none is owned. */
  readonly sealedMs: number | undefined;
}

/** How far one partition of a stage is read. */
export interface StageProgress {
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
  readonly headroom: number;
}

const fetchBytesMax = 16 * 1024 * 1024;
const partitionBytesMax = 1024 * 1024;
/** Stream time for which versions of the inventory are kept behind the slowest task: as long as stage topics are. */
const tablesKeptMs = 7 * 86_400_000;
/** How long tasks of lost partitions are kept by a worker that has others. */
const lostKeptMs = 60_000;

/** What one round of reading led to. */
interface Round {
  /** Tasks that took something, and how many records. */
  readonly tasks: Map<PartitionTask, number>;
  readonly first: KafkaMessage[];
  readonly outputs: KafkaMessage[];
}

/** A worker. */
export class EngineWorker {
  readonly #options: WorkerOptions;
  readonly #owned = new Map<number, PartitionTask[]>();
  readonly #warm = new Map<string, PartitionTask>();
  readonly #progress = new Map<PartitionTask, { readonly lag: number; readonly headroom: number }>();
  readonly #dirtySinceMs = new Map<PartitionTask, number>();
  /** Tasks that took what is nowhere yet when the worker was told to stop: a checkpoint of theirs would lose it. */
  readonly #ahead = new Set<PartitionTask>();
  /** How far the outputs of a task are in Kafka; the task itself is ahead while it writes. */
  readonly #writtenMs = new WeakMap<PartitionTask, number>();
  #warmedMs = -Infinity;
  /** When a partition was last lost; its tasks are kept for a while. */
  #lostMs = -Infinity;
  #records = 0;
  #written = 0;
  #checkpoints = 0;
  #unreadable = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  stats(): WorkerStats {
    // Of every stage: after a take-over the last one may be further than those before it, which begin at older checkpoints.
    const sealed = [...this.#owned.values()].flat().map((task) => this.#sealedMs(task));
    return {
      owned: [...this.#owned.keys()].sort((a, b) => a - b),
      records: this.#records,
      written: this.#written,
      checkpoints: this.#checkpoints,
      unreadable: this.#unreadable,
      clockMs: this.#clockMs(),
      lag: [...this.#progress.values()].reduce((sum, { lag }) => sum + lag, 0),
      sealedMs: sealed.length === 0 ? undefined : Math.min(...sealed),
    };
  }

  /** Lag and headroom of every owned partition of every stage: records not read, and records retention can delete first. */
  progress(): readonly StageProgress[] {
    return [...this.#progress].map(([task, { lag, headroom }]) => ({
      topic: task.topic,
      partition: task.partition,
      lag,
      headroom,
    }));
  }

  /** Tasks of the owned partitions, of one stage or of all. */
  stageTasks(stage?: string): StageTask[] {
    return [...this.#owned.values()].flat().flatMap((task) => {
      if (!(task instanceof StagePartitionTask)) return [];
      return stage === undefined || task.task.sealed.operator.name === stage ? [task.task] : [];
    });
  }

  #clockMs(): number {
    const { stage } = this.#options;
    const clocks = [...this.#owned.values()].map(([first]) => first?.watermarkMs ?? -Infinity);
    if (clocks.length === 0) return -Infinity;
    return Math.min(...clocks) + (stage?.latenessMs ?? limits.latenessMs);
  }

  /**
   * Works until `signal` aborts, then checkpoints what it owns. Rejects when it cannot go on without losing something:
   * a stage topic that no longer holds what the newest checkpoint needs, a checkpoint store that cannot be written.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#reconcile(signal);
      if (this.#owned.size === 0) await this.#warmUp();
      if (this.#owned.size === 0) await this.#options.around.sleep(100, signal).catch(() => undefined);
      else await this.#round(signal);
    }
    for (const task of [...this.#owned.values()].flat()) if (!this.#ahead.has(task)) await this.#save(task);
  }

  /** Takes over and lets go of partitions as the lease says. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const wanted = this.#options.lease.partitions();
    if (this.#owned.size > 0 && this.#options.around.nowMs() - this.#lostMs > lostKeptMs) this.#warm.clear();
    for (const [partition, tasks] of this.#owned) {
      if (wanted.has(partition)) continue;
      // Nothing is saved: the new owner has begun already, from an older checkpoint, which is as good. What a rebalance
      // takes and gives back in the next moment goes on where it was, or a storm of them would let nobody get ahead.
      for (const task of tasks) {
        this.#progress.delete(task);
        this.#dirtySinceMs.delete(task);
        this.#warm.set(task.name, task);
      }
      this.#lostMs = this.#options.around.nowMs();
      this.#owned.delete(partition);
    }
    for (const partition of wanted) {
      if (this.#owned.has(partition)) continue;
      const tasks: PartitionTask[] = [];
      for (const fresh of this.#freshTasks(partition)) tasks.push(await this.#restored(fresh));
      const slowestMs = Math.min(...tasks.map(({ watermarkMs }) => watermarkMs));
      await this.#options.control?.holding(slowestMs, signal);
      for (const task of tasks) this.#writtenMs.set(task, task.watermarkMs);
      this.#owned.set(partition, tasks);
    }
  }

  #freshTasks(partition: number): PartitionTask[] {
    const { layout, tables, entries, scores, stage } = this.#options;
    const tasks: PartitionTask[] = layout.operators.map(
      (_, index) =>
        new StagePartitionTask(layout, new StageTask(layout, tables, index, partition, stage), scores),
    );
    return entries === undefined ? tasks : [new EntryTask(layout, entries, partition), ...tasks];
  }

  async #restored(fresh: PartitionTask): Promise<PartitionTask> {
    const { checkpoints, codeDigest, around } = this.#options;
    const warm = this.#warm.get(fresh.name);
    this.#warm.delete(fresh.name);
    const newest = await checkpoints.newestOffset(fresh.name);
    if (warm !== undefined && warm.offset >= (newest ?? 0)) {
      // Nobody else may ever read what it has, so nothing but itself can move its checkpoint.
      if (warm.offset > (newest ?? 0)) this.#dirtySinceMs.set(warm, around.nowMs());
      return warm;
    }
    const { text, damaged } = await checkpoints.newest(fresh.name);
    for (const file of damaged)
      around.log('error', `checkpoint ${file} is damaged; the one before it is used`, { task: fresh.name });
    if (text === undefined) return fresh;
    const digest = await fresh.restore(text);
    if (digest !== codeDigest)
      around.log('warn', `checkpoint ${fresh.name} was written by other rules or another version`, {
        task: fresh.name,
      });
    return fresh;
  }

  /** A standby reads the checkpoints of others ahead, so that taking over costs only what came after them. */
  async #warmUp(): Promise<void> {
    const { layout, checkpoints, lease, around, warmEveryMs = 2_000 } = this.#options;
    if (warmEveryMs === 0 || around.nowMs() - this.#warmedMs < warmEveryMs) return;
    for (let partition = 0; partition < layout.partitions; partition++)
      for (const fresh of this.#freshTasks(partition)) {
        // Reading the rest can take longer than anybody may wait for what has just become ours.
        if (lease.partitions().size > 0) return;
        const newest = await checkpoints.newestOffset(fresh.name);
        if (newest === undefined || (this.#warm.get(fresh.name)?.offset ?? -1) >= newest) continue;
        this.#warm.set(fresh.name, await this.#restored(fresh));
      }
    this.#warmedMs = around.nowMs();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { client, waitMs = 50 } = this.#options;
    const byPlace = new Map<string, PartitionTask>();
    const positions = [...this.#owned.values()].flat().map((task) => {
      const { topic, partition, offset } = task;
      byPlace.set(`${topic}/${partition}`, task);
      return { topic, partition, offset };
    });
    const fetched = await client.read(positions, { bytesMax: fetchBytesMax, partitionBytesMax, waitMs });
    if (!fetched.ok) {
      await this.#pause(fetched.failure.message, signal);
      return;
    }
    const round: Round = { tasks: new Map(), first: [], outputs: [] };
    for (const part of fetched.value) {
      if (signal.aborted) break;
      const task = byPlace.get(`${part.topic}/${part.partition}`);
      if (task === undefined || part.problem === 'unavailable') continue;
      if (part.problem === 'out_of_range')
        throw new Error(
          `${part.topic} partition ${part.partition} no longer holds offset ${task.offset}: retention of stage topics must be longer than the age of checkpoints`,
        );
      await this.#process(task, part, round, signal);
      // A long round must not keep the lease from saying that we live: silence there is a rebalance.
      await setImmediate();
    }
    if (await this.#writeRound(round, signal)) await this.#saveDue();
  }

  /** Takes what was fetched; what comes of it is written with the rest of the round. */
  async #process(task: PartitionTask, part: KafkaFetched, round: Round, signal: AbortSignal): Promise<void> {
    if (part.endOffset >= 0)
      this.#progress.set(task, {
        lag: part.endOffset - part.next,
        headroom: part.next - part.firstOffset,
      });
    if (part.next === task.offset) return;
    for (const record of part.records) {
      const taken = await task.take(record);
      if (!taken.ok) this.#reportUnreadable(part, taken.failure.message);
    }
    if (task.control > 0) await this.#options.control?.upTo(task.control, signal);
    if (signal.aborted) {
      this.#ahead.add(task);
      return;
    }
    task.offset = part.next;
    task.settle(round.outputs, round.first);
    round.tasks.set(task, part.records.length);
  }

  /** Tasks share writes: the order of what one of them says is kept. False when it stopped before everything was written. */
  async #writeRound({ tasks, first, outputs }: Round, signal: AbortSignal): Promise<boolean> {
    for (const write of [...writesOf(first), ...writesOf(outputs)]) {
      if (await this.#write(write, signal)) continue;
      for (const task of tasks.keys()) this.#ahead.add(task);
      return false;
    }
    for (const [task, records] of tasks) {
      this.#writtenMs.set(task, task.watermarkMs);
      this.#records += records;
      if (!this.#dirtySinceMs.has(task)) this.#dirtySinceMs.set(task, this.#options.around.nowMs());
    }
    return true;
  }

  /** Tries at least once: who stops while the cluster is there stops with everything written. */
  async #write(records: readonly KafkaMessage[], signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const written = await this.#options.client.produce(records);
      if (written.ok) {
        this.#written += records.length;
        return true;
      }
      if (signal.aborted) return false;
      await this.#pause(written.failure.message, signal);
    }
  }

  #sealedMs(task: PartitionTask): number {
    return this.#writtenMs.get(task) ?? -Infinity;
  }

  /** At most one task a round, so that no pause is longer than one checkpoint. */
  async #saveDue(): Promise<void> {
    const { around, checkpointEveryMs = 30_000, control } = this.#options;
    const slowestMs = Math.min(...[...this.#owned.values()].flat().map(({ watermarkMs }) => watermarkMs));
    control?.forget(slowestMs - tablesKeptMs);
    for (const [task, sinceMs] of this.#dirtySinceMs) {
      if (around.nowMs() - sinceMs < checkpointEveryMs) continue;
      await this.#save(task);
      return;
    }
  }

  async #save(task: PartitionTask): Promise<void> {
    if (!this.#dirtySinceMs.delete(task)) return;
    const { checkpoints, codeDigest } = this.#options;
    await checkpoints.save(task.name, task.offset, task.checkpoint(codeDigest));
    this.#checkpoints++;
  }

  #reportUnreadable(part: KafkaFetched, message: string): void {
    this.#unreadable++;
    this.#options.around.log('error', `${part.topic} partition ${part.partition}: ${message}`);
  }

  async #pause(message: string, signal: AbortSignal): Promise<void> {
    const { around } = this.#options;
    around.log('warn', `Kafka: ${message}; the engine waits and tries again`);
    await around.sleep(500 + around.random() * 500, signal).catch(() => undefined);
  }
}
