/**
 * Terraform and OpenTofu: `terraform show -json PLANFILE` (https://developer.hashicorp.com/terraform/internals/json-format,
 * format 1.x). Record sets of the providers in terraform-records.ts; delegation, lock and renewal of domains at Route 53
 * Domains, DNSimple and Gandi. Values known only after apply, aliases and routing policies are refused, and so is every
 * kind of record resource that is not understood.
 */
import { failed, succeeded } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { ImportCollector, memberOf, textOf, textsOf, type IntentImport } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';
import {
  looksLikeRecord,
  noteZone,
  openValue,
  recordResources,
  type PlannedRecord,
  type RecordResource,
  type ZoneNames,
} from './terraform-records.ts';

/** Resources about a registered domain, with the attribute that names it. */
const domainResources: Readonly<Record<string, string>> = {
  aws_route53domains_registered_domain: 'domain_name',
  aws_route53domains_domain: 'domain_name',
  dnsimple_domain_delegation: 'domain',
  dnsimple_registered_domain: 'name',
  gandi_nameservers: 'domain',
};

const serverKeys = ['name_server', 'name_servers', 'nameservers'] as const;
const switches = [
  ['transfer_lock', 'lock'],
  ['transfer_lock_enabled', 'lock'],
  ['auto_renew', 'auto_renew'],
  ['auto_renew_enabled', 'auto_renew'],
  ['whois_privacy_enabled', 'privacy'],
] as const;

function nameserversOf(values: unknown): string[] | undefined {
  const list = serverKeys.map((key) => memberOf(values, key)).find((member) => Array.isArray(member));
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const names = list.map((item: unknown) => {
    const text = typeof item === 'string' ? item : textOf(item, 'name');
    return text === undefined ? undefined : canonicalName(text);
  });
  const known = names.filter((name) => name !== undefined);
  return known.length < names.length ? undefined : known.sort();
}

function collectDomain(
  path: string,
  domainText: unknown,
  before: unknown,
  after: unknown,
  collector: ImportCollector,
): void {
  const own = collector.ownName(path, domainText);
  if (own === undefined) return;
  const { domain } = own;
  const [old, next] = [nameserversOf(before), nameserversOf(after)];
  if (next === undefined && serverKeys.some((key) => (memberOf(after, key) ?? null) !== null))
    collector.refuse(path, `name servers of ${domain}: ${openValue}`);
  if (next !== undefined && JSON.stringify(old) !== JSON.stringify(next))
    collector.changes.push({
      domain,
      action: 'delegation',
      ...(old === undefined ? {} : { old }),
      new: next,
    });
  for (const [key, action] of switches) {
    const wanted = memberOf(after, key);
    if (typeof wanted === 'boolean' && wanted !== memberOf(before, key))
      collector.changes.push({ domain, action, new: wanted ? 'enabled' : 'disabled' });
  }
}

interface PlannedResource {
  readonly type: string;
  readonly values: unknown;
}

/** All resources of a part of the plan, over all modules. */
function resourcesOf(part: unknown): PlannedResource[] {
  const found: PlannedResource[] = [];
  const modules: unknown[] = [memberOf(part, 'root_module')];
  for (let module = modules.pop(); module !== undefined; module = modules.pop()) {
    const [resources, children] = [memberOf(module, 'resources'), memberOf(module, 'child_modules')];
    for (const resource of Array.isArray(resources) ? (resources as unknown[]) : [])
      found.push({ type: textOf(resource, 'type') ?? '', values: memberOf(resource, 'values') });
    if (Array.isArray(children)) modules.push(...(children as unknown[]));
  }
  return found;
}

/** What is known of the world around one change. */
interface Surroundings {
  /** Resources that will exist. */
  readonly planned: readonly PlannedResource[];
  readonly zones: ZoneNames;
}

/** The same from the list of changes, which names unchanged resources too (`no-op`): for plans cut down to that list. */
function resourcesAfter(plan: unknown): PlannedResource[] {
  const changes = memberOf(plan, 'resource_changes');
  return (Array.isArray(changes) ? (changes as unknown[]) : []).flatMap((resource) => {
    const values = memberOf(memberOf(resource, 'change'), 'after') ?? null;
    return values === null ? [] : [{ type: textOf(resource, 'type') ?? '', values }];
  });
}

function surroundingsOf(plan: unknown): Surroundings {
  const part = memberOf(plan, 'planned_values');
  const planned = part === undefined ? resourcesAfter(plan) : resourcesOf(part);
  const zones = new Map<string, string>();
  for (const { type, values } of [
    ...resourcesOf(memberOf(memberOf(plan, 'prior_state'), 'values')),
    ...planned,
  ])
    noteZone(type, values, zones);
  return { planned, zones };
}

/** Set of a name and type over all resources of a kind that will exist; a sentence when one of them is open. */
function plannedSet(
  { planned, zones }: Surroundings,
  resourceType: string,
  { read }: RecordResource,
  wanted: PlannedRecord,
): string[] | string {
  const values: string[] = [];
  for (const { type, values: data } of planned) {
    if (type !== resourceType) continue;
    const record = read(data, zones);
    if (typeof record === 'string') {
      const label = memberOf(data, 'name') ?? memberOf(data, 'subdomain');
      if (typeof label !== 'string' || wanted.name === label || wanted.name.startsWith(`${label}.`))
        return `another record of ${wanted.name} is open: ${record}`;
      continue;
    }
    if (isSameSet(record, wanted)) values.push(...record.values);
  }
  return values;
}

