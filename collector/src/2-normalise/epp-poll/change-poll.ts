/** Change poll extension (RFC 8590): the registry tells what it changed by itself, with the object after (or before) it. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant } from '../../leaf/time.ts';
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementList, elementText, elementTexts } from './frame.ts';
import { canonicalInstant, eppInstant, nameServersOf } from './message-fact.ts';
import { transferFacts } from './transfer.ts';
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

const purges: ReadonlySet<string> = new Set(['autoPurge']);
const deletions: ReadonlySet<string> = new Set(['delete', 'autoDelete', 'autoPurge']);

/**
 * Facts of a changePoll message. An update without DS data tells the state after it, attribute by attribute; a message of
 * the state before tells what stood until the operation, except where nothing is left to be told of after it.
 */
export function changePollFacts(changed: JsonObject, payload: Payload): MessageFact[] {
  const { data, extension, kinds } = payload;
  const [object = 'infData'] = ['infData', 'trnData', 'renData', 'creData'].filter(
    (each) => element(data, each) !== undefined,
  );
  const info = element(data, object) ?? {};
  const kind = kinds.get(object) ?? 'domain';
  const { operation, subOperation } = operationOf(changed);
  const isPurge = purges.has(operation) || subOperation === 'purge';
  const isGone = kind === 'host' ? deletions.has(operation) || isPurge : isPurge;
  const isBefore = changed['@state'] === 'before' && !isGone;
  const common = commonOf(changed, info, isBefore);
  if (kind === 'contact')
    return contactFacts(info, operation).map((fact) => ({ ...common, ...fact, ...stateTypeIf(isBefore) }));
  if (common.name === undefined) return [];
  if (kind === 'host')
    return glueFacts(info).map((fact) => ({
      ...common,
      ...fact,
      ...(isGone ? removedGlue(changed, fact) : stateTypeIf(isBefore)),
    }));
  if (isBefore) return stateFacts(info, extension).map((fact) => ({ ...common, ...fact }));
  const type = isPurge ? 'deleted' : operationTypes.get(operation);
  // A transfer tells by its status how far it is; only where there is none the operation itself is the news.
  if (type === 'transfer_completed' && elementText(info, 'trStatus') !== undefined)
    return transferFacts(info).map((fact) => ({
      ...common,
      ...fact,
      at: common.at,
      source: { ...common.source, ...fact.source },
    }));
  if (type !== undefined)
    return [{ ...common, event_type: `registrar.domain.${type}`, ...changedAttribute(type, info) }];
  const { reason = '', who = '' } = common.source as Record<string, string | undefined>;
  // An update of anything else carries the DS it left alone; only the words say that they are what changed.
  if (!/dnssec|\bds\b|cds/i.test(`${reason} ${who}`))
    return stateFacts(info, extension).map((fact) => ({ ...common, ...fact }));
  const secure = element(extension, 'infData');
  const signers = secure === undefined ? [] : dsOf(secure);
  const keys = secure === undefined || signers.length > 0 ? [] : keysOf(secure);
  return [
    keys.length > 0
      ? { ...common, ...signerChange(keys, reason), attribute: 'dnskey' }
      : { ...common, ...signerChange(signers, reason) },
  ];
}

/** The operation, and the attribute that names a part of it or, for `custom`, the whole (RFC 8590 section 2.1). */
function operationOf(changed: JsonObject): { operation: string; subOperation: string | undefined } {
  const detail = element(changed, 'operation')?.['@op'];
  return {
    operation: elementText(changed, 'operation') ?? '',
    subOperation: typeof detail === 'string' ? detail : undefined,
  };
}

/** What all facts of the message share. Both messages of one operation carry its server transaction id. */
function commonOf(changed: JsonObject, info: JsonObject, isBefore: boolean): Partial<MessageFact> {
  const { operation, subOperation } = operationOf(changed);
  const who = elementText(changed, 'who');
  const at = elementText(changed, 'date');
  const transaction = elementText(changed, 'svTRID');
  return {
    name: elementText(info, 'name'),
    // The state before ended with the operation; at the same instant both states would have no order.
    at: isBefore ? instantBefore(at) : at,
    ...(who === undefined
      ? {}
      : {
          actor_id: `epp:${who}`.slice(0, 512),
          actor_type: 'registry' as const,
          actor_origin: 'registry' as const,
        }),
    ...(transaction === undefined ? {} : { transaction_id: `epp-${transaction}` }),
    change_request_id: elementText(changed, 'caseId'),
    source: definedFields({
      operation,
      sub_operation: subOperation,
      reason: elementText(changed, 'reason'),
      who,
      state: changed['@state'] === 'before' ? 'before' : 'after',
      case_type: caseTypeOf(changed),
      transaction,
    }),
  };
}

/** `udrp`, `urs`, or the name that a registry gives to a procedure of its own. */
function caseTypeOf(changed: JsonObject): string | undefined {
  const dispute = element(changed, 'caseId');
  const type = dispute?.['@type'];
  const name = dispute?.['@name'];
  if (type === 'custom' && typeof name === 'string') return name;
  return typeof type === 'string' ? type : undefined;
}

function instantBefore(text: string | undefined): string | undefined {
  const instant = text === undefined ? undefined : eppInstant(text);
  return instant === undefined ? undefined : formatInstant(instant.ms - 1);
}

function stateTypeIf(isBefore: boolean): { event_type?: string } {
  return isBefore ? { event_type: 'registrar.domain.state_observed' } : {};
}

/** A host that is gone has no addresses; the message about the state before it tells which ones it had. */
function removedGlue(changed: JsonObject, { new_value: addresses }: MessageFact): Partial<MessageFact> {
  return changed['@state'] === 'before'
    ? { old_value: addresses, old_known: true, new_value: [] }
    : { new_value: [] };
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
export function contactFacts(info: JsonObject, operation: string): MessageFact[] {
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
  const signers = dsOf(element(extension, 'infData') ?? {});
  add('ds', signers.length === 0 ? undefined : signers);
  const registrant = elementText(info, 'registrant');
  add('contact.registrant', registrant === undefined ? undefined : [`handle=${registrant}`]);
  return facts;
}

/** Name servers as host objects or, where the registry has none, as host attributes (RFC 5731 section 1.1). */
function hostsOf(servers: JsonObject): string[] {
  const attributes = elementList(servers, 'hostAttr').flatMap((each) => elementText(each, 'hostName') ?? []);
  return [...elementTexts(servers, 'hostObj'), ...attributes];
}
