/** The part of an RDAP domain object (RFC 9083) that can change hands, in canonical form, free of what moves by itself. */
import type { EventValue } from '../../contract/event.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import {
  asObject,
  idField,
  listField,
  objectField,
  objectsField,
  textField,
  textsField,
} from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

/**
 * State of a domain at one look. `attributes` are keyed by canonical attribute name (`statuses`, `nameservers`, `ds`,
 * `registrar`, `expiry`, `nameserver_addresses`, `contact.<role>`); an absent one was not said, which is not "empty".
 */
export interface RdapState {
  readonly domain: string;
  readonly attributes: ReadonlyMap<string, EventValue>;
  /** Name of the registrar for people; absent when only its number is given. */
  readonly registrarName?: string;
  /** When the server says its data was last refreshed, RFC 3339; moves at every look and is never a change. */
  readonly databaseAt?: string;
  readonly handle?: string;
}

/** Reads a domain object. Fails for other object classes and for names that are none. */
export function rdapStateOf(body: JsonObject): Outcome<RdapState> {
  const kind = textField(body, 'objectClassName');
  if (kind !== undefined && kind !== 'domain')
    return failed(
      'unsupported_format',
      `expected an RDAP domain object, got "${kind.slice(0, 40)}"`,
      '/objectClassName',
    );
  const native = textField(body, 'ldhName') ?? textField(body, 'unicodeName');
  if (native === undefined) return failed('missing_field', 'expected the domain in "ldhName"', '/ldhName');
  const name = canonicalName(native);
  if (name === undefined)
    return failed('bad_domain_name', `"${native.slice(0, 80)}" is not a DNS name`, '/ldhName');
  const attributes = new Map<string, EventValue>();
  const statuses = wordsOf(body, 'status');
  if (statuses !== undefined) attributes.set('statuses', statusesOf(statuses));
  addNameServers(body, attributes);
  addDelegationSigner(body, attributes);
  const registrar = objectsField(body, 'entities').find((entity) => rolesOf(entity).includes('registrar'));
  const registrarId = registrar === undefined ? undefined : registrarIdOf(registrar);
  if (registrarId !== undefined) attributes.set('registrar', registrarId);
  const expiry = eventDate(body, 'expiration');
  if (expiry !== undefined) attributes.set('expiry', expiry);
  addContacts(body, attributes);
  return succeeded({
    domain: name,
    attributes,
    registrarName: registrar === undefined ? undefined : vcardValue(registrar, 'fn'),
    databaseAt: eventDate(body, 'last update of RDAP database'),
    handle: textField(body, 'handle'),
  });
}

/** Texts of a list; some servers write a list of one as its member. Undefined when neither. */
function wordsOf(object: JsonObject, key: string): string[] | undefined {
  const one = textField(object, key);
  if (one !== undefined) return [one];
  return Array.isArray(object[key]) ? textsField(object, key) : undefined;
}

/** Roles in lower case, as RFC 9083 writes them. */
function rolesOf(entity: JsonObject): readonly string[] {
  return (wordsOf(entity, 'roles') ?? []).map((role) => role.toLowerCase());
}

/** RDAP words whose EPP status (RFC 8056) is not the same words joined. */
const eppStatuses: ReadonlyMap<string, string> = new Map([
  ['active', 'ok'],
  ['associated', 'linked'],
]);

const statusesMax = 256;
/** Answers so far, of short words only: registries have a few dozen. A cache. */
const statusByWords = new Map<string, string>();

/** EPP status of an RDAP status: words joined in camel case, so that registry-specific ones keep a stable name too. */
export function eppStatusOf(status: string): string {
  const known = statusByWords.get(status);
  if (known !== undefined) return known;
  const found = joinedStatus(status);
  if (status.length <= 64 && statusByWords.size < statusesMax) statusByWords.set(status, found);
  return found;
}

