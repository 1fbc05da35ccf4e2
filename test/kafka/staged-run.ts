/**
 * The stages of the Kafka host without a broker: topics are lists, tasks take what is unread in random bursts, die at
 * random and begin again from their last checkpoint, as after a take-over. One seed tells one schedule, so that what a
 * broker shows once in a while can be had again.
 */
import type { Case } from '../../collector/src/contract/case.ts';
import type { Finding } from '../../collector/src/contract/finding.ts';
import type { KafkaMessage, KafkaRecord } from '../../collector/src/contract/kafka.ts';
import { limits } from '../../collector/src/contract/limits.ts';
import { StagePartitionTask } from '../../collector/src/host/kafka/partition-task.ts';
import { StageTask, type TaskCheckpoint } from '../../collector/src/host/kafka/stage-task.ts';
import {
  broadcastRecords,
  heartbeatRecords,
  messageRecords,
  type StageLayout,
} from '../../collector/src/host/kafka/stage-topics.ts';
import { chooser, Results, type Chooser } from '../replay/partitioned-run.ts';
import type { ParityEdit, ParityInput, ParityParts } from './parity-input.ts';
import { takeEdit } from './parity-decided.ts';

/** How a run goes. */
export interface StagedRun {
  readonly partitions: number;
  readonly seed: number;
  /** How often a task dies and begins again from its last checkpoint. */
  readonly deaths: number;
  /**
   * How often somebody takes a task over whose owner does not know and works on; in the end one of the two stays, and
   * which is a matter of chance.
   */
  readonly takeOvers?: number;
  /** About how often a partition cannot be read for a while. */
  readonly outages?: number;
  readonly preliminary?: boolean;
  /** Batches of the input that stand in the topics at once: few are live, many are a backlog. */
  readonly batchesPerWrite?: number;
  /** Checkpoints by task to begin with, and the batch that comes next. */
  readonly from?: { readonly checkpoints: ReadonlyMap<string, string>; readonly batch: number };
}

/** Who writes into the first stage. */
export const stagedWriters = ['collector-a', 'collector-b'] as const;

/** What a run left: everything published, in order of writing, and the checkpoints of the end. */
export interface StagedResult {
  readonly results: Results;
  readonly tasks: readonly StageTask[];
  readonly deaths: number;
  /** Findings and cases said before their time was sealed. */
  readonly early: number;
  /** Ids of the events that were handed to sinks. */
  readonly annotated: ReadonlySet<string>;
}

const backlogBatches = 200;

class StagedEngine {
  readonly results = new Results();
  readonly #parts: ParityParts;
  readonly #layout: StageLayout;
  readonly #choose: Chooser;
  readonly #preliminary: boolean;
  readonly batchesPerWrite: number;
  readonly #topics = new Map<string, KafkaRecord[]>();
  readonly #edits: ParityEdit[] = [];
  readonly #checkpoints = new Map<string, string>();
  tasks: StagePartitionTask[] = [];
  /** Predecessors that do not know yet, by their successor. */
  readonly #zombies = new Map<StagePartitionTask, StagePartitionTask>();
  early = 0;
  readonly annotated = new Set<string>();
  #controlled = 0;
  /** Partitions nobody can read, by name, and for how many steps. */
  readonly #away = new Map<string, number>();

