/**
 * Cloud Domains, Google's registrar: audit entries of `domains.googleapis.com` (cloud.google.com/domains/docs/audit-logging).
 * Most calls start long operations, which write a second entry when they end; the first is only an attempt.
 */
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { definedFields, objectField, objectsField, textField, textsField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';

type Row = readonly [type: string, attribute?: string];

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['RegisterDomain', ['registered']],
  ['TransferDomain', ['transfer_requested', 'registrar']],
  ['RenewDomain', ['renewed']],
  ['DeleteRegistration', ['deleted']],
  ['ConfigureContactSettings', ['contact_changed', 'contact']],
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
  const isStart = operation['first'] === true && operation['last'] !== true;
  const draft: EventDraft = {
    ...base,
    source_system: 'cloud-domains',
    source_kind: 'registrar_audit',
    dns_provider: undefined,
    registrar: 'cloud-domains',
    registrar_account: base.source_instance,
    domain,
    ...(isStart && base.outcome === 'success' ? { outcome: 'attempt' } : {}),
    transaction_id: textField(operation, 'id'),
    source: definedFields({ resource_name: textField(call, 'resourceName'), operation: verb }),
  };
  const row = rows.get(verb);
  const facts =
    verb === 'ConfigureDnsSettings'
      ? dnsFacts(request)
      : verb === 'ConfigureManagementSettings'
        ? managementFacts(request)
        : row === undefined
          ? []
          : [factOf(row)];
  if (facts.length === 0) return [{ ...draft, source: { ...entry } }];
  return facts.map((fact) => ({ ...draft, ...fact, atom: `${domain ?? ''} ${fact.attribute ?? ''}`.trim() }));
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

/** Name servers, or DS records, whichever the update sets; the custom and the Google servers are told apart by the API. */
function dnsFacts(request: JsonObject): Fact[] {
  const settings = objectField(request, 'dnsSettings');
  const custom = objectField(settings, 'customDns');
  const google = objectField(settings, 'googleDomainsDns');
  const facts: Fact[] = [];
  const servers = [...textsField(custom, 'nameServers'), ...textsField(google, 'nameServers')];
  if (servers.length > 0)
    facts.push({
      ...factOf(['nameservers_changed', 'nameservers']),
      new_value: canonicalRecordSet('NS', servers),
    });
  const signers = objectsField(custom, 'dsRecords');
  if (signers.length > 0) facts.push({ ...factOf(['ds_changed', 'ds']), source: { ds_records: signers } });
  if (facts.length === 0 && Object.keys(settings).length > 0)
    facts.push({ ...factOf(['nameservers_changed', 'nameservers']), source: { dns_settings: settings } });
  return facts;
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
