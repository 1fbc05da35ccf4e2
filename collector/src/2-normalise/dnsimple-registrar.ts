/** DNSimple events of the registrar's side that newer API versions name: pushes between accounts, privacy, host objects. */
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import type { DnsimpleMapping } from './dnsimple-mapping.ts';
import { definedFields, flagField, objectField, textField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';

/** Privacy bought or renewed: the state is told only where it is on; off, it was bought and not yet switched on. */
export const privacy: DnsimpleMapping = {
  plane: 'registrar',
  map: (data) => {
    const isOn = flagField(objectField(data, 'whois_privacy'), 'enabled') === true;
    return {
      event_type: 'registrar.domain.privacy_changed',
      attribute: 'privacy',
      ...(isOn ? { new_value: 'enabled' } : {}),
      old_known: false,
      source: definedFields({ expires_on: textField(objectField(data, 'whois_privacy'), 'expires_on') }),
    };
  },
};

/** A domain handed to another account of the same provider. */
export function push(type: string, outcome: 'success' | 'attempt'): DnsimpleMapping {
  return {
    plane: 'registrar',
    map: (data) => ({
      event_type: `registrar.domain.${type}`,
      outcome,
      attribute: 'account',
      old_known: false,
      source: definedFields({ push: data['push'] }),
    }),
  };
}

/** A name server with addresses at the registry; undefined when its name cannot be read. */
export function glue(data: JsonObject): ReturnType<DnsimpleMapping['map']> {
  const server = objectField(data, 'name_server');
  const host = canonicalName(textField(server, 'name') ?? '');
  if (host === undefined) return undefined;
  const addresses = ['ipv4', 'ipv6'].flatMap((key) => canonicalIp(textField(server, key) ?? '') ?? []);
  return {
    event_type: 'registrar.domain.glue_changed',
    domain: registrableDomain(host) ?? host,
    record_name: host,
    attribute: 'glue',
    ...(addresses.length === 0 ? {} : { new_value: addresses.sort() }),
    old_known: false,
  };
}
