/**
 * One operator on one partition: what a worker runs, checkpoints and hands over. The outputs depend only on the packets
 * of each edge in their order, never on how edges interleave, on batches or on crashes.
 */
import type { CanonicalEvent } from '../../contract/event.ts';
import { limits } from '../../contract/limits.ts';
import type { Message, StateView } from '../../contract/step.ts';
import { entityKey } from '../../engine/annotate-operator.ts';
import { Publication } from '../../engine/publication.ts';
import { type EarlyWord, type Published } from '../../engine/statement.ts';
import { SealedOperator, type SealedOutput } from '../../engine/sealed-operator.ts';
import { SeenIds } from '../../engine/seen-ids.ts';
import { SourceDirectory, type EngineTables, type SourceNote } from '../../engine/surroundings.ts';
import type { Timer } from '../../engine/timer-queue.ts';
import { StagePreviews } from './stage-previews.ts';
import {
  edgesInto,
  nameOf,
  partitionOf,
  type DomainRisk,
  type StageLayout,
  type StagePacket,
} from './stage-topics.ts';

/** Where results of a task go; calls come in order. */
export interface TaskOutput {
  message(message: Message): void;
  /** `before`: what was said under the same name, when it differs. */
  preview(preview: Message, before: Message | undefined): void;
  withdraw(preview: Message): void;
  note(note: SourceNote): void;
  /** An event as the last stage saw it first; may come again after a take-over. */
  annotated(event: CanonicalEvent): void;
  /** What `published` is about to be told before it is sealed; must be kept for a successor first. */
  early(words: readonly EarlyWord[]): void;
  /** A finding or case with its next revision. */
  published(published: Published, timeMs: number): void;
  /** Everything below was put out before. `control`: how far the control topic was needed for it. */
  watermark(watermarkMs: number, control: number): void;
}

/** How a task is set up. */
export interface StageTaskOptions {
  /** False: only the sealed lane runs, for replays that need final results only. Default true. */
  readonly preliminary?: boolean;
  readonly latenessMs?: number;
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
  /** Offset of the control topic that was needed so far. */
  readonly control: number;
  readonly sources: ReturnType<SourceDirectory['snapshot']>;
  readonly previews: readonly Message[];
  readonly said: ReturnType<Publication['snapshot']>;
  readonly publicIds: ReturnType<Publication['publicIds']>;
  readonly unsettled: readonly Published[];
  /** Sealed words of what can still change; older versions wrote only those an early word had gone beyond, or none. */
  readonly overtaken?: readonly Published[];
  readonly risks?: readonly (readonly [key: string, risk: DomainRisk])[];
}

/**
 * Revisions between one record and the next. Of two owners of a task the one that read further has the higher revisions, also
 * when it says one thing where the other says many in one breath.
 */
const revisionsPerRecord = 1_000;

/** A task; `offset` is kept by whoever feeds it. */
export class StageTask {
  readonly stage: number;
  readonly partition: number;
  offset = 0;
  /** Packets from edges this layout does not know: somebody else writes here. */
  strangers = 0;
  readonly sealed: SealedOperator;
  readonly publication: Publication;
  /** Risks of domains as they were said last, here or to here, by `tenant|domain`. */
  readonly risks = new Map<string, DomainRisk>();
  readonly tables: EngineTables;
  readonly #layout: StageLayout;
  readonly #watermarks: Map<string, number>;
  readonly #seen = new SeenIds();
  /** Last bytes of each day of seen ids, because the set itself tells only what changed. */
  readonly #seenBytes = new Map<number, string>();
  readonly #previews: StagePreviews | undefined;
  readonly #latenessMs: number;
  /** Events the preliminary half of the last stage handed out and the sealed half has not passed, with their order time. */
  readonly #annotated = new Map<string, number>();
  #annotatedMax = 1_000;
  #notes: SourceNote[] = [];
  #watermarkMs = -Infinity;
  #control = 0;
  /** Early words of a predecessor were read that may lie below the watermark already. */
  #isForetold = false;

  constructor(
    layout: StageLayout,
    tables: Omit<EngineTables, 'sources'>,
    stage: number,
    partition: number,
    options: StageTaskOptions = {},
  ) {
    const operator = layout.operators[stage];
    if (operator === undefined) throw new Error(`the engine has no stage ${stage}`);
    this.stage = stage;
    this.partition = partition;
    this.#layout = layout;
    this.#latenessMs = options.latenessMs ?? limits.latenessMs;
    this.#watermarks = new Map(edgesInto(layout, stage).map((edge) => [edge, -Infinity]));
    // Sources are noted at a place of the stream, which tasks of one process reach at different moments.
    this.tables = { ...tables, sources: new SourceDirectory() };
    const owns = (key: string): boolean => partitionOf(key, layout.partitions) === partition;
    this.sealed = new SealedOperator(operator, this.tables, owns);
    this.publication = new Publication(tables.sha256, { keepsGivenIds: false });
    if (options.preliminary !== false)
      this.#previews = new StagePreviews(this.sealed, this.tables, stage + 1 < layout.operators.length);
  }

  /** Name of its checkpoints. */
  get name(): string {
    return `${this.sealed.operator.name}-${this.partition}`;
  }

  /** Sealed up to here, epoch ms; -Infinity before the first heartbeat of every edge. */
  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Offset of the control topic that must have been read before `settle`. */
  get control(): number {
    return this.#control;
  }

  /** State of a key with what is not sealed yet. */
  view(tenant: string, key: string): StateView {
    return this.#previews?.view(tenant, key) ?? this.sealed.state.view(key);
  }

