/** Route 53 hosted zones and Resolver. CloudTrail names a zone by its id only; record names are the way to the domain. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import {
  flagField,
  idField,
  integerField,
  objectField,
  objectsField,
  recordTypeField,
  textField,
} from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import type { MappedFields } from './mapped-fields.ts';

/** One record set of a change batch after folding: DELETE and CREATE of the same set are one update. */
interface SetChange {
  readonly name: string;
  readonly type: string;
  readonly setId: string;
  before?: SetSide;
  after?: SetSide;
  isUpsert: boolean;
}

/** `routing`: who is answered with this set, as `member=value` each; empty for a set without policy. */
interface SetSide {
  readonly values: string[];
  readonly ttl: number | undefined;
  readonly routing: string;
}

/**
 * A draft per record set of a ChangeResourceRecordSets call. CREATE is refused by Route 53 when the set exists and DELETE
 * when it differs, so those know the old value; UPSERT does not, and neither does a call that was refused, perhaps for being
 * wrong about it. Empty when the call carries no readable change.
 */
export function recordSetChanges(call: JsonObject, base: EventDraft): EventDraft[] {
  const parameters = objectField(call, 'requestParameters');
  const batch = objectField(parameters, 'changeBatch');
  const changes = objectsField(batch, 'changes');
  const sets = foldedSets(changes);
  const zoneId = textField(parameters, 'hostedZoneId');
  const change = textField(objectField(objectField(call, 'responseElements'), 'changeInfo'), 'id');
  const source: Record<string, unknown> = { event_source: call['eventSource'], region: call['awsRegion'] };
  if (zoneId !== undefined) source['hosted_zone_id'] = zoneId;
  if (batch['comment'] !== undefined) source['comment'] = batch['comment'];
  if (base.outcome === 'failure') source['error_code'] = call['errorCode'];
  const drafts: EventDraft[] = [...sets.values()].map((set) => ({
    ...base,
    ...setFields(set, base.outcome !== 'failure'),
    transaction_id: change ?? base.source_event_id,
    transaction_size: sets.size,
    source: sourceOf(set, source),
  }));
  const unreadable = changes.filter((each) => keyOf(each) === undefined);
  if (drafts.length > 0 && unreadable.length > 0)
    drafts.push({ ...base, atom: 'unreadable changes', source: { ...source, changes: unreadable } });
  return drafts;
}

/** A set with an identifier is one of several under its name, and a routing policy is no data: neither is all there is. */
function sourceOf(set: SetChange, source: Record<string, unknown>): Record<string, unknown> {
  if (set.setId !== '') return { ...source, set_identifier: set.setId, scope: 'record' };
  return isRoutingAlone(set) ? { ...source, scope: 'record' } : source;
}

/** Name and type a change is about; undefined when it cannot be read and has to be kept as it is. */
function keyOf(change: JsonObject): { name: string; type: string } | undefined {
  const recordSet = objectField(change, 'resourceRecordSet');
  const name = canonicalName(octalToDecimalEscapes(textField(recordSet, 'name') ?? ''));
  const type = recordTypeField(recordSet, 'type');
  const isWhole = name !== undefined && type !== undefined && textField(change, 'action') !== undefined;
  return isWhole ? { name, type } : undefined;
}

function foldedSets(changes: readonly JsonObject[]): Map<string, SetChange> {
  const sets = new Map<string, SetChange>();
  for (const change of changes) {
    const key = keyOf(change);
    if (key === undefined) continue;
    const { name, type } = key;
    const action = textField(change, 'action');
    const recordSet = objectField(change, 'resourceRecordSet');
    const setId = textField(recordSet, 'setIdentifier') ?? '';
    const id = `${name} ${type} ${setId}`;
    let set = sets.get(id);
    if (set === undefined) {
      set = { name, type, setId, isUpsert: false };
      sets.set(id, set);
    }
    const side = {
      values: valuesOf(recordSet, type),
      ttl: integerField(recordSet, 'tTL'),
      routing: routingOf(recordSet),
    };
    if (action === 'DELETE') set.before = side;
    else set.after = side;
    if (action === 'UPSERT') set.isUpsert = true;
  }
  return sets;
}

function setFields(set: SetChange, isDone: boolean): MappedFields {
  const { before, after } = set;
  const isKnown = isDone && (before !== undefined || !set.isUpsert);
  return {
    event_type: `dns.record.${verbOf(set)}`,
    atom: `${set.name} ${set.type} ${set.setId}`.trimEnd(),
    domain: registrableDomain(set.name) ?? set.name,
    record_name: set.name,
    record_type: set.type,
    old_value: isKnown ? (before?.values ?? null) : undefined,
    old_known: isKnown,
    new_value: after?.values ?? null,
    ttl_old: isDone ? before?.ttl : undefined,
    ttl_new: after?.ttl,
    ...routingChange(set, isDone),
  };
}

function verbOf({ before, after, isUpsert }: SetChange): 'created' | 'updated' | 'deleted' | 'ttl_changed' {
  if (after === undefined) return 'deleted';
  if (before === undefined) return isUpsert ? 'updated' : 'created';
  return sameTexts(before.values, after.values) && before.ttl !== after.ttl ? 'ttl_changed' : 'updated';
}

/** The data and TTL stay, but others are answered with them: a weight, a place, a health check. */
function isRoutingAlone({ before, after }: SetChange): boolean {
  if (before === undefined || after === undefined || before.routing === after.routing) return false;
  return before.ttl === after.ttl && sameTexts(before.values, after.values);
}

