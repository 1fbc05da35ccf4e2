/** State of one group of one correlation, and how a new entry or a due timer moves it. Plain JSON, no clock. */
import { limits } from '../contract/limits.ts';
import type { StateView } from '../contract/step.ts';
import { boundedEvidence } from './finding-draft.ts';
import { isTemporal } from './sigma-correlation.ts';
import {
  absenceHolds,
  compareEntries,
  measuredHolds,
  positivesCompletedBy,
  satisfiedBy,
} from './correlation-window.ts';
import type { Evidence } from '../contract/finding.ts';
import type { Correlation } from './sigma-correlation.ts';
import type { Entry, Satisfied } from './correlation-window.ts';
import type { EntryFacts } from './finding-context.ts';

/** One firing: from its first anchor to its newest evidence. Later matches append until the window has emptied. */
export interface Episode {
  readonly anchors: readonly string[];
  /** Latest instants of the first anchor, of the one that completed it, and of the newest evidence. */
  from: number;
  at: number;
  /** Id of the entry that completed it. */
  readonly done: string;
  to: number;
  readonly lo: number;
  readonly order: 'certain' | 'possible';
  readonly f?: string;
  ev: Evidence[];
  facts: EntryFacts[];
}

/** A verdict that needs the end of the window. */
interface Pending {
  /** Due time: one millisecond after the window's last instant. */
  at: number;
  from: number;
  readonly term: number;
  readonly anchors: readonly string[];
}

/** Everything remembered about one group. */
export interface GroupState {
  e: Entry[];
  p: Pending[];
  x: Episode[];
}

/** What a step did to a group: episodes to report, whether they are new, and how many entries were evicted. */
export interface GroupChange {
  readonly reported: readonly { readonly episode: Episode; readonly isNew: boolean }[];
  readonly evicted: number;
}

const nothing: GroupChange = { reported: [], evicted: 0 };
const temporalEntriesMax = 32;
const measuredEntriesMin = 256;
const pendingMax = 256;
/** A polled event can lie this far before its upper bound and still pair with something older. */
const pollSlackMs = 86_400_000;

/** Empty state. */
export function emptyGroup(): GroupState {
  return { e: [], p: [], x: [] };
}

/**
 * A group to change, put in the place of the one held. Its entries are the same objects, which nobody changes: editing would copy
 * every one of them in the preliminary lane.
 */
export function groupToChange(state: StateView, name: string): GroupState {
  const held = state.get<GroupState>(name) ?? emptyGroup();
  const group: GroupState = {
    e: [...held.e],
    p: held.p.map((pending) => ({ ...pending })),
    x: held.x.map((episode) => ({ ...episode })),
  };
  state.put(name, group);
  return group;
}

/** When the group needs attention next: the first verdict due, else the moment its newest entry can no longer matter. */
export function nextTimerMs(correlation: Correlation, group: GroupState): number | null {
  const due = group.p.map((pending) => pending.at);
  const newest = group.e.at(-1);
  if (newest !== undefined) due.push(newest.hi + retentionMs(correlation) + 1);
  else for (const episode of group.x) due.push(episode.to + retentionMs(correlation) + 1);
  return due.length === 0 ? null : Math.min(...due);
}

/** Takes an entry in and says what fired. The same id twice changes nothing. */
export function insertEntry(
  correlation: Correlation,
  group: GroupState,
  entry: Entry,
  late: boolean,
): GroupChange {
  if (group.e.some((known) => known.i === entry.i)) return nothing;
  const newest = group.e.at(-1);
  group.e.push(entry);
  if (newest !== undefined && compareEntries(newest, entry) > 0) group.e.sort(compareEntries);
  const evicted = evict(correlation, group, entry);
  if (correlation.atClose) {
    openPending(correlation, group, entry);
    return { reported: [], evicted };
  }
  const open = group.x.find((episode) => touches(correlation, episode, entry));
  const clean = group.e.some((known) => known.f !== undefined)
    ? group.e.filter((known) => known.f === undefined)
    : group.e;
  const unmarked = entry.f === undefined ? satisfiedFrom(correlation, clean, entry) : undefined;
  const keepsId =
    open !== undefined && (late || isAfter(entry, open)) && !(open.f !== undefined && unmarked !== undefined);
  if (open !== undefined && keepsId)
    return {
      reported: takeIn(correlation, group, open, entry) ? [{ episode: open, isNew: false }] : [],
      evicted,
    };
  const satisfied = unmarked ?? satisfiedFrom(correlation, group.e, entry);
  if (satisfied === undefined) return { reported: [], evicted };
  if (open !== undefined) group.x = group.x.filter((episode) => episode !== open);
  const episode = episodeOf(satisfied);
  takeIn(correlation, group, episode, satisfied.last);
  group.x.push(episode);
  return { reported: [{ episode, isNew: true }], evicted };
}

