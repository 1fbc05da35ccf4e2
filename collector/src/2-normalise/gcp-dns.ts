/** Google Cloud DNS: Cloud Audit entries (admin activity) and query log entries, as LogEntry JSON or Pub/Sub push bodies. */
import { otherActivity } from '../contract/event-types.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import { batchDrafts } from './audit-batch.ts';
import { instantOf } from './audit-field.ts';
import { accessDrafts } from './gcp-access.ts';
import { deliveredBody, listOf, pushedEntry } from './gcp-delivery.ts';
import { cloudDomainsDrafts } from './gcp-domains.ts';
import { changeDrafts, domainOf, recordSetDraft, recordSetOf } from './gcp-record-sets.ts';
import {
  asObject,
  definedFields,
  idField,
  recordTypeField,
  objectField,
  objectsField,
  textField,
} from './json-field.ts';
import { parseJsonRecord } from './json-record.ts';
import type { JsonObject } from './json-record.ts';
import { blankDraft } from './blank-draft.ts';

/** The Google Cloud DNS feed. */
export const gcpDns: Normaliser = {
  source: 'gcp-dns',
  version: 1,
  // `code` is the authorisation code of a domain, and nothing else is text under that name but a status in words.
  credentials: ['authorizationCode', 'code', 'privateKeyData', 'private_key_data', 'keyString'],
  normalise(record, context) {
    const parsed = parseJsonRecord(record.bytes);
    if (!parsed.ok) return parsed;
    const body = deliveredBody(parsed.value);
    const isPushed = record.meta?.['delivery'] !== undefined;
    const list = listOf(body);
    if (list === undefined) return entryOrPush(body, isPushed, context);
    const place = {
      system: 'gcp-dns',
      kind: 'dns_provider_audit',
      path: `/${list.member}`,
      record,
      context,
    } as const;
    return batchDrafts(list.items, place, (item) => entryOrPush(item as JsonObject, isPushed, context));
  },
};

function entryOrPush(
  body: JsonObject,
  isPushed: boolean,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const pushed = pushedEntry(body);
  if (pushed === undefined) return logEntry(body, isPushed, context);
  return pushed.ok ? logEntry(pushed.value, true, context) : pushed;
}

function logEntry(
  entry: JsonObject,
  isPushed: boolean,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const time = instantOf(entry['timestamp']);
  if (time === undefined) return failed('bad_timestamp', 'expected an RFC 3339 time', '/timestamp');
  const insertId = textField(entry, 'insertId');
  const logName = textField(entry, 'logName') ?? '';
  const project = /^projects\/([^/]+)\//.exec(logName)?.[1];
  const base: EventDraft = {
    ...blankDraft,
    // Some exports leave the id out; then the entry is known by its content.
    key: [logName, textField(entry, 'timestamp') ?? '', insertId ?? context.sha256(canonicalJson(entry))],
    atom: '',
    event_type: otherActivity,
    outcome: 'success',
    timestamp: formatInstant(time.ms),
    timestamp_precision: time.precision,
    source_system: 'gcp-dns',
    source_kind: 'dns_provider_audit',
    source_event_id: insertId,
    acquisition: isPushed ? 'push' : 'poll',
    confidence: isPushed ? 0.99 : 0.95,
    confidence_basis: isPushed ? 'push' : 'audit_poll',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    dns_provider: 'gcp-dns',
    approval_state: 'not_checked',
  };
  if (project !== undefined) base.source_instance = `gcp/${project}`;
  const query = asObject(entry['jsonPayload']);
  if (query !== undefined && 'queryName' in query) return queryDraft(query, entry, base);
  const call = asObject(entry['protoPayload']);
  if (call === undefined)
    return failed(
      'unsupported_format',
      'expected "protoPayload" (audit) or "jsonPayload.queryName" (query log)',
    );
  Object.assign(base, callerOf(call));
  base.event_type_original = methodOf(call);
  const access = accessDrafts(call, base);
  if (access !== undefined) return succeeded(access);
  return succeeded(
    textField(call, 'serviceName') === 'domains.googleapis.com'
      ? cloudDomainsDrafts(call, entry, base)
      : callDrafts(call, entry, base),
  );
}

