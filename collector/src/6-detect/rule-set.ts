/** Loads rule files into a rule set: event rules, filters, correlations; resolves references; digests; differences between sets. */
import { canonicalJson } from '../leaf/canonical-json.ts';
import { loadCorrelation } from './sigma-correlation.ts';
import { loadEventRule, loadFilter } from './sigma-rule.ts';
import { EventFields } from './event-fields.ts';
import { readDocuments } from './sigma-document.ts';
import type { Correlation } from './sigma-correlation.ts';
import type { EventRule, FilterRule } from './sigma-rule.ts';
import type { ExpandLists } from './sigma-item.ts';
import type { RuleDocument, RuleFile } from './sigma-document.ts';
import type { RuleMetadata } from './rule-metadata.ts';
import type { ProblemSink, RuleProblem } from './sigma-problem.ts';

/** A rule that can be referred to, with everything resolved. */
export type LoadedRule = LoadedEventRule | LoadedCorrelation;

interface Loaded {
  readonly meta: RuleMetadata;
  /** Hash over the parts that decide what matches; learned state is kept under it. */
  readonly meaningHash: string;
  /** Hash over the whole rule, findings carry it. */
  readonly ruleHash: string;
  /** Raises findings itself; false for mere building blocks. */
  readonly standalone: boolean;
}

/** An event rule with its filters. */
export interface LoadedEventRule extends Loaded {
  readonly kind: 'rule';
  readonly rule: EventRule;
  readonly filters: readonly FilterRule[];
}

/** A correlation with its inputs, in the order of its `rules` list. */
export interface LoadedCorrelation extends Loaded {
  readonly kind: 'correlation';
  readonly correlation: Correlation;
  readonly inputs: readonly LoadedRule[];
}

/** Rules compiled once. Order is that of files and documents. */
export interface RuleSet {
  readonly rules: readonly LoadedRule[];
  readonly filters: readonly FilterRule[];
  /** Digest over all rule hashes. */
  readonly digest: string;
  /** What its rules read of an event; begin and end a round around several of them to read each field once. */
  readonly fields: EventFields;
}

/** What loading said. A document with an error is not in the set, nor is anything that refers to it. */
export interface RuleSetResult {
  readonly ruleSet: RuleSet;
  readonly problems: readonly RuleProblem[];
  readonly counts: {
    readonly documents: number;
    readonly rules: number;
    readonly correlations: number;
    readonly filters: number;
    readonly loaded: number;
  };
}

/** What loading needs from outside: a hash (lower-case hex SHA-256 of UTF-8) and the lists of `expand`. */
export interface LoadOptions {
  readonly sha256: (text: string) => string;
  readonly expand?: ExpandLists;
}

const chainDepthMax = 10;

interface Parsed {
  readonly rules: (EventRule | Correlation)[];
  readonly filters: FilterRule[];
  readonly sinks: Map<EventRule | Correlation | FilterRule, RuleDocument>;
  readonly fields: EventFields;
}

/** Loads all files; every problem of every document is reported at once. */
export function loadRules(files: readonly RuleFile[], options: LoadOptions): RuleSetResult {
  const problems: RuleProblem[] = [];
  const parsed: Parsed = { rules: [], filters: [], sinks: new Map(), fields: new EventFields() };
  const counts = { documents: 0, rules: 0, correlations: 0, filters: 0 };
  for (const file of files) {
    const { documents, count } = readDocuments(file, (problem) => problems.push(problem));
    const companions = documents.filter(({ data }) => Object.hasOwn(data, 'regression_tests_info'));
    counts.documents += count - companions.length; // SigmaHQ keeps such descriptions of recorded events beside its rules
    for (const document of documents)
      if (!companions.includes(document)) loadDocument(document, options, parsed, counts);
  }
  refuseDuplicates(parsed);
  const filtersOf = assignFilters(parsed);
  const resolved = new Map<EventRule | Correlation, LoadedRule>();
  const rules = parsed.rules.flatMap((rule) => resolve(rule, parsed, filtersOf, options, resolved, []) ?? []);
  const kept = parsed.filters.filter((filter) => parsed.sinks.get(filter)?.problems.errorCount() === 0);
  const digest = options.sha256(
    canonicalJson([...rules.map((rule) => rule.ruleHash), ...kept.map((f) => f.meaning)]),
  );
  return {
    ruleSet: { rules: withOutputs(rules), filters: kept, digest, fields: parsed.fields },
    problems,
    counts: { ...counts, loaded: rules.length + kept.length },
  };
}

