/**
 * Cloud Domains, Google's registrar: audit entries of `domains.googleapis.com` (cloud.google.com/domains/docs/audit-logging).
 * Most calls start long operations, which write a second entry when they end; the first is only an attempt.
 */
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import {
  asObject,
  definedFields,
  flagField,
  integerField,
  objectField,
  objectsField,
  textField,
  textsField,
} from './json-field.ts';
import type { JsonObject } from './json-record.ts';

type Row = readonly [type: string, attribute?: string];

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['RegisterDomain', ['registered']],
  ['TransferDomain', ['transfer_requested', 'registrar']],
  ['RenewDomain', ['renewed']],
  ['DeleteRegistration', ['deleted']],
  ['RetrieveAuthorizationCode', ['auth_code_requested', 'auth_code']],
  ['ResetAuthorizationCode', ['auth_code_changed', 'auth_code']],
  ['InitiatePushTransfer', ['transfer_requested', 'registrar']],
  ['ExportRegistration', ['account_moved', 'account']],
  ['ImportDomain', ['account_moved', 'account']],
]);

/** Drafts of one call; `base` has caller, time and outcome. A call without canonical type is kept whole. */
export function cloudDomainsDrafts(call: JsonObject, entry: JsonObject, base: EventDraft): EventDraft[] {
  const method = textField(call, 'methodName') ?? '';
  const verb = method.slice(method.lastIndexOf('.') + 1);
  const request = objectField(call, 'request');
  const domain = domainOf(call, request);
  const operation = objectField(entry, 'operation');
  const isStart = flagField(operation, 'first') === true && flagField(operation, 'last') !== true;
  const isDryRun = flagField(request, 'validateOnly') === true;
  const draft: EventDraft = {
    ...base,
    source_system: 'cloud-domains',
    source_kind: 'registrar_audit',
    dns_provider: undefined,
    registrar: 'cloud-domains',
    registrar_account: base.source_instance,
    domain,
    ...((isStart || isDryRun) && base.outcome === 'success' ? { outcome: 'attempt' } : {}),
    transaction_id: textField(operation, 'id'),
    source: definedFields({ resource_name: textField(call, 'resourceName'), operation: verb }),
  };
  const facts = factsOf(verb, call, request);
  if (facts.length === 0) return [{ ...draft, source: { ...entry } }];
  return facts.map((fact) => ({
    ...draft,
    ...fact,
    atom: `${domain ?? ''} ${fact.attribute ?? ''} ${fact.record_name ?? ''}`.trim(),
  }));
}

/** What a call changes. The entry at the end of an operation has no request; there the response tells the state reached. */
function factsOf(verb: string, call: JsonObject, request: JsonObject): Fact[] {
  if (verb === 'ConfigureDnsSettings') {
    const isTold = asObject(request['dnsSettings']) !== undefined;
    const settings = objectField(isTold ? request : objectField(call, 'response'), 'dnsSettings');
    const facts = dnsFacts(settings, isTold);
    return facts.length > 0 ? facts : [factOf(['nameservers_changed', 'nameservers'])];
  }
  if (verb === 'ConfigureManagementSettings') return managementFacts(request);
  if (verb === 'ConfigureContactSettings') return contactFacts(request);
  const row = rows.get(verb);
  return row === undefined ? [] : [factOf(row)];
}

type Fact = Partial<EventDraft> & { event_type: string };

function factOf([type, attribute]: Row): Fact {
  return {
    event_type: `registrar.domain.${type}`,
    ...(attribute === undefined ? {} : { attribute, old_known: false }),
  };
}

/** The registration's name ends the resource path; a registration that does not exist yet is named in the request. */
function domainOf(call: JsonObject, request: JsonObject): string | undefined {
  const path =
    textField(call, 'resourceName') ?? textField(request, 'registration') ?? textField(request, 'name');
  const native =
    /\/registrations\/([^/:]+)/.exec(path ?? '')?.[1] ??
    textField(objectField(request, 'registration'), 'domainName') ??
    textField(request, 'domainName');
  const name = native === undefined ? undefined : canonicalName(native);
  return name === undefined ? undefined : (registrableDomain(name) ?? name);
}