  /** Takes one packet; nothing is put out before `settle`. */
  take(packet: StagePacket): void {
    if ('risk' in packet) {
      this.risks.set(entityKey(packet.risk.tenant, packet.risk.domain), packet.risk);
      return;
    }
    if ('early' in packet) {
      for (const word of packet.early) this.publication.foretell(word);
      this.#isForetold = true;
      return;
    }
    const promisedMs = this.#watermarks.get(packet.from);
    if (promisedMs === undefined) {
      this.strangers++;
      return;
    }
    if ('message' in packet) this.#takeMessage(packet.message, promisedMs);
    else if ('preview' in packet) {
      if (packet.preview.timeMs >= this.#watermarkMs) this.#previews?.take(packet.preview);
    } else if ('withdraw' in packet) this.#previews?.withdraw(packet.withdraw);
    else if ('note' in packet) this.#takeNote(packet.note);
    else {
      this.#control = Math.max(this.#control, packet.control ?? 0);
      if (packet.watermarkMs > promisedMs) this.#watermarks.set(packet.from, packet.watermarkMs);
    }
  }

  #takeMessage(message: Message, promisedMs: number): void {
    // Its edge promised that nothing below follows, so this is a repetition, however long ago its id was forgotten.
    if (message.timeMs < promisedMs) return;
    const name = nameOf(message);
    if (this.#seen.has(name)) return;
    this.#seen.add(name, message.timeMs);
    this.sealed.add(message);
    // The first stage gets every message at arrival.
    if (this.stage === 0) this.#previews?.take(message);
  }

  #takeNote(note: SourceNote): void {
    const { tenant, kind, source, atMs, alive, intervalMs, seenFromMs } = note;
    if (this.tables.sources.note(tenant, kind, source, atMs, alive, intervalMs, -1, seenFromMs))
      this.#notes.push(note);
  }

  /** Processes what arrived, and seals what the slowest edge allows. */
  settle(output: TaskOutput): void {
    for (const note of this.#notes) output.note(note);
    this.#notes = [];
    const lowest = Math.min(...this.#watermarks.values());
    this.publication.revisionFloor = this.offset * revisionsPerRecord;
    const advances = lowest > this.#watermarkMs;
    const isBehind = advances && this.#previews?.skipBelow(lowest) === true;
    if (isBehind) this.#seal(lowest, output);
    this.#previews?.settle(lowest + this.#latenessMs, {
      preview: (preview, before) => output.preview(preview, before),
      withdraw: (preview) => output.withdraw(preview),
      annotated: (event, timeMs) => {
        this.#annotated.set(event.event_id, timeMs);
        output.annotated(event);
      },
      finding: (finding, timeMs) => this.publication.preliminary({ kind: 'finding', finding }, timeMs),
      caseChanged: (changed, timeMs) => this.publication.preliminary({ kind: 'case', case: changed }, timeMs),
      takingBack: (ids) => this.publication.announceTakeBack(ids),
      spoke: () => this.publication.takeBackAnnounced(),
    });
    if (advances && !isBehind) this.#seal(lowest, output);
    // A predecessor that did not know of us may have said them after the last promise for a long time.
    if (!advances && this.#isForetold) this.publication.passed(this.#watermarkMs);
    this.#isForetold = false;
    output.early(this.publication.takeEarly());
    for (const published of this.publication.take()) output.published(published, lowest + this.#latenessMs);
    if (advances) {
      this.#watermarkMs = lowest;
      output.watermark(lowest, this.#control);
    }
  }

  #seal(lowest: number, output: TaskOutput): void {
    const isLast = this.stage + 1 === this.#layout.operators.length;
    const words: SealedOutput = {
      message: (message) => {
        if (!isLast) output.message(message);
        else if (message.kind === 'event' && !this.#annotated.delete(message.id))
          output.annotated(message.event);
      },
      finding: (finding, timeMs) => this.publication.sealed({ kind: 'finding', finding }, timeMs),
      caseChanged: (changed, timeMs) => this.publication.sealed({ kind: 'case', case: changed }, timeMs),
    };
    this.sealed.advance(lowest, words);
    this.publication.passed(lowest);
    this.publication.forget(lowest - limits.saidKeptMs);
    this.#previews?.sealedUpTo(lowest);
    this.#forgetAnnotated(lowest);
    for (const day of this.#seen.forget(lowest - limits.duplicateHorizonMs)) this.#seenBytes.delete(day);
  }

  /** What was taken back after it had been handed out is never sealed. Looked for seldom: the others leave one by one. */
  #forgetAnnotated(lowest: number): void {
    if (this.#annotated.size < this.#annotatedMax) return;
    for (const [id, timeMs] of this.#annotated) if (timeMs < lowest) this.#annotated.delete(id);
    this.#annotatedMax = 1_000 + 2 * this.#annotated.size;
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
      control: this.#control,
      sources: this.tables.sources.snapshot(),
      // The first stage's previews are the messages that wait.
      previews: this.stage === 0 ? [] : (this.#previews?.waiting() ?? []),
      said: this.publication.snapshot(),
      publicIds: this.publication.publicIds(),
      unsettled: this.publication.unsettled(),
      overtaken: this.publication.standing(),
      risks: [...this.risks],
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
    this.#control = saved.control;
    this.tables.sources.restore(saved.sources);
    this.publication.restore(saved.said);
    this.publication.restorePublicIds(saved.publicIds);
    this.publication.restoreUnsettled(saved.unsettled);
    this.publication.restoreOvertaken(saved.overtaken ?? []);
    for (const [key, risk] of saved.risks ?? []) this.risks.set(key, risk);
    this.#previews?.resume(this.#watermarkMs, this.stage === 0 ? saved.waiting : saved.previews);
    this.offset = saved.offset;
    return saved;
  }
}
