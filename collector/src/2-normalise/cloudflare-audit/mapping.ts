/** Cloudflare actions to canonical types. v1 and Logpush name the action; v2 names product and verb. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { loginOf } from '../audit-field.ts';
import { definedFields, flagField, integerField, recordTypeField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { cloudflareCallFacts, productOfPath } from './calls.ts';
import { recordContent } from './record-content.ts';
import type { CloudflareRecord } from './shape.ts';

type MappedFields = Partial<EventDraft> & { event_type: string };
type Mapper = (item: CloudflareRecord) => MappedFields | undefined;

/** The facts of a record, several for a batch; none for an action without canonical type. */
export function cloudflareMapping(item: CloudflareRecord): readonly MappedFields[] {
  if (item.shape === 'v2') {
    const several = cloudflareCallFacts(item, record);
    if (several !== undefined) return several;
  }
  const mapper =
    item.shape === 'v2'
      ? (productMappings.get(item.resourceType ?? '') ?? productMappings.get(productOfPath(item.uri) ?? ''))
      : (recordActions.get(`${item.resourceType?.toLowerCase() ?? ''} ${item.action}`) ??
        actionMappings.get(item.action));
  const mapped = mapper?.(item);
  if (mapped === undefined) return [];
  return (mapped.event_type === 'dns.record.updated' ? movedRecord(item) : undefined) ?? [mapped];
}

/** An update that gives a record another name or type: the one set loses it, the other gets it. Undefined for all others. */
function movedRecord(item: CloudflareRecord): readonly MappedFields[] | undefined {
  if (item.before === undefined || item.after === undefined) return undefined;
  const gone = record('deleted', item);
  const come = record('created', item);
  if (gone === undefined || come === undefined || gone.atom === come.atom) return undefined;
  return [gone, come];
}

/**
 * A record event speaks of one record of a set (`source.scope`). Where the shape has old values their absence means that
 * there was no such record; v2 has none, so there the old value is unknown.
 */
function record(verb: 'created' | 'updated' | 'deleted', item: CloudflareRecord): MappedFields | undefined {
  const before = verb === 'created' ? undefined : item.before;
  const after = verb === 'deleted' ? undefined : item.after;
  const described = after ?? before ?? item.after;
  const type = described === undefined ? undefined : recordTypeField(described, 'type');
  if (described === undefined || type === undefined) return undefined;
  const zone = canonicalName(item.zone ?? textField(described, 'zone_name') ?? '');
  const name = recordName(textField(described, 'name'), zone);
  // A creation that was refused may have met a record that is there.
  const isOldKnown =
    item.shape !== 'v2' && (verb === 'created' ? item.result !== false : before !== undefined);
  const proxied = described['proxied'];
  const isTtlAlone = verb === 'updated' && isOldKnown && isTtlChange(before, after, type);
  return {
    event_type: isTtlAlone ? 'dns.record.ttl_changed' : `dns.record.${verb}`,
    atom: `${name ?? ''} ${type}`,
    domain: zone === undefined ? registrableDomain(name ?? '') : (registrableDomain(zone) ?? zone),
    zone,
    record_name: name,
    record_type: type,
    old_value: isOldKnown ? valueOf(before, type) : undefined,
    old_known: isOldKnown,
    new_value: verb === 'deleted' ? null : (valueOf(after, type) ?? undefined),
    ttl_old: ttlOf(before),
    ttl_new: ttlOf(after),
    ...proxyChange(before, after, type),
    source: definedFields({ scope: 'record', record_id: textField(described, 'id'), proxied }),
  };
}

/** The API takes names relative to the zone, and "@" for the zone itself. */
function recordName(text: string | undefined, zone: string | undefined): string | undefined {
  const name = text === '@' ? zone : canonicalName(text ?? '');
  if (name === undefined || zone === undefined || name === zone || name.endsWith(`.${zone}`)) return name;
  return canonicalName(`${name}.${zone}`);
}

/** A v2 item of one record: the answer has the whole record, a change names only what it sets, a deletion only the id. */
function answeredRecord(
  verb: 'created' | 'updated' | 'deleted',
  item: CloudflareRecord,
): MappedFields | undefined {
  const whole = { ...item.after, ...item.answered };
  const mapped = record(verb, { ...item, after: whole });
  if (mapped !== undefined || verb !== 'deleted') return mapped;
  const zone = canonicalName(item.zone ?? '');
  const id = textField(whole, 'id') ?? item.resourceId;
  return {
    event_type: 'dns.record.deleted',
    atom: id ?? '',
    domain: zone === undefined ? undefined : (registrableDomain(zone) ?? zone),
    zone,
    new_value: null,
    old_known: false,
    source: definedFields({ scope: 'record', record_id: id }),
  };
}

