/**
 * Zonestream (OpenINTEL): names seen in CT that the last zone snapshot did not hold, and zone differences.
 *
 * An observation only: no actor, no address, no old value. Which topic a record came from is in `meta.topic`; without it
 * the fields decide. `confidence` of the confirmed topic is an ordinal, 1 best to 10, from the distance to the RDAP
 * registration date; it becomes 0.95 - 0.05 (n - 1). Records of the certstream topics go the way of certstream.ts.
 */
import type { EventDraft, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { certstreamDrafts } from './certstream-message.ts';
import { numberOf } from './audit-field.ts';
import { idField, integerField, isGiven, textField } from './json-field.ts';
import { parseJsonRecord } from './json-record.ts';
import type { JsonObject } from './json-record.ts';
import { zoneDifferenceDrafts } from './zonestream-difference.ts';
import { blankDraft } from './blank-draft.ts';

/** The Zonestream feed: JSON topics of Kafka and of the websocket. */
export const zonestream: Normaliser = {
  source: 'zonestream',
  version: 1,
  normalise(record, context) {
    const parsed = parseJsonRecord(record.bytes);
    if (!parsed.ok) return parsed;
    const body = parsed.value;
    const topic = record.meta?.['topic'] ?? topicOf(body);
    if (topic.startsWith('certstream')) return certstreamDrafts(body, record, context, 'zonestream');
    if (topic === 'zone_diff') return zoneDifferenceDrafts(body, record);
    return newDomain(body, topic);
  },
};

function topicOf(body: JsonObject): string {
  if (isGiven(body['message_type']) || isGiven(body['domain_list'])) return 'certstream';
  if (isGiven(body['query_name']) || isGiven(body['response_type'])) return 'zone_diff';
  if (typeof body['fqdn'] === 'string') return 'newly_registered_fqdn';
  return isGiven(body['confidence']) ? 'confirmed_newly_registered_domain' : 'newly_registered_domain';
}

const latestSecond = 253_402_300_799;

function newDomain(body: JsonObject, topic: string): Outcome<readonly EventDraft[]> {
  const nativeName = textField(body, 'fqdn') ?? textField(body, 'domain');
  if (nativeName === undefined)
    return failed('missing_field', 'expected a name in "domain" or "fqdn"', '/domain');
  const name = canonicalName(nativeName);
  if (name === undefined)
    return failed('bad_domain_name', `"${nativeName.slice(0, 80)}" is not a DNS name`, '/domain');
  const seconds = numberOf(body['timestamp']);
  if (seconds === undefined || seconds < 0 || seconds > latestSecond)
    return failed('bad_timestamp', 'expected "timestamp" in seconds since 1970', '/timestamp');
  const level = numberOf(body['confidence']);
  if (level !== undefined && (level < 1 || level > 10))
    return failed('bad_field', `confidence is a level from 1 (best) to 10, got ${level}`, '/confidence');
  const certIndex = idField(body, 'cert_index');
  const logName = textField(body, 'ct_name');
  const source: Record<string, unknown> = { topic };
  if (logName !== undefined) source['ct_name'] = logName;
  if (certIndex !== undefined) source['cert_index'] = body['cert_index'];
  if (level !== undefined) source['confidence_level'] = level;
  if (nativeName !== name) source['native_name'] = nativeName;
  const submitted = body['submission_timestamp'];
  if (submitted !== undefined) source['submission_timestamp'] = submitted;
  const draft: EventDraft = {
    ...blankDraft,
    key: [topic, name, logName ?? '', certIndex ?? ''],
    atom: name,
    event_type: 'intel.domain.newly_registered',
    outcome: 'success',
    timestamp: formatInstant(seconds * 1000),
    timestamp_precision: 's',
    source_system: 'zonestream',
    source_kind: 'zone_feed',
    acquisition: 'push',
    confidence: level === undefined ? 0.6 : (95 - 5 * (Math.ceil(level) - 1)) / 100,
    confidence_basis: level === undefined ? 'zonestream_unconfirmed' : `zonestream_level_${Math.ceil(level)}`,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    domain: registrableDomain(name) ?? name,
    record_name: name,
    approval_state: 'not_checked',
    source,
  };
  if (logName !== undefined || certIndex !== undefined)
    draft.cert = { log_name: logName, log_index: integerField(body, 'cert_index') ?? certIndex };
  return succeeded([draft]);
}
