/**
 * Signals of composite risk (detection reference 3.9): findings and weak events, kept by name, account and person for
 * some days, and which of them count. The formula over them is stage 5's and is passed in.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import type { Plane } from '../contract/severity.ts';
import { stateName, type FindingRecord, type MemoryKind } from './case-record.ts';
import { lookAgain } from './expiry.ts';
import { isAccountLevel, isPosture, personOfFinding, principalId } from './links.ts';
import { remembered } from './recent-events.ts';
import type { Turn } from './turn.ts';

/** One signal of an entity. `factor` 0..1: how much of it belongs to the entity (1 unless it came through a person). */
export interface RiskSignal {
  /** Finding id or event id. */
  readonly ref: string;
  /** What people call it: detection such as R02, or the event type of a weak signal. */
  readonly label: string;
  /** Signals of the same rule damp each other. */
  readonly rule: string;
  readonly plane: Plane;
  /** 0..100. */
  readonly points: number;
  /** Event time, epoch milliseconds. */
  readonly ms: number;
  /** Ownership actions fade with 72 h, everything else with 24 h. */
  readonly ownership: boolean;
  readonly factor: number;
}

/** One term of a composite risk. */
export interface RiskTerm {
  readonly signal: RiskSignal;
  /** What is left of points/100 after age, rank and factor, 0..1. */
  readonly p: number;
  /** Place among the signals of the same rule, from 1. */
  readonly rank: number;
}

/** Risk 0..100 of an entity at a moment, over distinct `planes`; terms strongest first. Must be pure. */
export type CompositeRisk = (
  signals: readonly RiskSignal[],
  nowMs: number,
) => { readonly risk: number; readonly planes: readonly string[]; readonly terms: readonly RiskTerm[] };

/** A signal as remembered; `evidence` for weak signals, which have no finding to look it up in. */
export interface StoredSignal extends RiskSignal {
  /** Change facts, or events that are no change, the signal stands on; more than one: a correlation. Absent: only itself. */
  readonly on?: readonly string[];
  readonly evidence?: Evidence;
}

const signalsMax = 64;
const entitiesMax = 16;
const membersMax = 16;
const adminsFew = 5;
const fewAdminsFactor = 0.5;
const manyAdminsFactor = 0.2;
const rankedPlanes: ReadonlySet<Plane> = new Set([
  'registrar',
  'dns',
  'identity',
  'cert',
  'mail',
  'query',
  'intel',
]);

const weakSignals: Readonly<Record<string, readonly [points: number, needsNovelty: boolean]>> = {
  'identity.session.login_succeeded': [20, true],
  'registrar.session.login_succeeded': [20, true],
  'identity.session.risk_flagged': [20, false],
  'identity.user.password_reset': [20, false],
  'identity.user.mfa_reset': [25, false],
  'identity.user.mfa_removed': [25, false],
  'identity.user.recovery_changed': [20, false],
  'identity.role.granted': [15, false],
  'identity.token.created': [10, false],
  'identity.app.consented': [10, false],
  'registrar.account.password_reset_requested': [20, false],
  'registrar.account.delegate_added': [20, false],
  'mail.rule.forwarding_created': [20, false],
  'mail.account.delegate_added': [20, false],
};

/** Points and plane of an event that is too weak for a finding of its own; undefined for all others, and for approved ones. */
export function weakSignalOf(event: CanonicalEvent): { points: number; plane: Plane } | undefined {
  const row = Object.hasOwn(weakSignals, event.event_type) ? weakSignals[event.event_type] : undefined;
  if (row === undefined || event.outcome !== 'success' || event.approval_state === 'approved')
    return undefined;
  const novelty = event.feature?.['novelty'] as { new?: unknown } | undefined;
  if (row[1] && novelty?.new !== true) return undefined;
  const family = event.event_type.slice(0, event.event_type.indexOf('.'));
  return {
    points: row[0],
    plane: family === 'mail' ? 'mail' : family === 'registrar' ? 'registrar' : 'identity',
  };
}

function addSignal(turn: Turn, kind: MemoryKind, id: string, signal: StoredSignal): void {
  const name = stateName.risk(kind, id);
  const list = turn.state.get<readonly StoredSignal[]>(name);
  if (list === undefined) lookAgain(turn, name, signal.ms + turn.settings.retention.memoryMs);
  const oldestMs = turn.nowMs - turn.settings.retention.memoryMs;
  const kept = (list ?? []).filter((each) => each.ref !== signal.ref && each.ms >= oldestMs);
  kept.push(signal);
  kept.sort((a, b) => a.ms - b.ms || (a.ref < b.ref ? -1 : 1));
  turn.state.put(name, kept.slice(-signalsMax));
}

/** The change an event reports, so that claim and observation of it count once; the event itself when it is no change. */
function subjectOf({ change_fact_id: fact, event_id: id }: Evidence): string {
  return fact ?? id;
}

/** Names up to which what happens to one of them speaks for the whole account. */
const accountNamesFull = 50;

/**
 * How much a finding says about its account: all of it when it is about the account itself; about one of thousands of
 * names only that name's share, for in a large account somebody always works on something.
 */