function valueOf(data: JsonObject | undefined, type: string): string[] | null {
  const content = data === undefined ? undefined : recordContent(data, type);
  return content === undefined ? null : [content];
}

/** Where only the proxy was switched the data is the same, but not what the world is answered. */
function proxyChange(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  type: string,
): Partial<EventDraft> {
  const from = before === undefined ? undefined : flagField(before, 'proxied');
  const to = after === undefined ? undefined : flagField(after, 'proxied');
  if (from === undefined || to === undefined || from === to) return {};
  if (canonicalJson(valueOf(before, type)) !== canonicalJson(valueOf(after, type))) return {};
  return { attribute: 'proxied', old_value: from, new_value: to, old_known: true };
}

/** The same data for another time, answered by the same server. */
function isTtlChange(before: JsonObject | undefined, after: JsonObject | undefined, type: string): boolean {
  if (before === undefined || after === undefined) return false;
  if (integerField(before, 'ttl') === integerField(after, 'ttl')) return false;
  if (flagField(before, 'proxied') !== flagField(after, 'proxied')) return false;
  return canonicalJson(valueOf(before, type)) === canonicalJson(valueOf(after, type));
}

/** TTL 1 means "automatic", which is no number of seconds. */
function ttlOf(data: JsonObject | undefined): number | undefined {
  const ttl = data === undefined ? undefined : integerField(data, 'ttl');
  return ttl === undefined || ttl === 1 ? undefined : ttl;
}

/** `add` and `delete` are used for many resources; with a zone name they are about the zone itself. */
function zone(verb: 'created' | 'deleted'): Mapper {
  return (item) => {
    // Below a zone's own path stand things that belong to it, such as holds.
    if (item.uri !== undefined && !/\/zones(?:\/[^/]+)?\/?(?:\?.*)?$/.test(item.uri)) return undefined;
    const isZone = item.resourceType === undefined || /^(?:zones?|account)$/i.test(item.resourceType);
    const name = item.zone ?? textField(item.after ?? {}, 'name') ?? textField(item.before ?? {}, 'name');
    const canonical = isZone && name !== undefined ? canonicalName(name) : undefined;
    if (canonical === undefined) return undefined;
    return {
      event_type: `dns.zone.${verb}`,
      domain: registrableDomain(canonical) ?? canonical,
      zone: canonical,
    };
  };
}

/** Values of the setting, as switch and as the states of the API; one that is not here says neither. */
const dnssecStates: ReadonlyMap<string, 'enabled' | 'disabled'> = new Map([
  ['true', 'enabled'],
  ['on', 'enabled'],
  ['active', 'enabled'],
  ['enabled', 'enabled'],
  ['pending', 'enabled'],
  ['false', 'disabled'],
  ['off', 'disabled'],
  ['disabled', 'disabled'],
  ['pending-disabled', 'disabled'],
]);

function setting(item: CloudflareRecord): MappedFields {
  const name = textField(item.metadata, 'name') ?? 'setting';
  const value = item.metadata['value'] ?? item.afterText;
  const state =
    name.toLowerCase() === 'dnssec' ? dnssecStates.get(String(scalarOf(value)).toLowerCase()) : undefined;
  if (state !== undefined) return { event_type: `dns.zone.dnssec_${state}` };
  return edge(`setting.${name}`, item.beforeText, value);
}

function edge(attribute: string, before: unknown, after: unknown): MappedFields {
  return {
    event_type: 'dns.provider.edge_config_changed',
    atom: attribute,
    attribute,
    old_value: before === undefined ? undefined : scalarOf(before),
    old_known: before !== undefined,
    new_value: scalarOf(after),
  };
}

function scalarOf(value: unknown): string | number | boolean | null | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return canonicalJson(value);
}

function token(type: 'api_token_created' | 'api_token_revoked'): Mapper {
  return (item) => {
    const id = textField(item.metadata, 'token_tag') ?? textField(item.after ?? {}, 'id');
    return {
      event_type: `dns.provider.${type}`,
      atom: id ?? '',
      attribute: 'api_token',
      token_id: id,
      source: definedFields({ token_name: textField(item.metadata, 'token_name') }),
    };
  };
}

