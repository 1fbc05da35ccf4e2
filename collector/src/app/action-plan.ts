/** Plans with everything looked up: what people approve must not depend on what a table says later. */
import type { ActionPlan, RecordSet } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { InventoryView } from '../contract/step.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { isAtOrBelow } from '../leaf/dns-name.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import type { FixedPlan } from '../8-sink/action/executor.ts';

/** Record types that belong to whoever signs or delegates, never to an action on records. */
const refusedTypes = new Set(['SOA', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'CDS', 'CDNSKEY']);

/** Fails when a name is none, lies outside the tenant's inventory or the zone, or the inventory says nothing to restore. */
export function fixedPlan(plan: ActionPlan, about: Case, inventory: InventoryView): Outcome<FixedPlan> {
  if (plan.kind === 'notify')
    return succeeded({ kind: 'notify', text: plan.text, ...('data' in plan ? { data: plan.data } : {}) });
  const given = plan.kind === 'set_records' ? plan.zone : plan.domain;
  const name = canonicalName(given);
  const domain = name === undefined ? undefined : (registrableDomain(name) ?? name);
  const entry = domain === undefined ? undefined : inventory.domain(about.tenant, domain);
  if (name === undefined || domain === undefined || entry === undefined)
    return failed('bad_field', `${given} is not in the inventory of tenant ${about.tenant}`, '/plan');
  if (plan.kind === 'lock_transfer') return succeeded({ kind: 'lock_transfer', domain });
  const wanted: readonly RecordSet[] =
    plan.kind === 'set_records'
      ? plan.records
      : (entry.approved?.records ?? []).filter((set) => !set.name.startsWith('*'));
  if (wanted.length === 0)
    return failed(
      'bad_field',
      `the inventory has no approved records of ${domain} to restore`,
      '/plan/domain',
    );
  const zone = plan.kind === 'set_records' ? name : domain;
  const records: RecordSet[] = [];
  for (const [at, set] of wanted.entries()) {
    const owner = canonicalName(set.name);
    if (owner === undefined || !isAtOrBelow(owner, zone))
      return failed('bad_field', `${set.name} does not lie in zone ${zone}`, `/plan/records/${at}/name`);
    if (refusedTypes.has(set.type))
      return failed(
        'bad_field',
        `${set.type} records are not changed by actions`,
        `/plan/records/${at}/type`,
      );
    const values = canonicalRecordSet(set.type, set.values);
    records.push({ name: owner, type: set.type, values, ...(set.ttl === undefined ? {} : { ttl: set.ttl }) });
  }
  return succeeded({ kind: 'set_records', zone, records });
}
