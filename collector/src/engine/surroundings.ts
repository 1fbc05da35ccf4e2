/** Tables a step may read, by the time they became valid: what is true is what was true at the message's turn. */
import type { InventoryView, Message, SourceStatus, SourcesView, StepContext } from '../contract/step.ts';

/** Changes kept for readers who ask rarely; whoever is further behind must take everything as changed. */
const changesKept = 1_000;

/** Values of a table by the time (epoch ms) each became valid. */
export class Versions<T> {
  readonly #versions: { fromMs: number; value: T }[];
  /** Moments from which something changed, in the order of the edits. */
  #changes: number[] = [];
  #dropped = 0;

  constructor(first: T) {
    this.#versions = [{ fromMs: -Infinity, value: first }];
  }

  /** Adds a version; times must not decrease. */
  add(fromMs: number, value: T): void {
    this.#versions.push({ fromMs, value });
    this.noteChange(fromMs);
  }

  /** Says that something else steps read, kept elsewhere, is another from a moment on. */
  noteChange(fromMs: number): void {
    this.#changes.push(fromMs);
    if (this.#changes.length <= changesKept) return;
    this.#dropped += changesKept / 2;
    this.#changes = this.#changes.slice(changesKept / 2);
  }

  /** Edits so far: what a reader passes to `changedAfter` the next time. */
  get edits(): number {
    return this.#dropped + this.#changes.length;
  }

  /** The earliest moment whose answers changed after so many edits; Infinity: none. Every reader counts for itself. */
  changedAfter(edits: number): number {
    if (edits < this.#dropped) return -Infinity;
    return this.#changes.slice(edits - this.#dropped).reduce((a, b) => Math.min(a, b), Infinity);
  }

  /** The version valid at a moment. */
  at(timeMs: number): T {
    for (let i = this.#versions.length - 1; i > 0; i--) {
      const version = this.#versions[i];
      if (version !== undefined && version.fromMs <= timeMs) return version.value;
    }
    return (this.#versions[0] as { value: T }).value;
  }

  /** The newest version. */
  latest(): T {
    return (this.#versions.at(-1) as { value: T }).value;
  }

  /** Drops versions that ended before `beforeMs`. */
  forget(beforeMs: number): void {
    while (this.#versions.length > 1 && (this.#versions[1]?.fromMs ?? Infinity) <= beforeMs)
      this.#versions.shift();
    this.#openBeginning();
  }

  /** Puts back what was forgotten: all versions that are known, oldest first, at least one. No answer that stood changes. */
  reset(versions: readonly { readonly fromMs: number; readonly value: T }[]): void {
    this.#versions.splice(0, Infinity, ...versions.map((version) => ({ ...version })));
    this.#openBeginning();
  }

  /** What is oldest here holds for everything before it too. */
  #openBeginning(): void {
    const first = this.#versions[0];
    if (first !== undefined) first.fromMs = -Infinity;
  }
}

/**
 * Changes kept of one source. One that comes and goes every minute is remembered for more than a day; the oldest leave in
 * large parts, and what was before them is not known.
 */
const notesMax = 4_000;

/** Owner of the sources that all tenants share. */
const sharedTenant = '*';
const noLists: Change[][] = [];
const all: readonly string[] = [];

interface Change {
  readonly atMs: number;
  readonly alive: boolean;
  readonly intervalMs: number;
  /** Absent in checkpoints of older versions. */
  readonly sequence?: number;
  /** Steps before this order time were sealed before the log said so, and do not see it. Absent: every step sees it. */
  readonly seenFromMs?: number;
}

function isFilled(list: readonly Change[]): boolean {
  return list.length > 0;
}

/** What became of a source at a moment. */
export interface SourceNote extends Change {
  readonly tenant: string;
  readonly kind: string;
  readonly source: string;
}

/** Which sources exist and live, by tenant and kind, over time. Several sources of a kind, own or shared: one living is enough. */
export class SourceDirectory implements SourcesView {
  readonly #changes = new Map<string, Map<string, Change[]>>();
  /** By tenant: kinds of which some source was silent at some time; the others need no look. */
  readonly #everSilent = new Map<string, Set<string>>();
  /** By tenant: the earliest moment whose answers changed and nobody was told. */
  readonly #changedMs = new Map<string, number>();
  /** Tenants that were told of changes: a change of a shared source concerns them all. */
  readonly #asked = new Set<string>();
  /** The earliest change of a shared source, for tenants that ask for the first time. */
  #sharedChangedMs = Infinity;
  #dropped = 0;

  /** Changes that were forgotten because a source had too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Notes that a source lives or is silent from a moment on. False: this was so already, nothing has changed. `sequence`: place of
   * the log that says so; absent: before all of it. `seenFromMs`: the watermark then. What is told about a time long past (an hour
   * without connection, a wall clock that was wrong) would else be seen or not as batches happened to be cut.
   */
  note(
    tenant: string,
    kind: string,
    source: string,
    atMs: number,
    alive: boolean,
    intervalMs: number,
    sequence = -1,
    seenFromMs = -Infinity,
  ): boolean {
    const key = `${tenant}|${kind}`;
    if (!alive) this.#noteSilent(tenant, kind);
    let sources = this.#changes.get(key);
    if (sources === undefined) {
      sources = new Map();
      this.#changes.set(key, sources);
    }
    const list = sources.get(source) ?? [];
    if (list.length === 0) sources.set(source, list);
    let index = list.length;
    while (index > 0 && (list[index - 1]?.atMs ?? 0) > atMs) index--;
    const previous = list[index - 1];
    if (previous?.alive === alive && previous.intervalMs === intervalMs) return false;
    const isPast = seenFromMs > atMs;
    list.splice(index, 0, { atMs, alive, intervalMs, sequence, ...(isPast ? { seenFromMs } : {}) });
    if (list.length > notesMax) this.#dropped += list.splice(0, notesMax / 4).length;
    const concerned = tenant === sharedTenant ? this.#asked : [tenant];
    const fromMs = Math.max(atMs, seenFromMs);
    if (tenant === sharedTenant) this.#sharedChangedMs = Math.min(this.#sharedChangedMs, fromMs);
    for (const each of concerned)
      this.#changedMs.set(each, Math.min(this.#changedMs.get(each) ?? Infinity, fromMs));
    return true;
  }

  /** The earliest moment of a tenant whose answers changed since the last call; Infinity: none. */
  takeChanged(tenant: string): number {
    const sharedMs = this.#asked.has(tenant) ? Infinity : this.#sharedChangedMs;
    const changedMs = Math.min(sharedMs, this.#changedMs.get(tenant) ?? Infinity);
    this.#asked.add(tenant);
    this.#changedMs.delete(tenant);
    return changedMs;
  }

  status(
    tenant: string,
    kind: string,
    atMs: number,
    among: readonly string[] = all,
  ): SourceStatus | undefined {
    return this.#statusAt(tenant, kind, atMs, atMs, among);
  }

  /** What a step at `stepMs` knows about the moment `atMs`. */
  #statusAt(
    tenant: string,
    kind: string,
    atMs: number,
    stepMs: number,
    among: readonly string[],
  ): SourceStatus | undefined {
    let best: SourceStatus | undefined;
    for (const list of this.#listsOf(tenant, kind, among)) {
      const last = list.findLast((change) => change.atMs <= atMs && (change.seenFromMs ?? atMs) <= stepMs);
      if (last === undefined) continue;
      if (last.alive) {
        if (best?.alive !== true || last.intervalMs < best.intervalMs)
          best = { kind, intervalMs: last.intervalMs, alive: true };
      } else if (best === undefined || (!best.alive && last.atMs > (best.silentSinceMs ?? 0))) {
        best = { kind, intervalMs: last.intervalMs, alive: false, silentSinceMs: last.atMs };
      }
    }
    return best;
  }

  silentMs(
    tenant: string,
    kind: string,
    fromMs: number,
    toMs: number,
    among: readonly string[] = all,
  ): number {
    const lists = this.#listsOf(tenant, kind, among);
    if (lists.every((list) => list.every(({ alive }) => alive))) return 0;
    const between = lists.flatMap((list) =>
      list.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs),
    );
    let sum = 0;
    let startMs = fromMs;
    for (const endMs of [...between.sort((a, b) => a - b), toMs]) {
      if (endMs <= startMs) continue;
      if (this.#statusAt(tenant, kind, startMs, toMs, among)?.alive === false) sum += endMs - startMs;
      startMs = endMs;
    }
    return sum;
  }

  silentKinds(tenant: string, atMs: number): readonly string[] {
    const own = this.#everSilent.get(tenant);
    const shared = tenant === sharedTenant ? undefined : this.#everSilent.get(sharedTenant);
    if (own === undefined && shared === undefined) return all;
    const isSilent = (list: readonly Change[]): boolean =>
      list.findLast((change) => change.atMs <= atMs && (change.seenFromMs ?? atMs) <= atMs)?.alive === false;
    return [...new Set([...(own ?? []), ...(shared ?? [])])]
      .filter((kind) => this.#listsOf(tenant, kind, all).some(isSilent))
      .sort();
  }

  #noteSilent(tenant: string, kind: string): void {
    const kinds = this.#everSilent.get(tenant) ?? new Set();
    this.#everSilent.set(tenant, kinds.add(kind));
  }

  kinds(tenant: string, atMs: number): readonly SourceStatus[] {
    const names = new Set<string>();
    for (const key of this.#changes.keys())
      for (const owner of [tenant, sharedTenant])
        if (key.startsWith(`${owner}|`)) names.add(key.slice(owner.length + 1));
    return [...names].sort().flatMap((kind) => this.status(tenant, kind, atMs) ?? []);
  }

  /** Ids of the sources of a kind that a tenant has or shares, sorted. */
  ids(tenant: string, kind: string): string[] {
    const own = this.#changes.get(`${tenant}|${kind}`)?.keys() ?? [];
    const shared = this.#changes.get(`${sharedTenant}|${kind}`)?.keys() ?? [];
    return [...new Set([...own, ...shared])].sort();
  }

  /** Sources of the tenant and those that all tenants share; of these, when it names some, those that `among` names. */
  #listsOf(tenant: string, kind: string, among: readonly string[]): Change[][] {
    const own = this.#changes.get(`${tenant}|${kind}`);
    const shared = tenant === sharedTenant ? undefined : this.#changes.get(`${sharedTenant}|${kind}`);
    if (own === undefined && shared === undefined) return noLists;
    const every = (): Change[][] => [...(own?.values() ?? []), ...(shared?.values() ?? [])];
    if (among.length === 0) return every();
    const named = among.flatMap((id) => [own?.get(id) ?? [], shared?.get(id) ?? []]).filter(isFilled);
    return named.length > 0 ? named : every();
  }

  /** What was noted before place `position` of the log, for a checkpoint from which reading begins there. */
  snapshot(position = Infinity): [key: string, source: string, changes: Change[]][] {
    const isBefore = ({ sequence = -1 }: Change): boolean => sequence < position;
    return [...this.#changes].flatMap(([key, sources]) =>
      [...sources].map(
        ([source, list]) => [key, source, list.filter(isBefore)] as [string, string, Change[]],
      ),
    );
  }

  /** Puts back a snapshot. */
  restore(snapshot: readonly (readonly [string, string, readonly Change[]])[]): void {
    for (const [key, source, list] of snapshot) {
      const sources = this.#changes.get(key) ?? new Map<string, Change[]>();
      sources.set(source, [...list]);
      this.#changes.set(key, sources);
      const cut = key.indexOf('|');
      if (list.some(({ alive }) => !alive)) this.#noteSilent(key.slice(0, cut), key.slice(cut + 1));
    }
  }
}

/** The tables of one engine. */
export interface EngineTables {
  readonly inventory: Versions<InventoryView>;
  readonly sources: SourceDirectory;
  readonly sha256: (text: string) => string;
}

/** Context of a step at a moment. */
export function stepContext(
  tables: EngineTables,
  nowMs: number,
  watermarkMs: number,
  late: boolean,
  warmup: boolean,
): StepContext {
  return {
    nowMs,
    watermarkMs,
    late,
    warmup,
    inventory: tables.inventory.at(nowMs),
    sources: tables.sources,
    sha256: tables.sha256,
  };
}

/** Contexts of messages; one is kept for the operators a message goes through. Forget it when tables may have changed. */
export class MessageContexts {
  readonly #tables: EngineTables;
  #last: StepContext | undefined;

  constructor(tables: EngineTables) {
    this.#tables = tables;
  }

  /** Context of the step of a message. */
  of(message: Message, watermarkMs: number): StepContext {
    const late = message.late === true;
    const warmup = message.warmup === true;
    const last = this.#last;
    if (
      last?.nowMs === message.timeMs &&
      last.watermarkMs === watermarkMs &&
      last.late === late &&
      last.warmup === warmup
    )
      return last;
    this.#last = stepContext(this.#tables, message.timeMs, watermarkMs, late, warmup);
    return this.#last;
  }

  /** Makes the next context anew. */
  forget(): void {
    this.#last = undefined;
  }
}