  constructor(parts: ParityParts, run: StagedRun) {
    this.#parts = parts;
    this.#choose = chooser(run.seed);
    this.#preliminary = run.preliminary ?? true;
    this.batchesPerWrite = run.batchesPerWrite ?? backlogBatches;
    this.#layout = {
      prefix: 's',
      partitions: run.partitions,
      writers: stagedWriters,
      operators: parts.operators(),
    };
    for (const [name, text] of run.from?.checkpoints ?? []) this.#checkpoints.set(name, text);
    for (let stage = 0; stage < this.#layout.operators.length; stage++)
      for (let partition = 0; partition < run.partitions; partition++)
        this.tasks.push(this.#fresh(stage, partition));
  }

  #fresh(stage: number, partition: number): StagePartitionTask {
    const options = { preliminary: this.#preliminary };
    const task = new StageTask(this.#layout, this.#parts.tables, stage, partition, options);
    const made = new StagePartitionTask(this.#layout, task, undefined);
    const saved = this.#checkpoints.get(made.name);
    if (saved !== undefined) made.restore(saved);
    return made;
  }

  /** Writes a part of the input as two collectors that share it. */
  write(input: ParityInput, from: number, edits: readonly ParityEdit[]): void {
    const { writers } = this.#layout;
    const part = input.batches.slice(from, from + this.batchesPerWrite);
    const watermarkMs = (part.at(-1)?.ingestMs ?? input.endMs + limits.latenessMs) - limits.latenessMs;
    for (const edit of edits)
      if (edit.type === 'note')
        this.#append(broadcastRecords(this.#layout, 0, { from: writers[0] ?? '', note: edit.note }));
      else this.#edits.push(edit);
    for (const [index, writer] of writers.entries()) {
      const mine = part
        .flatMap(({ messages }) => messages)
        .filter(({ id }) => id.charCodeAt(id.length - 1) % writers.length === index);
      this.#append(mine.flatMap((message) => messageRecords(this.#layout, 0, writer, message)));
      this.#append(heartbeatRecords(this.#layout, 0, writer, watermarkMs, this.#edits.length));
    }
  }

  #append(messages: readonly KafkaMessage[]): void {
    for (const { topic, partition, value } of messages) {
      const name = `${topic}/${partition ?? 0}`;
      const list = this.#topics.get(name) ?? [];
      this.#topics.set(name, list);
      const bytes = Buffer.from(value ?? '');
      list.push({ offset: list.length, timestampMs: 0, key: null, value: bytes, headers: [] });
    }
  }

  #unread({ topic, partition, offset }: StagePartitionTask): number {
    if (this.#away.has(`${topic}/${partition}`)) return 0;
    return (this.#topics.get(`${topic}/${partition}`)?.length ?? 0) - offset;
  }

  /**
   * Lets one task that has something unread take a burst of it; false when nothing is left. The last thing a task does
   * is written in part only.
   */
  step(isLast = false): boolean {
    for (const [name, steps] of this.#away)
      if (steps <= 1) this.#away.delete(name);
      else this.#away.set(name, steps - 1);
    const ready = [...this.tasks, ...this.#zombies.values()].filter((task) => this.#unread(task) > 0);
    const task = ready[this.#choose.below(ready.length)];
    if (task === undefined && this.#away.size > 0) {
      this.#away.clear();
      return true;
    }
    if (task === undefined) return false;
    const count = Math.min(this.#unread(task), 1 + this.#choose.below(400));
    const records = this.#topics.get(`${task.topic}/${task.partition}`) ?? [];
    for (const record of records.slice(task.offset, task.offset + count)) task.take(record);
    for (; this.#controlled < task.control; this.#controlled++)
      takeEdit(this.#parts, this.#edits[this.#controlled] as ParityEdit);
    task.offset += count;
    const [outputs, first]: [KafkaMessage[], KafkaMessage[]] = [[], []];
    task.settle(outputs, first);
    this.#append(first);
    if (isLast) {
      this.#publish(outputs.slice(0, this.#choose.below(outputs.length + 1)));
      this.#succeed(task, true);
      return true;
    }
    this.#publish(outputs);
    if (this.#choose.below(12) === 0) this.#save(task);
    return true;
  }

  /** The newest checkpoint is that of the highest offset, whoever saved it. */
  #save(task: StagePartitionTask): void {
    const known = this.#checkpoints.get(task.name);
    if (known !== undefined && (JSON.parse(known) as TaskCheckpoint).offset > task.offset) return;
    this.#checkpoints.set(task.name, task.checkpoint(''));
  }

  /** The leader of a partition is away for a while: what stands in it is read later than all around it. */
  loseLeader(): void {
    const { topic, partition } = this.tasks[this.#choose.below(this.tasks.length)] as StagePartitionTask;
    this.#away.set(`${topic}/${partition}`, 1 + this.#choose.below(12 * this.#layout.partitions));
  }

  /** Somebody takes a task over from its last checkpoint, and its owner does not know; or one of such two is gone. */
  takeOver(): void {
    const owner = this.tasks[this.#choose.below(this.tasks.length)] as StagePartitionTask;
    const zombie = this.#zombies.get(owner);
    if (zombie === undefined) {
      this.#succeed(owner);
      return;
    }
    this.#zombies.delete(owner);
    const saved = this.#checkpoints.get(owner.name);
    const savedOffset = saved === undefined ? 0 : (JSON.parse(saved) as TaskCheckpoint).offset;
    if (this.#choose.below(2) === 0 && zombie.offset >= savedOffset)
      this.tasks[this.tasks.indexOf(owner)] = zombie;
  }

  #publish(outputs: readonly KafkaMessage[]): void {
    this.#append(outputs.filter(({ topic }) => topic.startsWith('s.stage-')));
    for (const { topic, value } of outputs) {
      if (topic === 's.findings') {
        const finding = JSON.parse(String(value)) as Finding;
        if (finding.preliminary) this.early++;
        this.results.finding(finding);
      } else if (topic === 's.canonical')
        this.annotated.add((JSON.parse(String(value)) as { event_id: string }).event_id);
      else if (topic === 's.cases') this.results.caseChanged(JSON.parse(String(value)) as Case);
    }
  }

  /** Somebody else goes on from the last checkpoint. */
  #succeed(task: StagePartitionTask, isDead = false): void {
    const { stage, partition } = task.task;
    for (const [owner, zombie] of this.#zombies) if (zombie === task) this.#zombies.delete(owner);
    const at = this.tasks.indexOf(task);
    if (at < 0) return;
    const successor = this.#fresh(stage, partition);
    this.tasks[at] = successor;
    if (!isDead) this.#zombies.set(successor, task);
    else this.#zombies.delete(task);
  }

  /** True now and then, about `wanted` times in `steps`. */
  happens(wanted: number, steps: number): boolean {
    return this.#choose.below(Math.max(2, Math.ceil(steps / Math.max(1, wanted)))) < (wanted > 0 ? 1 : 0);
  }
}

/** Runs `input` through the stages. `parts` must be fresh: edits are taken over into its tables. */
export function runStaged(parts: ParityParts, input: ParityInput, run: StagedRun): StagedResult {
  const engine = new StagedEngine(parts, run);
  const { batchesPerWrite } = engine;
  const first = run.from?.batch ?? 0;
  const writes = Math.ceil((input.batches.length - first) / batchesPerWrite) + 1;
  const perWrite = 2 * run.partitions * 6;
  const doneMs = input.batches[first - 1]?.ingestMs ?? -Infinity;
  const takeOversMax = run.takeOvers ?? 0;
  let takeOvers = 0;
  let [edit, deaths] = [input.edits.filter(({ atMs }) => atMs <= doneMs).length, 0];
  for (let n = 0; n < writes; n++) {
    const from = first + n * batchesPerWrite;
    const untilMs = input.batches.at(from + batchesPerWrite - 1)?.ingestMs ?? input.endMs;
    const edits: ParityEdit[] = [];
    for (; (input.edits[edit]?.atMs ?? Infinity) <= untilMs; edit++)
      edits.push(input.edits[edit] as ParityEdit);
    engine.write(input, from, edits);
    for (let step = 0; n + 1 === writes || step < perWrite; step++) {
      const dies = deaths < run.deaths && engine.happens(run.deaths, (writes * perWrite) / 2);
      if (!engine.step(dies)) break;
      if (dies) deaths++;
      const isTaken = takeOvers < takeOversMax && engine.happens(takeOversMax, (writes * perWrite) / 2);
      if (isTaken) engine.takeOver();
      if (engine.happens(run.outages ?? 0, (writes * perWrite) / 2)) engine.loseLeader();
      if (isTaken) takeOvers++;
    }
  }
  const { results, early, annotated } = engine;
  return { results, annotated, tasks: engine.tasks.map(({ task }) => task), deaths, early };
}