function queryDraft(query: JsonObject, entry: JsonObject, base: EventDraft): Outcome<readonly EventDraft[]> {
  const name = canonicalName(textField(query, 'queryName') ?? '');
  if (name === undefined)
    return failed('bad_domain_name', '"queryName" is not a DNS name', '/jsonPayload/queryName');
  const type = recordTypeField(query, 'queryType');
  const rcode = textField(query, 'responseCode');
  const client = canonicalIp(textField(query, 'sourceIP') ?? '');
  const answers = objectsField(query, 'structuredRdata').flatMap((answer) => {
    const value = textField(answer, 'rvalue');
    return value === undefined ? [] : [canonicalRecordData(textField(answer, 'type') ?? '', value)];
  });
  return succeeded([
    Object.assign(base, {
      event_type: 'dnsquery.query.logged',
      outcome: rcode === 'SERVFAIL' || rcode === 'REFUSED' || rcode === 'FORMERR' ? 'failure' : 'success',
      source_kind: 'authoritative_log',
      acquisition: 'passive',
      confidence: 0.9,
      confidence_basis: 'passive',
      source_ip: client,
      domain: registrableDomain(name) ?? name,
      record_name: name,
      record_type: type,
      query: definedFields({
        question: `${name} ${type ?? ''}`.trimEnd(),
        rcode,
        client,
        answers: answers.sort(),
        vantage: canonicalIp(textField(query, 'destinationIP') ?? ''),
      }),
      source: definedFields({
        protocol: textField(query, 'protocol'),
        zone_id: textField(objectField(objectField(entry, 'resource'), 'labels'), 'target_name'),
        authoritative: query['authAnswer'],
      }),
    } satisfies Partial<EventDraft>),
  ]);
}

function callDrafts(call: JsonObject, entry: JsonObject, draft: EventDraft): EventDraft[] {
  const method = shortMethod(methodOf(call));
  const request = objectField(call, 'request');
  const response = objectField(call, 'response');
  const managedZone =
    textField(request, 'managedZone') ?? textField(objectField(request, 'managedZone'), 'name');
  draft.source = definedFields({ managed_zone: managedZone, resource_name: textField(call, 'resourceName') });
  if (method === 'dns.changes.create') {
    const change = asObject(request['change']) ?? objectField(response, 'change');
    const { drafts, isComplete } = changeDrafts(change, draft);
    if (drafts.length > 0)
      return isComplete
        ? drafts
        : [...drafts, { ...draft, atom: 'unreadable changes', source: { ...entry } }];
  }
  if (method.startsWith('dns.resourceRecordSets.')) {
    const set = recordSetOf(request, response);
    if (set !== undefined) return recordSetDraft(method, set, draft);
  }
  const type = zoneMethods.get(method);
  if (type === undefined) {
    draft.source = entry;
    return [draft];
  }
  const described =
    asObject(request['managedZone']) ??
    asObject(request['managedZoneResource']) ??
    asObject(response['managedZone']) ??
    {};
  const context = objectField(objectField(response, 'operation'), 'zoneContext');
  const zone = canonicalName(
    textField(described, 'dnsName') ??
      textField(objectField(context, 'newValue'), 'dnsName') ??
      textField(objectField(context, 'oldValue'), 'dnsName') ??
      textField(response, 'dnsName') ??
      '',
  );
  Object.assign(draft, zoneChange(type, response, described));
  draft.domain = domainOf(zone);
  draft.zone = zone;
  draft.atom = managedZone ?? '';
  return [draft];
}

const servicePath = /\b(ManagedZones|Changes|ResourceRecordSets)(?:Service)?\.(\w+)$/i;

