/** Words and numbers as people read them. Pure. */
import type { Severity } from '../api/shapes.ts';

/** Highest first, as lists are ordered. */
export const severitiesDown = ['critical', 'high', 'medium', 'low', 'informational'] as const;

const witnessNames: Readonly<Record<string, string>> = {
  registrar_audit: 'Registrar audit log',
  registrar_notice_mail: 'Registrar notice mail',
  registrar_api_state: 'Registrar state',
  epp_poll: 'Registry (EPP messages)',
  rdap_poll: 'RDAP',
  zone_feed: 'Zone feed',
  dns_provider_audit: 'DNS provider audit log',
  dns_provider_api_state: 'DNS provider state',
  delegation_probe: 'Delegation probe',
  answer_probe: 'Answer probe',
  resolver_log: 'Resolver log',
  authoritative_log: 'Authoritative server log',
  ct_log: 'Certificate Transparency',
  acme_log: 'Own ACME log',
  identity_log: 'Identity log',
  cloud_audit: 'Cloud audit log',
  mail_log: 'Mail log',
  dmarc_report: 'DMARC report',
  bgp_feed: 'BGP feed',
  change_mgmt: 'Change management',
  manual: 'A person',
  pipeline: 'Zonewarden',
};

/** Kinds of source that look from outside, so that an intruder in our accounts cannot silence them. */
const outside = new Set([
  'epp_poll',
  'rdap_poll',
  'zone_feed',
  'delegation_probe',
  'answer_probe',
  'resolver_log',
  'ct_log',
  'bgp_feed',
  'dmarc_report',
]);

/** True when the kind of source observes from outside; false when it states what one of our accounts says. */
export function isOutside(sourceKind: string) {
  return outside.has(sourceKind);
}

/** Readable name of a kind of source. */
export function witnessName(sourceKind: string) {
  return Object.hasOwn(witnessNames, sourceKind)
    ? (witnessNames[sourceKind] as string)
    : readable(sourceKind);
}

