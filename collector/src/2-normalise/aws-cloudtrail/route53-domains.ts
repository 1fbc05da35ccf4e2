/** Route 53 Domains, the registrar. Contact data is not in the log; operations are asynchronous and only said to be accepted. */
import { otherActivity } from '../../contract/event-types.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { canonicalRecordData, canonicalRecordSet } from '../../leaf/record-data.ts';
import {
  flagField,
  idField,
  numberField,
  objectField,
  objectsField,
  textField,
  textsField,
} from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { errorCodeOf } from './mapped-fields.ts';
import type { MappedFields } from './mapped-fields.ts';

type Row = readonly [type: string, attribute?: string, value?: string, outcome?: CanonicalEvent['outcome']];

/** Call names in lower case: the log writes them in both camel cases. */
const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['registerdomain', ['registered']],
  ['deletedomain', ['deleted']],
  ['renewdomain', ['renewed', 'expiry']],
  ['transferdomain', ['transfer_requested', 'registrar']],
  ['pushdomain', ['transfer_requested', 'registrar']],
  ['transferdomaintoanotherawsaccount', ['account_moved', 'account', undefined, 'attempt']],
  ['acceptdomaintransferfromanotherawsaccount', ['account_moved', 'account']],
  ['canceldomaintransfertoanotherawsaccount', ['transfer_cancelled', 'account']],
  ['rejectdomaintransferfromanotherawsaccount', ['transfer_rejected', 'account']],
  ['enabledomaintransferlock', ['lock_enabled', 'transfer_lock', 'enabled']],
  ['disabledomaintransferlock', ['lock_disabled', 'transfer_lock', 'disabled']],
  ['retrievedomainauthcode', ['auth_code_requested', 'auth_code']],
  ['updatedomainnameservers', ['nameservers_changed', 'nameservers']],
  ['updatedomaincontact', ['contact_changed', 'contact']],
  ['updatedomaincontactprivacy', ['privacy_changed', 'privacy']],
  ['enabledomainautorenew', ['auto_renew_changed', 'auto_renew', 'enabled']],
  ['disabledomainautorenew', ['auto_renew_changed', 'auto_renew', 'disabled']],
  ['associatedelegationsignertodomain', ['ds_added', 'ds']],
  ['disassociatedelegationsignerfromdomain', ['ds_removed', 'ds']],
]);

/** Registrar calls, those without canonical type too when they name a domain; undefined without a readable domain name. */
export function registrarMapping(call: JsonObject, name: string): MappedFields | undefined {
  const parameters = objectField(call, 'requestParameters');
  const native =
    textField(parameters, 'domainName') ?? textField(objectField(parameters, 'domainName'), 'name');
  const domain = canonicalName(native ?? '');
  if (domain === undefined) return undefined;
  const row = rows.get(name.toLowerCase());
  if (row === undefined)
    return { event_type: otherActivity, domain: registrableDomain(domain) ?? domain, source: { ...call } };
  const [type, attribute, value, outcome] = row;
  const operation = textField(objectField(call, 'responseElements'), 'operationId');
  const mapped: MappedFields = {
    event_type: `registrar.domain.${type}`,
    atom: `${domain} ${attribute ?? ''}`.trimEnd(),
    domain: registrableDomain(domain) ?? domain,
    attribute,
    transaction_id: operation,
  };
  if (outcome !== undefined && errorCodeOf(call) === undefined) mapped.outcome = outcome;
  // Where the domain is to go: another account, or another registrar by its tag.
  const target = value ?? idField(parameters, 'accountId') ?? textField(parameters, 'target');
  if (target !== undefined && attribute !== undefined) mapped.new_value = target;
  const servers = objectsField(parameters, 'nameservers');
  if (type === 'nameservers_changed' && servers.length > 0)
    mapped.new_value = canonicalRecordSet(
      'NS',
      servers.map((each) => textField(each, 'name') ?? ''),
    );
  if (type === 'privacy_changed') mapped.new_value = privacyOf(parameters);
  if (type === 'ds_added') mapped.added = dsOf(parameters);
  if (attribute !== undefined) mapped.old_known = false;
  return mapped;
}

/**
 * Addresses that the same call gives to name servers below the domain itself: one draft per host. The delegation can keep its
 * names while these send everybody elsewhere. Empty for every other call.
 */
export function glueMappings(call: JsonObject, name: string): MappedFields[] {
  if (name.toLowerCase() !== 'updatedomainnameservers') return [];
  const parameters = objectField(call, 'requestParameters');
  return objectsField(parameters, 'nameservers').flatMap((each) => {
    const host = canonicalName(textField(each, 'name') ?? '');
    const addresses = textsField(each, 'glueIps').flatMap((address) => canonicalIp(address) ?? []);
    if (host === undefined || addresses.length === 0) return [];
    return [
      {
        event_type: 'registrar.domain.glue_changed',
        atom: `${host} glue`,
        domain: registrableDomain(host) ?? host,
        record_name: host,
        attribute: 'glue',
        new_value: addresses.sort(),
        old_known: false,
        transaction_id: textField(objectField(call, 'responseElements'), 'operationId'),
      },
    ];
  });
}

/** Privacy is switched per contact; one word only where all that are named go the same way. */
function privacyOf(parameters: JsonObject): string | undefined {
  const flags = ['adminPrivacy', 'billingPrivacy', 'registrantPrivacy', 'techPrivacy'].flatMap(
    (name) => flagField(parameters, name) ?? [],
  );
  if (flags.length === 0) return undefined;
  if (flags.every(Boolean)) return 'enabled';
  return flags.some(Boolean) ? undefined : 'disabled';
}

/** The call carries the key, not the digest, so a DS in presentation form exists only when a key tag and digest are given. */
function dsOf(parameters: JsonObject): string[] | undefined {
  const attributes = objectField(parameters, 'signingAttributes');
  const digest = textField(attributes, 'digest');
  const tag = idField(attributes, 'keyTag');
  if (digest === undefined || tag === undefined) return undefined;
  const algorithm = numberField(attributes, 'algorithm') ?? 0;
  return [
    canonicalRecordData('DS', `${tag} ${algorithm} ${idField(attributes, 'digestType') ?? '2'} ${digest}`),
  ];
}
