/**
 * Composite risk: several findings and weak signals about one name, account or person within days are worth more than
 * each alone. The formula is stage 5's and is passed in; this file collects signals and raises detection S04.
 */
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import type { RiskDetail } from '../contract/score.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName, type FindingRecord, type MemoryKind } from './case-record.ts';
import { silentPlanes } from './plane-sources.ts';
import { domainSignals, onceEach, signalsOf, type RiskTerm, type StoredSignal } from './risk-signals.ts';
import type { Turn } from './turn.ts';

/** S04's rule identity: the id of the shipped rule file, which documents it. */
export const compositeRule = {
  id: '130a9a7e-0402-5a27-976b-cb7dca8e25d8',
  version: 1,
  title: 'Several signals together: composite risk',
} as const;

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

/** Composite risk of a domain at the turn's time with everything it is made of; null while no signal is about it. */
export function domainRisk(turn: Turn, domain: string): { risk: number; detail: RiskDetail } | null {
  const signals = onceEach(domainSignals(turn, domain));
  if (signals.length === 0) return null;
  const { risk, planes, terms } = turn.settings.compositeRisk(signals, turn.nowMs);
  return {
    risk: Math.round(risk * 10) / 10,
    detail: {
      planes: [...planes],
      planes_silent: silentPlanes(turn),
      terms: terms.map(({ signal, p, rank }) => ({
        signal: signal.label,
        ref: signal.ref,
        plane: signal.plane,
        at: formatInstant(signal.ms),
        share: Math.round(p * 1000) / 1000,
        rank,
      })),
    },
  };
}

const termsShown = 6;

function termText({ signal, p }: RiskTerm): string {
  return `${signal.label} ${(Math.round(p * 100) / 100).toFixed(2)} (${signal.plane})`;
}

function sumText(entity: RiskEntity, risk: number, planes: number, terms: readonly RiskTerm[]): string {
  const more = terms.length > termsShown ? `, ${terms.length - termsShown} more` : '';
  const parts = terms.slice(0, termsShown).map(termText).join(', ');
  return `${terms.length} signals over ${planes} ${planes === 1 ? 'plane' : 'planes'} about ${entity.kind} ${entity.id} add up to a risk of ${risk}: ${parts}${more}.`;
}

const onePlane = 'one plane only: does not page';

function unseen(turn: Turn, planes: number): string[] {
  const silent = silentPlanes(turn);
  const lower = `no live source for ${silent.join(', ')}: the risk is a lower bound`;
  return [...(planes < 2 ? [onePlane] : []), ...(silent.length === 0 ? [] : [lower])];
}

/** The entity a composite risk is about. */
export interface RiskEntity {
  readonly kind: MemoryKind;
  readonly id: string;
}

/** Importance of what the risk is about: the name itself, or the most important one that the account or person worked on. */
function tierOfEntity(turn: Turn, entity: RiskEntity, domains: readonly string[]): number | undefined {
  const { inventory } = turn.context;
  if (entity.kind === 'domain') return inventory.domain(turn.tenant, entity.id)?.tier;
  const known =
    entity.kind === 'account' && domains.length === 0
      ? inventory.domainsOfAccount(turn.tenant, entity.id)
      : domains.map((domain) => inventory.domain(turn.tenant, domain));
  const tiers = known.flatMap((each) => each?.tier ?? []);
  return tiers.length === 0 ? undefined : Math.min(...tiers);
}

/**
 * S04 for one entity, or undefined while it stays below 50, stands on one rule only, or (account, actor) says no more
 * than the S04 of a single domain would. `episode` makes the id: one S04 per case, or per entity and day without one.
 */
export function compositeDraft(turn: Turn, entity: RiskEntity, episode: string): FindingDraft | undefined {
  const signals = onceEach(
    entity.kind === 'domain' ? domainSignals(turn, entity.id) : signalsOf(turn, entity.kind, entity.id),
  );
  if (new Set(signals.map((each) => each.rule)).size < 2) return undefined;
  const { risk, planes, terms } = turn.settings.compositeRisk(signals, turn.nowMs);
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
  const tier = tierOfEntity(turn, entity, domains);
  return {
    finding_id: findingId,
    tenant: turn.tenant,
    rule_id: compositeRule.id,
    detection: 'S04',
    rule_version: compositeRule.version,
    rule_hash: turn.context.sha256(`composite-risk@${compositeRule.version}`),
    title: compositeRule.title,
    summary: sumText(entity, rounded, planes.length, terms),
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
    degraded_reasons: unseen(turn, planes.length),
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
      ...(tier === undefined ? {} : { tier }),
      ...(turn.context.warmup ? { warmup: true } : {}),
    },
  };
}

/** Highest severity S04 may have: 50 medium, 70 high, 85 over two planes on tier 0 or 1 critical. */
export function compositeCeiling(
  draft: FindingDraft,
  tier: number | undefined,
): 'medium' | 'high' | 'critical' {
  const severalPlanes = !draft.degraded_reasons.includes(onePlane);
  if (draft.risk_points >= 85 && severalPlanes && (tier ?? 0) <= 1) return 'critical';
  return draft.risk_points >= 70 ? 'high' : 'medium';
}
