/**
 * Terraform and OpenTofu: `terraform show -json PLANFILE` (https://developer.hashicorp.com/terraform/internals/json-format,
 * format 1.x). Record sets of Route 53, Google Cloud DNS, Cloudflare and DNSimple; delegation, lock and renewal of domains at
 * Route 53 Domains and DNSimple. Values known only after apply, aliases and routing policies are refused.
 */
import { failed, succeeded } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { ImportCollector, memberOf, textOf, textsOf, type IntentImport } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';

interface PlannedRecord {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

type RecordReader = (values: unknown) => PlannedRecord | string;

const openValue = 'a value is known only after apply or is not plain data';

function wholeSet(nameKey: string, valuesKey: string): RecordReader {
  return (values) => {
    const [name, type, set] = [
      textOf(values, nameKey),
      textOf(values, 'type'),
      textsOf(memberOf(values, valuesKey)),
    ];
    const policy = textOf(values, 'set_identifier') !== undefined || listed(values, 'routing_policy');
    if (policy || listed(values, 'alias'))
      return 'an alias or routing policy answers with values the plan does not name';
    return name === undefined || type === undefined || set === undefined || set.length === 0
      ? openValue
      : { name, type, values: set.map((value) => quotedText(type, value)) };
  };
}

function listed(values: unknown, key: string): boolean {
  const member = memberOf(values, key);
  return Array.isArray(member) && member.length > 0;
}

/** Providers take text without the quotes of the presentation form. */
function quotedText(type: string, value: string): string {
  return (type === 'TXT' || type === 'SPF') && !value.startsWith('"')
    ? `"${value.replaceAll('"', '\\"')}"`
    : value;
}

function oneRecord(valueKeys: readonly string[], zoneKey: string | undefined): RecordReader {
  return (values) => {
    const type = textOf(values, 'type');
    const label = memberOf(values, 'name');
    const value = valueKeys.map((key) => textOf(values, key)).find((text) => text !== undefined);
    const zone = zoneKey === undefined ? undefined : textOf(values, zoneKey);
    if (typeof label !== 'string' || type === undefined || value === undefined) return openValue;
    if (zoneKey !== undefined && zone === undefined) return openValue;
    const priority = memberOf(values, 'priority');
    const data =
      type === 'MX' && typeof priority === 'number' ? `${priority} ${value}` : quotedText(type, value);
    const name = zone === undefined ? label : label === '' || label === '@' ? zone : `${label}.${zone}`;
    return { name, type, values: [data] };
  };
}

const recordReaders: Readonly<Record<string, RecordReader>> = {
  aws_route53_record: wholeSet('name', 'records'),
  google_dns_record_set: wholeSet('name', 'rrdatas'),
  cloudflare_record: oneRecord(['content', 'value'], undefined),
  cloudflare_dns_record: oneRecord(['content'], undefined),
  dnsimple_zone_record: oneRecord(['value'], 'zone_name'),
};

/** Resources that hold one record: the set is what all of them together hold. */
const singleRecordTypes = new Set(['cloudflare_record', 'cloudflare_dns_record', 'dnsimple_zone_record']);

function nameserversOf(values: unknown): string[] | undefined {
  const blocks = memberOf(values, 'name_server');
  const names = Array.isArray(blocks)
    ? blocks.map((block: unknown) => textOf(block, 'name'))
    : textsOf(memberOf(values, 'name_servers'));
  const canonical = names?.map((name) => (name === undefined ? undefined : canonicalName(name)));
  return canonical === undefined || canonical.length === 0 || canonical.includes(undefined)
    ? undefined
    : (canonical as string[]).sort();
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
  if (next === undefined && (memberOf(after, 'name_server') ?? memberOf(after, 'name_servers')) !== undefined)
    collector.refuse(path, `name servers of ${domain}: ${openValue}`);
  if (next !== undefined && JSON.stringify(old) !== JSON.stringify(next))
    collector.changes.push({
      domain,
      action: 'delegation',
      ...(old === undefined ? {} : { old }),
      new: next,
    });
  for (const [key, action] of [
    ['transfer_lock', 'lock'],
    ['auto_renew', 'auto_renew'],
    ['auto_renew_enabled', 'auto_renew'],
  ] as const) {
    const wanted = memberOf(after, key);
    if (typeof wanted === 'boolean' && wanted !== memberOf(before, key))
      collector.changes.push({ domain, action, new: wanted ? 'enabled' : 'disabled' });
  }
}

interface PlannedResource {
  readonly type: string;
  readonly values: unknown;
}

/** All resources that will exist, over all modules. */
function plannedResources(plan: unknown): PlannedResource[] {
  const found: PlannedResource[] = [];
  const modules: unknown[] = [memberOf(memberOf(plan, 'planned_values'), 'root_module')];
  for (let module = modules.pop(); module !== undefined; module = modules.pop()) {
    const [resources, children] = [memberOf(module, 'resources'), memberOf(module, 'child_modules')];
    for (const resource of Array.isArray(resources) ? (resources as unknown[]) : [])
      found.push({ type: textOf(resource, 'type') ?? '', values: memberOf(resource, 'values') });
    if (Array.isArray(children)) modules.push(...(children as unknown[]));
  }
  return found;
}

/** Set of a name and type over all resources of a kind that will exist; a sentence when one of them is open. */
function plannedSet(
  resources: readonly PlannedResource[],
  resourceType: string,
  wanted: PlannedRecord,
): string[] | string {
  const reader = recordReaders[resourceType] as RecordReader;
  const values: string[] = [];
  for (const { type, values: data } of resources) {
    if (type !== resourceType) continue;
    const record = reader(data);
    if (typeof record === 'string') {
      const label = memberOf(data, 'name');
      if (typeof label !== 'string' || wanted.name === label || wanted.name.startsWith(`${label}.`))
        return `another record of ${wanted.name} is open: ${record}`;
      continue;
    }
    if (canonicalName(record.name) === canonicalName(wanted.name) && record.type === wanted.type)
      values.push(...record.values);
  }
  return values;
}

function collectRecord(
  path: string,
  type: string,
  change: unknown,
  resources: readonly PlannedResource[],
  collector: ImportCollector,
): void {
  const reader = recordReaders[type] as RecordReader;
  const [before, after] = [memberOf(change, 'before'), memberOf(change, 'after')];
  const read = (values: unknown): PlannedRecord | string | undefined =>
    values === null || values === undefined ? undefined : reader(values);
  const [old, next] = [read(before), read(after)];
  for (const each of [old, next])
    if (typeof each === 'string') {
      collector.refuse(path, each);
      return;
    }
  const whole = !singleRecordTypes.has(type);
  for (const record of [old, next] as (PlannedRecord | undefined)[]) {
    if (record === undefined) continue;
    const moved = record === old && next !== undefined && sameSet(record, next as PlannedRecord);
    if (moved) continue;
    const set = whole ? (record === next ? record.values : []) : plannedSet(resources, type, record);
    if (typeof set === 'string') collector.refuse(path, set);
    else
      collector.recordSet(
        path,
        record.name,
        record.type,
        set,
        whole && record === next && old !== undefined && sameSet(old as PlannedRecord, record)
          ? (old as PlannedRecord).values
          : undefined,
      );
  }
}

function sameSet(a: PlannedRecord, b: PlannedRecord): boolean {
  return canonicalName(a.name) === canonicalName(b.name) && a.type === b.type;
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
  const collector = new ImportCollector(facts);
  const resources = plannedResources(plan);
  for (const [index, resource] of (changes as unknown[]).entries()) {
    const change = memberOf(resource, 'change');
    const actions = textsOf(memberOf(change, 'actions')) ?? [];
    if (!actions.some((action) => ['create', 'update', 'delete'].includes(action))) continue;
    const path = `/resource_changes/${index}`;
    const type = textOf(resource, 'type') ?? '';
    const [before, after] = [memberOf(change, 'before'), memberOf(change, 'after')];
    if (Object.hasOwn(recordReaders, type)) collectRecord(path, type, change, resources, collector);
    else if (type === 'aws_route53domains_registered_domain')
      collectDomain(path, memberOf(after ?? before, 'domain_name'), before, after, collector);
    else if (type === 'dnsimple_domain_delegation')
      collectDomain(path, memberOf(after ?? before, 'domain'), before, after, collector);
  }
  return succeeded(collector.finished('terraform'));
};
