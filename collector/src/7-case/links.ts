/** What may tie a finding to a case, and how far each tie reaches. */
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import { compareSeverity, type Severity } from '../contract/severity.ts';
import { registrableDomain } from '../leaf/domain-name.ts';
import { classesOf, classesOfDraft, type ChangeClass } from './change-class.ts';
import { stateName, type FindingRecord, type LinkKind } from './case-record.ts';
import type { Turn } from './turn.ts';

/** One tie between a finding and cases. */
export interface Link {
  readonly kind: LinkKind;
  readonly name: string;
  readonly windowMs: number;
  /** Needs a case or a finding that is high or critical on at least one side. */
  readonly needsHigh: boolean;
  /** Whether cases are asked for under this name, and whether this one is registered under it. */
  readonly asks: boolean;
  readonly registers: boolean;
}

type LinkUse = 'both' | 'asks' | 'registers';

const posture = new Set(['S01', 'S02', 'R13', 'Q01']);

/** Posture, renewal, traffic and pipeline findings: they belong to their domain and tie nothing else together. */
export function isPosture(draft: FindingDraft): boolean {
  return draft.plane === 'pipeline' || posture.has(draft.detection);
}

const takeover: ReadonlySet<ChangeClass> = new Set([
  'delegation',
  'ds',
  'ds_removal',
  'mx',
  'apex',
  'unlock',
  'transfer',
  'holder',
  'claimed',
]);

function isTakeoverStep(draft: FindingDraft): boolean {
  for (const each of classesOfDraft(draft, true)) if (takeover.has(each)) return true;
  return draft.evidence.some(
    (each) =>
      each.approval_state !== 'approved' &&
      (each.event_type === 'registrar.domain.contact_changed' ||
        (each.event_type === 'derived.attribution.missing' &&
          each.attribute?.startsWith('contact') === true)),
  );
}

