/**
 * What the ledger (stage 4) keeps in the state of a domain, an account and a principal, so that the features and the
 * control score (stage 5) can read it without importing stage 4. Plain JSON, short keys: a quiet domain stays below
 * 4 KiB. Times are epoch milliseconds. Only stage 4 writes these values.
 */
import { sourceKinds } from './event.ts';
import type { EventValue, SourceKind } from './event.ts';
import type { StateView } from './step.ts';

/**
 * One view of one control: value, time of the act that set it, time it was last confirmed, kind of source.
 * `since` is negative when the value stood already at the first look: then it is minus the UTC day number of that look.
 */
export type LedgerView = [value: EventValue, since: number, lastMs: number, source: number];

/** Kind of source that last confirmed a view; views keep its position in `sourceKinds`, which only ever grows at its end. */
export function viewSource(view: LedgerView): string {
  return sourceKinds[view[3]] ?? 'unknown';
}

/** One control of a domain. `said`: what audit logs and provider APIs state; `seen`: what outside witnesses observe. */
export interface LedgerControl {
  said?: LedgerView;
  seen?: LedgerView;
  /** How many changes of this control were recorded; part of the change fact id. Absent: none. */
  epoch?: number;
}

/** State of one change fact: who says so. `contradicted`: claimed, but a live witness still sees the old value after the deadline. */
export type ChangeState = 'claimed' | 'observed' | 'agreed' | 'contradicted' | 'reverted';

/** The same change as reported by all its witnesses. Kept for some days after the last word about it. */
export interface ChangeFact {
  id: string;
  control: string;
  value: EventValue;
  /** Value before; absent when unknown. */
  old?: EventValue;
  /** The set is not known: `value` and `old` are only the records a claim about single records named. */
  partial?: true;
  /** Since when the value before had stood, at least. Absent when unknown. */
  oldSinceMs?: number;
  /** Time of the act as well as known, and the lower bound of a polled change. */
  atMs: number;
  earliestMs: number;
  /** Of addresses: the alias of the name that our probe's resolvers followed to them. Absent: none, or not known. */
  alias?: string;
  /** Intent in force that approves this very alias at this name. */
  aliasIntent?: string;
  /** When the value went away again; absent while it stands. */
  endMs?: number;
  epoch: number;
  state: ChangeState;
  /** Source kinds that reported it, in order of arrival, with the best confidence of each. */
  kinds: [kind: string, confidence: number][];
  /** Event ids of the witnesses, at most 8. */
  ids: string[];
  /** Event or intent id that explains it from inside; absent: nobody on our side does. */
  explainedBy?: string;
  approval: 'approved' | 'not_found';
  intent?: string;
  /** Attribution (R08): waiting, stated as missing, or withdrawn after it had been stated. */
  missing?: 'waiting' | 'stated' | 'withdrawn';
  /** Only one of several vantage points ever saw it: no witness yet. Absent: confirmed, or not asked from several. */
  doubtful?: true;
  /** An inside witness names the deployment that made it. Absent: none does. */
  deployment?: true;
  /** Who acted and through which account, when some witness knows. */
  actor?: string;
  account?: string;
}

/** Prefix of the state names of controls; the rest of the name is the control. */
export const controlStatePrefix = 'c/';
/** State name of the list of recent change facts of a domain, oldest first. */
export const factsStateName = 'facts';
/** State name of the sources heard about a domain, or about a person. */
export const heardStateName = 'heard';

/** Configured sources by kind, each with the time of its last word, at most `heardSourcesMax` of a kind. */
export type HeardSources = Partial<Record<SourceKind, [id: string, lastMs: number][]>>;

/** Sources of one kind that are remembered for one domain or person. */
export const heardSourcesMax = 4;
/** Who has not spoken for so long before the newest of its kind has handed over to it, ms. */
const handedOverMs = 30 * 86_400_000;

/** Ids of the sources of a kind that speak about this domain or person, sorted; empty when none said who it is. */
export function heardSources(state: StateView, kind: string): string[] {
  const heard = state.get<HeardSources>(heardStateName)?.[kind as SourceKind] ?? [];
  const newestMs = Math.max(...heard.map(([, lastMs]) => lastMs));
  return heard
    .filter(([, lastMs]) => lastMs >= newestMs - handedOverMs)
    .map(([id]) => id)
    .sort();
}

/** State name of the account ledger. */
export const accountStateName = 'account';
/** State name of the principal ledger. */
export const principalStateName = 'principal';

/** State of one control of a domain; undefined when nothing is known. Control names: see `feature.change.control`. */
export function ledgerControl(state: StateView, control: string): LedgerControl | undefined {
  return state.get<LedgerControl>(controlStatePrefix + control);
}

/** The view to believe about what is in force: seen when there is one, else said. */
export function viewInForce(control: LedgerControl | undefined): LedgerView | undefined {
  return control?.seen ?? control?.said;
}

/** Recent change facts of a domain, oldest first. */
export function changeFacts(state: StateView): readonly ChangeFact[] {
  return state.get<{ list: ChangeFact[] }>(factsStateName)?.list ?? [];
}

/** A token of an account or provider. Times epoch milliseconds; absent: unknown. */
export interface TokenState {
  createdMs?: number;
  lastMs?: number;
  /** Networks it was used from, at most 8. */
  asns: number[];
  by?: string;
}

/** What is known about a registrar account. */
export interface AccountState {
  /** Kind of second factor last stated by the account itself; absent: only the inventory may know. */
  mfa?: [kind: string, atMs: number];
  /** Times of factor or password resets, newest last, at most 16. */
  resets: number[];
  delegates: Record<string, number>;
  /** Last time the recovery contact was changed with approval. */
  recoveryMs?: number;
  /** Last login at the registrar. */
  sessionMs?: number;
  evicted: number;
}

/** Domains with the time of the last touch, epoch ms; two lists of equal length, sorted by time and then by name. */
export interface TouchedDomains {
  readonly domains: string[];
  readonly atMs: number[];
}

/** What is known about a person or service. */
export interface PrincipalState {
  /** Times of factor or password resets, newest last, at most 16. */
  resets: number[];
  /** Failed second-factor challenges of the last 10 minutes, at most 32. */
  failures: number[];
  /** Domains touched in the last 72 hours, at most 256. Checkpoints of older versions: times by domain. */
  touched: TouchedDomains | Record<string, number>;
  evicted: number;
}
