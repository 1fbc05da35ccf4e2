/** The approved state of a domain, as its inventory entry tells it, per control. */
import type { InventoryDomain } from '../contract/inventory.ts';
import { comparable, recordPrefix, recordTypeOf, sameValue } from './control-value.ts';
import { ipInCidr } from './ip-address.ts';

function recordName(control: string): string {
  return control.slice(recordPrefix.length, control.lastIndexOf('/'));
}

function approvedRecord(control: string, domain: InventoryDomain): readonly string[] | undefined {
  const type = recordTypeOf(control);
  if (type === undefined) return undefined;
  const name = recordName(control);
  const records = domain.approved?.records ?? [];
  const exact = records.find((record) => record.name === name && record.type === type);
  if (exact !== undefined) return exact.values;
  if (type === 'NS' && name === domain.domain) return domain.approved?.nameservers;
  const dot = name.indexOf('.');
  if (dot < 0 || name === domain.domain) return undefined;
  const wildcard = `*${name.slice(dot)}`;
  return records.find((record) => record.name === wildcard && record.type === type)?.values;
}

/** Approved value of a control; undefined when the inventory does not say. */
export function approvedValue(
  control: string,
  domain: InventoryDomain | undefined,
): readonly string[] | string | undefined {
  if (domain === undefined) return undefined;
  if (control.startsWith(recordPrefix)) return approvedRecord(control, domain);
  switch (control) {
    case 'nameservers':
      return domain.approved?.nameservers;
    case 'ds':
      return domain.approved?.ds ?? (domain.expect?.dnssec === 'unsigned' ? [] : undefined);
    case 'lock':
      return domain.expect?.transfer_lock === true ? 'enabled' : undefined;
    case 'registry_lock':
      return domain.expect?.registry_lock === true ? 'enabled' : undefined;
    case 'auto_renew':
      return domain.expect?.auto_renew === true ? 'enabled' : undefined;
    case 'dnssec':
      return domain.expect?.dnssec;
    case 'registrar':
    case 'account':
      return domain.registrar_account;
    default:
      return undefined;
  }
}

/**
 * True when `value` is the approved state of the control. Addresses an outside witness saw may be a part of the approved
 * set, because name servers rotate answers.
 */
export function isApprovedState(
  control: string,
  value: unknown,
  domain: InventoryDomain | undefined,
  seenOutside: boolean,
): boolean {
  const approved = approvedValue(control, domain);
  if (approved === undefined || value === undefined) return false;
  if (sameValue(control, approved, value)) return true;
  const type = recordTypeOf(control);
  if (!seenOutside || (type !== 'A' && type !== 'AAAA') || !Array.isArray(value) || value.length === 0)
    return false;
  const allowed = new Set(comparable(control, approved).split('\n'));
  return comparable(control, value)
    .split('\n')
    .every((item) => allowed.has(item));
}

type ProviderKind = 'nameserver' | 'address' | 'cname' | 'mail';

function providerKindOf(control: string, domain: InventoryDomain): ProviderKind | undefined {
  if (control === 'nameservers') return 'nameserver';
  switch (recordTypeOf(control)) {
    case 'NS':
      return recordName(control) === domain.domain ? 'nameserver' : 'address';
    case 'MX':
      return 'mail';
    case 'CNAME':
      return 'cname';
    case undefined:
      return undefined;
    default:
      return 'address';
  }
}

/**
 * True when every value lies in a provider that the inventory approves for this kind of control; never by reputation
 * (detection reference 3.6). An empty set lies in none.
 */
export function isInsideProvider(
  control: string,
  value: unknown,
  domain: InventoryDomain | undefined,
): boolean {
  const providers = domain?.approved?.providers;
  if (providers === undefined || !Array.isArray(value) || value.length === 0) return false;
  const kind = providerKindOf(control, domain as InventoryDomain);
  if (kind === undefined) return false;
  return value.every((item: unknown) => {
    if (typeof item !== 'string') return false;
    const target = kind === 'mail' ? (item.split(' ')[1] ?? item) : item;
    return providers.some(
      (provider) =>
        provider.kind === kind &&
        (provider.cidr !== undefined
          ? ipInCidr(target, provider.cidr)
          : provider.suffix !== undefined &&
            (target === provider.suffix || target.endsWith(`.${provider.suffix}`))),
    );
  });
}

/**
 * True when a change is what a provider does by itself: addresses, aliases and mail hosts that stay inside its approved
 * range, or name servers that are added to the set. A name server set that was exchanged is not: another customer of the
 * same provider would look exactly like it.
 */
export function staysInsideProvider(
  control: string,
  oldValue: unknown,
  newValue: unknown,
  domain: InventoryDomain | undefined,
): boolean {
  if (!isInsideProvider(control, newValue, domain)) return false;
  const approved = approvedValue(control, domain);
  const before = Array.isArray(oldValue) ? oldValue : approved;
  if (domain === undefined || providerKindOf(control, domain) !== 'nameserver') return true;
  if (!Array.isArray(before) || before.length === 0) return false;
  const after = new Set(comparable(control, newValue).split('\n'));
  return comparable(control, before)
    .split('\n')
    .every((item) => after.has(item));
}
