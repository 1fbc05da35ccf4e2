/**
 * Composite risk: several findings and weak signals about one name, account or person within days are worth more than
 * each alone. The formula is stage 5's and is passed in; this file collects signals and raises detection S04.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import type { Plane } from '../contract/severity.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName, type FindingRecord, type MemoryKind } from './case-record.ts';
import { lookAgain } from './expiry.ts';
import { principalId } from './links.ts';
import { remembered } from './recent-events.ts';
import type { Turn } from './turn.ts';

/** One signal of an entity. `factor` 0..1: how much of it belongs to the entity (1 unless it came through a person). */
export interface RiskSignal {
  /** Finding id or event id. */
  readonly ref: string;
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

/** Risk 0..100 of an entity at a moment, over distinct `planes`. Must be pure and monotone in the signals. */
export type CompositeRisk = (
  signals: readonly RiskSignal[],
  nowMs: number,
) => { readonly risk: number; readonly planes: number };

/** A signal as remembered; `evidence` for weak signals, which have no finding to look it up in. */
interface StoredSignal extends RiskSignal {
  /** Change the signal stands on: several rules about one change count once. */
  fact?: string;
  readonly evidence?: Evidence;
}

const signalsMax = 64;
const entitiesMax = 16;
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

/** S04's rule identity: the id of the shipped rule file, which documents it. */
export const compositeRule = {
  id: '130a9a7e-0402-5a27-976b-cb7dca8e25d8',
  version: 1,
  title: 'Several signals together: composite risk',
} as const;

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

/** Enters a finding into the risk of the names, account and actor it is about. What was approved carries no risk. */
export function addFindingSignal(turn: Turn, id: string, record: FindingRecord): void {
  const { draft } = record;
  if (draft.detection === 'S04' || draft.drill || draft.risk_points <= 0 || !rankedPlanes.has(draft.plane))
    return;
  if (draft.context.approval_state === 'approved' || record.explainedBy !== null) return;
  const signal: StoredSignal = {
    ref: id,
    rule: draft.rule_id,
    plane: draft.plane,
    points: draft.risk_points,
    ms: turn.nowMs,
    ownership: draft.effect === 'own',
    factor: 1,
  };
  const fact = draft.evidence.find((each) => each.change_fact_id !== undefined)?.change_fact_id;
  if (fact !== undefined) signal.fact = fact;
  for (const domain of draft.domains.slice(0, entitiesMax)) addSignal(turn, 'domain', domain, signal);
  if (draft.registrar_account !== undefined) addSignal(turn, 'account', draft.registrar_account, signal);
  if (draft.actor_id !== undefined && draft.actor_id !== 'unknown')
    addSignal(turn, 'actor', principalId(turn, draft.actor_id), signal);
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
    rule: event.event_type,
    plane: weak.plane,
    points: weak.points,
    ms: turn.nowMs,
    ownership: false,
    factor: 1,
    evidence,
  };
  for (const domain of entities.domains) addSignal(turn, 'domain', domain, signal);
  for (const account of entities.accounts) addSignal(turn, 'account', account, signal);
  for (const principal of entities.principals) addSignal(turn, 'actor', principal, signal);
}

function signalsOf(turn: Turn, kind: MemoryKind, id: string): readonly StoredSignal[] {
  return turn.state.get<readonly StoredSignal[]>(stateName.risk(kind, id)) ?? [];
}

/** Signals of a domain: its own, and identity signals of people by how close they are to it. */
function domainSignals(turn: Turn, domain: string): StoredSignal[] {
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
    join(principalId(turn, actor), 1);
  }
  const oldestMs = turn.nowMs - turn.settings.retention.memoryMs;
  return [...byRef.values()]
    .filter((each) => each.ms >= oldestMs)
    .sort((a, b) => a.ms - b.ms || (a.ref < b.ref ? -1 : 1));
}

/** One signal per change: of several rules about the same change fact the heaviest stays. */
function oncePerFact(signals: readonly StoredSignal[]): StoredSignal[] {
  const heaviest = new Map<string, StoredSignal>();
  for (const each of signals) {
    const key = each.fact ?? each.ref;
    const known = heaviest.get(key);
    if (known === undefined || each.points > known.points) heaviest.set(key, each);
  }
  return signals.filter((each) => heaviest.get(each.fact ?? each.ref) === each);
}

