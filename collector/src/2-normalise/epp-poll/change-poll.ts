/** Change poll extension (RFC 8590): the registry tells what it changed by itself, with the object after (or before) it. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementList, elementText, elementTexts } from './frame.ts';
import { canonicalInstant, nameServersOf } from './message-fact.ts';
import type { MessageFact } from './message-fact.ts';

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
export function changePollFacts(changed: JsonObject, data: JsonObject, extension: JsonObject): MessageFact[] {
  const info = element(data, 'infData') ?? element(data, 'trnData') ?? element(data, 'renData') ?? {};
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
  if (common.name === undefined) return [];
  const type = operationTypes.get(operation);
  if (type !== undefined && !isBefore)
    return [
      {
        ...common,
        event_type: `registrar.domain.${type}`,
        attribute: 'expiry',
        new_value: canonicalInstant(elementText(info, 'exDate')),
        old_known: false,
      },
    ];
  const secure = element(extension, 'infData');
  const signers = secure === undefined ? [] : dsOf(secure);
  if (!isBefore && (signers.length > 0 || /dnssec|\bds\b|cds/i.test(`${reason ?? ''} ${who ?? ''}`)))
    return [{ ...common, ...signerChange(signers, reason ?? '') }];
  return stateFacts(info).map((fact) => ({ ...common, ...fact }));
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

function stateFacts(info: JsonObject): MessageFact[] {
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
  const statuses = elementList(info, 'status').flatMap((each) =>
    typeof each['@s'] === 'string' ? [each['@s']] : [],
  );
  add('statuses', statuses.length === 0 ? undefined : statuses.toSorted());
  const servers = element(info, 'ns');
  add('nameservers', servers === undefined ? undefined : nameServersOf(elementTexts(servers, 'hostObj')));
  add('registrar', elementText(info, 'clID'));
  add('expiry', canonicalInstant(elementText(info, 'exDate')));
  const registrant = elementText(info, 'registrant');
  add('contact.registrant', registrant === undefined ? undefined : [`handle=${registrant}`]);
  return facts;
}
