/** Change poll extension (RFC 8590): the registry tells what it changed by itself, with the object after (or before) it. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementList, elementText, elementTexts } from './frame.ts';
import { canonicalInstant, nameServersOf } from './message-fact.ts';
import type { MessageFact } from './message-fact.ts';
import type { Payload } from './payload.ts';

const operationTypes: ReadonlyMap<string, string> = new Map([
  ['create', 'registered'],
  ['delete', 'deleted'],
  ['autoDelete', 'deleted'],
  ['autoPurge', 'deleted'],
  ['renew', 'renewed'],
  ['autoRenew', 'renewed'],
  ['transfer', 'transfer_completed'],
  ['restore', 'restored'],
]);

/** Facts of a changePoll message. An update without DS data tells the state after it, attribute by attribute. */
export function changePollFacts(changed: JsonObject, { data, extension, kinds }: Payload): MessageFact[] {
  const [object = 'infData'] = ['infData', 'trnData', 'renData', 'creData'].filter(
    (each) => element(data, each) !== undefined,
  );
  const info = element(data, object) ?? {};
  const kind = kinds.get(object) ?? 'domain';
  const operation = elementText(changed, 'operation') ?? '';
  const reason = elementText(changed, 'reason');
  const who = elementText(changed, 'who');
  const isBefore = changed['@state'] === 'before';
  const common = {
    name: elementText(info, 'name'),
    at: elementText(changed, 'date'),
    ...(who === undefined
      ? {}
      : {
          actor_id: `epp:${who}`.slice(0, 512),
          actor_type: 'registry' as const,
          actor_origin: 'registry' as const,
        }),
    change_request_id: elementText(changed, 'caseId'),
    source: definedFields({ operation, reason, who, state: isBefore ? 'before' : 'after' }),
  };
  if (kind === 'contact') return contactFacts(info, operation).map((fact) => ({ ...common, ...fact }));
  if (common.name === undefined) return [];
  if (kind === 'host') {
    const [fact] = glueFacts(info);
    if (fact === undefined) return [];
    const gone = operation === 'delete' || operation === 'autoDelete' || operation === 'autoPurge';
    return [{ ...common, ...fact, ...(gone && !isBefore ? { new_value: [] } : {}) }];
  }
  const type = operationTypes.get(operation);
  if (type !== undefined && !isBefore)
    return [
      {
        ...common,
        event_type: `registrar.domain.${type}`,
        ...changedAttribute(type, info),
      },
    ];
  const secure = element(extension, 'infData');
  const signers = secure === undefined ? [] : dsOf(secure);
  const keys = secure === undefined || signers.length > 0 ? [] : keysOf(secure);
  if (!isBefore && keys.length > 0)
    return [{ ...common, ...signerChange(keys, reason ?? ''), attribute: 'dnskey' }];
  if (!isBefore && (signers.length > 0 || /dnssec|\bds\b|cds/i.test(`${reason ?? ''} ${who ?? ''}`)))
    return [{ ...common, ...signerChange(signers, reason ?? '') }];
  return stateFacts(info, extension).map((fact) => ({ ...common, ...fact }));
}

/** What an operation sets: a transfer the registrar, a deletion nothing, everything else the date of expiry. */
function changedAttribute(type: string, info: JsonObject): Partial<EventDraft> {
  if (type === 'deleted') return {};
  const registrar = elementText(info, 'clID') ?? elementText(info, 'reID');
  if (type === 'transfer_completed')
    return { attribute: 'registrar', new_value: registrar, old_known: false, registrar };
  const expiry = canonicalInstant(elementText(info, 'exDate'));
  return expiry === undefined ? {} : { attribute: 'expiry', new_value: expiry, old_known: false };
}

/** Which domains use a contact is not said, so its change names none. */
function contactFacts(info: JsonObject, operation: string): MessageFact[] {
  const id = elementText(info, 'id');
  if (id === undefined || operation !== 'update') return [];
  return [
    {
      event_type: 'registrar.domain.contact_changed',
      attribute: `contact.${id}`.slice(0, 512),
      new_value: contactValues(id, info),
      old_known: false,
    },
  ];
}

