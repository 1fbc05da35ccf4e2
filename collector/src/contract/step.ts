/**
 * What the engine calls: annotators (ledger and features), the detector and the case keeper, all as pure keyed steps.
 *
 * Order of the operators, each keyed, each seeing messages in (timeMs, id) order:
 * principal -> account -> domain -> organisation -> detect -> case. The engine runs every message twice: once at
 * arrival on a throw-away copy of state (the *preliminary* lane, so that nobody waits for the watermark) and once when
 * the watermark has passed it (the *sealed* lane, which alone decides the final result). Code below never notices.
 */
import type { CanonicalEvent } from './event.ts';
import type { Case } from './case.ts';
import type { Finding, FindingDraft } from './finding.ts';
import type { Intent, InventoryAccount, InventoryDomain, InventoryPrincipal } from './inventory.ts';
import type { ControlScore, RiskDetail } from './score.ts';

/**
 * State of one key of one operator. Values are plain JSON data. `get` is read-only: never change what it returns.
 * `edit` returns an object this step may change in place. Never store an object that came from a message or from
 * another key without copying it, if it will be edited later.
 */
export interface StateView {
  /** Stored value, or undefined when there is none. */
  get<T>(name: string): T | undefined;
  /** Stored object for changing in place; created by `initial` when absent. */
  edit<T extends object>(name: string, initial: () => T): T;
  /** Replaces the value. */
  put(name: string, value: unknown): void;
  /** Removes the value; no effect when absent. */
  delete(name: string): void;
  /** Names present that start with `prefix`, sorted by code unit. Costs time in proportion to this key's names. */
  names(prefix?: string): string[];
}

/** Inventory valid at the moment of the message. Look-ups are by canonical name; undefined means not in the inventory. */
export interface InventoryView {
  readonly version: string;
  domain(tenant: string, domain: string): InventoryDomain | undefined;
  account(tenant: string, id: string): InventoryAccount | undefined;
  /** By id or by any alias. */
  principal(tenant: string, idOrAlias: string): InventoryPrincipal | undefined;
  /** All domains of a tenant, sorted by name. */
  domains(tenant: string): readonly InventoryDomain[];
  /** Accounts whose notices go to this mailbox (any case), in inventory order. */
  accountsOfMailbox(tenant: string, mailbox: string): readonly InventoryAccount[];
  /** Domains held in one registrar account, sorted by name. */
  domainsOfAccount(tenant: string, account: string): readonly InventoryDomain[];
  /** Every tenant that has this registrable domain; usually one. */
  tenantsOf(domain: string): readonly string[];
  /** Names of all domains of all tenants, sorted, each once. */
  allDomains(): readonly string[];
}

/** Liveness of one kind of source for one tenant. */
export interface SourceStatus {
  readonly kind: string;
  /** Poll interval or heartbeat period in milliseconds. */
  readonly intervalMs: number;
  readonly alive: boolean;
  /** Epoch milliseconds since when it is silent; absent while alive. */
  readonly silentSinceMs?: number;
}

/** Which sources exist and live at a moment. Undefined: this tenant has no such source. */
export interface SourcesView {
  /** `among`: ids of the only sources that count, of those that exist; absent or without one that exists: all of the kind. */
  status(tenant: string, kind: string, atMs: number, among?: readonly string[]): SourceStatus | undefined;
  /** Milliseconds between two moments in which the kind existed and every source of it that counts was silent. */
  silentMs(tenant: string, kind: string, fromMs: number, toMs: number, among?: readonly string[]): number;
  /** Kinds of which at least one source is silent at a moment, sorted. */
  silentKinds(tenant: string, atMs: number): readonly string[];
  kinds(tenant: string, atMs: number): readonly SourceStatus[];
}

/** Everything a step may know besides its message and its state. There is no clock: `nowMs` is event time. */
export interface StepContext {
  /** Event time of the message, or due time of the timer, epoch milliseconds. */
  readonly nowMs: number;
  /** All messages with a lower event time have been seen. */
  readonly watermarkMs: number;
  /** The message came after the watermark had passed its time: evidence, leading to revisions. */
  readonly late: boolean;
  /** History that warms state and pages nobody. */
  readonly warmup: boolean;
  readonly inventory: InventoryView;
  readonly sources: SourcesView;
  /** Lower-case hex SHA-256 of UTF-8 text. */
  readonly sha256: (text: string) => string;
}