function joinedStatus(status: string): string {
  // As in WHOIS, some servers put the address of an explanation behind the word.
  const [text = ''] = status.trim().split(/\s+https?:/, 1);
  const words = text.toLowerCase().split(/[\s_-]+/);
  if (words.length === 1 && /[A-Z]/.test(text.slice(1))) return text;
  const joined = words.join(' ');
  return eppStatuses.get(joined) ?? words.map((word, i) => (i === 0 ? word : upperFirst(word))).join('');
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function statusesOf(statuses: readonly string[]): string[] {
  return [...new Set(statuses.map(eppStatusOf))].sort();
}

function addNameServers(body: JsonObject, attributes: Map<string, EventValue>): void {
  if (!Array.isArray(body['nameservers'])) return;
  const names: string[] = [];
  const addresses: string[] = [];
  for (const server of objectsField(body, 'nameservers')) {
    const name = canonicalName(textField(server, 'ldhName') ?? textField(server, 'unicodeName') ?? '');
    if (name === undefined) continue;
    names.push(name);
    const ips = objectField(server, 'ipAddresses');
    for (const ip of [...textsField(ips, 'v4'), ...textsField(ips, 'v6')]) {
      const address = canonicalIp(ip);
      if (address !== undefined) addresses.push(`${name} ${address}`);
    }
  }
  attributes.set('nameservers', canonicalRecordSet('NS', names));
  if (addresses.length > 0) attributes.set('nameserver_addresses', [...new Set(addresses)].sort());
}

function addDelegationSigner(body: JsonObject, attributes: Map<string, EventValue>): void {
  const secure = objectField(body, 'secureDNS');
  const records = objectsField(secure, 'dsData').flatMap((ds) => {
    const parts = ['keyTag', 'algorithm', 'digestType', 'digest'].map((key) => idField(ds, key));
    return parts.includes(undefined) ? [] : [parts.join(' ')];
  });
  if (records.length > 0) attributes.set('ds', canonicalRecordSet('DS', records));
  else if (secure['delegationSigned'] === false || secure['delegationSigned'] === 'false')
    attributes.set('ds', []);
}

function registrarIdOf(registrar: JsonObject): string | undefined {
  const single = asObject(registrar['publicIds']);
  for (const id of single === undefined ? objectsField(registrar, 'publicIds') : [single])
    if (textField(id, 'type')?.toLowerCase().replaceAll(' ', '') === 'ianaregistrarid')
      return idField(id, 'identifier');
  return textField(registrar, 'handle') ?? vcardValue(registrar, 'fn');
}

/** Date of an event; dates after year 9999, which some registries use for "never", count as not given. */
function eventDate(body: JsonObject, action: string): string | undefined {
  for (const event of objectsField(body, 'events')) {
    if (textField(event, 'eventAction')?.toLowerCase() !== action.toLowerCase()) continue;
    const text = textField(event, 'eventDate')?.trim() ?? '';
    // RFC 3339 has a zone always; servers that leave it out mean UTC.
    const instant = parseInstant(text) ?? parseInstant(`${text}Z`);
    if (instant !== undefined) return formatInstant(instant.ms);
  }
  return undefined;
}

const contactRoles: ReadonlyMap<string, string> = new Map([
  ['registrant', 'registrant'],
  ['administrative', 'admin'],
  ['technical', 'tech'],
  ['billing', 'billing'],
]);

function addContacts(body: JsonObject, attributes: Map<string, EventValue>): void {
  for (const entity of objectsField(body, 'entities')) {
    const values: string[] = [];
    const add = (field: string, value: string | undefined): void => {
      if (value !== undefined) values.push(`${field}=${value}`);
    };
    add('country', vcardCountry(entity));
    add('email', vcardValue(entity, 'email'));
    add('handle', textField(entity, 'handle'));
    add('name', vcardValue(entity, 'fn'));
    add('organisation', vcardValue(entity, 'org'));
    add('phone', vcardValue(entity, 'tel')?.replace(/^tel:/i, ''));
    if (values.length === 0) continue;
    for (const role of rolesOf(entity)) {
      const contact = contactRoles.get(role);
      if (contact !== undefined) attributes.set(`contact.${contact}`, values.toSorted());
    }
  }
}

/** Text of a jCard property (RFC 7095): fourth element; its parameters may be an object or, wrongly, an array. */
function vcardValue(entity: JsonObject, property: string): string | undefined {
  for (const item of listField({ items: listField(entity, 'vcardArray')[1] }, 'items')) {
    if (!Array.isArray(item) || item[0] !== property) continue;
    const value: unknown = Array.isArray(item[3]) ? (item[3] as unknown[])[0] : item[3];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

function vcardCountry(entity: JsonObject): string | undefined {
  for (const item of listField({ items: listField(entity, 'vcardArray')[1] }, 'items')) {
    if (!Array.isArray(item) || item[0] !== 'adr') continue;
    const parts = item[3] as unknown;
    const last: unknown = Array.isArray(parts) ? parts[6] : undefined;
    if (typeof last === 'string' && last !== '') return last;
  }
  return undefined;
}