/** Appends to a firing what belongs to it from `first` on; true when anything was added. */
function takeIn(correlation: Correlation, group: GroupState, episode: Episode, first: Entry): boolean {
  let isLonger = false;
  for (let at = group.e.lastIndexOf(first); at >= 0 && at < group.e.length; at++) {
    const entry = group.e[at];
    if (entry === undefined || !touches(correlation, episode, entry)) continue;
    if (addsEvidence(correlation, group.e, entry) && append(episode, entry)) isLonger = true;
  }
  return isLonger;
}

/**
 * Where events are counted, each one counts. A sequence takes in what completes it once more or begins it anew: a person
 * who goes on working is no evidence of a reset weeks ago, however closely one change follows another.
 */
function addsEvidence(correlation: Correlation, entries: readonly Entry[], entry: Entry): boolean {
  if (!isTemporal(correlation.type)) return true;
  const begins =
    correlation.type === 'temporal_ordered' &&
    correlation.terms.some(({ present: [first] }) => first !== undefined && entry.r.includes(first));
  return begins || satisfiedBy(correlation, entries, entry) !== undefined;
}

/** Entries after the completing one append; an earlier one could have completed the condition before it. */
function isAfter(entry: Entry, episode: Episode): boolean {
  return entry.hi > episode.at || (entry.hi === episode.at && entry.i > episode.done);
}

/** First moment from `entry` on at which the condition holds; a straggler may complete a window that ends later. */
function satisfiedFrom(
  correlation: Correlation,
  entries: readonly Entry[],
  entry: Entry,
): (Satisfied & { last: Entry }) | undefined {
  const start = entries.lastIndexOf(entry); // in order, and it is mostly the newest
  for (let index = start; index < entries.length; index++) {
    const newest = entries[index];
    if (newest === undefined || newest.hi > entry.hi + correlation.spanMs + pollSlackMs) break;
    const found = satisfiedBy(correlation, entries, newest);
    if (found !== undefined) return { ...found, last: newest };
  }
  return undefined;
}

/** Decides everything due and forgets what can no longer matter. */
export function closeDue(correlation: Correlation, group: GroupState, nowMs: number): GroupChange {
  const due = group.p.filter((pending) => pending.at <= nowMs);
  group.p = group.p.filter((pending) => pending.at > nowMs);
  const reported: { episode: Episode; isNew: boolean }[] = [];
  for (const pending of due) {
    const anchors = decided(correlation, group, pending);
    if (anchors === undefined) continue;
    const [first] = anchors;
    const open = first && group.x.find((episode) => touches(correlation, episode, first));
    if (open === undefined || first === undefined) {
      const episode = episodeOf({ anchors, order: 'certain', last: anchors.at(-1) });
      group.x.push(episode);
      reported.push({ episode, isNew: true });
    } else {
      for (const anchor of anchors) append(open, anchor);
      reported.push({ episode: open, isNew: false });
    }
  }
  prune(correlation, group, nowMs);
  return { reported, evicted: 0 };
}

/** True when nothing is left to remember. */
export function isEmptyGroup(group: GroupState): boolean {
  return group.e.length === 0 && group.p.length === 0 && group.x.length === 0;
}

function decided(correlation: Correlation, group: GroupState, pending: Pending): Entry[] | undefined {
  if (!isTemporal(correlation.type)) {
    const window = group.e.filter(
      (entry) => entry.hi >= pending.from && entry.hi <= pending.from + correlation.spanMs,
    );
    return window.length > 0 && measuredHolds(correlation, window) ? window : undefined;
  }
  const anchors = group.e.filter((entry) => pending.anchors.includes(entry.i));
  const term = correlation.terms[pending.term];
  if (term === undefined || anchors.length !== pending.anchors.length) return undefined;
  return absenceHolds(correlation, term, anchors, group.e) ? anchors : undefined;
}

