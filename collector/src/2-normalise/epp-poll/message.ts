/** What a poll message says, by its payload; by its text only where the registry puts the facts nowhere else. */
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { changePollFacts, contactFacts, glueFacts, stateFacts } from './change-poll.ts';
import { element, elementText } from './frame.ts';
import { canonicalInstant } from './message-fact.ts';
import type { MessageFact } from './message-fact.ts';
import { fredFacts } from './fred.ts';
import { nominetFacts } from './nominet.ts';
import type { Payload } from './payload.ts';
import { statusFacts } from './status.ts';
import { transferFacts } from './transfer.ts';

/** Facts of a response with code 1301. Empty: nothing in it has a canonical type. */
export function messageFacts(payload: Payload, text: string): MessageFact[] {
  const { data, extension } = payload;
  const changed = element(extension, 'changeData');
  if (changed !== undefined) return changePollFacts(changed, payload);
  const fred = fredFacts(payload);
  if (fred.length > 0) return fred;
  const nominet = nominetFacts(data, text);
  if (nominet.length > 0) return nominet;
  const facts = domainFacts(payload, text) ?? hostFacts(payload) ?? describedContact(payload, text);
  if (facts !== undefined) return facts;
  const poll = element(data, 'pollData');
  if (poll !== undefined) return registryNotice(poll);
  return textFacts(text);
}

/** Payloads about a domain. A payload without namespace counts as one; about hosts and contacts they mean other things. */
function domainFacts(payload: Payload, text: string): MessageFact[] | undefined {
  const about = (name: string): JsonObject | undefined =>
    (payload.kinds.get(name) ?? 'domain') === 'domain' ? element(payload.data, name) : undefined;
  const transfer = about('trnData');
  if (transfer !== undefined) return transferFacts(transfer);
  const pending = about('panData');
  if (pending !== undefined) return pendingFacts(pending, text);
  const created = about('creData');
  if (created !== undefined) return [expiryFact('registered', created, elementText(created, 'crDate'))];
  const renewed = about('renData');
  if (renewed !== undefined) return [expiryFact('renewed', renewed, undefined)];
  const info = about('infData');
  if (info === undefined) return undefined;
  const deleted = /\bdeleted\b|\bpurged\b/i.test(text) && !/\bnot deleted\b/i.test(text);
  const facts = deleted ? [] : stateFacts(info, payload.extension);
  return facts.length === 0 ? undefined : facts.map((fact) => ({ ...fact, name: elementText(info, 'name') }));
}

/** A host the registry describes: its addresses are the glue of its domain. */
function hostFacts(payload: Payload): MessageFact[] | undefined {
  if (payload.kinds.get('infData') !== 'host') return undefined;
  const info = element(payload.data, 'infData');
  return info === undefined ? undefined : glueFacts(info);
}

/** A contact the registry describes without being asked has changed; which domains use it is not said. */
function describedContact(payload: Payload, text: string): MessageFact[] | undefined {
  if (payload.kinds.get('infData') !== 'contact' || /\bdelet(?:ed?|ion)\b/i.test(text)) return undefined;
  const info = element(payload.data, 'infData');
  const facts = info === undefined ? [] : contactFacts(info, 'update');
  return facts.length === 0 ? undefined : facts;
}

function expiryFact(type: string, data: JsonObject, at: string | undefined): MessageFact {
  return {
    event_type: `registrar.domain.${type}`,
    name: elementText(data, 'name'),
    at,
    attribute: 'expiry',
    new_value: canonicalInstant(elementText(data, 'exDate')),
    old_known: false,
  };
}

const registryActor = { actor_id: 'epp:registry', actor_type: 'registry', actor_origin: 'registry' } as const;

/** Whether a pending action (`panData` of a domain, RFC 5731, or a contact, RFC 5733) came to nothing; `paResult` is an xs:boolean. */
export function isRefusedAction(pending: JsonObject | undefined): boolean {
  return ['name', 'id'].some((member) => {
    const value = pending?.[member];
    const [named] = Array.isArray(value) ? (value as unknown[]) : [value];
    const result = (named as JsonObject | undefined)?.['@paResult'];
    return result === '0' || result === 'false';
  });
}

