/**
 * octoDNS: plan output `octodns.provider.plan.PlanJson`: `{target: {zone: {changes: [{type, name, record_type, existing,
 * new}], meta}}}` with record data of octoDNS (`ttl`, `value` or `values`). Changes name whole sets. Plans of versions whose
 * changes carry no name and type, and records whose answers depend on who asks, are refused.
 */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { ImportCollector, memberOf, textOf, type IntentImport } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';

/** Fields of structured values in presentation order. */
const layouts: Readonly<Record<string, readonly string[]>> = {
  MX: ['preference', 'exchange'],
  SRV: ['priority', 'weight', 'port', 'target'],
  CAA: ['flags', 'tag', 'value'],
  DS: ['key_tag', 'algorithm', 'digest_type', 'digest'],
  TLSA: ['certificate_usage', 'selector', 'matching_type', 'certificate_association_data'],
  SSHFP: ['algorithm', 'fingerprint_type', 'fingerprint'],
};

function valueText(type: string, value: unknown): string | undefined {
  if (typeof value === 'string')
    // octoDNS escapes semicolons in text records.
    return type === 'TXT' || type === 'SPF'
      ? `"${value.replaceAll('\\;', ';').replaceAll(/[\\"]/gu, '\\$&')}"`
      : value;
  const layout = Object.hasOwn(layouts, type) ? layouts[type] : undefined;
  if (layout === undefined) return undefined;
  const parts = layout.map((field) => memberOf(value, field));
  if (!parts.every((part) => typeof part === 'string' || typeof part === 'number')) return undefined;
  return type === 'CAA' ? `${parts[0]} ${parts[1]} "${parts[2]}"` : parts.join(' ');
}

function setOf(type: string, data: unknown): string[] | undefined {
  if (memberOf(data, 'dynamic') !== undefined || memberOf(data, 'geo') !== undefined) return undefined;
  const values = memberOf(data, 'values') ?? [memberOf(data, 'value')];
  if (!Array.isArray(values) || values.length === 0) return undefined;
  const texts = values.map((value) => valueText(type, value));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function isSameSet(type: string, a: readonly string[], b: readonly string[]): boolean {
  return canonicalRecordSet(type, a).join('\n') === canonicalRecordSet(type, b).join('\n');
}

function collectChange(path: string, zone: string, change: unknown, collector: ImportCollector): void {
  const kind = textOf(change, 'type');
  const label = memberOf(change, 'name');
  const type = textOf(change, 'record_type');
  if (typeof label !== 'string' || type === undefined) {
    collector.refuse(
      path,
      'names no record: plans of older octoDNS versions carry values without name and type',
    );
    return;
  }
  const name = label === '' || label === '@' ? zone : `${label}.${zone}`;
  const existing = memberOf(change, 'existing');
  const next = memberOf(change, 'new');
  const old = existing === undefined || existing === null ? undefined : setOf(type, existing);
  const values = kind === 'delete' ? [] : setOf(type, next);
  if (!['create', 'update', 'delete'].includes(kind ?? '') || values === undefined) {
    collector.refuse(
      path,
      `the new value of ${name} ${type} is not one plain set (dynamic, geo or an unknown form)`,
    );
    return;
  }
  // Only the TTL: the set stays what it is.
  const isSame = kind === 'update' && old !== undefined && isSameSet(type, old, values);
  if (!isSame) collector.recordSet(path, name, type, values, kind === 'create' ? [] : old);
  const own = collector.refused.at(-1)?.path === path ? undefined : collector.ownName(path, name);
  const [before, after] = [memberOf(existing, 'ttl'), memberOf(next, 'ttl')];
  if (own !== undefined && typeof after === 'number' && typeof before === 'number' && before !== after)
    collector.changes.push({ ...own, action: 'ttl', type, old: before, new: after });
}

function zonesOf(plan: unknown): Outcome<[path: string, zone: string, changes: unknown[]][]> {
  const shape = 'an octoDNS plan is {target: {zone: {changes: [...]}}} as PlanJson writes it';
  if (typeof plan !== 'object' || plan === null || Array.isArray(plan))
    return failed('unsupported_format', shape);
  const found: [string, string, unknown[]][] = [];
  for (const [target, zones] of Object.entries(plan)) {
    if (typeof zones !== 'object' || zones === null || Array.isArray(zones))
      return failed('unsupported_format', shape, `/${target}`);
    for (const [zone, data] of Object.entries(zones)) {
      const changes = memberOf(data, 'changes');
      if (!Array.isArray(changes)) return failed('unsupported_format', shape, `/${target}/${zone}`);
      found.push([`/${target}/${zone}/changes`, zone.replace(/\.$/u, ''), changes as unknown[]]);
    }
  }
  return succeeded(found);
}

/** Reads an octoDNS plan. Two targets that get different values for the same set are refused. */
export const intentsFromOctodns: IntentImport = (text, facts) => {
  const parsed = parsePlan(text);
  if (!parsed.ok) return parsed;
  const zones = zonesOf(parsed.value);
  if (!zones.ok) return zones;
  const collector = new ImportCollector(facts);
  for (const [path, zone, changes] of zones.value)
    for (const [index, change] of changes.entries())
      collectChange(`${path}/${index}`, zone, change, collector);
  collector.refuseContradictions('the plan gives different values at different providers');
  return succeeded(collector.finished('octodns'));
};
