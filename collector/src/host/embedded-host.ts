/**
 * The embedded host: one process, one log. Reads durable entries, runs the engine, hands signals to the signal log, and
 * checkpoints. Whatever it does can be done again from the last checkpoint with the same result.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Signal, SignalKind } from '../contract/component.ts';
import { limits } from '../contract/limits.ts';
import { rowMeta, type CheckpointMeta } from '../engine/checkpoint.ts';
import { entityKey } from '../engine/annotate-operator.ts';
import { Engine, type EngineResult } from '../engine/engine.ts';
import { statementId } from '../engine/statement.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { decodeLogEntry } from '../log/entry-codec.ts';
import { isDiskFull, whenThereIsSpace } from '../log/space.ts';
import { CaseBook } from './case-book.ts';
import { CheckpointTaker } from './checkpoint-taker.ts';
import { EarlierWords } from './earlier-words.ts';
import { EntryProcessor } from './entry-processor.ts';
import { finalCheckpoint } from './final-checkpoint.ts';
import type { HostOptions, HostStores } from './host-options.ts';
import { instantMs } from './instant-ms.ts';
import { LogRounds } from './log-rounds.ts';
import { OwedScores } from './owed-scores.ts';
import type { SilenceSnapshot } from './silent-sources.ts';
import { WaitingMemory } from './waiting-memory.ts';
import { WaitingSequences } from './waiting-sequences.ts';

const checkpointName = 'engine';
/** Bytes of the log for each of which a part of an open checkpoint is written. */
const bytesOfPart = 16 * 1024;
/** State comes to rest with a checkpoint: with so many keys open one is due before its time, but not without a pause. */
const openKeysMax = 8_192;
const restlessMs = 2_000;

interface HostMeta extends CheckpointMeta {
  readonly clockMs: number;
  readonly codeDigest: string;
  readonly sources: ReturnType<EngineTables['sources']['snapshot']>;
  /** Absent in checkpoints of older versions. */
  readonly silences?: SilenceSnapshot;
  /** What only the preliminary lane had said; the bodies are in the book. Absent in checkpoints of older versions. */
  readonly unsettled?: readonly string[];
  /** End of the signal log then: what stands behind it was said and is in no checkpoint. Absent as above. */
  readonly signalsEnd?: number;
  /** Tenants whose scores were to be looked at again. Absent as above. */
  readonly owedScores?: readonly string[];
}

/** Runs the engine over a log until told to stop. */
export class EmbeddedHost {
  readonly engine: Engine;
  readonly book = new CaseBook();
  readonly #stores: HostStores;
  readonly #options: HostOptions;
  readonly #processor: EntryProcessor;
  readonly #rounds: LogRounds;
  readonly #sequences = new WaitingSequences();
  readonly #waiting = new WaitingMemory();
  readonly #taker: CheckpointTaker;
  #checkpointPosition: number;
  readonly #touched = new Set<string>();
  readonly #owed = new OwedScores();
  #position: number;
  /** Between taking entries from the log and being done with them. */
  #isRoundOpen = false;
  #entriesSinceCheckpoint = 0;
  #lastCheckpointMs: number;
  readonly #earlier: EarlierWords;

