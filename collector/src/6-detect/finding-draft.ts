/** Builds finding drafts: evidence copies, ids, the sentence for people, and what the rule could not see. */
import { limits } from '../contract/limits.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';
import { ownSource } from './rule-coverage.ts';
import { scalarText } from './field-path.ts';
import { contextOf, sorted } from './finding-context.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import type { StepContext } from '../contract/step.ts';
import type { EntryFacts } from './finding-context.ts';
import type { LoadedRule } from './rule-set.ts';
import type { RuleMetadata } from './rule-metadata.ts';

/** What a rule matched, ready to be written down. */
export interface Match {
  readonly rule: LoadedRule;
  readonly tenant: string;
  /** Names and values of the grouping, tenant first. */
  readonly group: readonly (readonly [field: string, value: string])[];
  /** Ids that make the identity: the same evidence gives the same finding id in any order of arrival. */
  readonly anchorIds: readonly string[];
  /** In event order; at most `limits.evidenceMax` are kept, first and last ones. */
  readonly evidence: readonly Evidence[];
  readonly facts: readonly EntryFacts[];
  readonly order: 'certain' | 'possible';
  readonly filteredBy: string | undefined;
}

/** Identity of a finding: rule, its version, the group and the events that made it true. */
export function findingIdOf(
  match: Pick<Match, 'rule' | 'group' | 'anchorIds'>,
  sha256: (text: string) => string,
): string {
  const { id, ruleVersion } = match.rule.meta;
  const key = canonicalJson(['finding', id, ruleVersion, match.group, [...match.anchorIds].sort()]);
  return base32OfHex(sha256(key), 26);
}

/** Writes the draft of a match. */
export function draftOf(match: Match, context: StepContext): FindingDraft {
  const { rule, evidence, facts } = match;
  const { meta } = rule;
  const group = new Map(match.group);
  const domains = sorted([
    ...evidence.map((item) => item.domain),
    ...facts.flatMap((fact) => fact.domains ?? []),
  ]);
  const accounts = sorted(evidence.map((item) => item.registrar_account));
  const actors = sorted(facts.map((fact) => fact.actor));
  const degraded = facts.some((fact) => fact.degraded === true);
  const times = evidence.map((item) => item.timestamp).sort();
  const draft: FindingDraft = {
    finding_id: findingIdOf(match, context.sha256),
    tenant: match.tenant,
    rule_id: meta.id,
    detection: meta.detection,
    rule_version: meta.ruleVersion,
    rule_hash: rule.ruleHash,
    title: meta.title,
    summary: summaryOf(meta, evidence, domains),
    likelihood: degraded ? (meta.degradedLikelihood ?? meta.likelihood) : meta.likelihood,
    effect: meta.effect,
    plane: meta.plane,
    risk_points: meta.riskPoints,
    group_key: match.group.map(([field, value]) => `${field}=${value}`).join(' '),
    domains,
    evidence_event_ids: sorted(evidence.map((item) => item.event_id)),
    evidence: [...evidence],
    first_seen: times[0] ?? formatInstant(context.nowMs),
    last_seen: times.at(-1) ?? formatInstant(context.nowMs),
    tags: [...meta.tags],
    degraded_reasons: degradedReasons(match, degraded, context),
    order: match.order,
    drill: facts.length > 0 && facts.every((fact) => fact.drill === true),
    suppressible: meta.suppressible,
    context: contextOf(evidence, facts),
  };
  const domain = group.get('domain') ?? (domains.length === 1 ? domains[0] : undefined);
  const account = group.get('registrar_account') ?? (accounts.length === 1 ? accounts[0] : undefined);
  const actor = actors.length === 1 ? actors[0] : undefined;
  const owner = facts.findLast((fact) => fact.owner !== undefined)?.owner;
  const team = facts.findLast((fact) => fact.team !== undefined)?.team;
  return {
    ...draft,
    ...(domain === undefined ? {} : { domain }),
    ...(account === undefined ? {} : { registrar_account: account }),
    ...(actor === undefined ? {} : { actor_id: actor }),
    ...(owner === undefined ? {} : { owner }),
    ...(team === undefined ? {} : { team }),
    ...(meta.playbook === undefined ? {} : { playbook: meta.playbook }),
    ...(match.filteredBy === undefined ? {} : { filtered_by: match.filteredBy }),
  };
}