/** Name servers, DS, and addresses of hosts, whichever the update sets. Of a whole state only the delegation is news. */
function dnsFacts(settings: JsonObject, isUpdate: boolean): Fact[] {
  const custom = objectField(settings, 'customDns');
  const google = objectField(settings, 'googleDomainsDns');
  const facts: Fact[] = [];
  const servers = [...textsField(custom, 'nameServers'), ...textsField(google, 'nameServers')];
  if (servers.length > 0)
    facts.push({
      ...factOf(['nameservers_changed', 'nameservers']),
      new_value: canonicalRecordSet('NS', servers),
    });
  if (!isUpdate) return facts;
  const signers = [...objectsField(custom, 'dsRecords'), ...objectsField(google, 'dsRecords')];
  if (signers.length > 0)
    facts.push({
      ...factOf(['ds_changed', 'ds']),
      new_value: canonicalRecordSet('DS', signers.flatMap(delegationSigner)),
      source: { ds_records: signers },
    });
  const state = textField(google, 'dsState');
  if (state === 'DS_RECORDS_UNPUBLISHED') facts.push({ ...factOf(['ds_removed', 'ds']), new_value: [] });
  else if (state === 'DS_RECORDS_PUBLISHED' && signers.length === 0) facts.push(factOf(['ds_added', 'ds']));
  for (const glue of objectsField(settings, 'glueRecords')) facts.push(...glueFacts(glue));
  return facts;
}

function glueFacts(glue: JsonObject): Fact[] {
  const host = canonicalName(textField(glue, 'hostName') ?? '');
  if (host === undefined) return [];
  const addresses = [...textsField(glue, 'ipv4Addresses'), ...textsField(glue, 'ipv6Addresses')];
  return [
    {
      ...factOf(['glue_changed', 'glue']),
      record_name: host,
      new_value: addresses.flatMap((each) => canonicalIp(each) ?? []).sort(),
    },
  ];
}

/** Names of the API for the numbers of RFC 8624 and RFC 4509. */
const algorithms: ReadonlyMap<string, number> = new Map([
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['RSASHA1', 5],
  ['DSANSEC3SHA1', 6],
  ['RSASHA1NSEC3SHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECCGOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
]);
const digestTypes: ReadonlyMap<string, number> = new Map([
  ['SHA1', 1],
  ['SHA256', 2],
  ['GOST3411', 3],
  ['SHA384', 4],
]);

function delegationSigner(signer: JsonObject): string[] {
  const tag = integerField(signer, 'keyTag');
  const algorithm = algorithms.get(textField(signer, 'algorithm') ?? '');
  const digestType = digestTypes.get(textField(signer, 'digestType') ?? '');
  const digest = textField(signer, 'digest');
  if (tag === undefined || algorithm === undefined || digestType === undefined || digest === undefined)
    return [];
  return [`${tag} ${algorithm} ${digestType} ${digest}`];
}

/** Contacts by role, whose data are personal and stay out, and how much of them the registry shows. */
function contactFacts(request: JsonObject): Fact[] {
  const settings = objectField(request, 'contactSettings');
  const facts: Fact[] = [];
  const roles: readonly (readonly [string, string])[] = [
    ['registrantContact', 'contact.registrant'],
    ['adminContact', 'contact.admin'],
    ['technicalContact', 'contact.tech'],
  ];
  for (const [member, attribute] of roles)
    if (asObject(settings[member]) !== undefined) facts.push(factOf(['contact_changed', attribute]));
  const privacy = textField(settings, 'privacy');
  if (privacy !== undefined)
    facts.push({
      ...factOf(['privacy_changed', 'privacy']),
      new_value: privacy === 'PUBLIC_CONTACT_DATA' ? 'disabled' : 'enabled',
    });
  return facts.length > 0 ? facts : [factOf(['contact_changed', 'contact'])];
}

function managementFacts(request: JsonObject): Fact[] {
  const settings = objectField(request, 'managementSettings');
  const lock = textField(settings, 'transferLockState');
  const renewal = textField(settings, 'preferredRenewalMethod') ?? textField(settings, 'renewalMethod');
  const facts: Fact[] = [];
  if (lock === 'LOCKED' || lock === 'UNLOCKED')
    facts.push({
      ...factOf([lock === 'LOCKED' ? 'lock_enabled' : 'lock_disabled', 'transfer_lock']),
      new_value: lock === 'LOCKED' ? 'enabled' : 'disabled',
    });
  if (renewal !== undefined)
    facts.push({
      ...factOf(['auto_renew_changed', 'auto_renew']),
      new_value: renewal === 'AUTOMATIC_RENEWAL' ? 'enabled' : 'disabled',
    });
  return facts;
}
