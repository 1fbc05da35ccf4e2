/** Loads one event rule or filter document: head, log source, detections, condition; everything unused or unknown is an error. */
import { featureFields, isFeaturePath } from '../contract/features.ts';
import { allOf, anyOf, gated, noneOf } from './compiled-test.ts';
import { compileDetection } from './sigma-item.ts';
import { ConditionFault, namesMeant, namesUsed, parseCondition } from './sigma-condition.ts';
import { readMetadata } from './rule-metadata.ts';
import type { CompiledTest, EventTest } from './compiled-test.ts';
import type { CompileContext, ExpandLists } from './sigma-item.ts';
import type { EventFields } from './event-fields.ts';
import type { Condition } from './sigma-condition.ts';
import type { RuleDocument } from './sigma-document.ts';
import type { RuleMetadata } from './rule-metadata.ts';
import type { ProblemSink } from './sigma-problem.ts';

/** A rule over single events. */
export interface EventRule {
  readonly kind: 'rule';
  readonly test: EventTest;
  /** It can only match these event types, in lower case; undefined: any. */
  readonly eventTypes: ReadonlySet<string> | undefined;
  readonly meta: RuleMetadata;
  readonly file: string;
  readonly logsource: Readonly<Record<string, string>>;
  /** Feature groups that its selections stand on, exceptions left out; sorted. Their history limits what a match can claim. */
  readonly featureGroups: readonly string[];
  /** The parts that decide what matches, as data: same meaning, same value. */
  readonly meaning: unknown;
}

/** A filter: where its condition is false, a match of the named rules is kept but marked. */
export interface FilterRule {
  readonly kind: 'filter';
  readonly meta: RuleMetadata;
  readonly file: string;
  /** Rule names or ids; undefined: any rule of the log source. */
  readonly rules: readonly string[] | undefined;
  readonly logsource: Readonly<Record<string, string>>;
  readonly keeps: EventTest;
  readonly meaning: unknown;
}

type Path = readonly (string | number)[];

/** Compiles an event rule. Undefined when the document has errors; they are in its sink. */
export function loadEventRule(
  document: RuleDocument,
  lists: ExpandLists,
  fields: EventFields,
): EventRule | undefined {
  const { data, problems, file } = document;
  const meta = readMetadata(data, problems, `${file}#${document.index}`);
  const logsource = readLogsource(data['logsource'], problems);
  const detection = readMap(data['detection'], ['detection'], problems);
  if (detection === undefined) return undefined;
  if (logsource['product'] === 'zonewarden') checkFeatureNames(detection, ['detection'], problems);
  const compiled = compileNamed(detection, ['detection'], { lists, fields, problems });
  if (compiled === undefined || problems.errorCount() > 0) return undefined;
  return {
    kind: 'rule',
    meta,
    file,
    logsource,
    test: gated(compiled, fields).test,
    eventTypes: compiled.needs.texts.get('event_type'),
    featureGroups: featureGroupsOf(detection),
    meaning: { detection },
  };
}

function fieldsOf(selection: unknown): string[] {
  if (Array.isArray(selection)) return selection.flatMap(fieldsOf);
  return typeof selection === 'object' && selection !== null ? Object.keys(selection) : [];
}

function featureGroupsOf(detection: Readonly<Record<string, unknown>>): string[] {
  const fields = Object.entries(detection).flatMap(([name, selection]) =>
    name === 'condition' || name.startsWith('except') ? [] : fieldsOf(selection),
  );
  const groups = fields.flatMap((field) => /^feature\.([a-z_]+)\./u.exec(field)?.[1] ?? []);
  return [...new Set(groups)].sort();
}

/** Compiles a filter document. Undefined when the document has errors. */
export function loadFilter(
  document: RuleDocument,
  lists: ExpandLists,
  fields: EventFields,
): FilterRule | undefined {
  const { data, problems, file } = document;
  const meta = readMetadata(data, problems, `${file}#${document.index}`);
  const logsource = readLogsource(data['logsource'], problems);
  const body = readMap(data['filter'], ['filter'], problems);
  if (body === undefined) return undefined;
  const { rules: named, ...detection } = body;
  let rules: string[] | undefined;
  if (Array.isArray(named) && named.length > 0 && named.every((name) => typeof name === 'string'))
    rules = named;
  else if (typeof named === 'string' && named !== '') rules = /^any$/i.test(named) ? undefined : [named];
  else problems.error(['filter', 'rules'], 'must be "any" or a list of rule names or ids');
  const condition = detection['condition'];
  if (typeof condition === 'string' && !/^\s*not\b/i.test(condition))
    problems.lint(
      ['filter', 'condition'],
      'a filter keeps what its condition says; to exclude, start with "not"',
    );
  const compiled = compileNamed(detection, ['filter'], { lists, fields, problems });
  if (compiled === undefined || problems.errorCount() > 0) return undefined;
  return {
    kind: 'filter',
    meta,
    file,
    rules,
    logsource,
    keeps: compiled.test,
    meaning: { detection, rules: named },
  };
}

