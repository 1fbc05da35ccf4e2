/** Record sets in the audit entries of Cloud DNS: changes of several sets, calls on one, and sets with a routing policy. */
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import {
  integerField,
  isGiven,
  objectField,
  objectsField,
  recordTypeField,
  textField,
  textsField,
} from './json-field.ts';
import type { JsonObject } from './json-record.ts';

/** Registrable domain of a name, the name itself where it has none. */
export function domainOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (registrableDomain(name) ?? name);
}

/** The record set of a call, which the APIs name differently; a deletion names it by name and type alone. */
export function recordSetOf(request: JsonObject, response: JsonObject): JsonObject | undefined {
  const places = [
    objectField(request, 'resourceRecordSet'),
    objectField(request, 'rrset'),
    objectField(response, 'resourceRecordSet'),
    response,
    request,
  ];
  return places.find((each) => typeof each['name'] === 'string' && typeof each['type'] === 'string');
}

/** `values` undefined: not told. `policy`: canonical JSON of the routing policy, which has the data in its items. */
interface SetSide {
  readonly values: string[] | undefined;
  readonly ttl: number | undefined;
  readonly policy: string;
}

/**
 * Additions and deletions folded by name and type: both means changed. Cloud DNS sets are whole, so old values are known, but
 * for a call that was refused, perhaps for being wrong about them.
 */
export function changeDrafts(
  change: JsonObject,
  base: EventDraft,
): { drafts: EventDraft[]; isComplete: boolean } {
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
  const isDone = base.outcome !== 'failure';
  const drafts = [...sets].map(([id, { name, type, before, after }]) => ({
    ...base,
    event_type: typeOfChange(type, before, after),
    atom: id,
    domain: domainOf(name),
    record_name: name,
    record_type: type,
    old_value: isDone ? valueOf(before) : undefined,
    old_known: isDone && (before === undefined || before.values !== undefined),
    new_value: valueOf(after),
    ttl_old: isDone ? before?.ttl : undefined,
    ttl_new: after?.ttl,
    ...routingChange(before, after, base, isDone),
    transaction_id: base.source_event_id,
    transaction_size: sets.size,
  }));
  return { drafts, isComplete };
}

/** Data of a side; null where there is no set, undefined where it does not tell its data. */
function valueOf(side: SetSide | undefined): string[] | null | undefined {
  return side === undefined ? null : side.values;
}

/** Data and TTL stay, but others are answered with them: a weight, a place, a health check. A policy is no data. */
function routingChange(
  before: SetSide | undefined,
  after: SetSide | undefined,
  base: EventDraft,
  isDone: boolean,
): Partial<EventDraft> {
  if (before === undefined || after === undefined || before.policy === after.policy) return {};
  if (before.ttl !== after.ttl || before.values?.join('\n') !== after.values?.join('\n')) return {};
  return {
    attribute: 'routing',
    old_value: isDone ? before.policy : undefined,
    old_known: isDone,
    new_value: after.policy,
    source: { ...base.source, scope: 'record' },
  };
}

function sideOf(item: JsonObject, type: string): SetSide {
  const policy = objectField(item, 'routingPolicy');
  const own = dataOf(item);
  const values = own.length > 0 ? own : policyData(policy);
  return {
    values: values.length === 0 ? undefined : canonicalRecordSet(type, values),
    ttl: integerField(item, 'ttl'),
    policy: canonicalJson(policy),
  };
}

/** Audit entries write `rrdata`, the API `rrdatas`. */
function dataOf(item: JsonObject): string[] {
  return isGiven(item['rrdata']) ? textsField(item, 'rrdata') : textsField(item, 'rrdatas');
}

/** What the items of a routing policy answer with, whoever gets it; a primary with a backup has its own addresses besides. */
function policyData(policy: JsonObject): string[] {
  const backup = objectField(policy, 'primaryBackup');
  const holders = [
    objectField(policy, 'wrr'),
    objectField(policy, 'geo'),
    objectField(policy, 'geoPolicy'),
    objectField(policy, 'wrrPolicy'),
    objectField(backup, 'backupGeoTargets'),
  ];
  const targets = [
    objectField(backup, 'primaryTargets'),
    ...holders.flatMap((each) =>
      objectsField(each, 'items').map((item) => objectField(item, 'healthCheckedTargets')),
    ),
  ];
  const balanced = targets.flatMap((each) => [
    ...objectsField(each, 'internalLoadBalancers').flatMap((one) => textField(one, 'ipAddress') ?? []),
    ...textsField(each, 'externalEndpoints'),
  ]);
  return [...holders.flatMap((each) => objectsField(each, 'items').flatMap(dataOf)), ...balanced];
}

function typeOfChange(type: string, before: SetSide | undefined, after: SetSide | undefined): string {
  if (before === undefined) return 'dns.record.created';
  if (after === undefined) return 'dns.record.deleted';
  const isSame = before.values?.join('\n') === after.values?.join('\n') && before.policy === after.policy;
  if (isSame && before.ttl !== after.ttl) return 'dns.record.ttl_changed';
  return type === 'SOA' ? 'dns.zone.soa_changed' : 'dns.record.updated';
}

/** Draft of a call on one record set; the set is kept in `source` where the call or the name is unknown. */
export function recordSetDraft(method: string, set: JsonObject, base: EventDraft): EventDraft[] {
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
      old_value: verb === 'created' && base.outcome !== 'failure' ? null : undefined,
      old_known: verb === 'created' && base.outcome !== 'failure',
      new_value: verb === 'deleted' ? null : side.values,
      ttl_new: verb === 'deleted' ? undefined : side.ttl,
    },
  ];
}