function contactValues(id: string, info: JsonObject): string[] {
  const postal = element(info, 'postalInfo') ?? {};
  const values = [
    ['handle', id],
    ['email', elementText(info, 'email')],
    ['name', elementText(postal, 'name')],
    ['organisation', elementText(postal, 'org')],
    ['phone', elementText(info, 'voice')],
  ].flatMap(([field, value]) => (value === undefined ? [] : [`${field}=${value}`]));
  return values.toSorted();
}

/** Addresses of a host (RFC 5732) as the glue of its domain. */
export function glueFacts(info: JsonObject): MessageFact[] {
  const host = canonicalName(elementText(info, 'name') ?? '');
  if (host === undefined) return [];
  const addresses = elementTexts(info, 'addr').flatMap((each) => canonicalIp(each) ?? []);
  return [
    {
      event_type: 'registrar.domain.glue_changed',
      name: registrableDomain(host) ?? host,
      record_name: host,
      attribute: 'glue',
      new_value: [...new Set(addresses)].sort(),
      old_known: false,
    },
  ];
}

/** Keys (RFC 5910 key data interface) in presentation form. */
function keysOf(secure: JsonObject): string[] {
  const records = elementList(secure, 'keyData').map((each) =>
    ['flags', 'protocol', 'alg', 'pubKey'].map((part) => elementText(each, part) ?? '').join(' '),
  );
  return canonicalRecordSet('DNSKEY', records);
}

function dsOf(secure: JsonObject): string[] {
  const records = elementList(secure, 'dsData').map((ds) =>
    ['keyTag', 'alg', 'digestType', 'digest'].map((part) => elementText(ds, part) ?? '').join(' '),
  );
  return canonicalRecordSet('DS', records);
}

/** Old DS are not in the message: "initialized" and an empty set tell the direction, anything else is a replacement. */
function signerChange(signers: string[], reason: string): Partial<EventDraft> & { event_type: string } {
  const type =
    signers.length === 0
      ? 'ds_removed'
      : /initiali[sz]ed|bootstrap/i.test(reason)
        ? 'ds_added'
        : 'ds_changed';
  return { event_type: `registrar.domain.${type}`, attribute: 'ds', new_value: signers, old_known: false };
}

/** One fact per attribute of a domain's state, grace periods (RFC 3915) among the statuses. */
export function stateFacts(info: JsonObject, extension: JsonObject): MessageFact[] {
  const facts: MessageFact[] = [];
  const add = (attribute: string, value: string | string[] | undefined): void => {
    if (value !== undefined)
      facts.push({
        event_type: 'registrar.domain.state_observed',
        attribute,
        new_value: value,
        old_known: false,
      });
  };
  const grace = elementList(element(extension, 'infData') ?? element(extension, 'upData') ?? {}, 'rgpStatus');
  const statuses = [...elementList(info, 'status'), ...grace].flatMap((each) =>
    typeof each['@s'] === 'string' ? [each['@s']] : [],
  );
  add('statuses', statuses.length === 0 ? undefined : [...new Set(statuses)].sort());
  const servers = element(info, 'ns');
  add('nameservers', servers === undefined ? undefined : nameServersOf(hostsOf(servers)));
  add('registrar', elementText(info, 'clID'));
  add('expiry', canonicalInstant(elementText(info, 'exDate')));
  const registrant = elementText(info, 'registrant');
  add('contact.registrant', registrant === undefined ? undefined : [`handle=${registrant}`]);
  return facts;
}

/** Name servers as host objects or, where the registry has none, as host attributes (RFC 5731 section 1.1). */
function hostsOf(servers: JsonObject): string[] {
  const attributes = elementList(servers, 'hostAttr').flatMap((each) => elementText(each, 'hostName') ?? []);
  return [...elementTexts(servers, 'hostObj'), ...attributes];
}