/** A feature that does not exist is absent in every event: a rule on a misspelt one would be silent for ever. */
function checkFeatureNames(node: unknown, path: Path, problems: ProblemSink): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const [field = ''] = key.split('|');
    const name = field.startsWith('feature.') ? field.slice('feature.'.length) : undefined;
    if (name !== undefined && !isFeaturePath(name) && !Object.hasOwn(featureFields, name))
      problems.error([...path, key], `"${field}" is not a feature of this version`);
    checkFeatureNames(value, [...path, Array.isArray(node) ? Number(key) : key], problems);
  }
}

function readMap(value: unknown, path: Path, problems: ProblemSink): Record<string, unknown> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  problems.error(path, 'must be a map');
  return undefined;
}

function readLogsource(value: unknown, problems: ProblemSink): Record<string, string> {
  if (value === undefined)
    problems.error(['logsource'], 'a log source is required, for example {product: zonewarden}');
  const map = value === undefined ? {} : (readMap(value, ['logsource'], problems) ?? {});
  const logsource: Record<string, string> = {};
  for (const [key, entry] of Object.entries(map)) {
    if (typeof entry !== 'string' && key !== 'definition') problems.error(['logsource', key], 'must be text');
    else if (key === 'product' || key === 'category' || key === 'service')
      logsource[key] = String(entry).toLowerCase();
  }
  return logsource;
}

function compileNamed(
  detection: Record<string, unknown>,
  path: Path,
  context: CompileContext,
): CompiledTest | undefined {
  const { problems } = context;
  const conditions = readConditions(detection['condition'], [...path, 'condition'], problems);
  const named = new Map<string, CompiledTest>();
  for (const [name, body] of Object.entries(detection)) {
    if (name === 'condition') continue;
    if (name === 'timeframe') {
      problems.error(
        [...path, name],
        '"timeframe" belongs to the old aggregation syntax; write a correlation document',
      );
      continue;
    }
    if (!/^[A-Za-z0-9_-]+$/.test(name))
      problems.lint([...path, name], 'a detection name should hold letters, digits, "_" and "-" only');
    const compiled = compileDetection(body, [...path, name], context);
    if (compiled !== undefined) named.set(name, compiled);
  }
  if (conditions.length === 0) return undefined;
  const names = Object.keys(detection).filter((name) => name !== 'condition' && name !== 'timeframe');
  const used = new Set(conditions.flatMap((condition) => [...namesUsed(condition, names)]));
  for (const name of used)
    if (!names.includes(name))
      problems.error([...path, 'condition'], `"${name}" is not a detection of this rule`);
  for (const name of names)
    if (!used.has(name))
      // What starts with "_" is set aside from "them" on purpose.
      problems[name.startsWith('_') ? 'lint' : 'error'](
        [...path, name],
        'the condition does not use this detection',
      );
  for (const condition of conditions) checkQuantifiers(condition, names, [...path, 'condition'], problems);
  if (problems.errorCount() > 0) return undefined;
  return anyOf(conditions.map((condition) => compileCondition(condition, named)));
}

function readConditions(value: unknown, path: Path, problems: ProblemSink): Condition[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (value === undefined || list.length === 0) problems.error(path.slice(0, -1), 'a condition is required');
  return list.flatMap((text, index) => {
    if (value === undefined) return [];
    const place = Array.isArray(value) ? [...path, index] : path;
    if (typeof text !== 'string' || text.trim() === '') {
      problems.error(place, 'a condition must be text');
      return [];
    }
    try {
      return [parseCondition(text)];
    } catch (fault) {
      if (!(fault instanceof ConditionFault)) throw fault;
      problems.error(place, fault.message);
      return [];
    }
  });
}

function checkQuantifiers(
  condition: Condition,
  names: readonly string[],
  path: Path,
  problems: ProblemSink,
): void {
  if (condition.op === 'not') checkQuantifiers(condition.arg, names, path, problems);
  else if (condition.op === 'and' || condition.op === 'or')
    for (const part of condition.args) checkQuantifiers(part, names, path, problems);
  else if (condition.op === 'of') {
    if (namesMeant(condition.pattern, names).length === 0)
      problems.error(path, `"of ${condition.pattern}" means no detection of this rule`);
    if (condition.anyWord) problems.lint(path, '"any of" is not in the specification; write "1 of"');
  }
}

function compileCondition(condition: Condition, named: ReadonlyMap<string, CompiledTest>): CompiledTest {
  switch (condition.op) {
    case 'and':
      return allOf(condition.args.map((part) => compileCondition(part, named)));
    case 'or':
      return anyOf(condition.args.map((part) => compileCondition(part, named)));
    case 'not':
      return noneOf(compileCondition(condition.arg, named));
    case 'of': {
      const parts = namesMeant(condition.pattern, [...named.keys()]).flatMap((name) => named.get(name) ?? []);
      return condition.quantifier === 'all' ? allOf(parts) : anyOf(parts);
    }
    case 'ref': {
      const part = named.get(condition.name);
      if (part === undefined) throw new Error(`unresolved detection ${condition.name}`);
      return part;
    }
  }
}
