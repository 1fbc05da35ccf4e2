/** Exercises: a hostile change of a canary domain, and its reversal, so that nothing is left behind. */
import type { InventoryDomain } from '../contract/inventory.ts';

/** Events in canonical words, without id and time; `undo` is sent when the exercise is over. */
export interface DrillStory {
  readonly name: string;
  readonly about: string;
  /** Detection that must see it; a miss counts against its proof. */
  readonly proves: string;
  readonly attack: (domain: InventoryDomain) => Record<string, unknown>;
  readonly undo: (domain: InventoryDomain) => Record<string, unknown>;
  /** Why this story cannot be told about this domain; absent: it always can. */
  readonly refuses?: (domain: InventoryDomain) => string | undefined;
}

const hostileAddress = '203.0.113.250';

function lockChange(domain: InventoryDomain, on: boolean): Record<string, unknown> {
  const locked = ['clientTransferProhibited'];
  return {
    event_type: on ? 'registrar.domain.lock_enabled' : 'registrar.domain.lock_disabled',
    source_kind: 'registrar_audit',
    domain: domain.domain,
    attribute: 'statuses',
    old_value: on ? [] : locked,
    new_value: on ? locked : [],
  };
}

function addressChange(domain: InventoryDomain, hostile: boolean): Record<string, unknown> {
  const name = `www.${domain.domain}`;
  const approved = domain.approved?.records?.find((set) => set.name === name && set.type === 'A')?.values;
  const usual = approved ?? ['192.0.2.250'];
  return {
    event_type: 'dns.record.updated',
    source_kind: 'dns_provider_audit',
    domain: domain.domain,
    record_name: name,
    record_type: 'A',
    old_value: hostile ? usual : [hostileAddress],
    new_value: hostile ? [hostileAddress] : usual,
  };
}

/** Every exercise; the first is the usual one and works on any canary domain. */
export const drillStories: readonly DrillStory[] = [
  {
    name: 'record-moved',
    about: 'www points to a strange address',
    proves: 'C02',
    attack: (domain) => addressChange(domain, true),
    undo: (domain) => addressChange(domain, false),
  },
  {
    name: 'transfer-lock',
    about: 'the transfer lock is taken off',
    proves: 'R02',
    attack: (domain) => lockChange(domain, false),
    undo: (domain) => lockChange(domain, true),
    refuses: ({ tier = 0 }) =>
      tier > 1
        ? 'only the locks of tier 0 and 1 are watched that closely; use another drill or canary'
        : undefined,
  },
];
