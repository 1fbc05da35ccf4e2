/** What severity needs to know about an event, kept small beside the evidence, and how it adds up over several events. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingContext } from '../contract/finding.ts';

/** Facts for severity of one event; absent means unknown. Plain JSON, kept in correlation state. */
export interface EntryFacts {
  readonly tenant?: string;
  readonly tier?: number;
  readonly owner?: string;
  readonly team?: string;
  readonly actor?: string;
  /** The actor as the inventory names them; absent when it does not know them. */
  readonly principal?: string;
  /** Mailbox that receives registrar notices, and provider whose account (not a zone) the event is about. */
  readonly mailbox?: string;
  readonly provider?: string;
  readonly network_new?: boolean;
  readonly country_new?: boolean;
  readonly mfa_weak?: boolean;
  readonly mfa_reset?: boolean;
  /** A feature the rule stands on has too little history. */
  readonly capped?: boolean;
  /** The record came over a transport that did not prove its sender. */
  readonly unverified?: boolean;
  /** The change stays inside an approved provider. */
  readonly inside_provider?: boolean;
  readonly unattributed?: boolean;
  readonly window_only?: boolean;
  readonly intent_mismatch?: boolean;
  readonly outside_window?: boolean;
  readonly deployment?: boolean;
  /** An answer outside the approved set that is kept a minute at most. */
  readonly short_ttl?: boolean;
  /** The rule is about an excursion that came back (3.6 restores what is approved), and that excursion was not approved. */
  readonly strayed?: boolean;
  readonly degraded?: boolean;
  /** Kinds whose sources that watch this domain, account or person were silent. */
  readonly blind?: readonly string[];
  /** Sources that speak about the entity, `kind/id`. */
  readonly heard?: readonly string[];
  readonly warmup?: boolean;
  readonly drill?: boolean;
  /** Domains a derived event speaks about beyond its own. */
  readonly domains?: readonly string[];
  /** Values that a correlation of correlations reads and this one is not grouped by. */
  readonly carried?: Readonly<Record<string, readonly string[]>>;
}

const fanOutMax = 64;

/** Reads the facts from an annotated event. `groups`: feature groups that the rule stands on. */
export function factsOf(event: CanonicalEvent, warmup: boolean, groups: readonly string[]): EntryFacts {
  const domain = member(event.enrich, 'domain');
  const tier = domain['tier'];
  const novelty = member(event.feature, 'novelty');
  const mfa = member(event.feature, 'mfa');
  const intent = member(event.feature, 'intent');
  const attribution = member(event.feature, 'attribution');
  const deviation = member(event.feature, 'deviation');
  // Only a rule that judges several domains together speaks about all of them.
  const domains = ['cluster', 'contact_cluster', 'mass_unlock'].flatMap((group) =>
    groups.includes(group) ? textList(member(event.feature, group)['domains']) : [],
  );
  const revert = member(event.feature, 'revert');
  const blind = textList(member(event.feature, 'coverage')['blind']);
  const heard = textList(member(event.feature, 'coverage')['heard']);
  const facts: Record<string, unknown> = {
    tenant: event.tenant,
    tier: typeof tier === 'number' ? tier : undefined,
    owner: textOrUndefined(domain['owner']),
    team: textOrUndefined(domain['team']),
    actor: event.actor_id === 'unknown' ? undefined : event.actor_id,
    principal: textOrUndefined(member(event.enrich, 'actor')['principal']),
    mailbox:
      member(event.feature, 'mailbox')['registrar_contact'] === true
        ? event.mail?.mailbox?.toLowerCase()
        : undefined,
    provider: providerOf(event),
    network_new: eitherFlag(novelty['country_new'], novelty['asn_new']),
    country_new: flag(novelty['country_new']),
    mfa_weak: eitherFlag(mfa['reset_72h'], mfa['absent']),
    mfa_reset: flag(mfa['reset_72h']),
    capped: groups.some((group) => isCapped(member(event.feature, group))) || undefined,
    unverified:
      member(event as unknown as Record<string, unknown>, 'source')['unverified'] === true || undefined,
    inside_provider: eitherFlag(attribution['inside_provider'], deviation['inside_provider']),
    unattributed:
      event.event_type === 'derived.attribution.missing' ? attribution['missing'] !== false : undefined,
    window_only: flag(intent['window_only']),
    intent_mismatch: intent['mismatch'] === true || undefined,
    outside_window: flag(intent['outside_window']),
    deployment: event.deployment_correlation_id === undefined ? undefined : true,
    short_ttl: isShortUnapprovedAnswer(event) || undefined,
    strayed: (groups.includes('revert') && revert['excursion_approved'] === false) || undefined,
    degraded: flag(attribution['degraded']),
    blind: blind.length === 0 || event.event_type.startsWith('pipeline.') ? undefined : blind,
    heard: heard.length === 0 ? undefined : heard,
    warmup: warmup || undefined,
    drill: member(event as unknown as Record<string, unknown>, 'source')['drill'] === true || undefined,
    domains: domains.length === 0 ? undefined : domains.slice(0, fanOutMax),
  };
  return defined(facts) as EntryFacts;
}