function evidenceOf(turn: Turn, signals: readonly StoredSignal[]): Evidence[] {
  const byId = new Map<string, Evidence>();
  for (const signal of signals) {
    const finding = turn.state.get<FindingRecord>(stateName.finding(signal.ref));
    const evidence = signal.evidence === undefined ? (finding?.draft.evidence ?? []) : [signal.evidence];
    for (const each of evidence) byId.set(each.event_id, each);
  }
  return [...byId.values()]
    .sort((a, b) =>
      a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : a.event_id < b.event_id ? -1 : 1,
    )
    .slice(0, limits.evidenceMax);
}

/** Composite risk of a domain at the turn's time, 0 to 100 with one decimal; null while no signal is about it. */
export function domainRisk(turn: Turn, domain: string): number | null {
  const signals = oncePerFact(domainSignals(turn, domain));
  if (signals.length === 0) return null;
  return Math.round(turn.settings.compositeRisk(signals, turn.nowMs).risk * 10) / 10;
}

/** The entity a composite risk is about. */
export interface RiskEntity {
  readonly kind: MemoryKind;
  readonly id: string;
}

/**
 * S04 for one entity, or undefined while it stays below 50, stands on one rule only, or (account, actor) says no more
 * than the S04 of a single domain would. `episode` makes the id: one S04 per case, or per entity and day without one.
 */
export function compositeDraft(turn: Turn, entity: RiskEntity, episode: string): FindingDraft | undefined {
  const signals = oncePerFact(
    entity.kind === 'domain' ? domainSignals(turn, entity.id) : signalsOf(turn, entity.kind, entity.id),
  );
  if (new Set(signals.map((each) => each.rule)).size < 2) return undefined;
  const { risk, planes } = turn.settings.compositeRisk(signals, turn.nowMs);
  if (risk < 50) return undefined;
  const evidence = evidenceOf(turn, signals);
  const domains = [
    ...new Set(evidence.flatMap((each) => (each.domain === undefined ? [] : [each.domain]))),
  ].sort();
  if (entity.kind === 'domain' && !domains.includes(entity.id)) domains.push(entity.id);
  if (entity.kind !== 'domain' && domains.length === 1) return undefined;
  const first = evidence[0];
  const last = evidence[evidence.length - 1];
  if (first === undefined || last === undefined) return undefined;
  const identity = ['S04', String(compositeRule.version), turn.tenant, episode].join('|');
  const findingId = base32OfHex(turn.context.sha256(identity), 26);
  const rounded = Math.min(100, Math.round(risk));
  return {
    finding_id: findingId,
    tenant: turn.tenant,
    rule_id: compositeRule.id,
    detection: 'S04',
    rule_version: compositeRule.version,
    rule_hash: turn.context.sha256(`composite-risk@${compositeRule.version}`),
    title: compositeRule.title,
    summary: `${signals.length} signals over ${planes} ${planes === 1 ? 'plane' : 'planes'} about ${entity.kind} ${entity.id} add up to a risk of ${rounded}.`,
    likelihood: rounded / 100,
    effect: 'own',
    plane: 'score',
    risk_points: rounded,
    group_key: `${turn.tenant}|${entity.kind}|${entity.id}`,
    ...(entity.kind === 'domain' ? { domain: entity.id } : {}),
    domains: entity.kind === 'domain' ? [entity.id] : domains.slice(0, limits.groupFanOutMax),
    ...(entity.kind === 'account' ? { registrar_account: entity.id } : {}),
    ...(entity.kind === 'actor' ? { actor_id: entity.id } : {}),
    evidence_event_ids: evidence.map((each) => each.event_id),
    evidence,
    first_seen: first.timestamp,
    last_seen: last.timestamp < formatInstant(turn.nowMs) ? formatInstant(turn.nowMs) : last.timestamp,
    playbook: 'PB1',
    tags: [],
    degraded_reasons: planes < 2 ? ['one plane only: does not page'] : [],
    order: 'certain',
    drill: false,
    suppressible: true,
    context: {
      approval_state: 'not_checked',
      confidence: 0.95,
      source_kinds: [...new Set(evidence.map((each) => each.source_kind))].sort(),
      record_types: [],
      attributes: [],
      event_types: ['derived.entity_risk.changed'],
      record_names: [],
      ...(turn.context.warmup ? { warmup: true } : {}),
    },
  };
}

/** Highest severity S04 may have: 50 medium, 70 high, 85 over two planes on tier 0 or 1 critical. */
export function compositeCeiling(
  draft: FindingDraft,
  tier: number | undefined,
): 'medium' | 'high' | 'critical' {
  const severalPlanes = draft.degraded_reasons.length === 0;
  if (draft.risk_points >= 85 && severalPlanes && (tier ?? 0) <= 1) return 'critical';
  return draft.risk_points >= 70 ? 'high' : 'medium';
}