function openPending(correlation: Correlation, group: GroupState, entry: Entry): void {
  const span = correlation.spanMs;
  const add = (pending: Pending): void => {
    if (group.p.length < pendingMax) group.p.push(pending);
  };
  if (isTemporal(correlation.type)) {
    for (const { term, found } of positivesCompletedBy(correlation, group.e, entry)) {
      const anchors = found.anchors.map((anchor) => anchor.i);
      const from = Math.min(...found.anchors.map((anchor) => anchor.hi));
      add({ at: from + span + 1, from, term, anchors });
    }
    return;
  }
  const covering = group.p.find((pending) => entry.hi >= pending.from && entry.hi <= pending.from + span);
  if (covering !== undefined) return;
  const following = group.p.find((pending) => entry.hi < pending.from && entry.hi + span >= pending.from);
  if (following !== undefined) {
    following.from = entry.hi;
    following.at = entry.hi + span + 1;
  } else add({ at: entry.hi + span + 1, from: entry.hi, term: -1, anchors: [] });
}

function touches(correlation: Correlation, episode: Episode, entry: Entry): boolean {
  return entry.lo <= episode.to + correlation.spanMs && entry.hi >= episode.from - correlation.spanMs;
}

function episodeOf({ anchors, order }: Satisfied & { last: Entry | undefined }): Episode {
  const inOrder = [...anchors].sort(compareEntries);
  const filter = inOrder.find((entry) => entry.f !== undefined)?.f;
  const hi = inOrder.map((entry) => entry.hi);
  return {
    anchors: inOrder.map((entry) => entry.i).sort(),
    from: Math.min(...hi),
    at: Math.max(...hi),
    done: inOrder.at(-1)?.i ?? '',
    to: Math.max(...hi),
    lo: Math.max(...inOrder.map((entry) => entry.lo)),
    order,
    ...(filter === undefined ? {} : { f: filter }),
    ev: boundedEvidence(inOrder.flatMap((entry) => entry.e)),
    facts: inOrder.map((entry) => entry.c).slice(-limits.evidenceMax),
  };
}

/** True when the entry brought evidence that was not there. */
function append(episode: Episode, entry: Entry): boolean {
  const known = new Set(episode.ev.map((item) => item.event_id));
  const added = entry.e.filter((item) => !known.has(item.event_id));
  if (added.length === 0) return false;
  const evidence = [...episode.ev, ...added].sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : a.event_id < b.event_id ? -1 : 1,
  );
  episode.ev = boundedEvidence(evidence);
  episode.facts = [...episode.facts, entry.c].slice(-limits.evidenceMax);
  episode.from = Math.min(episode.from, entry.hi);
  episode.to = Math.max(episode.to, entry.hi);
  return true;
}

/** How long an entry can still take part in a match. */
function retentionMs(correlation: Correlation): number {
  return correlation.spanMs + limits.latenessMs + (isTemporal(correlation.type) ? pollSlackMs : 0);
}

function prune(correlation: Correlation, group: GroupState, nowMs: number): void {
  const oldest = nowMs - retentionMs(correlation);
  const [first] = group.e; // they are in order
  if (first !== undefined && first.hi < oldest) group.e = group.e.filter((entry) => entry.hi >= oldest);
  if (group.x.some((episode) => episode.to < oldest))
    group.x = group.x.filter((episode) => episode.to >= oldest);
}

/** Forgets the oldest entry of the same kind when a group grows beyond its cap. Returns how many were forgotten. */
function evict(correlation: Correlation, group: GroupState, entry: Entry): number {
  prune(correlation, group, entry.hi);
  const { gt = 0, gte = 0, lt = 0, lte = 0, eq = 0 } = correlation.bounds;
  const wanted = 2 * Math.max(gt + 1, gte, lt, lte, eq + 1);
  const cap = isTemporal(correlation.type)
    ? temporalEntriesMax
    : Math.min(100_000, Math.max(measuredEntriesMin, wanted));
  if (group.e.length <= cap) return 0;
  const kind = entry.r.join();
  const same = group.e.filter((known) => known.r.join() === kind);
  const surplus = new Set(same.slice(0, Math.max(0, same.length - cap)));
  if (surplus.size > 0) group.e = group.e.filter((known) => !surplus.has(known));
  return surplus.size;
}