function isShortUnapprovedAnswer(event: CanonicalEvent): boolean {
  return (
    event.event_type.startsWith('dnsquery.answer.') && member(event.feature, 'ttl')['low_unapproved'] === true
  );
}

/** What is not undefined, in a new object: one from which something was deleted is slow for everybody after. */
function defined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key in values) if (values[key] !== undefined) out[key] = values[key];
  return out;
}

/** Provider of an event about an account there: tokens, members and sessions, which name no zone. */
function providerOf(event: CanonicalEvent): string | undefined {
  if (event.domain !== undefined || event.source_kind !== 'dns_provider_audit') return undefined;
  return event.dns_provider ?? event.source_system;
}

/** A group says itself that its history is short; counts at cold start are the same case (3.1). */
function isCapped(group: Readonly<Record<string, unknown>>): boolean {
  return group['cap_medium'] === true || group['cold_start'] === true;
}

/** Adds up the facts of all matched events: the most critical tier, any raised flag, the weakest approval and confidence. */
export function contextOf(evidence: readonly Evidence[], facts: readonly EntryFacts[]): FindingContext {
  const tiers = facts.flatMap((fact) => fact.tier ?? []);
  const strayed = facts.some((fact) => fact.strayed === true);
  const context: Record<string, unknown> = {
    tier: tiers.length === 0 ? undefined : Math.min(...tiers),
    approval_state: strayed ? 'not_found' : weakestApproval(evidence),
    strayed: strayed || undefined,
    confidence: Math.min(...evidence.map((item) => item.confidence)),
    source_kinds: sorted(evidence.map((item) => item.source_kind)),
    record_types: sorted(evidence.map((item) => item.record_type)),
    attributes: sorted(evidence.map((item) => item.attribute)),
    event_types: sorted(evidence.map((item) => item.event_type)),
    record_names: sorted(evidence.map((item) => item.record_name)),
    first_seen_network_or_country: anyFlag(facts.map((fact) => fact.network_new)),
    first_seen_country: anyFlag(facts.map((fact) => fact.country_new)),
    mfa_absent_or_reset: anyFlag(facts.map((fact) => fact.mfa_weak)),
    mfa_reset_72h: anyFlag(facts.map((fact) => fact.mfa_reset)),
    cap_medium: facts.some((fact) => fact.capped === true) || undefined,
    unverified: facts.every((fact) => fact.unverified === true) || undefined,
    inside_provider: facts.every((fact) => fact.inside_provider === true) || undefined,
    unattributed: anyFlag(facts.map((fact) => fact.unattributed)),
    intent_mismatch: facts.some((fact) => fact.intent_mismatch === true) || undefined,
    inside_window_only: anyFlag(facts.map((fact) => fact.window_only)),
    outside_window: anyFlag(facts.map((fact) => fact.outside_window)),
    known_deployment: facts.every((fact) => fact.deployment === true) || undefined,
    short_ttl: facts.some((fact) => fact.short_ttl === true) || undefined,
    warmup: facts.every((fact) => fact.warmup === true) || undefined,
    heard_sources: listOf(facts.flatMap((fact) => fact.heard ?? [])),
    principals: listOf(facts.map((fact) => fact.principal)),
    mailboxes: listOf(facts.map((fact) => fact.mailbox)),
    providers: listOf(facts.map((fact) => fact.provider)),
  };
  return defined(context) as unknown as FindingContext;
}

const approvalOrder = ['rejected', 'not_found', 'not_checked', 'pending', 'approved'];

/** Approved only when everything is; identity and certificate events are never subject to approval and do not count. */
function weakestApproval(evidence: readonly Evidence[]): string {
  const changes = evidence.filter((item) =>
    /^(registrar\.(domain|account)|dns|derived)\./.test(item.event_type),
  );
  const states = (changes.length > 0 ? changes : evidence).map((item) => item.approval_state);
  return approvalOrder.find((state) => states.includes(state)) ?? 'not_checked';
}

function listOf(values: readonly (string | undefined)[]): readonly string[] | undefined {
  const list = sorted(values);
  return list.length === 0 ? undefined : list;
}

/** Sorted set without absent members. */
export function sorted(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}

function anyFlag(flags: readonly (boolean | undefined)[]): boolean | undefined {
  return flags.includes(true) ? true : flags.includes(false) ? false : undefined;
}

function eitherFlag(a: unknown, b: unknown): boolean | undefined {
  return anyFlag([flag(a), flag(b)]);
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function textOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function member(parent: Readonly<Record<string, unknown>> | undefined, key: string): Record<string, unknown> {
  const value = parent !== undefined && Object.hasOwn(parent, key) ? parent[key] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
