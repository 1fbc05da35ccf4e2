/** Google Cloud DNS: Cloud Audit entries (admin activity) and query log entries, as LogEntry JSON or Pub/Sub push bodies. */
import { otherActivity } from '../contract/event-types.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordData, canonicalRecordSet } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import { batchDrafts } from './audit-batch.ts';
import { instantOf } from './audit-field.ts';
import { accessDrafts } from './gcp-access.ts';
import { deliveredBody, listOf, pushedEntry } from './gcp-delivery.ts';
import { cloudDomainsDrafts } from './gcp-domains.ts';
import {
  asObject,
  definedFields,
  integerField,
  isGiven,
  idField,
  recordTypeField,
  objectField,
  objectsField,
  textField,
  textsField,
} from './json-field.ts';
import { parseJsonRecord } from './json-record.ts';
import type { JsonObject } from './json-record.ts';
import { blankDraft } from './blank-draft.ts';

/** The Google Cloud DNS feed. */
export const gcpDns: Normaliser = {
  source: 'gcp-dns',
  version: 1,
  credentials: ['authorizationCode'],
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

function domainOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (registrableDomain(name) ?? name);
}

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
    event_type: after === 'on' ? 'dns.zone.dnssec_enabled' : 'dns.zone.dnssec_disabled',
    attribute: 'dnssec',
    old_value: before,
    new_value: after,
    old_known: before !== undefined,
  };
}

/** The record set of a call, which the APIs name differently; a deletion names it by name and type alone. */
function recordSetOf(request: JsonObject, response: JsonObject): JsonObject | undefined {
  const places = [
    objectField(request, 'resourceRecordSet'),
    objectField(request, 'rrset'),
    objectField(response, 'resourceRecordSet'),
    response,
    request,
  ];
  return places.find((each) => typeof each['name'] === 'string' && typeof each['type'] === 'string');
}

interface SetSide {
  readonly values: string[];
  readonly ttl: number | undefined;
}

/** Additions and deletions folded by name and type: both means changed. Cloud DNS sets are whole, so old values are known. */
function changeDrafts(change: JsonObject, base: EventDraft): { drafts: EventDraft[]; isComplete: boolean } {
  let isComplete = true;
  const sets = new Map<string, { name: string; type: string; before?: SetSide; after?: SetSide }>();
  for (const side of ['deletions', 'additions'] as const)
    for (const item of objectsField(change, side)) {
      const name = canonicalName(textField(item, 'name') ?? '');
      const type = recordTypeField(item, 'type');
      if (name === undefined || type === undefined) {
        isComplete = false;
        continue;
      }
      const id = `${name} ${type}`;
      const set = sets.get(id) ?? { name, type };
      set[side === 'deletions' ? 'before' : 'after'] = sideOf(item, type);
      sets.set(id, set);
    }
  const drafts = [...sets].map(([id, { name, type, before, after }]) => ({
    ...base,
    event_type: typeOfChange(type, before, after),
    atom: id,
    domain: domainOf(name),
    record_name: name,
    record_type: type,
    old_value: before?.values ?? null,
    old_known: true,
    new_value: after?.values ?? null,
    ttl_old: before?.ttl,
    ttl_new: after?.ttl,
    transaction_id: base.source_event_id,
    transaction_size: sets.size,
  }));
  return { drafts, isComplete };
}

function sideOf(item: JsonObject, type: string): SetSide {
  const values = isGiven(item['rrdata']) ? textsField(item, 'rrdata') : textsField(item, 'rrdatas');
  return { values: canonicalRecordSet(type, values), ttl: integerField(item, 'ttl') };
}

function typeOfChange(type: string, before: SetSide | undefined, after: SetSide | undefined): string {
  if (before === undefined) return 'dns.record.created';
  if (after === undefined) return 'dns.record.deleted';
  const isSame = before.values.join('\n') === after.values.join('\n');
  if (isSame && before.ttl !== after.ttl) return 'dns.record.ttl_changed';
  return type === 'SOA' ? 'dns.zone.soa_changed' : 'dns.record.updated';
}

function recordSetDraft(method: string, set: JsonObject, base: EventDraft): EventDraft[] {
  const verbs: ReadonlyMap<string, string> = new Map([
    ['create', 'created'],
    ['patch', 'updated'],
    ['delete', 'deleted'],
  ]);
  const verb = verbs.get(method.slice(method.lastIndexOf('.') + 1));
  const name = canonicalName(textField(set, 'name') ?? '');
  const type = recordTypeField(set, 'type');
  if (verb === undefined || name === undefined || type === undefined)
    return [{ ...base, source: { ...base.source, record_set: set } }];
  const side = sideOf(set, type);
  return [
    {
      ...base,
      event_type: `dns.record.${verb}`,
      atom: `${name} ${type}`,
      domain: domainOf(name),
      record_name: name,
      record_type: type,
      old_value: verb === 'created' ? null : undefined,
      old_known: verb === 'created',
      new_value: verb === 'deleted' ? null : side.values,
      ttl_new: verb === 'deleted' ? undefined : side.ttl,
    },
  ];
}
