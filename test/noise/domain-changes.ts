/** Changes of a single domain, told by everything that would see them. */
import type { IntentChange } from '../../collector/src/contract/inventory.ts';
import { setChange, type BenignStage, type EventFields } from './benign-stage.ts';
import type { WorldAdmin, WorldDomain } from './benign-world.ts';

/** Some administrator of the account of a domain. */
export function adminOf(stage: BenignStage, domain: WorldDomain): WorldAdmin {
  return stage.random.pick(domain.account.admins);
}

/** Changes a record set: claim in the provider's audit, then answers; `watched`: our probe asks for this name. */
export function changeRecord(
  stage: BenignStage,
  domain: WorldDomain,
  name: string,
  type: string,
  values: readonly string[],
  who: EventFields,
  watched: boolean,
): void {
  const key = `${name}/${type}`;
  const old = domain.records.get(key) ?? null;
  const kind =
    old === null ? 'dns.record.created' : values.length === 0 ? 'dns.record.deleted' : 'dns.record.updated';
  const common = { domain: domain.name, zone: domain.name, record_name: name, record_type: type };
  stage.say('dns_provider_audit', kind, {
    source_system: domain.provider,
    dns_provider: domain.provider,
    ...common,
    ttl_old: 300,
    ttl_new: 300,
    ttl_delta: 0,
    ...setChange(old, values),
    ...who,
  });
  if (values.length === 0) domain.records.delete(key);
  else domain.records.set(key, [...values]);
  if (!watched) return;
  stage.say(
    'answer_probe',
    'dnsquery.answer.changed',
    {
      ...common,
      query: { vantage: '3 of 3', question: `${name} ${type}`, answers: [...values] },
      ttl_new: 300,
      ...setChange(old ?? [], values),
    },
    stage.nowMs + stage.random.between(20, 330) * 1000,
  );
}

/** A planned delegation change of one domain with everything that shows it. Returns the intent changes it needs. */
export function delegationIntent(domain: WorldDomain, nameservers: readonly string[]): IntentChange[] {
  return [{ domain: domain.name, action: 'delegation', old: [...domain.nameservers], new: [...nameservers] }];
}

/** Moves the delegation: claim by the person, probe within a minute, RDAP within the hour. */
export function moveDelegation(
  stage: BenignStage,
  domain: WorldDomain,
  nameservers: readonly string[],
  who: EventFields | undefined,
): void {
  const change = {
    domain: domain.name,
    attribute: 'nameservers',
    ...setChange(domain.nameservers, nameservers),
  };
  if (who !== undefined) stage.claim(domain, 'registrar.domain.nameservers_changed', change, who);
  stage.say(
    'delegation_probe',
    'registrar.domain.nameservers_changed',
    change,
    stage.nowMs + stage.random.between(30, 600) * 1000,
  );
  stage.say(
    'rdap_poll',
    'registrar.domain.nameservers_changed',
    change,
    stage.nowMs + stage.random.between(60, 1200) * 1000,
  );
  domain.nameservers = [...nameservers].sort();
  domain.dirty = true;
}

/** Changes the DS set at the parent; type by what is left. */
export function changeDs(
  stage: BenignStage,
  domain: WorldDomain,
  ds: readonly string[],
  who: EventFields | undefined,
): void {
  const grew = ds.length > domain.ds.length;
  const type = grew ? 'ds_added' : ds.length === 0 ? 'ds_removed' : 'ds_changed';
  const change = { domain: domain.name, attribute: 'ds', ...setChange(domain.ds, ds) };
  if (who !== undefined) stage.claim(domain, `registrar.domain.${type}`, change, who);
  stage.say(
    'delegation_probe',
    `registrar.domain.${type}`,
    change,
    stage.nowMs + stage.random.between(30, 600) * 1000,
  );
  domain.ds = [...ds];
  domain.dirty = true;
}