/** `dns.changes.create` for that and for names such as `google.cloud.dns.v1.ChangesService.Create`. */
function shortMethod(method: string): string {
  const [, service, verb] = servicePath.exec(method) ?? [];
  if (service === undefined || verb === undefined) return method;
  return `dns.${service.charAt(0).toLowerCase()}${service.slice(1)}.${verb.toLowerCase()}`;
}

function methodOf(call: JsonObject): string {
  return textField(call, 'methodName') ?? '';
}

/** Status of google.rpc: absent or 0 (`OK`) is success; every other code failed, also one in words (`PERMISSION_DENIED`). */
function hasFailed(status: JsonObject): boolean {
  const code = idField(status, 'code');
  return code !== undefined && code !== '0' && code !== 'OK';
}

/** Who called, from where and with what result: the same for every audited service. */
function callerOf(
  call: JsonObject,
): Partial<EventDraft> & Pick<EventDraft, 'outcome' | 'actor_id' | 'actor_type'> {
  const authentication = objectField(call, 'authenticationInfo');
  const email = textField(authentication, 'principalEmail')?.toLowerCase();
  // Federated callers have no address, only a subject.
  const subject = textField(authentication, 'principalSubject');
  const id = email ?? subject;
  const meta = objectField(call, 'requestMetadata');
  // `system:kube-scheduler` is a component of a cluster and no address.
  const isService = email?.endsWith('gserviceaccount.com') === true || id?.startsWith('system:') === true;
  return {
    outcome: hasFailed(objectField(call, 'status')) ? 'failure' : 'success',
    actor_id: id === undefined ? 'unknown' : `gcp:${id}`.slice(0, 512),
    actor_type: id === undefined ? 'unknown' : isService ? 'service' : 'user',
    actor_email: email?.includes('@') === true ? email : undefined,
    on_behalf_of: delegatorOf(authentication),
    source_ip: canonicalIp(textField(meta, 'callerIp') ?? ''),
    user_agent: textField(meta, 'callerSuppliedUserAgent'),
  };
}

/** Who stands behind a service account that was impersonated. */
function delegatorOf(authentication: JsonObject): string | undefined {
  const [first] = objectsField(authentication, 'serviceAccountDelegationInfo');
  return first === undefined
    ? undefined
    : (textField(objectField(first, 'firstPartyPrincipal'), 'principalEmail') ??
        textField(first, 'principalSubject'));
}

const zoneMethods: ReadonlyMap<string, string> = new Map([
  ['dns.managedZones.create', 'dns.zone.created'],
  ['dns.managedZones.delete', 'dns.zone.deleted'],
  ['dns.managedZones.patch', 'dns.zone.updated'],
  ['dns.managedZones.update', 'dns.zone.updated'],
]);

/** A patch of the zone tells DNSSEC before and after, which has its own event types. */
function zoneChange(
  type: string,
  response: JsonObject,
  described: JsonObject,
): Partial<EventDraft> & { event_type: string } {
  const context = objectField(objectField(response, 'operation'), 'zoneContext');
  const before = textField(
    objectField(objectField(context, 'oldValue'), 'dnssecConfig'),
    'state',
  )?.toLowerCase();
  const after = (
    textField(objectField(objectField(context, 'newValue'), 'dnssecConfig'), 'state') ??
    textField(objectField(described, 'dnssecConfig'), 'state')
  )?.toLowerCase();
  if (type !== 'dns.zone.updated' || after === undefined || before === after) return { event_type: type };
  return {
    // In state `transfer` the zone is still signed, by keys that are on their way to or from another provider.
    event_type:
      after === 'on' ? 'dns.zone.dnssec_enabled' : after === 'off' ? 'dns.zone.dnssec_disabled' : type,
    attribute: 'dnssec',
    old_value: before,
    new_value: after,
    old_known: before !== undefined,
  };
}