/** Keeps the first and last evidence items when there are more than a finding may carry; order and ids stay as they are. */
export function boundedEvidence(evidence: readonly Evidence[]): Evidence[] {
  if (evidence.length <= limits.evidenceMax) return [...evidence];
  const half = limits.evidenceMax / 2;
  return [...evidence.slice(0, half), ...evidence.slice(evidence.length - half)];
}

const copied = [
  'event_id',
  'event_type',
  'timestamp',
  'ingested_at',
  'source_kind',
  'source_system',
  'confidence',
  'domain',
  'registrar_account',
  'actor_id',
  'record_name',
  'record_type',
  'attribute',
  'old_value',
  'new_value',
  'approval_state',
  'change_fact_id',
] as const;

/** Compact copy of an event's facts. */
export function evidenceOf(event: CanonicalEvent): Evidence {
  const copy: Record<string, unknown> = {};
  for (const field of copied) {
    const value = event[field];
    if (value !== undefined) copy[field] = Array.isArray(value) ? [...value] : value;
  }
  if (event.timestamp_earliest !== undefined) copy['earliest'] = event.timestamp_earliest;
  return copy as unknown as Evidence;
}

function degradedReasons(
  { rule: { meta }, tenant, facts }: Match,
  degraded: boolean,
  context: StepContext,
): string[] {
  const blind = new Set(facts.flatMap((fact) => fact.blind ?? []));
  const reasons: string[] = [];
  for (const kind of meta.requiresSources) {
    if (kind === ownSource) continue;
    const status = context.sources.status(tenant, kind, context.nowMs);
    if (status === undefined) reasons.push(`${kind}: this tenant has no such source`);
    else if (!status.alive)
      reasons.push(
        status.silentSinceMs === undefined
          ? `${kind}: silent`
          : `${kind}: silent since ${formatInstant(status.silentSinceMs)}`,
      );
    // Others of its kind live, and know nothing of what this is about.
    else if (blind.has(kind)) reasons.push(`${kind}: the source that watches this was silent`);
  }
  if (degraded) reasons.unshift('a source on our side that could have explained it was silent');
  if (reasons.length > 0 && meta.degraded !== undefined) reasons.push(meta.degraded);
  return reasons;
}

function summaryOf(meta: RuleMetadata, evidence: readonly Evidence[], domains: readonly string[]): string {
  const newest = evidence.at(-1);
  if (newest === undefined) return `${meta.title}.`;
  const others = domains.filter((domain) => domain !== newest.domain);
  const more = [
    evidence.length > 1 ? `${evidence.length - 1} earlier event${evidence.length > 2 ? 's' : ''}` : '',
    others.length > 0
      ? `also ${others.slice(0, 5).join(', ')}${others.length > 5 ? ` and ${others.length - 5} more` : ''}`
      : '',
  ].filter((part) => part !== '');
  return `${meta.title}: ${sentence(newest)}${more.length > 0 ? ` (${more.join('; ')})` : ''}.`;
}

/** Object, old and new value, witness, time, actor and approval of one event, for people. */
function sentence(item: Evidence): string {
  const subject =
    item.record_name ?? item.domain ?? item.registrar_account ?? item.actor_id ?? 'unknown object';
  const what = [item.record_type, item.attribute ?? item.event_type.split('.').at(-1)]
    .filter(Boolean)
    .join(' ');
  const values =
    item.new_value === undefined && item.old_value === undefined
      ? ''
      : `, ${valueText(item.old_value)} -> ${valueText(item.new_value)}`;
  const actor =
    item.actor_id === undefined || item.actor_id === 'unknown' ? 'actor unknown' : `by ${item.actor_id}`;
  return `${subject} ${what.replaceAll('_', ' ')}${values}, ${actor}, seen by ${item.source_kind} at ${item.timestamp}, approval ${item.approval_state.replaceAll('_', ' ')}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'unknown';
  if (value === null) return 'none';
  const text = asText(value);
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(asText).join(', ');
  return typeof value === 'object' ? canonicalJson(value) : (scalarText(value) ?? '');
}