function routingChange(set: SetChange, isDone: boolean): Partial<EventDraft> {
  if (!isRoutingAlone(set)) return {};
  return {
    attribute: 'routing',
    old_value: isDone ? set.before?.routing : undefined,
    new_value: set.after?.routing,
  };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

/** What is not name, type, data and TTL of a set decides who gets it. */
const dataMembers: ReadonlySet<string> = new Set([
  'name',
  'type',
  'tTL',
  'resourceRecords',
  'setIdentifier',
  'aliasTarget',
]);

function routingOf(recordSet: JsonObject): string {
  const alias = objectField(recordSet, 'aliasTarget');
  const health = flagField(alias, 'evaluateTargetHealth');
  const policies = Object.entries(recordSet).filter(([name]) => !dataMembers.has(name));
  return [
    ...policies.map(([name, value]) => `${name}=${typeof value === 'string' ? value : canonicalJson(value)}`),
    ...(health === undefined ? [] : [`evaluateTargetHealth=${String(health)}`]),
  ]
    .sort()
    .join(' ');
}

/** Values of a set; an alias, which answers with the addresses of another AWS name, is written `ALIAS <name>`. */
function valuesOf(recordSet: JsonObject, type: string): string[] {
  const alias = textField(objectField(recordSet, 'aliasTarget'), 'dNSName');
  if (alias !== undefined) return [`ALIAS ${canonicalName(octalToDecimalEscapes(alias)) ?? alias}`];
  const values = objectsField(recordSet, 'resourceRecords').map((each) => textField(each, 'value') ?? '');
  return canonicalRecordSet(type, values.map(octalToDecimalEscapes));
}

/** Route 53 writes unusual octets as `\ooo` in octal, zone files write them as `\DDD` in decimal. */
export function octalToDecimalEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => {
    return `\\${String(Number.parseInt(octal, 8)).padStart(3, '0')}`;
  });
}

const zoneTypes: ReadonlyMap<string, string> = new Map([
  ['CreateHostedZone', 'dns.zone.created'],
  ['DeleteHostedZone', 'dns.zone.deleted'],
  ['UpdateHostedZoneComment', 'dns.zone.updated'],
  // A policy writes records of its own making, whose values are in the policy and not in the call.
  ['CreateTrafficPolicyInstance', 'dns.zone.updated'],
  ['UpdateTrafficPolicyInstance', 'dns.zone.updated'],
  ['DeleteTrafficPolicyInstance', 'dns.zone.updated'],
  ['AssociateVPCWithHostedZone', 'dns.zone.updated'],
  ['DisassociateVPCFromHostedZone', 'dns.zone.updated'],
  ['EnableHostedZoneDNSSEC', 'dns.zone.dnssec_enabled'],
  ['DisableHostedZoneDNSSEC', 'dns.zone.dnssec_disabled'],
  ['CreateKeySigningKey', 'dns.zone.key_rolled'],
  ['ActivateKeySigningKey', 'dns.zone.key_rolled'],
  ['DeactivateKeySigningKey', 'dns.zone.key_rolled'],
  ['DeleteKeySigningKey', 'dns.zone.key_rolled'],
  ['DeleteQueryLoggingConfig', 'identity.log.tampered'],
  ['DeleteResolverQueryLogConfig', 'identity.log.tampered'],
  ['DisassociateResolverQueryLogConfig', 'identity.log.tampered'],
]);

/** Zone and Resolver calls; undefined for a call without canonical type. */
export function zoneMapping(call: JsonObject, name: string): MappedFields | undefined {
  const type = zoneTypes.get(name);
  if (type === undefined) return undefined;
  const parameters = objectField(call, 'requestParameters');
  // Only a new zone is named by its name; elsewhere "name" is that of a key or a record.
  const named = name === 'CreateHostedZone' ? (textField(parameters, 'name') ?? '') : '';
  const zone = canonicalName(octalToDecimalEscapes(named));
  const record = name.endsWith('TrafficPolicyInstance') ? recordOf(call, parameters) : undefined;
  const zoneId =
    textField(parameters, 'hostedZoneId') ??
    textField(parameters, 'id') ??
    textField(objectField(objectField(call, 'responseElements'), 'hostedZone'), 'id');
  const config = idField(parameters, 'resolverQueryLogConfigId') ?? idField(parameters, 'id');
  const isLog = type === 'identity.log.tampered';
  return {
    event_type: type,
    atom: isLog ? (config ?? '') : (zoneId ?? zone ?? ''),
    domain: isLog ? undefined : domainOf(zone ?? record),
    record_name: record,
    zone: isLog ? undefined : zone,
    attribute: isLog ? 'query_log' : undefined,
    source:
      zoneId === undefined || isLog ? undefined : { hosted_zone_id: zoneId.replace(/^\/hostedzone\//, '') },
  };
}

/** Name that answers through a traffic policy; only the call that creates it, and its answer, say so. */
function recordOf(call: JsonObject, parameters: JsonObject): string | undefined {
  const instance = objectField(objectField(call, 'responseElements'), 'trafficPolicyInstance');
  return canonicalName(
    octalToDecimalEscapes(textField(parameters, 'name') ?? textField(instance, 'name') ?? ''),
  );
}

function domainOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (registrableDomain(name) ?? name);
}
