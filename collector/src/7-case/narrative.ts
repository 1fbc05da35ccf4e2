/** Plain English for events and findings: object, old and new value, witness, person, time in UTC. */
import type { TimelineEntry } from '../contract/case.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import { effects, type Effect } from '../contract/severity.ts';
import type { RememberedEvent } from './recent-events.ts';

const witnesses: Readonly<Record<string, string>> = {
  registrar_audit: 'the registrar’s audit log',
  registrar_notice_mail: 'a mail from the registrar',
  registrar_api_state: 'the state at the registrar',
  epp_poll: 'the registry’s EPP messages',
  rdap_poll: 'RDAP',
  zone_feed: 'the zone feed',
  dns_provider_audit: 'the DNS provider’s audit log',
  dns_provider_api_state: 'the state at the DNS provider',
  delegation_probe: 'the delegation probe',
  answer_probe: 'the answer probe',
  resolver_log: 'a resolver log',
  authoritative_log: 'an authoritative server log',
  ct_log: 'a Certificate Transparency log',
  acme_log: 'our ACME log',
  identity_log: 'the identity log',
  cloud_audit: 'the cloud audit log',
  mail_log: 'the mail log',
  dmarc_report: 'a DMARC report',
  bgp_feed: 'a BGP feed',
  change_mgmt: 'change management',
  manual: 'a person’s report',
  pipeline: 'Zonewarden',
};

/** Words from outside may be `constructor`: only what stands in the table counts. */
function own(table: Readonly<Record<string, string>>, word: string): string | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** Name of a kind of witness inside a sentence. */
export function witnessName(sourceKind: string): string {
  return own(witnesses, sourceKind) ?? sourceKind.replaceAll('_', ' ');
}

const phrases: Readonly<Record<string, string>> = {
  'registrar.domain.nameservers_changed': 'delegation changed',
  'registrar.domain.glue_changed': 'glue addresses changed',
  'registrar.domain.ds_removed': 'DS removed',
  'registrar.domain.ds_added': 'DS added',
  'registrar.domain.ds_changed': 'DS replaced',
  'registrar.domain.lock_disabled': 'transfer lock removed',
  'registrar.domain.lock_enabled': 'transfer lock set',
  'registrar.domain.registry_lock_disabled': 'registry lock weakened',
  'registrar.domain.registry_lock_enabled': 'registry lock set',
  'registrar.domain.auth_code_requested': 'transfer code requested',
  'registrar.domain.auth_code_changed': 'transfer code changed',
  'registrar.domain.registrar_changed': 'registrar of record changed',
  'registrar.domain.account_moved': 'moved to another registrar account',
  'registrar.domain.contact_changed': 'contact data changed',
  'registrar.domain.hold_applied': 'put on hold',
  'registrar.domain.hold_removed': 'taken off hold',
  'registrar.domain.state_observed': 'state seen',
  'registrar.account.recovery_started': 'account recovery started',
  'registrar.account.delegate_added': 'delegate added at the registrar',
  'registrar.account.api_token_created': 'API token created at the registrar',
  'registrar.support.request_opened': 'support request opened',
  'registrar.support.request_closed': 'support request closed',
  'dns.record.created': 'record created',
  'dns.record.updated': 'record changed',
  'dns.record.deleted': 'record deleted',
  'dns.record.ttl_changed': 'TTL changed',
  'dns.provider.edge_config_changed': 'edge configuration changed',
  'dns.provider.api_token_created': 'API token created at the DNS provider',
  'dns.zone.claimed_elsewhere': 'zone claimed by somebody else',
  'dns.zone.lame_delegation_detected': 'name servers do not serve the zone',
  'dnsquery.answer.changed': 'answers changed',
  'dnsquery.validation.failed': 'DNSSEC validation failed',
  'dnsquery.route.origin_changed': 'route to the name servers changed its origin',
  'cert.precert_logged': 'precertificate logged',
  'cert.issued': 'certificate issued',
  'registrar.session.login_succeeded': 'login',
  'registrar.session.login_failed': 'login failed',
  'identity.session.login_succeeded': 'login',
  'identity.session.login_failed': 'login failed',
  'identity.session.impersonated': 'impersonation',
  'identity.user.password_reset': 'password reset',
  'identity.user.mfa_reset': 'second factor reset',
  'identity.user.mfa_removed': 'second factor removed',
  'identity.role.granted': 'role granted',
  'identity.token.created': 'token created',
  'identity.device.enrolled': 'device enrolled',
  'mail.rule.forwarding_created': 'mail forwarding created',
  'intel.user_report.received': 'report received',
  'intel.asn.flagged': 'network flagged',
  'change.request.opened': 'change request opened',
  'change.request.approved': 'change request approved',
  'change.request.closed': 'change request closed',
  'change.deployment.started': 'deployment started',
  'change.deployment.finished': 'deployment finished',
  'derived.attribution.missing': 'nobody on our side explains the change',
};

