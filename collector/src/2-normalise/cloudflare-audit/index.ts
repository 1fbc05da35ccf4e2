/** Cloudflare audit logs: v1 API items, Logpush `audit_logs` lines and v2 items. Only the first two carry old values. */
import { loginOf } from '../audit-field.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import { otherActivity } from '../../contract/event-types.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { formatInstant } from '../../leaf/time.ts';
import { instantOf } from '../audit-field.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { batchDrafts } from '../audit-batch.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';
import { cloudflareMapping } from './mapping.ts';
import { cloudflareRecordOf } from './shape.ts';
import type { CloudflareRecord } from './shape.ts';
import { blankDraft } from '../blank-draft.ts';

/** The Cloudflare audit feed. */
export const cloudflareAudit: Normaliser = {
  source: 'cloudflare-audit',
  version: 1,
  // Keys of certificates, and the addresses of log jobs, which hold the keys of the store or the header of the receiver.
  credentials: ['private_key', 'destination_conf', 'ownership_challenge'],
  normalise(record, context) {
    const parsed = parseJsonRecord(record.bytes);
    if (!parsed.ok) return parsed;
    const list = parsed.value['result'];
    if (Array.isArray(list)) {
      const place = {
        system: 'cloudflare',
        kind: 'dns_provider_audit',
        path: '/result',
        record,
        context,
      } as const;
      return batchDrafts(list as readonly unknown[], place, (item) => oneRecord(item, record, context));
    }
    return oneRecord(parsed.value, record, context);
  },
};

function oneRecord(
  given: JsonObject,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  let item: CloudflareRecord | undefined;
  const body = nativeRecord(given, (each) => (item = cloudflareRecordOf(each)) !== undefined);
  if (body['content'] === 'tests' && Object.keys(body).length === 1) return succeeded([]);
  if (item === undefined)
    return failed('missing_field', 'expected "action.type" or "ActionType"; not a Cloudflare audit record');
  const isPushed = item.shape === 'logpush' || record.meta?.['delivery'] !== undefined;
  return auditDrafts(body, item, item.id ?? context.sha256(canonicalJson(body)), isPushed);
}

function auditDrafts(
  body: JsonObject,
  item: CloudflareRecord,
  key: string,
  isPushed: boolean,
): Outcome<readonly EventDraft[]> {
  const when = whenOf(item.when);
  if (when === undefined)
    return failed(
      'bad_timestamp',
      'expected RFC 3339 text, seconds or nanoseconds',
      item.shape === 'v2' ? '/action/time' : item.shape === 'v1' ? '/when' : '/When',
    );
  const zone = item.zone === undefined ? undefined : canonicalName(item.zone);
  const mapped = cloudflareMapping(item);
  const actor = actorOf(item);
  const base: EventDraft = {
    ...blankDraft,
    key: [key],
    atom: '',
    event_type: otherActivity,
    event_type_original: item.action,
    outcome: item.result === undefined ? 'unknown' : item.result ? 'success' : 'failure',
    timestamp: formatInstant(when.ms),
    timestamp_precision: when.precision,
    source_system: 'cloudflare',
    source_kind: 'dns_provider_audit',
    source_event_id: item.id,
    acquisition: isPushed ? 'push' : 'poll',
    confidence: isPushed ? 0.99 : 0.95,
    confidence_basis: isPushed ? 'push' : 'audit_poll',
    actor_id: actor.actor_id,
    actor_type: actor.actor_type,
    actor_origin: actor.actor_origin,
    actor_email: actor.actor_email,
    auth_method: actor.auth_method,
    token_id: actor.token_id,
    source_ip: canonicalIp(item.actorIp ?? ''),
    user_agent: item.userAgent,
    request_id: item.requestId,
    domain: zone === undefined ? undefined : (registrableDomain(zone) ?? zone),
    zone,
    dns_provider: 'cloudflare',
    approval_state: 'not_checked',
    source: body,
  };
  if (item.account !== undefined) base.source_instance = `cloudflare/${item.account}`;
  if (mapped.length === 0) return succeeded([base]);
  if (mapped.length > 1) {
    base.transaction_id = item.id ?? key;
    base.transaction_size = mapped.length;
  }
  return succeeded(
    mapped.map((fact, at) => {
      // The last fact takes the draft itself: nearly every record has one.
      const draft: EventDraft = Object.assign(at === mapped.length - 1 ? base : { ...base }, fact);
      draft.source =
        fact.event_type === otherActivity && fact.source === undefined
          ? body
          : Object.assign({ shape: item.shape, metadata: item.metadata }, fact.source);
      return draft;
    }),
  );
}

/** RFC 3339 text, or seconds or nanoseconds as number or text: the job's setting decides and the record does not say. */
function whenOf(when: unknown): { ms: number; precision: 'ms' | 's' | 'm' | 'd' } | undefined {
  if (typeof when === 'string' && when.includes('-')) return instantOf(when);
  const text = typeof when === 'number' ? String(when) : when;
  if (typeof text !== 'string' || !/^\d{1,19}$/.test(text)) return undefined;
  if (text.length > 16) return { ms: Number(text.slice(0, -6)), precision: 'ms' };
  if (text.length > 13) return { ms: Number(text.slice(0, -3)), precision: 'ms' };
  return text.length > 11
    ? { ms: Number(text), precision: 'ms' }
    : { ms: Number(text) * 1000, precision: 's' };
}

const actorTypes: ReadonlyMap<string, CanonicalEvent['actor_type']> = new Map([
  ['user', 'user'],
  ['account', 'token'],
  ['admin', 'provider_staff'],
  ['cloudflare', 'provider_staff'],
  ['cloudflare_admin', 'provider_staff'],
  ['system', 'system'],
]);

function actorOf(
  item: CloudflareRecord,
): Pick<EventDraft, 'actor_id' | 'actor_type' | 'actor_origin' | 'actor_email' | 'auth_method' | 'token_id'> {
  const type = actorTypes.get(item.actorType?.toLowerCase() ?? '') ?? 'unknown';
  const email = loginOf(item.actorEmail);
  const id = item.actorId ?? email;
  const isOurs = type === 'user' || type === 'token';
  return {
    actor_id: id === undefined ? 'unknown' : `cloudflare:${id}`.slice(0, 512),
    actor_type: type,
    actor_origin: isOurs ? 'customer' : type === 'provider_staff' ? 'provider_support' : 'unknown',
    actor_email: email,
    auth_method: type === 'provider_staff' ? 'support' : item.isToken ? 'token' : undefined,
    token_id: item.tokenId,
  };
}
