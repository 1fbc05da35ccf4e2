/** What the case keeper remembers, as plain JSON, and under which state names. One name per thing: no step scans. */
import type { Case, TimelineEntry } from '../contract/case.ts';
import type { FindingDraft } from '../contract/finding.ts';
import type { Plane, Severity } from '../contract/severity.ts';
import { placeOf } from '../leaf/sorted-names.ts';

/** How long things are kept and how far links reach, milliseconds unless the name says otherwise. */
export interface Retention {
  /** A new finding on the same domain joins a case this long after its last activity. */
  readonly sameDomainMs: number;
  /** The same through a shared registrar account, actor or cluster. */
  readonly linkedMs: number;
  /** The same through a shared new value (name server, address, mail host). */
  readonly sameValueMs: number;
  /** A case closed as true positive reopens this long; later findings open a new case. */
  readonly reopenMs: number;
  /** How far back the story before the first finding goes. */
  readonly memoryMs: number;
  /** Events kept per domain, account and actor for that story. */
  readonly memoryItems: number;
  /** Findings without a case, and everything of a closed case, are forgotten this long after their last change. */
  readonly forgottenMs: number;
  /** Events alone (no finding, no person) are gathered at least this long before the case is written again. */
  readonly gatherMs: number;
  /** And at most this long: the gathering grows with the age of the newest finding or word of a person. */
  readonly gatherLatestMs: number;
}

const hourMs = 3_600_000;

/**
 * The shipped numbers. 120 days on one domain: slow thefts lay quiet for 58 to 85 days between two steps. 72 hours for
 * account, actor and cluster: the span of the rules that join identity and registrar events, and of real account
 * take-overs that went from name to name over two days. 14 days for a shared new value: the same mail host came back
 * after five days, while an address changes hands within weeks.
 */
export const defaultRetention: Retention = {
  sameDomainMs: 120 * 24 * hourMs,
  linkedMs: 72 * hourMs,
  sameValueMs: 14 * 24 * hourMs,
  reopenMs: 14 * 24 * hourMs,
  memoryMs: 72 * hourMs,
  memoryItems: 32,
  forgottenMs: 30 * 24 * hourMs,
  gatherMs: 60_000,
  gatherLatestMs: 600_000,
};

/** One line of the story as kept: the timeline entry without what can be said later. */
export type StoryEntry = TimelineEntry;

/** A step a person or the collector proposed, and how far it got. */
export interface ProposedAction {
  readonly action_id: string;
  readonly what: string;
  readonly destructive: boolean;
  readonly proposed_by: string;
  readonly proposed_at_ms: number;
  approvals: string[];
  state: 'proposed' | 'approved' | 'rejected' | 'executed' | 'confirmed';
  /** The collector carries it out itself; absent: it is a sentence, and a person does it. */
  readonly planned?: boolean;
  /** Step of the playbook that is done with it. */
  readonly step?: string;
  /** Who carried it out, and what came of it; absent before. */
  executed_by?: string;
  result?: string;
}

/** Progress of one step of the playbook. */
export interface StepProgress {
  readonly step: string;
  readonly mode: 'automatic' | 'prepared' | 'manual';
  done_at_ms: number | null;
  by: string | null;
  /** What came of it, as a sentence; absent when nobody said. */
  result?: string;
}

/**
 * A case as remembered. Sets are sorted arrays that are never changed in place: every revision of the case, and what was said
 * of it, shares those that did not change. A case of a thousand findings would otherwise be as many lists in each of them.
 */
