/**
 * Log entries to messages on one partition of the entries topic: what the embedded host does with its log. Its clock is
 * made of the entries' own times, so whoever takes over stamps them alike.
 */
import { limits } from '../../contract/limits.ts';
import type { KafkaMessage, KafkaRecord } from '../../contract/kafka.ts';
import { succeeded, type Outcome } from '../../contract/outcome.ts';
import type { InventoryView, Message } from '../../contract/step.ts';
import { SourceDirectory, Versions, type EngineTables, type SourceNote } from '../../engine/surroundings.ts';
import { decodeLogEntry, type LogEntry } from '../../log/entry-codec.ts';
import { EntryProcessor, type EntryObserver, type EntryStages } from '../entry-processor.ts';
import type { SilenceSnapshot } from '../silent-sources.ts';
import type { PartitionTask } from './partition-task.ts';
import { broadcastRecords, heartbeatRecords, messageRecords, type StageLayout } from './stage-topics.ts';

/** Type of the control entry that lets time pass and names how far the control topic was read: `{control}`. */
export const tickType = 'tick';

/** Topic of the entries. */
export function entriesTopic(prefix: string): string {
  return `${prefix}.entries`;
}

/** What entry tasks of one process share. */
export interface EntryParts {
  readonly stages: EntryStages;
  readonly observer: EntryObserver;
  /** Told every message a task makes; repeated after a take-over. */
  readonly told?: (message: Message) => void;
  readonly sha256: EngineTables['sha256'];
  readonly latenessMs?: number;
  /** The inventory after so many entries of the control topic; resolves when they have been read. */
  readonly inventoryAt: (control: number) => Promise<InventoryView>;
}

/** What an entry task remembers; plain JSON. */
export interface EntryCheckpoint {
  readonly codeDigest: string;
  readonly partitions: number;
  readonly offset: number;
  readonly clockMs: number | null;
  readonly control: number;
  readonly sources: ReturnType<SourceDirectory['snapshot']>;
  /** Absent in checkpoints of older versions. */
  readonly silences?: SilenceSnapshot;
}

/** Directory that tells what changed in it. */
class NotedSources extends SourceDirectory {
  notes: SourceNote[] = [];

  override note(
    tenant: string,
    kind: string,
    source: string,
    atMs: number,
    alive: boolean,
    intervalMs: number,
    sequence?: number,
    seenFromMs = -Infinity,
  ): boolean {
    const changed = super.note(tenant, kind, source, atMs, alive, intervalMs, sequence, seenFromMs);
    const isPast = seenFromMs > atMs;
    if (changed)
      this.notes.push({ tenant, kind, source, atMs, alive, intervalMs, ...(isPast ? { seenFromMs } : {}) });
    return changed;
  }
}

/** The first task of a partition. */
export class EntryTask implements PartitionTask {
  readonly partition: number;
  readonly topic: string;
  offset = 0;
  readonly #layout: StageLayout;
  readonly #parts: EntryParts;
  readonly #sources = new NotedSources();
  readonly #latenessMs: number;
  #inventory: Versions<InventoryView> | undefined;
  #processor: EntryProcessor | undefined;
  #messages: Message[] = [];
  #clockMs = -Infinity;
  #saidMs = -Infinity;
  #control = 0;
  /** As the checkpoint had it. */
  #silences: SilenceSnapshot = [];
  /** Entries since the start: order is all that silence asks for. */
  #place = 0;

  constructor(layout: StageLayout, parts: EntryParts, partition: number) {
    this.#layout = layout;
    this.#parts = parts;
    this.partition = partition;
    this.topic = entriesTopic(layout.prefix);
    this.#latenessMs = parts.latenessMs ?? limits.latenessMs;
  }

  get name(): string {
    return `entries-${this.partition}`;
  }

  get control(): number {
    return this.#control;
  }

  get watermarkMs(): number {
    return this.#saidMs;
  }

  async take(record: KafkaRecord): Promise<Outcome<undefined>> {
    if (record.value === null) return succeeded(undefined);
    const decoded = decodeLogEntry(record.value);
    if (!decoded.ok) return decoded;
    const entry = notAhead(decoded.value, record.timestampMs);
    const processor = await this.#ready();
    const place = this.#place++;
    if (entry.kind === 'control' && entry.type === tickType) {
      processor.process(entry, place);
      await this.#follow((entry.body as { control?: number } | null)?.control ?? 0, processor.clockMs);
    } else
      for (const message of processor.process(entry, place)) {
        this.#messages.push(message);
        this.#parts.told?.(message);
      }
    this.#clockMs = processor.clockMs;
    return succeeded(undefined);
  }

  async #ready(): Promise<EntryProcessor> {
    if (this.#processor !== undefined) return this.#processor;
    const { stages, observer, sha256, inventoryAt } = this.#parts;
    this.#inventory = new Versions(await inventoryAt(this.#control));
    const tables = { inventory: this.#inventory, sources: this.#sources, sha256 };
    this.#processor = new EntryProcessor(stages, tables, this.#latenessMs, this.#clockMs, observer);
    this.#processor.silences.restore(this.#silences);
    return this.#processor;
  }

  async #follow(control: number, atMs: number): Promise<void> {
    if (control <= this.#control) return;
    this.#control = control;
    this.#inventory?.add(atMs, await this.#parts.inventoryAt(control));
  }

  settle(outputs: KafkaMessage[]): void {
    const from = String(this.partition);
    for (const note of this.#sources.notes)
      outputs.push(...broadcastRecords(this.#layout, 0, { from, note }));
    for (const message of this.#messages) outputs.push(...messageRecords(this.#layout, 0, from, message));
    this.#sources.notes = [];
    this.#messages = [];
    const watermarkMs = this.#clockMs - this.#latenessMs;
    if (watermarkMs <= this.#saidMs) return;
    this.#saidMs = watermarkMs;
    this.#inventory?.forget(watermarkMs);
    outputs.push(...heartbeatRecords(this.#layout, 0, from, watermarkMs, this.#control));
  }

  checkpoint(codeDigest: string): string {
    return JSON.stringify({
      codeDigest,
      partitions: this.#layout.partitions,
      offset: this.offset,
      clockMs: Number.isFinite(this.#clockMs) ? this.#clockMs : null,
      control: this.#control,
      sources: this.#sources.snapshot(),
      silences: this.#processor?.silences.snapshotAt(Infinity) ?? this.#silences,
    } satisfies EntryCheckpoint);
  }

  restore(text: string): string {
    const saved = JSON.parse(text) as EntryCheckpoint;
    if (saved.partitions !== this.#layout.partitions)
      throw new Error(
        `checkpoint ${this.name} is of an engine with ${saved.partitions} partitions, not ${this.#layout.partitions}`,
      );
    this.offset = saved.offset;
    this.#clockMs = saved.clockMs ?? -Infinity;
    this.#saidMs = this.#clockMs - this.#latenessMs;
    this.#control = saved.control;
    this.#sources.restore(saved.sources);
    this.#silences = saved.silences ?? [];
    return saved.codeDigest;
  }
}

/** A collector whose clock runs ahead must not push the time of everybody: nothing is later than the broker's append. */
function notAhead(entry: LogEntry, appendedMs: number): LogEntry {
  if (!(appendedMs > 0)) return entry;
  if (entry.kind === 'raw') {
    const { record } = entry;
    if (record.receivedAtMs <= appendedMs) return entry;
    return { kind: 'raw', record: { ...record, receivedAtMs: appendedMs } };
  }
  return entry.atMs <= appendedMs ? entry : { ...entry, atMs: appendedMs };
}