/** A new value for a token is a new token. */
function rolledToken(item: CloudflareRecord): MappedFields | undefined {
  return item.uri?.split('?', 1)[0]?.endsWith('/value') === true
    ? token('api_token_created')(item)
    : undefined;
}

function member(type: 'member_added' | 'member_removed'): Mapper {
  return (item) => {
    const user = loginOf(textField(item.after ?? {}, 'email') ?? textField(item.metadata, 'member_email'));
    return {
      event_type: `dns.provider.${type}`,
      attribute: 'members',
      ...(user === undefined ? {} : { identity: { target_user: user } }),
    };
  };
}

/** Switching a log delivery job off blinds whoever reads the log. */
function logJob(item: CloudflareRecord): MappedFields | undefined {
  const isOff = item.action.endsWith('delete') || flagField(item.after ?? {}, 'enabled') === false;
  return isOff ? { event_type: 'identity.log.tampered', attribute: 'logpush_job' } : undefined;
}

const recordVerbs = {
  create: 'created',
  add: 'created',
  update: 'updated',
  edit: 'updated',
  delete: 'deleted',
} as const;

/** Generic verbs on a record resource, as some interfaces log them. */
const recordActions: ReadonlyMap<string, Mapper> = new Map(
  Object.entries(recordVerbs).flatMap(([verb, word]) =>
    ['dns_record', 'dns_records', 'dns.record'].map((type): [string, Mapper] => [
      `${type} ${verb}`,
      (item) => record(word, item),
    ]),
  ),
);

const actionMappings: ReadonlyMap<string, Mapper> = new Map<string, Mapper>([
  ['rec_add', (item) => record('created', item)],
  ['rec_set', (item) => record('updated', item)],
  ['rec_del', (item) => record('deleted', item)],
  ['add', zone('created')],
  ['delete', zone('deleted')],
  ['change_setting', setting],
  ['tls_settings_deployed', (item) => edge('tls_settings', item.before, item.after)],
  ['login', login],
  ['token_create', token('api_token_created')],
  ['token_roll', token('api_token_created')],
  ['token_revoke', token('api_token_revoked')],
  ['API_key_created', token('api_token_created')],
  ['rotate_API_key', token('api_token_created')],
  ['API_key_view', () => ({ event_type: 'identity.token.viewed', attribute: 'api_key' })],
  ['member_add', member('member_added')],
  ['member_remove', member('member_removed')],
  ['job_update', logJob],
  ['job_delete', logJob],
]);

function login(item: CloudflareRecord): MappedFields {
  return {
    event_type: item.result === false ? 'identity.session.login_failed' : 'identity.session.login_succeeded',
    identity: definedFields({ target_user: item.actorEmail, app: 'cloudflare' }),
  };
}

function byVerb(mappers: Readonly<Record<string, Mapper>>): Mapper {
  return (item) => (Object.hasOwn(mappers, item.action) ? mappers[item.action]?.(item) : undefined);
}

function edgeProduct(item: CloudflareRecord): MappedFields | undefined {
  if (item.action === 'view') return undefined;
  return edge(`edge.${item.resourceType ?? ''}`, undefined, item.after);
}

const productMappings: ReadonlyMap<string, Mapper> = new Map<string, Mapper>([
  [
    'dns_records',
    byVerb({
      create: (item) => answeredRecord('created', item),
      update: (item) => answeredRecord('updated', item),
      delete: (item) => answeredRecord('deleted', item),
    }),
  ],
  ['zones', byVerb({ create: zone('created'), delete: zone('deleted') })],
  ['members', byVerb({ create: member('member_added'), delete: member('member_removed') })],
  [
    'tokens',
    byVerb({ create: token('api_token_created'), update: rolledToken, delete: token('api_token_revoked') }),
  ],
  [
    'user_tokens',
    byVerb({ create: token('api_token_created'), update: rolledToken, delete: token('api_token_revoked') }),
  ],
  ['logpush', byVerb({ update: logJob, delete: logJob })],
  ['workers', edgeProduct],
  ['page_rules', edgeProduct],
  ['rulesets', edgeProduct],
  ['zone_settings', edgeProduct],
  ['ssl', edgeProduct],
]);
