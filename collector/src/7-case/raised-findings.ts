/** Findings the keeper raises itself: S04 when signals add up, P03 when a suppression hid something that mattered. */
import type { FindingDraft } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName } from './case-record.ts';
import { compositeDraft, type RiskEntity } from './composite.ts';
import { linkedCases } from './expiry.ts';
import { keepFinding } from './finding-keeper.ts';
import { isAtLeast, principalId } from './links.ts';
import { shown } from './narrative.ts';
import { tierPercent } from './severity.ts';
import { readFinding, type Turn } from './turn.ts';

const domainsMax = 16;

/** P03: a suppression hid something that would have been high or critical. One finding per suppression and UTC day. */
export function noteSuppressedMatch(turn: Turn, findingId: string): void {
  const hidden = readFinding(turn, findingId);
  if (hidden?.suppressionId == null || !isAtLeast(hidden.severity, 'high')) return;
  const { draft } = hidden;
  const day = formatInstant(turn.nowMs).slice(0, 10);
  const parts = ['P03', turn.tenant, hidden.suppressionId, day];
  const id = base32OfHex(turn.context.sha256(parts.join('|')), 26);
  const known = readFinding(turn, id)?.draft;
  const evidence = [...(known?.evidence ?? []), ...draft.evidence]
    .filter((each, at, all) => all.findIndex((other) => other.event_id === each.event_id) === at)
    .slice(-64);
  const domains = [...new Set([...(known?.domains ?? []), ...draft.domains])].sort().slice(0, 64);
  keepFinding(turn, {
    finding_id: id,
    tenant: turn.tenant,
    rule_id: '4c2f5f89-935c-5f5a-97bf-98bd212f40d7',
    detection: 'P03',
    rule_version: 1,
    rule_hash: turn.context.sha256('suppressed-match@1'),
    title: 'Suppressed, but it would have mattered',
    summary: `Suppression ${shown(hidden.suppressionId)} hid ${draft.detection} (${hidden.severity}) and others of ${day}.`,
    likelihood: 0.2,
    effect: 'vis',
    plane: 'pipeline',
    risk_points: 0,
    group_key: `${turn.tenant}|${hidden.suppressionId}`,
    ...(domains.length === 1 ? { domain: domains[0] as string } : {}),
    domains,
    evidence_event_ids: evidence.map((each) => each.event_id),
    evidence,
    first_seen: known?.first_seen ?? draft.first_seen,
    last_seen: draft.last_seen,
    playbook: 'PB8',
    tags: [],
    degraded_reasons: [],
    order: 'certain',
    drill: draft.drill,
    suppressible: false,
    context: {
      approval_state: 'not_checked',
      confidence: 0.95,
      source_kinds: ['pipeline'],
      record_types: [],
      attributes: [],
      event_types: ['pipeline.suppression.applied'],
      record_names: [],
    },
  });
}

/** Names, account and person whose composite risk may have grown. */
export interface RiskSubjects {
  readonly domains: readonly string[];
  readonly registrar_account?: string;
  readonly actor_id?: string;
  readonly drill: boolean;
}

function episodeOf(turn: Turn, entity: RiskEntity): string {
  const name = stateName.link(entity.kind, entity.id, false);
  const open = linkedCases(turn, name).find(
    (record) => record.state !== 'closed' && record.state !== 'merged',
  );
  return open?.id ?? `${entity.kind}|${entity.id}|${formatInstant(turn.nowMs).slice(0, 10)}`;
}

/** Raises or revises S04 for everything a new signal touched. History and drills raise none. */
export function raiseComposite(turn: Turn, about: RiskSubjects): void {
  if (turn.context.warmup || about.drill) return;
  const entities: RiskEntity[] = about.domains
    .slice(0, domainsMax)
    .map((id) => ({ kind: 'domain' as const, id }));
  if (about.registrar_account !== undefined) entities.push({ kind: 'account', id: about.registrar_account });
  if (about.actor_id !== undefined && about.actor_id !== 'unknown')
    entities.push({ kind: 'actor', id: principalId(turn, about.actor_id) });
  for (const entity of entities) {
    const draft = compositeDraft(turn, entity, episodeOf(turn, entity));
    if (draft === undefined) continue;
    const known = readFinding(turn, draft.finding_id)?.draft;
    if (known === undefined) keepFinding(turn, draft);
    else if (
      weightOf(draft) > weightOf(known) ||
      draft.evidence_event_ids.some((id) => !known.evidence_event_ids.includes(id))
    )
      keepFinding(turn, combined(known, draft));
  }
}

/** Risk of an entity times what the entity is worth: a high sum about an unimportant name is no reason to wake anybody. */
function weightOf({ risk_points: risk, context }: FindingDraft): number {
  return risk * tierPercent(context.tier);
}

/** Two statements of one composite finding: the weightier one leads, evidence and names of both stay. */
function combined(known: FindingDraft, draft: FindingDraft): FindingDraft {
  const base = weightOf(draft) > weightOf(known) ? draft : known;
  const byId = new Map([...known.evidence, ...draft.evidence].map((each) => [each.event_id, each]));
  const evidence = [...byId.values()]
    .sort((a, b) =>
      a.timestamp === b.timestamp ? (a.event_id < b.event_id ? -1 : 1) : a.timestamp < b.timestamp ? -1 : 1,
    )
    .slice(-limits.evidenceMax);
  const domains = [...new Set([...known.domains, ...draft.domains])].sort().slice(0, limits.groupFanOutMax);
  const { domain: _domain, ...rest } = base;
  return {
    ...rest,
    ...(domains.length === 1 ? { domain: domains[0] as string } : {}),
    domains,
    evidence,
    evidence_event_ids: evidence.map((each) => each.event_id),
    first_seen: known.first_seen < draft.first_seen ? known.first_seen : draft.first_seen,
    last_seen: known.last_seen > draft.last_seen ? known.last_seen : draft.last_seen,
  };
}