function loadDocument(
  document: RuleDocument,
  options: LoadOptions,
  parsed: Parsed,
  counts: { rules: number; correlations: number; filters: number },
): void {
  const { data, problems } = document;
  const kinds = ['detection', 'correlation', 'filter'].filter((key) => Object.hasOwn(data, key));
  if (kinds.length !== 1) {
    problems.error([], 'a document needs exactly one of "detection", "correlation" and "filter"');
    return;
  }
  const keep = <T extends EventRule | Correlation | FilterRule>(list: T[], loaded: T | undefined): void => {
    if (loaded === undefined) return;
    list.push(loaded);
    parsed.sinks.set(loaded, document);
  };
  if (kinds[0] === 'detection') {
    counts.rules += 1;
    keep<EventRule | Correlation>(parsed.rules, loadEventRule(document, options.expand ?? {}, parsed.fields));
  } else if (kinds[0] === 'correlation') {
    counts.correlations += 1;
    keep<EventRule | Correlation>(parsed.rules, loadCorrelation(document));
  } else {
    counts.filters += 1;
    keep(parsed.filters, loadFilter(document, options.expand ?? {}, parsed.fields));
  }
}

/** Ids are unique over rules, correlations and filters; names are for references, which never mean a filter. */
function refuseDuplicates({ rules, filters, sinks }: Parsed): void {
  for (const key of ['id', 'name'] as const) {
    const first = new Map<string, string>();
    for (const rule of key === 'id' ? [...rules, ...filters] : rules) {
      const value = rule.meta[key];
      if (value === undefined) continue;
      const earlier = first.get(value);
      if (earlier === undefined) first.set(value, rule.file);
      else
        sinks
          .get(rule)
          ?.problems.error([key], `"${value}" is already used in ${earlier}; give this one its own`);
    }
  }
}

function assignFilters({ rules, filters, sinks }: Parsed): Map<EventRule, FilterRule[]> {
  const byRule = new Map<EventRule, FilterRule[]>();
  for (const filter of filters) {
    const problems = sinks.get(filter)?.problems;
    for (const name of filter.rules ?? [])
      if (!rules.some((rule) => rule.kind === 'rule' && isCalled(rule, name)))
        problems?.error(['filter', 'rules'], `"${name}" is not an event rule of this set`);
    if (problems === undefined || problems.errorCount() > 0) continue; // a refused filter must not mark a finding
    for (const rule of rules) {
      if (rule.kind !== 'rule') continue;
      const called = filter.rules?.find((name) => isCalled(rule, name));
      if (filter.rules !== undefined && called === undefined) continue;
      const otherKey = Object.keys(filter.logsource).find(
        (key) => rule.logsource[key] !== filter.logsource[key],
      );
      if (otherKey === undefined) byRule.set(rule, [...(byRule.get(rule) ?? []), filter]);
      else if (called !== undefined)
        problems.lint(
          ['logsource', otherKey],
          `"${called}" has ${otherKey} ${rule.logsource[otherKey] ?? '(none)'}, so this filter does nothing there; give both the same log source`,
        );
    }
  }
  return byRule;
}

function isCalled(rule: { readonly meta: RuleMetadata }, name: string): boolean {
  return rule.meta.name === name || rule.meta.id === name.toLowerCase();
}