  constructor(stores: HostStores, options: HostOptions) {
    this.#stores = stores;
    this.#options = options;
    this.#rounds = new LogRounds(stores.log);
    const latenessMs = options.latenessMs ?? limits.latenessMs;
    this.engine = new Engine({
      operators: options.operators,
      tables: options.tables,
      preliminary: true,
      latenessMs,
    });
    this.engine.publication.wordOf = (id) => this.book.published(id);
    this.#taker = new CheckpointTaker({
      name: checkpointName,
      store: stores.checkpoints,
      engine: this.engine,
      book: this.book,
      saved: (position, rows) => this.#saved(position, rows),
    });
    const head = stores.checkpoints.head(checkpointName);
    const meta = head?.meta as HostMeta | undefined;
    this.#position = Math.max(head?.position ?? 0, stores.log.firstSequence);
    this.#checkpointPosition = head?.position ?? stores.log.firstSequence;
    const clockMs = meta?.clockMs ?? -Infinity;
    this.#processor = new EntryProcessor(
      options.stages,
      options.tables,
      latenessMs,
      clockMs,
      options.observer,
    );
    this.#lastCheckpointMs = options.nowMs();
    // What a checkpoint of an older version forgot is not known.
    const saysAllAgain = meta === undefined && stores.log.firstSequence === 0;
    this.#earlier = new EarlierWords(meta?.signalsEnd ?? (saysAllAgain ? 0 : stores.signals.end));
    if (meta !== undefined) this.#restore(meta);
  }

  /** There is no other collector. */
  mayAct(): boolean {
    return true;
  }

  /** Digest of what gives state its meaning. */
  get codeDigest(): string {
    return this.#options.codeDigest;
  }

  /** What entries alone decide, at the end of what was read: for a host that takes over. */
  entryState(): {
    readonly clockMs: number;
    readonly sources: ReturnType<EngineTables['sources']['snapshot']>;
    readonly silences: SilenceSnapshot;
  } {
    const { clockMs, silences } = this.#processor;
    return {
      clockMs,
      sources: this.#options.tables.sources.snapshot(),
      silences: silences.snapshotAt(Infinity),
    };
  }

  /** Estimated memory of what waits for the watermark, bytes. */
  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  /** Next log sequence to read. */
  get position(): number {
    return this.#position;
  }

  /** Sequence below which the log is no longer needed to start again. */
  get checkpointPosition(): number {
    return this.#checkpointPosition;
  }

  /**
   * Works until `signal` aborts, then checkpoints. A full disk makes it wait. Rejects when the disk fails: the process must
   * stop.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(signal);
    } finally {
      // Whoever waits for it to end would wait for ever.
      this.#taker.abandon();
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await this.#round(signal)) continue;
        if (this.#taker.isOpen) {
          this.#checkpointPart();
          await nextTurn();
          continue;
        }
        if (await this.#scoreOwed(signal)) continue;
        await this.#stores.log.waitFor(this.#position, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        // Stopped in the middle of a round: its state is ahead of its position and may not be kept.
        if (this.#isRoundOpen) return;
      }
    }
    try {
      const { observer, nowMs } = this.#options;
      const isSaved = await finalCheckpoint(this.#taker, () => this.beginCheckpoint(), nowMs);
      if (!isSaved) observer.unsaved(this.#position - this.#checkpointPosition);
    } catch (error) {
      // Without it the next start reads more of the log, and nothing is lost.
      if (!isDiskFull(error)) throw error;
    }
  }

  /**
   * Processes what is durable now, or until `signal` aborts; used at start-up to catch up before intake opens. Rejects when
   * `signal` aborts while the disk is full.
   */
  async catchUp(signal?: AbortSignal): Promise<void> {
    while (signal?.aborted !== true && ((await this.#round(signal)) || (await this.#scoreOwed(signal)))) {
      // Rounds are bounded by bytes; go on until the end of the log.
    }
  }

  /** Saves state, so that a restart begins here. Throws what SQLite throws; what was not saved is saved by the next one. */
  checkpoint(): void {
    this.beginCheckpoint();
    this.#taker.finish();
  }

  /** Begins a checkpoint of this moment; `checkpointPart` writes it while the engine goes on. */
  beginCheckpoint(): void {
    let position = this.#position;
    let clockMs = this.#processor.clockMs;
    const waiting: string[] = [];
    for (const { kind, id, ingestMs } of this.engine.waitingUnsorted()) {
      const key = `${kind}/${id}`;
      waiting.push(key);
      const sequence = this.#sequences.of(key);
      if (sequence === undefined) continue;
      if (sequence < position) position = sequence;
      if (ingestMs < clockMs) clockMs = ingestMs;
    }
    const meta: HostMeta = {
      ...rowMeta(this.engine, waiting),
      clockMs,
      codeDigest: this.#options.codeDigest,
      sources: this.#options.tables.sources.snapshot(position),
      silences: this.#processor.silences.snapshotAt(position),
      owedScores: this.#owed.tenants,
      unsettled: this.engine.publication.unsettledIds(),
      signalsEnd: this.#earlier.endFor(this.#stores.signals, this.engine.publication),
    };
    this.#entriesSinceCheckpoint = 0;
    this.#lastCheckpointMs = this.#options.nowMs();
    this.#taker.begin(position, meta);
  }

  /** Writes the next part of a checkpoint that was begun; true when none is open any more. */
  checkpointPart(): boolean {
    return this.#taker.part();
  }

  #saved(position: number, rows: number): void {
    this.#checkpointPosition = position;
    this.#options.observer.checkpoint(position, rows);
  }

  #patiently(work: () => void | Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const { waitForSpace } = this.#options;
    return whenThereIsSpace(work, async () => {
      if (waitForSpace === undefined) throw new Error('the disk is full');
      await waitForSpace(signal ?? new AbortController().signal);
    });
  }

  async #round(signal: AbortSignal | undefined): Promise<boolean> {
    await this.#earlier.recall(this.#stores.signals, this.engine.publication, (said) =>
      this.book.published(statementId(said)),
    );
    const from = this.#position;
    const batch = await this.#rounds.next(from);
    if (batch.records.length === 0 && batch.next === from) return false;
    this.#isRoundOpen = true;
    const messages = [];
    let recordBytes = 0;
    for (let i = 0; i < batch.records.length; i++) {
      const before = messages.length;
      const sequence = batch.firstSequence + i;
      const decoded = decodeLogEntry(batch.records[i] as Buffer);
      if (!decoded.ok) {
        this.#options.observer.unreadable(sequence, decoded.failure.message);
        continue;
      }
      for (const message of this.#processor.process(decoded.value, sequence)) {
        this.#sequences.note(message.kind, message.id, sequence);
        if (message.kind === 'intent') this.book.takeIntent(message.intent);
        messages.push(message);
      }
      if (messages.length > before) recordBytes += (batch.records[i] as Buffer).length;
    }
    const nowMs = this.#processor.clockMs;
    this.#waiting.add(nowMs, messages.length, recordBytes);
    const result = this.engine.accept(messages, nowMs);
    this.#waiting.sealed(this.engine.watermarkMs);
    await this.#publish(result, nowMs, signal);
    const { observer } = this.#options;
    await this.#patiently(() => observer.settle?.(), signal);
    this.#position = batch.next;
    this.#isRoundOpen = false;
    this.#entriesSinceCheckpoint += batch.records.length;
    this.#options.observer.batch(
      batch.records.length,
      messages.length,
      result,
      this.#options.nowMs() - nowMs,
    );
    this.#sequences.prune(() => this.engine.waitingMessages());
    if (this.#taker.isOpen) await this.#checkpointParts(batch.records, signal);
    else if (this.#checkpointDue()) this.#ifThereIsSpace(() => this.beginCheckpoint());
    return true;
  }

  /** As many parts as a round of this size deserves: what changes faster than it is saved would never come to rest. */
  async #checkpointParts(records: readonly Buffer[], signal: AbortSignal | undefined): Promise<void> {
    const bytes = records.reduce((sum, { length }) => sum + length, 0);
    this.#checkpointPart();
    for (let left = bytes; left > bytesOfPart && this.#taker.isOpen; left -= bytesOfPart) {
      await nextTurn();
      if (signal?.aborted === true) return;
      this.#checkpointPart();
    }
  }

  #checkpointPart(): void {
    this.#ifThereIsSpace(() => void this.#taker.part());
  }

  /** A full disk puts a checkpoint off: what it would save is still in the log, and the next one saves it too. */
  #ifThereIsSpace(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  #checkpointDue(): boolean {
    const everyEntries = this.#options.checkpointEveryEntries ?? 250_000;
    const everyMs = this.#options.checkpointEveryMs ?? 30_000;
    const sinceMs = this.#options.nowMs() - this.#lastCheckpointMs;
    return (
      this.#entriesSinceCheckpoint >= everyEntries ||
      (this.#entriesSinceCheckpoint > 0 && sinceMs >= everyMs) ||
      (sinceMs >= restlessMs && this.#openKeys() > openKeysMax)
    );
  }

  #openKeys(): number {
    return this.engine.operators.reduce((sum, { state }) => sum + state.openCount, 0);
  }

  async #publish(result: EngineResult, nowMs: number, signal?: AbortSignal): Promise<void> {
    const signals: Signal[] = [];
    const eventsAreRead = this.#isRead('event');
    for (const event of result.annotated) {
      this.#owed.heed(event);
      this.book.event(event, this.#sequences.of(`event/${event.event_id}`));
      if (eventsAreRead)
        signals.push({ kind: 'event', key: event.event_id, timeMs: instantMs(event.timestamp), body: event });
      if (event.domain !== undefined) this.#touched.add(entityKey(event.tenant, event.domain));
    }
    for (const published of result.published) {
      this.book.take(published);
      if (published.kind === 'finding') {
        const { finding_id: id, revision } = published.finding;
        signals.push({ kind: 'finding', key: `${id}.${revision}`, timeMs: nowMs, body: published.finding });
      } else {
        const { case_id: id, revision } = published.case;
        signals.push({ kind: 'case', key: `${id}.${revision}`, timeMs: nowMs, body: published.case });
      }
    }
    this.#score(signals, nowMs);
    if (signals.length > 0) await this.#patiently(() => this.#stores.signals.append(signals), signal);
  }

  /** Looks at the next scores that are owed; false: none were. */
  async #scoreOwed(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#owed.isSettled) return false;
    for (const key of this.#owed.take(this.#options.tables.inventory.latest())) this.#touched.add(key);
    const signals: Signal[] = [];
    this.#score(signals, this.#processor.clockMs);
    if (signals.length > 0) await this.#patiently(() => this.#stores.signals.append(signals), signal);
    await nextTurn();
    return true;
  }

  #isRead(kind: SignalKind): boolean {
    return this.#options.readKinds?.has(kind) ?? true;
  }

  #score(signals: Signal[], nowMs: number): void {
    for (const key of this.#touched) {
      const cut = key.indexOf('|');
      const [tenant, domain] = [key.slice(0, cut), key.slice(cut + 1)];
      const view = this.engine.view('domain', tenant, key);
      const cases = this.engine.view('case', tenant, tenant);
      const score =
        view === undefined ? undefined : this.#options.scoreOf(view, cases, tenant, domain, nowMs);
      if (score === undefined || !this.book.takeScore(score)) continue;
      this.#options.observer.scored(score);
      if (this.#isRead('score'))
        signals.push({ kind: 'score', key: `${key}@${score.as_of}`, timeMs: nowMs, body: score });
    }
    this.#touched.clear();
  }

  #restore(meta: HostMeta): void {
    this.#options.tables.sources.restore(meta.sources);
    this.#processor.silences.restore(meta.silences ?? []);
    this.#taker.restore(meta);
    for (const tenant of meta.owedScores ?? []) this.#owed.owe(tenant);
    this.engine.publication.restoreUnsettled(
      (meta.unsettled ?? []).flatMap((id) => this.book.published(id) ?? []),
    );
  }
}