/** Pending action results; Nomulus says only in the text what the action was. */
function pendingFacts(pending: JsonObject, text: string): MessageFact[] {
  const common = {
    name: elementText(pending, 'name'),
    at: elementText(pending, 'paDate'),
    ...(isRefusedAction(pending) ? { outcome: 'failure' as const } : {}),
    ...(text.includes('registry administrator') ? registryActor : {}),
  };
  const statuses = /\b(added|removed) the status(?:\(es\)|es)? \[([A-Za-z, ]{1,200})\]/.exec(text);
  if (statuses !== null) {
    const names = (statuses[2] ?? '').split(',').map((each) => each.trim());
    return statusFacts(names, statuses[1] === 'added').map((fact) => ({ ...common, ...fact }));
  }
  // Some registries write codes (DOMAIN_RESTORE_FAILED): their words are separated by underscores.
  const words = text.replaceAll('_', ' ');
  const action = pendingActions.find(([pattern]) => pattern.test(words));
  return action === undefined ? [] : [{ ...common, event_type: `registrar.domain.${action[1]}` }];
}

/** What was pending, by the words of the message: RFC 5731 section 3.3 names the domain and the result, not the action. */
const pendingActions: readonly (readonly [RegExp, string])[] = [
  [/\bdelet(?:ed?|ion)\b/i, 'deleted'],
  [/\brestor(?:ed?|ation)\b/i, 'restored'],
  [/\btransfer(?:red)?\b/i, 'transfer_completed'],
  [/\brenew(?:ed|al)?\b/i, 'renewed'],
  [/\b(?:creat(?:ed?|ion)|registered|registration)\b/i, 'registered'],
];

const noticeActions: ReadonlyMap<string, string> = new Map([
  ['CREATED', 'registered'],
  ['REGISTERED', 'registered'],
  ['RENEWED', 'renewed'],
  ['EXTENDED', 'renewed'],
  ['TRANSFERRED', 'transfer_completed'],
  ['DELETED', 'deleted'],
  ['QUARANTINED', 'redemption_started'],
  ['REACTIVATED', 'restored'],
  ['SUSPENDED', 'hold_applied'],
  ['UNSUSPENDED', 'hold_removed'],
  ['EXPIRED', 'expired'],
]);

/** EURid poll-1.2 notices, and Verisign's low-balance notice, which has a credit limit instead of a context. */
function registryNotice(poll: JsonObject): MessageFact[] {
  const context = elementText(poll, 'context');
  const source = { context, object: elementText(poll, 'object'), code: elementText(poll, 'code') };
  if (element(poll, 'creditThreshold') !== undefined || elementText(poll, 'creditLimit') !== undefined)
    return [
      {
        event_type: 'registrar.account.balance_low',
        source: { credit: elementText(poll, 'availableCredit') },
      },
    ];
  if (elementText(poll, 'objectType') === 'WATERMARK')
    return [{ event_type: 'registrar.account.balance_low', source }];
  // Verisign: the grace period a name has entered (RFC 3915), with the state it is in.
  const grace = element(poll, 'rgpStatus')?.['@s'];
  if (typeof grace === 'string')
    return statusFacts([grace], true).map((fact) => ({
      ...fact,
      name: elementText(poll, 'name'),
      at: elementText(poll, 'reqDate'),
      source: definedFields({ report_due: elementText(poll, 'reportDueDate') }),
    }));
  const action = noticeActions.get(elementText(poll, 'action') ?? '');
  if (elementText(poll, 'objectType') !== 'DOMAIN' || action === undefined) return [];
  return [{ event_type: `registrar.domain.${action}`, name: elementText(poll, 'object'), source }];
}

const lowBalance =
  /\b(?:low|insufficient)\b.{0,40}\b(?:balance|credit|funds)\b|\b(?:balance|credit|funds)\b.{0,40}\b(?:low|below|insufficient)\b/i;

/** Messages that have their facts in the text alone. */
function textFacts(text: string): MessageFact[] {
  if (lowBalance.test(text)) return [{ event_type: 'registrar.account.balance_low' }];
  const host = /^Deleted host (\S{1,255})$/.exec(text.trim())?.[1];
  const hostName = host === undefined ? undefined : canonicalName(host);
  if (hostName !== undefined)
    return [
      {
        event_type: 'registrar.domain.glue_changed',
        name: registrableDomain(hostName) ?? hostName,
        record_name: hostName,
        attribute: 'glue',
        new_value: [],
        old_known: false,
      },
    ];
  const expiry = /^Domain (\S{1,255}) was unrenewed by .{1,40}; now expires at (\S{1,40}?)\.?$/.exec(
    text.trim(),
  );
  if (expiry === null) return [];
  return [
    {
      event_type: 'registrar.domain.state_observed',
      event_type_original: 'unrenewed',
      name: expiry[1],
      attribute: 'expiry',
      new_value: canonicalInstant(expiry[2]),
      old_known: false,
      ...registryActor,
    },
  ];
}