export interface CaseRecord {
  readonly id: string;
  readonly tenant: string;
  readonly drill: boolean;
  readonly openedMs: number;
  revision: number;
  state: Case['state'];
  stateBefore: Case['state'] | null;
  disposition: Case['disposition'];
  severity: Severity;
  history: { at: string; severity: Severity }[];
  domains: readonly string[];
  accounts: readonly string[];
  /** Everybody named by a finding. */
  actors: readonly string[];
  /** The part of `actors` that later events are joined by. */
  suspects: readonly string[];
  findings: readonly string[];
  detections: readonly string[];
  planes: readonly Plane[];
  /** Finding that gives title, kind and playbook: the most severe, then the earliest. */
  leading: string;
  /** Event time of the newest finding or word of a person. */
  lastActivityMs: number;
  /** Decision time of the newest change, never going back. */
  updatedMs: number;
  closedMs: number | null;
  paged: { atMs: number; by: string } | null;
  /** Page-worthy findings that wait for a second witness. */
  waiting: readonly string[];
  assignee: string | null;
  mergedInto: string | null;
  /** Cases a person separated this one from: never merged again by a finding. */
  apart: readonly string[];
  /** Index names this case is registered under. */
  indexed: readonly string[];
  proposals: ProposedAction[];
  steps: StepProgress[];
  /** Legal hold: never forgotten while it lasts. */
  held: boolean;
  /** Event lines or findings were added that no output has shown yet. */
  unsaid: boolean;
  /** What the newest output said of that which somebody acts on (gathering.ts); absent: a case of few findings, or none was said. */
  saidStanding?: string;
  /** Lines left out of the story because it was full, and lines per kind of event. */
  omitted: number;
  perKind: Record<string, number>;
}

/** A finding as remembered: the newest draft and what was decided about it. */
export interface FindingRecord {
  draft: FindingDraft;
  revision: number;
  severity: Severity;
  score: number;
  terms: string[];
  overrides: string[];
  state: 'open' | 'suppressed' | 'merged' | 'retracted';
  suppressionId: string | null;
  caseId: string | null;
  owner: string | null;
  team: string | null;
  tier: number | null;
  /** Ingest time of the message that made it, epoch milliseconds. */
  completedMs: number;
  /** Event or intent that explained or approved it later; null while nobody did. */
  explainedBy: string | null;
  warmup: boolean;
}

/** Names of the keeper's state. The value part may be anything: names are keys of a map, never of an object. */
export const stateName = {
  case: (id: string): string => `case:${id}`,
  story: (id: string): string => `story:${id}`,
  finding: (id: string): string => `find:${id}`,
  fact: (id: string): string => `fact:${id}`,
  memory: (kind: MemoryKind, id: string): string => `mem:${kind}:${id}`,
  risk: (kind: MemoryKind, id: string): string => `risk:${kind}:${id}`,
  generation: (anchor: string): string => `gen:${anchor}`,
  link: (kind: LinkKind, value: string, drill: boolean): string =>
    `link:${drill ? 'drill' : 'real'}:${kind}:${value}`,
  suppression: (id: string): string => `supp:${id}`,
  suppressionScope: (kind: string, value: string): string => `scope:${kind}:${value}`,
  action: (id: string): string => `action:${id}`,
  tally: (detection: string): string => `tally:${detection}`,
  expiry: (slot: string): string => `expiry:${slot}`,
  automation: (actor: string): string => `auto:${actor}`,
  blind: 'blind',
  refused: 'refused',
} as const;

/** Entities with a memory and a risk. */
export type MemoryKind = 'domain' | 'account' | 'actor';

/** What ties a finding to a case. `admin`: principals who may act in the account of a case. */
export type LinkKind = 'domain' | 'account' | 'actor' | 'value' | 'admin';

/** The sorted list with a value: the same one when it is there already, else a new one that nobody can change. */
export function withSorted<T extends string>(list: readonly T[], value: T): readonly T[] {
  const place = placeOf(list, value);
  return list[place] === value ? list : Object.freeze(list.toSpliced(place, 0, value));
}

/** The sorted list with each of the values. */
export function withAllSorted<T extends string>(list: readonly T[], values: Iterable<T>): readonly T[] {
  let all = list;
  for (const value of values) all = withSorted(all, value);
  return all;
}

/** Lists that came out of a checkpoint are shared like those made since. */
export function freezeLists(record: CaseRecord): void {
  const { domains, accounts, actors, suspects, findings, detections, planes, waiting, apart, indexed } =
    record;
  for (const list of [
    domains,
    accounts,
    actors,
    suspects,
    findings,
    detections,
    planes,
    waiting,
    apart,
    indexed,
  ])
    Object.freeze(list);
}
