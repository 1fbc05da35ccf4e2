/**
 * DNSControl: `dnscontrol preview --report FILE` (https://docs.dnscontrol.org, "JSON Reports"): a list of
 * `{domain, corrections, correction_details[], provider | registrar}`. A detail names one record, not a set, so the set in
 * force must be known to tell the set that will stand afterwards. Reports of versions without details name no value.
 */
import { failed, succeeded } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordData, canonicalRecordSet } from '../../leaf/record-data.ts';
import { ImportCollector, memberOf, textOf, textsOf, type IntentImport } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';

interface RecordStep {
  readonly path: string;
  /** TTL before and after, where a changed record tells both and they differ. */
  readonly ttl?: readonly [before: number, after: number];
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Planned {
  readonly name: string;
  readonly type: string;
  readonly steps: RecordStep[];
}

const escapes: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
const ttlEnd = / ttl=(\d{1,10})$/u;
const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]{0,16}m`, 'gu');

/** As text: without HTML entities and without the colours of a terminal (ECMA-48). */
function unescaped(text: string): string {
  const plain = text.replaceAll(colour, '');
  return plain.replaceAll(/&(?:lt|gt|amp);/gu, (entity) => escapes[entity] ?? entity);
}

/** Value in front of ` ttl=300`; undefined when anything else follows, such as provider settings that are part of the record. */
function valueOf(type: string, text: string): string | undefined {
  if (!ttlEnd.test(text)) return undefined;
  return canonicalRecordData(type, text.replace(ttlEnd, ''));
}

function stepOf(path: string, detail: string): (RecordStep & { name: string; type: string }) | undefined {
  const head = /^(?:[+±-] )?(CREATE|MODIFY|DELETE) (\S{1,255}) ([A-Z][A-Z0-9]{0,15}) (.+)$/su.exec(detail);
  if (head === null) return undefined;
  const [, verb = '', nameText = '', type = '', rest = ''] = head;
  const name = canonicalName(nameText);
  if (name === undefined) return undefined;
  if (verb !== 'MODIFY') {
    const value = valueOf(type, rest);
    if (value === undefined) return undefined;
    return {
      path,
      name,
      type,
      add: verb === 'CREATE' ? [value] : [],
      remove: verb === 'DELETE' ? [value] : [],
    };
  }
  const middle = rest.indexOf(') -> (');
  if (!rest.startsWith('(') || !rest.endsWith(')') || middle < 0) return undefined;
  const before = valueOf(type, rest.slice(1, middle));
  const after = valueOf(type, rest.slice(middle + ') -> ('.length, -1));
  if (before === undefined || after === undefined) return undefined;
  const [old, next] = [rest.slice(1, middle), rest.slice(middle + 1, -1)].map((part) =>
    Number(ttlEnd.exec(part)?.[1]),
  );
  const ttl = old === undefined || next === undefined || old === next ? undefined : ([old, next] as const);
  return { path, name, type, add: [after], remove: [before], ...(ttl === undefined ? {} : { ttl }) };
}

/** Providers that apply whole sets, names or zones join the corrections of one step with line ends. */
function linesOf(detail: string): string[] {
  return unescaped(detail)
    .split(/\n(?=[+±-] (?:CREATE|MODIFY|MODIFY-TTL|DELETE) )/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function collectDetail(
  path: string,
  text: string,
  sets: Map<string, Planned>,
  collector: ImportCollector,
): void {
  const ttl = /^(?:± )?MODIFY-TTL (\S{1,255}) ([A-Z][A-Z0-9]{0,15}) .+ ttl=\(\d+->(\d{1,10})\)$/su.exec(text);
  if (ttl !== null) {
    const own = collector.ownName(path, ttl[1]);
    if (own !== undefined)
      collector.changes.push({ ...own, action: 'ttl', type: ttl[2] as string, new: Number(ttl[3]) });
    return;
  }
  const step = stepOf(path, text);
  if (step === undefined) {
    collector.refuse(path, 'is no record correction with name, type, value and TTL, so it approves nothing');
    return;
  }
  const { name, type } = step;
  if (step.ttl !== undefined) {
    const own = collector.ownName(path, name);
    const [old, next] = step.ttl;
    if (own !== undefined) collector.changes.push({ ...own, action: 'ttl', type, old, new: next });
    // Only the TTL: the set stays what it is, known or not.
    if (step.add[0] === step.remove[0]) return;
  }
  const key = `${name}/${type}`;
  const planned = sets.get(key) ?? { name, type, steps: [] };
  planned.steps.push(step);
  sets.set(key, planned);
}

/** Set after the steps; undefined when the set in force is not known or does not hold what the plan takes away. */
function setAfter({ name, type, steps }: Planned, current: readonly string[] | undefined): string[] | string {
  const single = type === 'CNAME' || type === 'ALIAS' || type === 'ANAME';
  const added = steps.flatMap(({ add }) => add);
  if (single && added.length <= 1) return added;
  if (current === undefined)
    return `the report names single records; which others ${name} ${type} has is not known: list the set under approved.records of the inventory`;
  const left = new Set(canonicalRecordSet(type, current));
  for (const value of steps.flatMap(({ remove }) => remove))
    if (!left.delete(value))
      return `the plan removes ${value}, which the inventory does not list for ${name} ${type}: the plan and the inventory speak of different states`;
  for (const value of added) left.add(value);
  return [...left].sort();
}

/** Reads a DNSControl report. */
export const intentsFromDnscontrol: IntentImport = (text, facts) => {
  const parsed = parsePlan(text);
  if (!parsed.ok) return parsed;
  if (!Array.isArray(parsed.value))
    return failed(
      'unsupported_format',
      'a DNSControl report is a JSON list with one entry per zone and provider',
    );
  const collector = new ImportCollector(facts);
  const sets = new Map<string, Planned>();
  for (const [index, entry] of (parsed.value as unknown[]).entries()) {
    const path = `/${index}`;
    const count = memberOf(entry, 'corrections');
    if (textOf(entry, 'domain') === undefined || typeof count !== 'number')
      return failed('unsupported_format', 'has no domain or no number of corrections', path);
    if (count === 0) continue;
    const details = textsOf(memberOf(entry, 'correction_details'));
    if (textOf(entry, 'domain')?.includes('!') === true)
      collector.refuse(
        path,
        'is one of several views of a zone (a tag after !), and not every resolver gets its answers',
      );
    else if (details === undefined)
      collector.refuse(path, 'counts corrections without naming them (a version before correction_details)');
    else if (textOf(entry, 'registrar') !== undefined)
      collector.refuse(path, 'is a change at the registrar, which the report describes in words only');
    else
      for (const [at, detail] of details.entries())
        for (const line of linesOf(detail))
          collectDetail(`${path}/correction_details/${at}`, line, sets, collector);
  }
  for (const planned of sets.values()) {
    const current = facts.currentSet(planned.name, planned.type);
    const after = setAfter(planned, current);
    const path = planned.steps[0]?.path ?? '';
    if (typeof after === 'string') collector.refuse(path, after);
    else collector.recordSet(path, planned.name, planned.type, after, current);
  }
  collector.refuseContradictions('the report gives different values for it');
  return succeeded(collector.finished('dnscontrol'));
};