/** True when something happened to the registrar account itself, not to a name in it. */
export function isAccountLevel(draft: FindingDraft): boolean {
  return draft.evidence.some(
    (each) =>
      each.event_type.startsWith('registrar.account.') ||
      each.event_type.startsWith('registrar.session.') ||
      each.event_type.startsWith('registrar.support.'),
  );
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Hosts or addresses inside record data: the host of an MX, the address, the name server. */
function targetsOf(evidence: Evidence): string[] {
  const classes = classesOf(evidence);
  const relevant =
    classes.includes('delegation') ||
    classes.includes('mx') ||
    ['A', 'AAAA', 'CNAME'].includes(evidence.record_type ?? '');
  if (!relevant) return [];
  return strings(evidence.new_value).map((item) => {
    const space = item.lastIndexOf(' ');
    return evidence.record_type === 'MX' && space >= 0 ? item.slice(space + 1) : item;
  });
}

const valuesMax = 16;

/** New values of unapproved changes that nobody of the tenant has approved for these domains: the intruder's infrastructure. */
export function newValues(turn: Turn, draft: FindingDraft): string[] {
  const approved = new Set<string>();
  for (const domain of draft.domains.slice(0, valuesMax)) {
    const known = turn.context.inventory.domain(turn.tenant, domain)?.approved;
    for (const each of known?.nameservers ?? []) approved.add(each);
    for (const record of known?.records ?? [])
      for (const value of record.values) approved.add(value.slice(value.lastIndexOf(' ') + 1));
  }
  const found = new Set<string>();
  for (const evidence of draft.evidence)
    if (evidence.approval_state !== 'approved')
      for (const target of targetsOf(evidence))
        if (!approved.has(target) && target !== '.') found.add(target);
  return [...found].sort().slice(0, valuesMax);
}

/** Account of the finding, or of its domain in the inventory; undefined when neither says. */
export function accountOf(turn: Turn, draft: FindingDraft): string | undefined {
  if (draft.registrar_account !== undefined) return draft.registrar_account;
  const domain = draft.domain ?? (draft.domains.length === 1 ? draft.domains[0] : undefined);
  if (domain === undefined) return undefined;
  return turn.context.inventory.domain(turn.tenant, domain)?.registrar_account;
}

const automationDays = 3;

/** True for actors that deploy: seen with a deployment id on three or more days within 30. */
export function isUsualAutomation(turn: Turn, actor: string): boolean {
  return (
    (turn.state.get<{ days: number[] }>(stateName.automation(actor))?.days.length ?? 0) >= automationDays
  );
}

/** The person as the inventory names them; the id of the event when it does not know them. */
export function principalId(turn: Turn, actor: string): string {
  return turn.context.inventory.principal(turn.tenant, actor)?.id ?? actor;
}

/** Composite risk from which the sum over an account or a person ties its names (3.9: high). */
const tyingRisk = 70;
const adminsMax = 16;
const answerTypes = new Set([
  'dnsquery.answer.changed',
  'dnsquery.validation.failed',
  'dnsquery.rcode_mix.observed',
  'cert.served_changed',
]);

type AddLink = (kind: LinkKind, value: string, windowMs: number, needsHigh?: boolean, use?: LinkUse) => void;

/**
 * A route to name servers names no domain; wrong answers that follow within three days belong to it. Findings that name
 * nothing at all are one case per rule.
 */
function addRouteLinks(draft: FindingDraft, add: AddLink, windowMs: number): void {
  const types = draft.evidence.map((each) => each.event_type);
  if (types.includes('dnsquery.route.origin_changed')) add('value', 'route of name servers', windowMs);
  else if (types.some((type) => answerTypes.has(type)))
    add('value', 'route of name servers', windowMs, false, 'asks');
  const nameless = draft.domains.length === 0 && draft.registrar_account === undefined;
  if (nameless && (draft.actor_id === undefined || draft.actor_id === 'unknown'))
    add('value', `rule ${draft.rule_id}`, windowMs);
}

const accountsMax = 16;

/**
 * What holds the keys names no domain: the mailbox of a registrar account, the account at a DNS provider. What happens
 * there ties to unexplained changes of the domains behind it, in either order. Two domains at one provider are tied by
 * nothing but that.
 */
function addKeyholderLinks(turn: Turn, draft: FindingDraft, add: AddLink, windowMs: number): void {
  for (const mailbox of draft.context.mailboxes ?? [])
    for (const { id } of turn.context.inventory.accountsOfMailbox(turn.tenant, mailbox).slice(0, accountsMax))
      add('account', id, windowMs, true);
  for (const provider of draft.context.providers ?? []) {
    add('account', `dns account ${provider}`, windowMs, true);
    add('account', `dns zone ${provider}`, windowMs, true, 'asks');
  }
  const nobodyKnown = draft.actor_id === undefined || draft.actor_id === 'unknown';
  if (!nobodyKnown || !(draft.plane === 'dns' || isTakeoverStep(draft))) return;
  const providers = draft.domains
    .slice(0, accountsMax)
    .map((domain) => turn.context.inventory.domain(turn.tenant, domain)?.dns_provider);
  for (const provider of new Set(providers)) {
    if (provider === undefined) continue;
    add('account', `dns account ${provider}`, windowMs, true, 'asks');
    add('account', `dns zone ${provider}`, windowMs, true, 'registers');
  }
}

const hostsMax = 16;
const addressTypes = new Set(['A', 'AAAA', 'CNAME']);

/**
 * Names that are served under another name of ours stand and fall with it. What happens to the host, or to the name it is
 * under, ties to what then happens to the names it serves, in either order; two names at one host are tied by nothing but
 * that.
 */
function addHostLinks(turn: Turn, draft: FindingDraft, add: AddLink, windowMs: number): void {
  const link = (host: string): void => {
    add('value', `name server ${host}`, windowMs, true, 'registers');
    add('value', `served by ${host}`, windowMs, true, 'asks');
  };
  const touched = new Set<string>();
  for (const {
    record_name: name,
    record_type: type,
    event_type: what,
    approval_state: approval,
  } of draft.evidence)
    if (name !== undefined && approval !== 'approved')
      if (addressTypes.has(type ?? '') || what === 'registrar.domain.glue_changed') touched.add(name);
  if (isTakeoverStep(draft)) for (const domain of draft.domains) touched.add(`*.${domain}`);
  for (const host of [...touched].slice(0, hostsMax)) link(host);
  if (draft.plane !== 'dns' && draft.plane !== 'query') return;
  const { inventory } = turn.context;
  const serving = new Set<string>();
  for (const domain of draft.domains.slice(0, hostsMax))
    for (const host of inventory.domain(turn.tenant, domain)?.approved?.nameservers ?? []) {
      const under = registrableDomain(host);
      if (under === undefined || under === domain || inventory.domain(turn.tenant, under) === undefined)
        continue;
      serving.add(host).add(`*.${under}`);
    }
  for (const host of [...serving].slice(0, hostsMax)) {
    add('value', `name server ${host}`, windowMs, true, 'asks');
    add('value', `served by ${host}`, windowMs, true, 'registers');
  }
}

/** All ties of a judged finding, strongest first. Approved, low and posture findings are tied by their domains alone. */
export function linksOf(turn: Turn, record: FindingRecord): Link[] {
  const { draft } = record;
  const { sameDomainMs, linkedMs, sameValueMs } = turn.settings.retention;
  const links: Link[] = [];
  const add = (
    kind: LinkKind,
    value: string,
    windowMs: number,
    needsHigh = false,
    use: LinkUse = 'both',
  ): void => {
    const name = stateName.link(kind, value, draft.drill);
    links.push({ kind, name, windowMs, needsHigh, asks: use !== 'registers', registers: use !== 'asks' });
  };
  // A middling sum about an account or a person is no incident of every name it counted: it goes where they are suspects.
  if (draft.detection !== 'S04' || draft.domain !== undefined || draft.risk_points >= tyingRisk)
    for (const domain of draft.domains)
      add('domain', domain, draft.domains.length > 1 ? linkedMs : sameDomainMs);
  if (!isIncident(record)) return links;
  for (const value of newValues(turn, draft)) {
    add('value', value, sameValueMs);
    const registrable = registrableDomain(value);
    if (registrable !== undefined && !draft.domains.includes(registrable))
      add('domain', registrable, sameValueMs, false, 'asks');
  }
  addRouteLinks(draft, add, linkedMs);
  addHostLinks(turn, draft, add, linkedMs);
  const actor = suspectOf(turn, draft);
  if (actor !== undefined) add('actor', actor, linkedMs);
  addKeyholderLinks(turn, draft, add, linkedMs);
  const account = accountOf(turn, draft);
  if (account === undefined) {
    if (actor !== undefined && draft.plane === 'identity') add('admin', actor, linkedMs, true, 'asks');
    return links;
  }
  const nobody = draft.actor_id === undefined || draft.actor_id === 'unknown';
  const unexplained = nobody && isTakeoverStep(draft);
  if (isAccountLevel(draft) || unexplained) add('account', account, linkedMs, true);
  const admins = turn.context.inventory.account(turn.tenant, account)?.admins ?? [];
  if (unexplained)
    for (const admin of admins.slice(0, adminsMax)) {
      add('admin', admin, linkedMs, true);
      add('actor', admin, linkedMs, true, 'asks');
    }
  if (actor !== undefined && draft.plane === 'identity') add('admin', actor, linkedMs, true, 'asks');
  return links;
}

/** True for findings that may tie cases together: medium or worse, not approved, no posture, not suppressed, not warm-up. */
export function isIncident(record: FindingRecord): boolean {
  const { draft } = record;
  return (
    record.state === 'open' &&
    !record.warmup &&
    !isPosture(draft) &&
    isAtLeast(record.severity, 'medium') &&
    draft.context.approval_state !== 'approved' &&
    record.explainedBy === null
  );
}

/** The actor of an incident finding as the inventory names them; undefined for unknown ones and usual automation. */
export function suspectOf(turn: Turn, draft: FindingDraft): string | undefined {
  const actor = draft.actor_id;
  if (actor === undefined || actor === 'unknown' || draft.context.known_deployment === true) return undefined;
  const principal = personOfFinding(turn, draft) ?? actor;
  return isUsualAutomation(turn, principal) ? undefined : principal;
}

/** Who acted, as the inventory names them, else as the source does; undefined when nobody is named. */
export function personOfFinding(turn: Turn, draft: FindingDraft): string | undefined {
  if (draft.actor_id === undefined || draft.actor_id === 'unknown') return undefined;
  const [only, ...others] = draft.context.principals ?? [];
  return only !== undefined && others.length === 0 ? only : principalId(turn, draft.actor_id);
}

/** True when `severity` is `least` or worse. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return compareSeverity(severity, least) >= 0;
}