/** Undefined when the rule or anything below it has an error. */
function resolve(
  rule: EventRule | Correlation,
  parsed: Parsed,
  filtersOf: ReadonlyMap<EventRule, FilterRule[]>,
  options: LoadOptions,
  resolved: Map<EventRule | Correlation, LoadedRule>,
  trail: readonly (EventRule | Correlation)[],
): LoadedRule | undefined {
  const known = resolved.get(rule);
  if (known !== undefined) return known;
  const document = parsed.sinks.get(rule);
  if (document === undefined || document.problems.errorCount() > 0) return undefined;
  const whole = { data: document.data };
  if (rule.kind === 'rule') {
    const filters = filtersOf.get(rule) ?? [];
    const meaningHash = options.sha256(canonicalJson(rule.meaning)).slice(0, 16);
    const ruleHash = options.sha256(canonicalJson(whole)).slice(0, 16);
    const loaded: LoadedRule = {
      kind: 'rule',
      rule,
      filters,
      meta: rule.meta,
      meaningHash,
      ruleHash,
      standalone: rule.meta.standalone,
    };
    resolved.set(rule, loaded);
    return loaded;
  }
  const { problems } = document;
  if (trail.includes(rule)) problems.error(['correlation', 'rules'], 'the correlation refers to itself');
  if (trail.length >= chainDepthMax)
    problems.error(['correlation', 'rules'], `correlations may be chained ${chainDepthMax} deep`);
  if (problems.errorCount() > 0) return undefined;
  const inputs = rule.refs.map((ref) => {
    const target = parsed.rules.find((candidate) => isCalled(candidate, ref));
    if (target === undefined) {
      problems.error(['correlation', 'rules'], `"${ref}" is not a rule of this set, or it was refused`);
      return undefined;
    }
    const loaded = resolve(target, parsed, filtersOf, options, resolved, [...trail, rule]);
    if (loaded === undefined) problems.error(['correlation', 'rules'], `"${ref}" was refused`);
    return loaded;
  });
  if (problems.errorCount() > 0 || !inputs.every((input) => input !== undefined)) return undefined;
  const aliases = resolveAliases(rule, inputs, problems);
  if (problems.errorCount() > 0) return undefined;
  const meaningHash = options
    .sha256(canonicalJson([rule.meaning, inputs.map((input) => input.meaningHash)]))
    .slice(0, 16);
  const ruleHash = options.sha256(canonicalJson([whole, inputs.map((input) => input.ruleHash)])).slice(0, 16);
  const loaded: LoadedRule = {
    kind: 'correlation',
    correlation: { ...rule, aliases },
    inputs,
    meta: rule.meta,
    meaningHash,
    ruleHash,
    standalone: rule.meta.standalone,
  };
  resolved.set(rule, loaded);
  return loaded;
}

/** Aliases name a rule as its `rules` list does, or by its other name: both give the field under the word of the list. */
function resolveAliases(
  rule: Correlation,
  inputs: readonly LoadedRule[],
  problems: ProblemSink,
): Record<string, Record<string, string>> {
  const aliases: Record<string, Record<string, string>> = {};
  for (const [alias, byRule] of Object.entries(rule.aliases)) {
    const fields: Record<string, string> = {};
    for (const [called, field] of Object.entries(byRule)) {
      const place = inputs.findIndex(({ meta }) => isCalled({ meta }, called));
      const ref = rule.refs[place];
      if (ref !== undefined) fields[ref] = field;
      else
        problems.error(
          ['correlation', 'aliases', alias, called],
          'is not among the rules of this correlation',
        );
    }
    for (const ref of rule.refs)
      if (!Object.hasOwn(fields, ref))
        problems.lint(
          ['correlation', 'aliases', alias],
          `has no field for rule "${ref}"; "${alias}" itself is read there`,
        );
    aliases[alias] = fields;
  }
  return aliases;
}

/** Rules that a correlation refers to raise nothing by themselves unless one such correlation says `generate: true`. */
function withOutputs(rules: readonly LoadedRule[]): LoadedRule[] {
  const referred = new Map<string, boolean>();
  for (const rule of rules)
    if (rule.kind === 'correlation')
      for (const input of rule.inputs)
        referred.set(input.meta.id, (referred.get(input.meta.id) ?? false) || rule.correlation.generate);
  return rules.map((rule) => ({
    ...rule,
    standalone: rule.standalone && (referred.get(rule.meta.id) ?? true),
  }));
}

/** One rule that differs between two sets. `meaning`: what it matches changed, so its learned state starts anew. */
export interface RuleChange {
  readonly id: string;
  readonly title: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly meaning: boolean;
}

/** What a reload changed, sorted by rule id: the text of the audit entry and of `pipeline.rule.changed`. */
export function diffRuleSets(before: RuleSet, after: RuleSet): RuleChange[] {
  const old = new Map(before.rules.map((rule) => [rule.meta.id, rule]));
  const now = new Map(after.rules.map((rule) => [rule.meta.id, rule]));
  const ids = [...new Set([...old.keys(), ...now.keys()])].sort();
  return ids.flatMap((id): RuleChange[] => {
    const [a, b] = [old.get(id), now.get(id)];
    const title = (b ?? a)?.meta.title ?? '';
    if (a === undefined) return [{ id, title, change: 'added', meaning: true }];
    if (b === undefined) return [{ id, title, change: 'removed', meaning: true }];
    if (a.ruleHash === b.ruleHash) return [];
    return [{ id, title, change: 'changed', meaning: a.meaningHash !== b.meaningHash }];
  });
}