/** A person's or administrator's word about cases and suppressions, entering through the log like any event. */
export interface Directive {
  readonly type:
    | 'suppression.created'
    | 'suppression.approved'
    | 'suppression.expired'
    | 'case.acknowledged'
    | 'case.assigned'
    | 'case.contained'
    | 'case.closed'
    | 'case.reopened'
    | 'case.disposition'
    | 'case.note'
    | 'case.held'
    | 'case.released'
    | 'case.merge'
    | 'case.split'
    | 'case.notified'
    | 'action.proposed'
    | 'action.approved'
    | 'action.rejected'
    | 'action.executed'
    | 'action.confirmed'
    | 'baseline.learned';
  readonly tenant: string;
  /** `<realm>:<id>` of the person, or `system`. */
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What every message between operators carries. */
export interface MessageBase {
  /**
   * Order time, epoch milliseconds: max(min(event time, ingest time), ingest time - lateness). Equal to event time
   * unless the event came late or from the future; see engine/order-time.ts.
   */
  readonly timeMs: number;
  /** Breaks ties of `timeMs`; unique per kind. */
  readonly id: string;
  readonly tenant: string;
  /** Ingest time, epoch milliseconds. */
  readonly ingestMs: number;
  /** True when the event came after the watermark had passed its own time. */
  readonly late?: boolean;
  /** True for history that warms state and pages nobody. */
  readonly warmup?: boolean;
}

/** A message between operators, ordered by (`timeMs`, `id`). */
export type Message =
  | (MessageBase & { readonly kind: 'event'; readonly event: CanonicalEvent })
  | (MessageBase & { readonly kind: 'intent'; readonly intent: Intent })
  | (MessageBase & { readonly kind: 'directive'; readonly directive: Directive })
  | (MessageBase & { readonly kind: 'finding'; readonly draft: FindingDraft });

/** A timer of one key; a second request with the same name replaces the first. `atMs` null cancels it. */
export interface TimerRequest {
  readonly name: string;
  readonly atMs: number | null;
}

/** A fact the pipeline concluded itself, before completion. `domain`, `registrar_account` or `actor_id` say whom it is about. */
export type DerivedDraft = Partial<CanonicalEvent> & {
  readonly event_type: string;
  /** Makes the id: same conclusion, same parts. */
  readonly key: readonly string[];
  readonly links?: { rel: string; event_id: string }[];
};

/** What an annotator says about a message. All parts optional; an empty object means nothing to add. */
export interface Annotation {
  /** Top-level event fields to set (`approval_state`, `old_value`, `old_known`, `old_from`, `change_fact_id`, `links`). */
  readonly fields?: Partial<CanonicalEvent>;
  /** Feature groups to add under `event.feature`, e.g. `{ spike: { score: 6.2, known: true, n: 12, as_of: '…' } }`. */
  readonly features?: Readonly<Record<string, unknown>>;
  readonly derived?: readonly DerivedDraft[];
  readonly timers?: readonly TimerRequest[];
}

/** Keyed entity an annotator keeps state for. */
export type Scope = 'principal' | 'account' | 'domain' | 'organisation';

/**
 * One reducer of the ledger (stage 4) or of the features (stage 5). Annotators of a scope run in list order on the same
 * key; each has its own state names (prefix them with `name`). Events, intents and verdicts on cases (`case.disposition`,
 * `case.closed`) and what history taught (`baseline.learned`) reach annotators, by the `domains`, `accounts` and `actors`
 * of their data. Each sees the
 * event with everything that annotators before it, of this and of earlier scopes, have added.
 */
export interface Annotator {
  readonly name: string;
  readonly scope: Scope;
  /** Event types or families (`registrar.domain.`) it wants; absent: every message of its key. */
  readonly wants?: readonly string[];
  /** `key` is the entity the message was routed to. */
  step(state: StateView, message: Message, context: StepContext, key: EntityKey): Annotation;
  /** Names of state values that count under `evicted` what did not fit; the engine reports them as left out. */
  readonly bounded?: readonly string[];
  /** Names of the timers that may be set for an entity with this state, for when it is forgotten. Absent: it sets none. */
  timersOf?(state: StateView): readonly string[];
  /** Called when a timer set by this annotator is due. `key` is the entity: domain, account, principal or ''. */
  due?(state: StateView, timer: string, key: EntityKey, context: StepContext): Annotation;
  /** Features that hold for the entity now and belong to every event that is derived about it. */
  about?(state: StateView, key: EntityKey, context: StepContext): NonNullable<Annotation['features']>;
}

/** The entity a state belongs to. `id` is domain, account or principal; '' for the organisation. */
export interface EntityKey {
  readonly scope: Scope;
  readonly tenant: string;
  readonly id: string;
}

/** Output of the detector for one message or timer. */
export interface DetectResult {
  readonly findings: readonly FindingDraft[];
  readonly timers?: readonly TimerRequest[];
  /** Things that were left out, by name: `group_key_missing`, `group_fan_out_truncated`, `value_missing`, `state_evicted`. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** Grouping a rule's state is kept under; the narrowest of its group-by fields decides. */
export type DetectScope = 'domain' | 'account' | 'principal' | 'tenant';

/** Stage 6 as the engine sees it: rules compiled once, state per key. */
export interface Detector {
  /** Digest over all loaded rules; part of checkpoints. */
  readonly digest: string;
  /** Scopes under which some rule wants this event; empty: no rule is interested. */
  scopesOf(event: CanonicalEvent): readonly DetectScope[];
  step(state: StateView, scope: DetectScope, event: CanonicalEvent, context: StepContext): DetectResult;
  due(state: StateView, scope: DetectScope, timer: string, context: StepContext): DetectResult;
}

/** What the case keeper decided. Findings and cases are complete; same id with a higher revision replaces. */
export interface CaseResult {
  readonly findings: readonly Finding[];
  readonly cases: readonly Case[];
  readonly timers?: readonly TimerRequest[];
}

/** Stage 7 as the engine sees it; keyed by tenant. Gets findings, directives, and every annotated event of the tenant. */
export interface CaseKeeper {
  step(state: StateView, message: Message, context: StepContext): CaseResult;
  due(state: StateView, tenant: string, timer: string, context: StepContext): CaseResult;
  /** Composite risk of a domain (0 to 100) with its parts, from the state of its tenant; null while no signal is about it. Changes nothing. */
  riskOf(
    state: StateView,
    tenant: string,
    domain: string,
    context: StepContext,
  ): { readonly risk: number; readonly detail: RiskDetail } | null;
}

/** Computes the control score of a domain from its state at a moment. Pure; stage 5. */
export type ScoreReader = (state: StateView, domain: InventoryDomain, context: StepContext) => ControlScore;
