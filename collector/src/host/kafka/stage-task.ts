/**
 * One operator on one partition: what a worker runs, checkpoints and hands over. The outputs depend only on the packets
 * of each edge in their order, never on how edges interleave, on batches or on crashes.
 */
import type { Case } from '../../contract/case.ts';
import type { Finding } from '../../contract/finding.ts';
import { limits } from '../../contract/limits.ts';
import type { Message } from '../../contract/step.ts';
import { SealedOperator } from '../../engine/sealed-operator.ts';
import { SeenIds } from '../../engine/seen-ids.ts';
import type { EngineTables } from '../../engine/surroundings.ts';
import type { Timer } from '../../engine/timer-queue.ts';
import { edgesInto, partitionOf, type StageLayout, type StagePacket } from './stage-topics.ts';

/** Where results of a task go; calls come in order. */
export interface TaskOutput {
  message(message: Message): void;
  finding(finding: Finding, timeMs: number): void;
  caseChanged(changed: Case, timeMs: number): void;
  /** Everything below was put out before. */
  watermark(watermarkMs: number): void;
}

/** Everything a task must remember; plain JSON. `offset`: the record wanted next. Absent watermarks were never heard. */
export interface TaskCheckpoint {
  readonly codeDigest: string;
  readonly partitions: number;
  readonly offset: number;
  readonly watermarkMs: number | null;
  readonly watermarks: Readonly<Record<string, number>>;
  readonly waiting: readonly Message[];
  readonly seen: readonly (readonly [day: number, base64: string])[];
  readonly state: readonly (readonly [key: string, values: readonly (readonly [string, unknown])[]])[];
  readonly timers: readonly Timer[];
}

/** A task; `offset` is kept by whoever feeds it. */
export class StageTask {
  readonly stage: number;
  readonly partition: number;
  offset = 0;
  /** Packets from edges this layout does not know: somebody else writes here. */
  strangers = 0;
  readonly sealed: SealedOperator;
  readonly #layout: StageLayout;
  readonly #watermarks: Map<string, number>;
  readonly #seen = new SeenIds();
  /** Last bytes of each day of seen ids, because the set itself tells only what changed. */
  readonly #seenBytes = new Map<number, string>();
  #watermarkMs = -Infinity;

  constructor(layout: StageLayout, tables: EngineTables, stage: number, partition: number) {
    const operator = layout.operators[stage];
    if (operator === undefined) throw new Error(`the engine has no stage ${stage}`);
    this.stage = stage;
    this.partition = partition;
    this.#layout = layout;
    this.#watermarks = new Map(edgesInto(layout, stage).map((edge) => [edge, -Infinity]));
    const owns = (key: string): boolean => partitionOf(key, layout.partitions) === partition;
    this.sealed = new SealedOperator(operator, tables, owns);
  }

  /** Name of its checkpoints. */
  get name(): string {
    return `${this.sealed.operator.name}-${this.partition}`;
  }

  /** Sealed up to here, epoch ms; -Infinity before the first heartbeat of every edge. */
  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Takes one packet; nothing is put out before `settle`. */
  take(packet: StagePacket): void {
    const promisedMs = this.#watermarks.get(packet.from);
    if (promisedMs === undefined) {
      this.strangers++;
      return;
    }
    if (!('message' in packet)) {
      if (packet.watermarkMs > promisedMs) this.#watermarks.set(packet.from, packet.watermarkMs);
      return;
    }
    const { message } = packet;
    // Its edge promised that nothing below follows, so this is a repetition, however long ago its id was forgotten.
    if (message.timeMs < promisedMs) return;
    const id = `${message.kind}/${message.id}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id, message.timeMs);
    this.sealed.add(message);
  }

  /** Processes what the slowest edge allows. */
  settle(output: TaskOutput): void {
    const lowest = Math.min(...this.#watermarks.values());
    if (lowest <= this.#watermarkMs) return;
    this.#watermarkMs = lowest;
    this.sealed.advance(lowest, output);
    output.watermark(lowest);
    for (const day of this.#seen.forget(lowest - limits.duplicateHorizonMs)) this.#seenBytes.delete(day);
  }

  /** Copy of everything, as text that a later `restore` takes. */
  checkpoint(codeDigest: string): string {
    for (const { day, bytes } of this.#seen.takeDirty())
      this.#seenBytes.set(day, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'));
    const heard = [...this.#watermarks].filter(([, watermarkMs]) => Number.isFinite(watermarkMs));
    return JSON.stringify({
      codeDigest,
      partitions: this.#layout.partitions,
      offset: this.offset,
      watermarkMs: Number.isFinite(this.#watermarkMs) ? this.#watermarkMs : null,
      watermarks: Object.fromEntries(heard),
      waiting: this.sealed.buffer.waiting(),
      seen: [...this.#seenBytes],
      state: this.sealed.state.keys().map((key) => [key, [...this.sealed.state.entries(key)]] as const),
      timers: this.sealed.timers.all(),
    } satisfies TaskCheckpoint);
  }

  /** Puts a checkpoint into a fresh task. Throws when it belongs to another number of partitions. */
  restore(text: string): TaskCheckpoint {
    const saved = JSON.parse(text) as TaskCheckpoint;
    if (saved.partitions !== this.#layout.partitions)
      throw new Error(
        `checkpoint ${this.name} is of an engine with ${saved.partitions} partitions, not ${this.#layout.partitions}`,
      );
    for (const [key, values] of saved.state) this.sealed.state.restore(key, values);
    for (const { key, name, atMs } of saved.timers) this.sealed.timers.set(key, name, atMs);
    for (const message of saved.waiting) this.sealed.add(message);
    for (const [day, text64] of saved.seen) {
      this.#seen.restore(day, new Uint8Array(Buffer.from(text64, 'base64')));
      this.#seenBytes.set(day, text64);
    }
    for (const [edge, watermarkMs] of Object.entries(saved.watermarks))
      if (this.#watermarks.has(edge)) this.#watermarks.set(edge, watermarkMs);
    this.#watermarkMs = saved.watermarkMs ?? -Infinity;
    this.offset = saved.offset;
    return saved;
  }
}
