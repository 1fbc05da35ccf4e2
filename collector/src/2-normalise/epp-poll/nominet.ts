/** Nominet std-notifications: their own payloads, several domains a message, the caller in `orig`. */
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { loginOf } from '../audit-field.ts';
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementList, elementText, elementTexts } from './frame.ts';
import type { MessageFact } from './message-fact.ts';

/** Facts of a Nominet payload, one per domain or host; empty when the payload is not one of Nominet's. */
export function nominetFacts(data: JsonObject, text: string): MessageFact[] {
  const released = element(data, 'relData');
  if (released !== undefined) return releaseFacts(released);
  const requested = element(data, 'rcData');
  if (requested !== undefined) return registrarChangeFacts(requested);
  const suspended = element(data, 'suspData');
  if (suspended !== undefined) return forDomains(suspended, suspension('hold_applied', suspended));
  const cancelled = element(data, 'cancData');
  if (cancelled !== undefined) return forDomains(cancelled, suspension('deleted', cancelled));
  const hosts = element(data, 'hostCancData');
  if (hosts !== undefined) return hostFacts(hosts);
  const transfer = element(data, 'trnData');
  if (transfer !== undefined && element(transfer, 'domainListData') !== undefined)
    return registrantFacts(transfer);
  const process = element(data, 'processData');
  if (process !== undefined) return processFacts(process, text);
  const refused = element(data, 'domainFailData');
  if (refused === undefined) return [];
  return [
    {
      event_type: 'registrar.domain.registered',
      outcome: 'failure',
      name: elementText(refused, 'domainName'),
      source: definedFields({ reason: elementText(refused, 'reason') }),
    },
  ];
}

function domainsOf(payload: JsonObject): string[] {
  const list = element(payload, 'domainListData') ?? {};
  const described = elementList(list, 'infData').flatMap((info) => elementText(info, 'name') ?? []);
  // Older notifications name a single domain without the list.
  const single = elementTexts(payload, 'domainName');
  return [...new Set([...single, ...elementTexts(list, 'domainName'), ...described])];
}

function forDomains(payload: JsonObject, fact: MessageFact): MessageFact[] {
  const actor = actorOf(payload);
  return domainsOf(payload).map((name) => ({ ...fact, ...actor, name }));
}

function actorOf(payload: JsonObject): Partial<MessageFact> {
  const caller = loginOf(elementText(payload, 'orig'));
  if (caller === undefined) return {};
  return {
    actor_id: `epp:${caller}`.slice(0, 512),
    actor_type: 'user',
    actor_email: caller.includes('@') ? caller : undefined,
  };
}

function suspension(type: string, payload: JsonObject): MessageFact {
  return {
    event_type: `registrar.domain.${type}`,
    source: definedFields({
      reason: elementText(payload, 'reason'),
      cancel_date: elementText(payload, 'cancelDate'),
    }),
  };
}

function releaseFacts(payload: JsonObject): MessageFact[] {
  const from = elementText(payload, 'from');
  const to = elementText(payload, 'registrarTag');
  return forDomains(payload, {
    event_type: 'registrar.domain.transfer_completed',
    attribute: 'registrar',
    old_value: from,
    old_known: from !== undefined,
    new_value: to,
    registrar: to,
    source: definedFields({ account_id: elementText(payload, 'accountId') }),
  });
}

function registrarChangeFacts(payload: JsonObject): MessageFact[] {
  const list = element(payload, 'domainListData') ?? {};
  const current = new Map(
    elementList(list, 'infData').map((info) => [elementText(info, 'name'), elementText(info, 'clID')]),
  );
  const facts = forDomains(payload, {
    event_type: 'registrar.domain.transfer_requested',
    attribute: 'registrar',
    new_value: elementText(payload, 'registrarTag'),
    source: definedFields({ case_id: elementText(payload, 'caseId') }),
  });
  return facts.map((fact) => {
    const registrar = current.get(fact.name);
    return registrar === undefined
      ? { ...fact, old_known: false }
      : { ...fact, old_value: registrar, old_known: true, registrar };
  });
}

/** Cancelled hosts lose their addresses; the listed domains lose them as name servers. */
function hostFacts(payload: JsonObject): MessageFact[] {
  const hosts = elementTexts(element(payload, 'hostListData') ?? {}, 'hostObj').flatMap(
    (each) => canonicalName(each) ?? [],
  );
  const domains = domainsOf(payload);
  const glue = hosts.map<MessageFact>((host) => ({
    event_type: 'registrar.domain.glue_changed',
    name: registrableDomain(host) ?? host,
    record_name: host,
    attribute: 'glue',
    new_value: [],
    old_known: false,
    source: { domains },
  }));
  const delegations = domains.map<MessageFact>((name) => ({
    event_type: 'registrar.domain.nameservers_changed',
    name,
    attribute: 'nameservers',
    old_known: false,
    added: [],
    removed: hosts.toSorted(),
  }));
  return [...glue, ...delegations];
}

/** A registrant transfer moves domains between registrant accounts. */
function registrantFacts(payload: JsonObject): MessageFact[] {
  const before = elementText(payload, 'oldAccountId');
  const contact = element(payload, 'infData') ?? {};
  const values = [
    ['handle', elementText(payload, 'accountId')],
    ['email', elementText(contact, 'email')],
    ['name', elementText(element(contact, 'postalInfo') ?? {}, 'name')],
  ].flatMap(([field, value]) => (value === undefined ? [] : [`${field}=${value}`]));
  return forDomains(payload, {
    event_type: 'registrar.domain.contact_changed',
    attribute: 'contact.registrant',
    old_value: before === undefined ? undefined : [`handle=${before}`],
    old_known: before !== undefined,
    new_value: values.toSorted(),
  });
}

function processFacts(payload: JsonObject, text: string): MessageFact[] {
  const stage = /\blifted\b/i.test(text)
    ? 'lifted'
    : typeof payload['@stage'] === 'string'
      ? payload['@stage']
      : undefined;
  return forDomains(payload, {
    event_type: 'registrar.domain.status_changed',
    attribute: 'data_quality',
    new_value: stage,
    old_known: false,
    source: definedFields({
      process_type: elementText(payload, 'processType'),
      suspend_date: elementText(payload, 'suspendDate'),
    }),
  });
}