function accountShare(turn: Turn, account: string, draft: FindingDraft): number {
  if (isAccountLevel(draft)) return 1;
  const names = turn.context.inventory.domainsOfAccount(turn.tenant, account).length;
  return names <= accountNamesFull ? 1 : accountNamesFull / names;
}

/** Enters a finding into the risk of the names, account and actor it is about. What was approved carries no risk. */
export function addFindingSignal(turn: Turn, id: string, record: FindingRecord): void {
  const { draft } = record;
  if (draft.detection === 'S04' || draft.drill || draft.risk_points <= 0 || !rankedPlanes.has(draft.plane))
    return;
  if (draft.context.approval_state === 'approved' || record.explainedBy !== null) return;
  const signal: StoredSignal = {
    ref: id,
    label: draft.detection,
    rule: draft.rule_id,
    plane: draft.plane,
    points: draft.risk_points,
    ms: turn.nowMs,
    ownership: draft.effect === 'own',
    factor: 1,
    on: [...new Set(draft.evidence.map(subjectOf))].slice(0, membersMax),
  };
  for (const domain of draft.domains.slice(0, entitiesMax)) addSignal(turn, 'domain', domain, signal);
  // Renewals, scores and traffic of many names of one account say nothing about the account, however many they are.
  if (isPosture(draft)) return;
  const account = draft.registrar_account;
  if (account !== undefined)
    addSignal(turn, 'account', account, { ...signal, factor: accountShare(turn, account, draft) });
  const person = personOfFinding(turn, draft);
  if (person !== undefined) addSignal(turn, 'actor', person, signal);
}

/** Enters a weak signal under everyone given; `principals` includes the person it happened to. */
export function addWeakSignal(
  turn: Turn,
  event: CanonicalEvent,
  weak: { points: number; plane: Plane },
  evidence: Evidence,
  entities: { domains: readonly string[]; accounts: readonly string[]; principals: readonly string[] },
): void {
  const signal: StoredSignal = {
    ref: event.event_id,
    label: event.event_type,
    rule: event.event_type,
    plane: weak.plane,
    points: weak.points,
    ms: turn.nowMs,
    ownership: false,
    factor: 1,
    on: [subjectOf(evidence)],
    evidence,
  };
  for (const domain of entities.domains) addSignal(turn, 'domain', domain, signal);
  for (const account of entities.accounts) addSignal(turn, 'account', account, signal);
  for (const principal of entities.principals) addSignal(turn, 'actor', principal, signal);
}

/** Signals stored under one name, account or person, oldest first. */
export function signalsOf(turn: Turn, kind: MemoryKind, id: string): readonly StoredSignal[] {
  return turn.state.get<readonly StoredSignal[]>(stateName.risk(kind, id)) ?? [];
}

/** Signals of a domain: its own, and identity signals of people by how close they are to it. */
export function domainSignals(turn: Turn, domain: string): StoredSignal[] {
  const byRef = new Map<string, StoredSignal>();
  for (const each of signalsOf(turn, 'domain', domain)) byRef.set(each.ref, each);
  const join = (principal: string, factor: number): void => {
    for (const each of signalsOf(turn, 'actor', principal)) {
      if (each.plane !== 'identity') continue;
      const known = byRef.get(each.ref);
      if (known === undefined || known.factor < factor) byRef.set(each.ref, { ...each, factor });
    }
  };
  const inventory = turn.context.inventory.domain(turn.tenant, domain);
  const account =
    inventory?.registrar_account === undefined
      ? undefined
      : turn.context.inventory.account(turn.tenant, inventory.registrar_account);
  const admins = account?.admins ?? [];
  const share = admins.length <= adminsFew ? fewAdminsFactor : manyAdminsFactor;
  for (const admin of admins.slice(0, entitiesMax)) join(admin, share);
  for (const entry of remembered(turn, 'domain', domain)) {
    const actor = entry.actor;
    if (actor === undefined) continue;
    join(entry.person ?? principalId(turn, actor), 1);
  }
  const oldestMs = turn.nowMs - turn.settings.retention.memoryMs;
  return [...byRef.values()]
    .filter((each) => each.ms >= oldestMs)
    .sort((a, b) => a.ms - b.ms || (a.ref < b.ref ? -1 : 1));
}

/**
 * What counts: of several rules about one change the heaviest. A correlation says again what its members said, so it
 * speaks only for members that nothing else speaks for, and adds nothing when each speaks for itself.
 */
export function onceEach(signals: readonly StoredSignal[]): readonly StoredSignal[] {
  if (signals.length === 0) return signals;
  const byWeight = [...signals].sort(
    (a, b) => b.points * b.factor - a.points * a.factor || a.ms - b.ms || (a.ref < b.ref ? -1 : 1),
  );
  const spokenFor = new Set<string>();
  const counted = new Set<StoredSignal>();
  for (const correlation of [false, true])
    for (const each of byWeight) {
      const on = each.on ?? [each.ref];
      if (on.length > 1 !== correlation || on.every((subject) => spokenFor.has(subject))) continue;
      counted.add(each);
      for (const subject of on) spokenFor.add(subject);
    }
  return signals.filter((each) => counted.has(each));
}
