/** Messages of FRED registries (fred.nic.cz, "Poll message types"): elements of their own, inside the message's text element. */
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { stateFacts } from './change-poll.ts';
import { element, elementText } from './frame.ts';
import { canonicalInstant } from './message-fact.ts';
import type { MessageFact } from './message-fact.ts';
import type { Payload } from './payload.ts';
import { statusType } from './status.ts';

/** Facts of a FRED message about a domain or the credit; empty for everything else, host and key sets included. */
export function fredFacts({ data, message, kinds }: Payload): MessageFact[] {
  const about = (name: string): JsonObject | undefined => element(message, name) ?? element(data, name);
  const credit = about('lowCreditData');
  if (credit !== undefined) return [lowCredit(credit)];
  for (const [name, type] of lifeCycle) {
    const found = about(name);
    if (found !== undefined) return [lifeCycleFact(type, found)];
  }
  const transfer = element(message, 'trnData');
  if (transfer !== undefined && kinds.get('trnData') === 'domain') return [transferFact(transfer)];
  const update = about('updateData');
  return update === undefined || kinds.get('updateData') !== 'domain' ? [] : updateFacts(update);
}

const lifeCycle: readonly (readonly [element: string, type: string])[] = [
  ['impendingExpData', 'expiry_approaching'],
  ['expData', 'expired'],
  ['dnsOutageData', 'hold_applied'],
  ['delData', 'deleted'],
];

function lifeCycleFact(type: string, found: JsonObject): MessageFact {
  const expiry = canonicalInstant(elementText(found, 'exDate'));
  return {
    event_type: `registrar.domain.${type}`,
    name: elementText(found, 'name'),
    ...(expiry === undefined || type === 'deleted'
      ? {}
      : { attribute: 'expiry', new_value: expiry, old_known: false }),
  };
}

function lowCredit(credit: JsonObject): MessageFact {
  const left = element(credit, 'credit') ?? {};
  return {
    event_type: 'registrar.account.balance_low',
    source: definedFields({ zone: elementText(credit, 'zone'), credit: elementText(left, 'credit') }),
  };
}

/** Told to the losing registrar when it is over; the losing one is whoever reads it, and is not named. */
function transferFact(transfer: JsonObject): MessageFact {
  const gaining = elementText(transfer, 'clID');
  return {
    event_type: 'registrar.domain.transfer_completed',
    name: elementText(transfer, 'name'),
    at: elementText(transfer, 'trDate'),
    attribute: 'registrar',
    new_value: gaining,
    old_known: false,
    registrar: gaining,
  };
}

/** The object before and after a change that the registry made: one fact for everything that differs. */
function updateFacts(update: JsonObject): MessageFact[] {
  const before = infoOf(update, 'oldData');
  const after = infoOf(update, 'newData');
  const name = elementText(after, 'name') ?? elementText(before, 'name');
  const old = valuesOf(before);
  return [...valuesOf(after)].flatMap(([attribute, value]) => {
    const was = old.get(attribute);
    if (was === undefined || JSON.stringify(was) === JSON.stringify(value)) return [];
    return typesOf(attribute, was, value).map((type) => ({
      event_type: `registrar.domain.${type}`,
      name,
      attribute,
      old_value: was,
      old_known: true,
      new_value: value,
      source: definedFields({ transaction: elementText(update, 'opTRID') }),
    }));
  });
}

function infoOf(update: JsonObject, side: string): JsonObject {
  return element(element(update, side) ?? {}, 'infData') ?? {};
}

type Value = string | string[];

/** Attributes of one side, and the handles of its host set and key set, which stand for delegation and DS. */
function valuesOf(info: JsonObject): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { attribute, new_value: value } of stateFacts(info, {}))
    if (attribute !== undefined && (typeof value === 'string' || Array.isArray(value)))
      values.set(attribute, value);
  for (const handle of ['nsset', 'keyset'] as const) values.set(handle, elementText(info, handle) ?? '');
  return values;
}

function typesOf(attribute: string, before: Value, after: Value): string[] {
  if (attribute === 'statuses' && Array.isArray(before) && Array.isArray(after)) {
    // "ok" stands where no other status does (RFC 5731 section 2.3): it comes and goes with them.
    const named = (each: string): boolean => each !== 'ok';
    const came = after.filter((each) => named(each) && !before.includes(each));
    const went = before.filter((each) => named(each) && !after.includes(each));
    return [
      ...new Set([
        ...came.map((each) => statusType(each, true)),
        ...went.map((each) => statusType(each, false)),
      ]),
    ];
  }
  return [attributeTypes.get(attribute) ?? 'state_observed'];
}

const attributeTypes: ReadonlyMap<string, string> = new Map([
  ['nsset', 'nameservers_changed'],
  ['keyset', 'ds_changed'],
  ['registrar', 'transfer_completed'],
  ['expiry', 'renewed'],
  ['contact.registrant', 'contact_changed'],
]);
