/** Words and numbers as people read them. Pure; shared by the console and the Grafana plugin. */

/** @typedef {'informational' | 'low' | 'medium' | 'high' | 'critical'} Severity */

/** Highest first, as lists are ordered. */
export const severitiesDown = /** @type {const} */ (['critical', 'high', 'medium', 'low', 'informational']);

/** @type {Readonly<Record<string, string>>} */
const witnessNames = {
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

/** True when the kind of source observes from outside; false when it states what one of our accounts says.
 * @param {string} sourceKind */
export function isOutside(sourceKind) {
  return outside.has(sourceKind);
}

/** Readable name of a kind of source.
 * @param {string} sourceKind */
export function witnessName(sourceKind) {
  return Object.hasOwn(witnessNames, sourceKind)
    ? /** @type {string} */ (witnessNames[sourceKind])
    : readable(sourceKind);
}

/** `transfer_lock` as `Transfer lock`.
 * @param {string} word */
export function readable(word) {
  const text = word.replaceAll('_', ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @type {Readonly<Record<string, string>>} */
const planeNames = {
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

/** Readable name of a plane.
 * @param {string} plane */
export function planeName(plane) {
  return Object.hasOwn(planeNames, plane) ? /** @type {string} */ (planeNames[plane]) : readable(plane);
}

/** Negative when plane `a` is drawn above plane `b`.
 * @param {string} a
 * @param {string} b */
export function comparePlanes(a, b) {
  const place = (/** @type {string} */ plane) => {
    const at = planeOrder.indexOf(plane);
    return at < 0 ? planeOrder.length : at;
  };
  return place(a) - place(b) || (a < b ? -1 : Number(a > b));
}

/** Negative when `a` is more severe than `b`; unknown words come last.
 * @param {string | null | undefined} a
 * @param {string | null | undefined} b */
export function compareSeverityDown(a, b) {
  const place = (/** @type {string | null | undefined} */ word) => {
    const at = severitiesDown.indexOf(/** @type {Severity} */ (word));
    return at < 0 ? severitiesDown.length : at;
  };
  return place(a) - place(b);
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const yearMs = 365.25 * dayMs;

/** Length of time in at most two units, such as `3 d 4 h`; always positive.
 * @param {number} ms */
export function duration(ms) {
  const length = Math.abs(ms);
  if (!Number.isFinite(length)) return 'unknown';
  if (length < 1000) return `${Math.round(length)} ms`;
  if (length < minuteMs) return `${Math.floor(length / 1000)} s`;
  if (length < hourMs) return `${Math.floor(length / minuteMs)} min`;
  /** @type {[number, string, number, string]} */
  const units =
    length < dayMs
      ? [hourMs, 'h', minuteMs, 'min']
      : length < yearMs
        ? [dayMs, 'd', hourMs, 'h']
        : [yearMs, 'y', 30.44 * dayMs, 'mo'];
  const whole = Math.floor(length / units[0]);
  const rest = Math.floor((length % units[0]) / units[2]);
  return rest > 0 && whole < 10 ? `${whole} ${units[1]} ${rest} ${units[3]}` : `${whole} ${units[1]}`;
}

/** `4 min ago`, `in 3 d`, `now`.
 * @param {string | null | undefined} instant RFC 3339
 * @param {number} nowMs */
export function ago(instant, nowMs) {
  const ms = instant === null || instant === undefined ? NaN : Date.parse(instant);
  if (!Number.isFinite(ms)) return 'never';
  const distance = nowMs - ms;
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${duration(distance)} ago` : `in ${duration(distance)}`;
}

/** `2026-11-21 08:00:05 UTC`; an empty text stays empty.
 * @param {string | null | undefined} instant RFC 3339, UTC */
export function utc(instant) {
  if (instant === null || instant === undefined || instant === '') return '';
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** `08:00:05` of an RFC 3339 time.
 * @param {string} instant */
export function clockTime(instant) {
  return instant.slice(11, 19);
}

// Controls, bidirectional marks and line separators could make a value look like another one.
const unsafe = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text from outside, safe for one line.
 * @param {string} text */
export function safe(text) {
  return text.replace(unsafe, '\ufffd');
}

/** A value of an event as the lines people compare: one per item. Null and nothing at all: no lines.
 * @param {unknown} value
 * @returns {string[]} */
export function valueLines(value) {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.flatMap(valueLines);
  if (typeof value === 'string') return [safe(value)];
  if (typeof value === 'object')
    return Object.entries(value).map(([key, item]) => `${safe(key)}: ${valueLines(item).join(', ')}`);
  return [String(value)];
}

/** A share 0..1 as a whole percentage.
 * @param {number} share */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** Whole number with thin groups.
 * @param {number} value */
export function count(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Bytes in the largest fitting binary unit.
 * @param {number} bytes */
export function byteSize(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @type {Readonly<Record<string, string>>} */
const approvals = {
  approved: 'Approved: an intent names this object and value',
  pending: 'Approval is pending',
  rejected: 'Approval was refused',
  not_found: 'Nobody approved it',
  not_checked: 'No approval is needed or checked for this kind of event',
};

/** Whether anyone meant it, as a sentence.
 * @param {string} state */
export function approvalSentence(state) {
  return Object.hasOwn(approvals, state) ? /** @type {string} */ (approvals[state]) : readable(state);
}

/** @type {Readonly<Record<string, string>>} */
const eventPhrases = {
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

/** What happened, from an event type of the vocabulary.
 * @param {string} eventType */
export function eventPhrase(eventType) {
  return Object.hasOwn(eventPhrases, eventType)
    ? /** @type {string} */ (eventPhrases[eventType])
    : readable(eventType.slice(eventType.indexOf('.') + 1).replaceAll('.', ' '));
}