/** Said when what a change leads to is not among what will exist: an empty set would approve that everything goes. */
const notPlanned = 'the planned values do not hold what this resource will be';

/** Said where an object is left over from an earlier replacement, or a set changes the resource that holds it. */
const keptElsewhere =
  'another resource will hold the same record set, so what its removal leaves behind is not known';

function isSameSet(a: PlannedRecord, b: PlannedRecord): boolean {
  return canonicalName(a.name) === canonicalName(b.name) && a.type === b.type;
}

function isSameData(a: PlannedRecord, b: PlannedRecord): boolean {
  const text = ({ type, values }: PlannedRecord): string => canonicalRecordSet(type, values).join('\n');
  return isSameSet(a, b) && text(a) === text(b);
}

function collectRecord(
  path: string,
  type: string,
  change: unknown,
  around: Surroundings,
  collector: ImportCollector,
): void {
  const resource = recordResources[type] as RecordResource;
  const isForgotten = textsOf(memberOf(change, 'actions'))?.includes('forget') === true;
  const read = (values: unknown): PlannedRecord | string | undefined =>
    values === null || values === undefined ? undefined : resource.read(values, around.zones);
  const [old, next] = [read(memberOf(change, 'before')), read(memberOf(change, 'after'))];
  for (const each of [old, next])
    if (typeof each === 'string') {
      collector.refuse(path, each);
      return;
    }
  const [before, after] = [old as PlannedRecord | undefined, next as PlannedRecord | undefined];
  if (before !== undefined && after !== undefined && isSameSet(before, after)) {
    collectTtl(path, before, after, collector);
    // Only the TTL, or what is no DNS data: labels, comments, health checks.
    if (isSameData(before, after)) return;
  }
  for (const record of [before, after]) {
    if (record === undefined) continue;
    const isLeft = record === before;
    if (isLeft && ((after !== undefined && isSameSet(record, after)) || isForgotten)) continue;
    const whole = isLeft ? [] : record.values;
    const planned = resource.whole && !isLeft ? whole : plannedSet(around, type, resource, record);
    const isKept = resource.whole && isLeft && planned.length > 0;
    const isMissing =
      !isLeft && typeof planned !== 'string' && !record.values.every((value) => planned.includes(value));
    const set = isMissing ? notPlanned : isKept && typeof planned !== 'string' ? keptElsewhere : planned;
    if (typeof set === 'string') {
      collector.refuse(path, set);
      continue;
    }
    const known = resource.whole && !isLeft && before !== undefined && isSameSet(before, record);
    collector.recordSet(path, record.name, record.type, set, known ? before.values : undefined);
  }
}

function collectTtl(
  path: string,
  before: PlannedRecord,
  after: PlannedRecord,
  collector: ImportCollector,
): void {
  if (before.ttl === undefined || after.ttl === undefined || before.ttl === after.ttl) return;
  const own = collector.ownName(path, after.name);
  if (own !== undefined)
    collector.changes.push({ ...own, action: 'ttl', type: after.type, old: before.ttl, new: after.ttl });
}

function collectResource(
  path: string,
  resource: unknown,
  around: Surroundings,
  collector: ImportCollector,
): void {
  const change = memberOf(resource, 'change');
  const actions = textsOf(memberOf(change, 'actions')) ?? [];
  if (!actions.some((action) => ['create', 'update', 'delete'].includes(action))) return;
  const type = textOf(resource, 'type') ?? '';
  const [before, after] = [memberOf(change, 'before'), memberOf(change, 'after')];
  if (Object.hasOwn(recordResources, type)) collectRecord(path, type, change, around, collector);
  else if (Object.hasOwn(domainResources, type))
    collectDomain(path, memberOf(after ?? before, domainResources[type] as string), before, after, collector);
  else if (looksLikeRecord(type))
    collector.refuse(path, `resources of type ${type} are not understood: approve the change in another way`);
}

/** Reads a Terraform plan. Resources that are no DNS or domain control are no part of it and are passed over. */
export const intentsFromTerraform: IntentImport = (text, facts) => {
  const parsed = parsePlan(text);
  if (!parsed.ok) return parsed;
  const plan = parsed.value;
  const changes = memberOf(plan, 'resource_changes');
  if (textOf(plan, 'format_version')?.startsWith('1.') !== true || !Array.isArray(changes))
    return failed(
      'unsupported_format',
      'a plan is the output of "terraform show -json PLANFILE", format 1.x',
    );
  if (memberOf(plan, 'errored') === true)
    return failed('unsupported_format', 'planning ended with an error, so the plan is not whole', '/errored');
  const collector = new ImportCollector(facts);
  const around = surroundingsOf(plan);
  for (const [index, resource] of (changes as unknown[]).entries()) {
    const address = textOf(resource, 'address');
    const path = `/resource_changes/${index}${address === undefined ? '' : ` (${address})`}`;
    collectResource(path, resource, around, collector);
  }
  collector.refuseContradictions('the plan gives different values in different resources');
  return succeeded(collector.finished('terraform'));
};