/** What happened, as a noun phrase; a type without its own phrase is read out. */
export function phraseOf(eventType: string): string {
  return own(phrases, eventType) ?? eventType.slice(eventType.indexOf('.') + 1).replaceAll(/[._]/g, ' ');
}

const shownItems = 4;
const shownChars = 120;

/** Characters that could reorder or restyle a line of text: controls, bidirectional marks, line separators. */
const unsafe = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** A value that came from outside, made safe for one line of text and cut to a readable length. */
export function shown(value: unknown): string {
  return shownWithin(value, shownChars);
}

/** The same with room for `charsMax` characters. */
export function shownWithin(value: unknown, charsMax: number): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'nothing';
  if (Array.isArray(value)) {
    const rest = value.length - shownItems;
    const list = value.slice(0, shownItems).map(shown).join(', ');
    return rest > 0 ? `${list} and ${rest} more` : list;
  }
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const clean = text.replace(unsafe, '\ufffd');
  return clean.length > charsMax ? `${clean.slice(0, charsMax)}…` : clean;
}

/** Contact data is personal: the story says which fields changed, the values stay in the evidence. */
function contactWords(evidence: Evidence): string {
  const before = new Set<unknown>(Array.isArray(evidence.old_value) ? evidence.old_value : []);
  const after: readonly unknown[] = Array.isArray(evidence.new_value) ? evidence.new_value : [];
  const fields = after
    .filter((item) => typeof item === 'string' && item.includes('=') && !before.has(item))
    .map((item) => String(item).slice(0, String(item).indexOf('=')));
  return fields.length === 0 ? '' : ` in ${shown([...new Set(fields)])}`;
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Types whose name already says the new value. */
const saidByType = new Set([
  'registrar.domain.lock_disabled',
  'registrar.domain.lock_enabled',
  'registrar.domain.registry_lock_disabled',
  'registrar.domain.registry_lock_enabled',
  'dns.zone.dnssec_enabled',
  'dns.zone.dnssec_disabled',
]);

/** `from X to Y`, `to Y`, or nothing when the event has no value or its type says it. */
export function changeWords(evidence: Evidence): string {
  if (evidence.new_value === undefined || saidByType.has(evidence.event_type)) return '';
  if (evidence.attribute?.startsWith('contact') === true) return contactWords(evidence);
  if (evidence.old_value === undefined || sameValue(evidence.old_value, evidence.new_value))
    return ` to ${shown(evidence.new_value)}`;
  return ` from ${shown(evidence.old_value)} to ${shown(evidence.new_value)}`;
}

/** What the evidence is about: record, attribute of a domain, domain, account; '' when it names none. */
export function objectOf(evidence: Evidence): string {
  if (evidence.record_name !== undefined)
    return evidence.record_type === undefined
      ? shown(evidence.record_name)
      : `${shown(evidence.record_name)} ${evidence.record_type}`;
  if (evidence.domain !== undefined) return shown(evidence.domain);
  return evidence.registrar_account === undefined ? '' : `account ${shown(evidence.registrar_account)}`;
}

/** `2026-11-21 08:00:05 UTC` of an RFC 3339 time. */
export function utc(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** `at …`, or `between … and …` when the change is only known to lie in an interval of more than a second. */
export function whenWords(evidence: Evidence): string {
  const { earliest, timestamp } = evidence;
  if (earliest === undefined || earliest.slice(0, 19) === timestamp.slice(0, 19))
    return `at ${utc(timestamp)}`;
  if (earliest.slice(0, 10) !== timestamp.slice(0, 10))
    return `between ${utc(earliest)} and ${utc(timestamp)}`;
  return `between ${earliest.slice(11, 19)} and ${timestamp.slice(11, 19)} UTC on ${timestamp.slice(0, 10)}`;
}

const approvalWords: Readonly<Record<string, string>> = {
  approved: 'approved',
  pending: 'approval pending',
  rejected: 'approval was refused',
  not_found: 'no approval found',
};

/** Everyday acts nobody writes a ticket for; saying that none was found would sound like an accusation. */
const needsNoApproval = new Set([
  'registrar.domain.renewed',
  'registrar.domain.lock_enabled',
  'registrar.domain.registry_lock_enabled',
]);

/** The note already says who it was: `for casey@example.com` and actor `okta:casey@example.com`. */
function names(note: string | undefined, actor: string): boolean {
  const id = actor.slice(actor.indexOf(':') + 1);
  return note !== undefined && id !== '' && note.includes(id);
}

/** One sentence about an event. */
export function eventSentence(entry: RememberedEvent): string {
  const { evidence } = entry;
  const object = objectOf(evidence);
  const outcome = entry.outcome === undefined ? '' : ` (${entry.outcome})`;
  const parts = [
    `${object === '' ? '' : `${object}: `}${phraseOf(entry.what)}${changeWords(evidence)}${outcome}`,
  ];
  if (entry.note !== undefined) parts.push(shown(entry.note));
  if (entry.actor !== undefined && !names(entry.note, entry.actor)) parts.push(`by ${shown(entry.actor)}`);
  parts.push(`seen by ${witnessName(evidence.source_kind)}`);
  if (evidence.earliest !== undefined && evidence.earliest.slice(0, 19) !== evidence.timestamp.slice(0, 19))
    parts.push(whenWords(evidence));
  const approval = needsNoApproval.has(evidence.event_type)
    ? undefined
    : own(approvalWords, evidence.approval_state);
  if (approval !== undefined) parts.push(approval);
  const shared = entry.shared === undefined ? '' : ` ${shown(entry.shared)}.`;
  return `${parts.join(', ')}.${shared}`;
}

const claims = new Set([
  'registrar_audit',
  'registrar_notice_mail',
  'dns_provider_audit',
  'epp_poll',
  'cloud_audit',
  'acme_log',
  'mail_log',
]);

/** Kind of timeline line for an event. */
export function entryKind(evidence: Evidence): TimelineEntry['kind'] {
  const family = evidence.event_type.slice(0, evidence.event_type.indexOf('.'));
  if (family === 'cert') return 'certificate';
  if (family === 'identity' || evidence.event_type.startsWith('registrar.session.')) return 'identity';
  if (family === 'change' || evidence.source_kind === 'manual') return 'person';
  return claims.has(evidence.source_kind) ? 'claim' : 'observation';
}

const planeOfFamily: Readonly<Record<string, string>> = {
  registrar: 'registrar',
  dns: 'dns',
  dnsquery: 'query',
  cert: 'cert',
  identity: 'identity',
  mail: 'mail',
  intel: 'intel',
  change: 'registrar',
  pipeline: 'pipeline',
};

/** Lane of the timeline an event belongs to. */
export function entryPlane(evidence: Evidence): string {
  if (evidence.event_type === 'derived.attribution.missing')
    return evidence.record_type === undefined ? 'registrar' : 'dns';
  return own(planeOfFamily, evidence.event_type.slice(0, evidence.event_type.indexOf('.'))) ?? 'pipeline';
}

/** The timeline line of an event. */
export function eventEntry(entry: RememberedEvent): TimelineEntry {
  const { evidence } = entry;
  const line: TimelineEntry = {
    at: evidence.timestamp,
    kind: entryKind(evidence),
    plane: entryPlane(evidence),
    text: eventSentence(entry),
    ref: entry.ref,
    source_kind: evidence.source_kind,
  };
  if (evidence.earliest !== undefined) line.earliest = evidence.earliest;
  if (evidence.domain !== undefined) line.domain = evidence.domain;
  if (entry.actor !== undefined) line.actor_id = entry.actor;
  return line;
}

const effectWords: Readonly<Record<Effect, string>> = {
  own: 'If hostile, control over the registration is lost.',
  red: 'If hostile, web or mail traffic goes to somebody else.',
  imp: 'If hostile, somebody can pose as this name.',
  weak: 'If hostile, a protection is gone and the next step gets easier.',
  vis: 'We see less than usual.',
  cos: 'By itself it changes little.',
};

/** What the effect class means for the owner. */
export function effectSentence(effect: Effect): string {
  return effectWords[effects.includes(effect) ? effect : 'cos'];
}

/** The evidence a reader should see first: the newest control-plane value change, else the newest with a value, else the first. */
export function keyEvidence(draft: FindingDraft): Evidence | undefined {
  const direct = draft.evidence.filter((each) => !each.event_type.startsWith('derived.'));
  const candidates = direct.length > 0 ? direct : draft.evidence;
  const unapproved = candidates.filter((each) => each.approval_state !== 'approved');
  const pool = unapproved.length > 0 ? unapproved : candidates;
  const valued = pool.filter((each) => each.new_value !== undefined);
  return valued[valued.length - 1] ?? pool[pool.length - 1] ?? candidates[0];
}

const movedTo: Readonly<Record<string, string>> = {
  'registrar.domain.nameservers_changed': 'Delegation of {object} moved to {new}',
  'registrar.domain.registrar_changed': 'Registrar of {object} became {new}',
  'registrar.domain.account_moved': '{object} moved to registrar account {new}',
  'registrar.domain.lock_disabled': 'Transfer lock of {object} removed',
  'registrar.domain.registry_lock_disabled': 'Registry lock of {object} weakened',
  'registrar.domain.ds_removed': 'DS of {object} removed',
  'registrar.domain.ds_changed': 'DS of {object} replaced',
  'registrar.domain.auth_code_requested': 'Transfer code of {object} requested',
  'registrar.domain.transfer_requested': 'Transfer of {object} requested',
  'registrar.domain.hold_applied': '{object} put on hold',
  'registrar.account.recovery_started': 'Account recovery for {object} started',
  'registrar.domain.contact_changed': 'Contact data of {object} changed',
  'dnsquery.answer.changed': 'Answers for {object} changed to {new}',
  'dns.record.updated': '{object} changed to {new}',
  'dns.record.created': '{object} created with {new}',
  'dns.record.deleted': '{object} deleted',
  'dns.provider.edge_config_changed': 'Edge configuration of {object} changed',
  'registrar.domain.registry_lock_enabled': 'Registry lock of {object} set',
  'cert.issued': 'Certificate issued for {object}',
  'cert.precert_logged': 'Certificate logged for {object}',
};

const byControl: Readonly<Record<string, string>> = {
  nameservers: 'registrar.domain.nameservers_changed',
  ds: 'registrar.domain.ds_changed',
  registrar: 'registrar.domain.registrar_changed',
  account: 'registrar.domain.account_moved',
  lock: 'registrar.domain.lock_disabled',
  registry_lock: 'registrar.domain.registry_lock_disabled',
};

/** Event type that says what a conclusion is about; the type itself for everything that was seen directly. */
function directType(evidence: Evidence): string {
  if (evidence.event_type !== 'derived.attribution.missing') return evidence.event_type;
  if (evidence.record_type !== undefined) return 'dns.record.updated';
  if (evidence.attribute?.startsWith('contact') === true) return 'registrar.domain.contact_changed';
  const emptied = Array.isArray(evidence.new_value) && evidence.new_value.length === 0;
  if (evidence.attribute === 'ds' && emptied) return 'registrar.domain.ds_removed';
  return own(byControl, evidence.attribute ?? '') ?? evidence.event_type;
}

const intentWords: Readonly<Record<string, string>> = {
  approved: 'it was approved',
  pending: 'approval is still pending',
  rejected: 'approval had been refused',
  not_found: 'nobody approved it',
  not_checked: 'nobody is known to have approved it',
};

/** Whether anyone meant it, as the end of a sentence. */
export function intentClause(approvalState: string): string {
  return own(intentWords, approvalState) ?? 'nobody is known to have approved it';
}

/** A title has room for two values. */
function titleValue(value: unknown): string {
  if (!Array.isArray(value) || value.length <= 2) return shown(value ?? null);
  return `${shown(value.slice(0, 2))} and ${value.length - 2} more`;
}

/** What was done to what, without judgement: `Transfer lock of pay.example removed`. Undefined when no phrase fits. */
export function deedOf(evidence: Evidence): string | undefined {
  const template = own(movedTo, directType(evidence));
  return template
    ?.replace('{object}', () => objectOf(evidence))
    .replace('{new}', () => titleValue(evidence.new_value));
}

/** What went away and is back; the event at hand is the return. */
function strayedOf(evidence: Evidence): string {
  const what = evidence.attribute === 'nameservers' ? 'Delegation' : (evidence.attribute ?? 'State');
  const subject = evidence.record_name === undefined ? `${shown(what)} of ` : '';
  return `${subject}${objectOf(evidence)} went to ${titleValue(evidence.old_value)} and came back`;
}

/** Headline of a finding: what happened to what, and whether anybody approved it. */
export function headline(draft: FindingDraft, approved: boolean): string {
  const evidence = keyEvidence(draft);
  const isBack = draft.context.strayed === true && evidence?.old_value !== undefined;
  const what = evidence && (isBack ? strayedOf(evidence) : deedOf(evidence));
  if (what === undefined || draft.domains.length > 1) {
    const about =
      draft.domains.length > 1
        ? ` on ${draft.domains.length} domains`
        : draft.domains.length === 1
          ? ` on ${shown(draft.domains[0])}`
          : draft.registrar_account === undefined
            ? ''
            : ` in ${shown(draft.registrar_account)}`;
    return `${shown(draft.title)}${about}`;
  }
  return `${what}, ${approved ? 'it was approved' : intentClause(draft.context.approval_state)}`;
}
