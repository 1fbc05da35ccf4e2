/** The approved state of a domain, as its inventory entry tells it, per control. */
import type { InventoryDomain } from '../contract/inventory.ts';
import { comparable, recordPrefix, recordTypeOf, sameValue } from './control-value.ts';

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