/** `transfer_lock` as `Transfer lock`. */
export function readable(word: string) {
  const text = word.replaceAll('_', ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const planeNames: Readonly<Record<string, string>> = {
  registrar: 'Registrar',
  dns: 'DNS',
  identity: 'Identity',
  cert: 'Certificates',
  mail: 'Mail',
  query: 'Queries',
  intel: 'Outside reports',
  score: 'Sums',
  pipeline: 'Collector',
};

/** Order of lanes: where an attack usually starts comes first. */
const planeOrder = ['identity', 'registrar', 'dns', 'cert', 'mail', 'query', 'intel', 'score', 'pipeline'];

const planeOfSources: Readonly<Record<string, string>> = {
  registrar_audit: 'registrar',
  registrar_notice_mail: 'registrar',
  registrar_api_state: 'registrar',
  epp_poll: 'registrar',
  rdap_poll: 'registrar',
  zone_feed: 'dns',
  dns_provider_audit: 'dns',
  dns_provider_api_state: 'dns',
  delegation_probe: 'dns',
  answer_probe: 'dns',
  resolver_log: 'query',
  authoritative_log: 'query',
  bgp_feed: 'query',
  ct_log: 'cert',
  acme_log: 'cert',
  identity_log: 'identity',
  cloud_audit: 'identity',
  mail_log: 'mail',
  dmarc_report: 'mail',
};

/** Plane that a kind of source watches; what blinds it blinds us there. */
export function planeOfSource(sourceKind: string) {
  return Object.hasOwn(planeOfSources, sourceKind) ? (planeOfSources[sourceKind] as string) : 'pipeline';
}

/** Readable name of a plane. */
export function planeName(plane: string) {
  return Object.hasOwn(planeNames, plane) ? (planeNames[plane] as string) : readable(plane);
}

/** Negative when plane `a` is drawn above plane `b`. */
export function comparePlanes(a: string, b: string) {
  const place = (plane: string) => {
    const at = planeOrder.indexOf(plane);
    return at < 0 ? planeOrder.length : at;
  };
  return place(a) - place(b) || (a < b ? -1 : Number(a > b));
}

/** Negative when `a` is more severe than `b`; unknown words come last. */
export function compareSeverityDown(a: string | null | undefined, b: string | null | undefined) {
  const place = (word: string | null | undefined) => {
    const at = severitiesDown.indexOf(word as Severity);
    return at < 0 ? severitiesDown.length : at;
  };
  return place(a) - place(b);
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const yearMs = 365.25 * dayMs;

/** Length of time in at most two units, such as `3 d 4 h`; always positive. */
export function duration(ms: number) {
  const length = Math.abs(ms);
  if (!Number.isFinite(length)) return 'unknown';
  if (length < 1000) return `${Math.round(length)} ms`;
  if (length < minuteMs) return `${Math.floor(length / 1000)} s`;
  if (length < hourMs) return `${Math.floor(length / minuteMs)} min`;
  const units: [number, string, number, string] =
    length < dayMs
      ? [hourMs, 'h', minuteMs, 'min']
      : length < yearMs
        ? [dayMs, 'd', hourMs, 'h']
        : [yearMs, 'y', 30.44 * dayMs, 'mo'];
  const whole = Math.floor(length / units[0]);
  const rest = Math.floor((length % units[0]) / units[2]);
  return rest > 0 && whole < 10 ? `${whole} ${units[1]} ${rest} ${units[3]}` : `${whole} ${units[1]}`;
}

/** `4 min ago`, `in 3 d`, `now`. */
export function ago(instant: string | null | undefined, nowMs: number) {
  const ms = instant === null || instant === undefined ? NaN : Date.parse(instant);
  if (!Number.isFinite(ms)) return 'never';
  const distance = nowMs - ms;
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${duration(distance)} ago` : `in ${duration(distance)}`;
}

/** `2026-11-21 08:00:05 UTC`; an empty text stays empty. */
export function utc(instant: string | null | undefined) {
  if (instant === null || instant === undefined || instant === '') return '';
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** `08:00:05` of an RFC 3339 time. */
export function clockTime(instant: string) {
  return instant.slice(11, 19);
}

// Controls, bidirectional marks and line separators could make a value look like another one.
const unsafe = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text from outside, safe for one line. */
export function safe(text: string) {
  return text.replace(unsafe, '\ufffd');
}

/** A value of an event as the lines people compare: one per item. Null and nothing at all: no lines. */
export function valueLines(value: unknown): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.flatMap(valueLines);
  if (typeof value === 'string') return [safe(value)];
  if (typeof value === 'object')
    return Object.entries(value).map(([key, item]) => `${safe(key)}: ${valueLines(item).join(', ')}`);
  return [JSON.stringify(value)];
}

/** A share 0..1 as a whole percentage. */
export function percent(share: number) {
  return `${Math.round(share * 100)} %`;
}

/** Whole number with thin groups. */
export function count(value: number) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Bytes in the largest fitting binary unit. */
export function byteSize(bytes: number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const approvals: Readonly<Record<string, string>> = {
  approved: 'Approved: an intent names this object and value',
  pending: 'Approval is pending',
  rejected: 'Approval was refused',
  not_found: 'Nobody approved it',
  not_checked: 'No approval is needed or checked for this kind of event',
};

/** Whether anyone meant it, as a sentence. */
export function approvalSentence(state: string) {
  return Object.hasOwn(approvals, state) ? (approvals[state] as string) : readable(state);
}

const eventPhrases: Readonly<Record<string, string>> = {
  'registrar.domain.nameservers_changed': 'Delegation (NS at the parent)',
  'registrar.domain.glue_changed': 'Glue addresses',
  'registrar.domain.ds_removed': 'DS removed',
  'registrar.domain.ds_added': 'DS added',
  'registrar.domain.ds_changed': 'DS replaced',
  'registrar.domain.lock_disabled': 'Transfer lock removed',
  'registrar.domain.lock_enabled': 'Transfer lock set',
  'registrar.domain.registry_lock_disabled': 'Registry lock weakened',
  'registrar.domain.transfer_requested': 'Transfer to another registrar requested',
  'registrar.domain.registrar_changed': 'Registrar of record',
  'registrar.domain.contact_changed': 'Contact data',
  'dns.record.created': 'Record created',
  'dns.record.updated': 'Record changed',
  'dns.record.deleted': 'Record deleted',
  'cert.issued': 'Certificate issued',
};

/** What happened, from an event type of the vocabulary. */
export function eventPhrase(eventType: string) {
  return Object.hasOwn(eventPhrases, eventType)
    ? (eventPhrases[eventType] as string)
    : readable(eventType.slice(eventType.indexOf('.') + 1).replaceAll('.', ' '));
}
