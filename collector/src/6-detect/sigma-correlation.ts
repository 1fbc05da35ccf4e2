/** Reads Sigma correlation documents: types, references, grouping, aliases, window, condition. Specification 2.1, "Correlation rules". */
import { ConditionFault, namesMeant, parseCondition } from './sigma-condition.ts';
import { readMetadata } from './rule-metadata.ts';
import type { Condition } from './sigma-condition.ts';
import type { RuleDocument } from './sigma-document.ts';
import type { RuleMetadata } from './rule-metadata.ts';
import type { ProblemSink } from './sigma-problem.ts';

/** Every correlation type of the specification, and pySigma's median. */
export const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;

/** One correlation type. */
export type CorrelationType = (typeof correlationTypes)[number];

/** Bounds a measured number must satisfy, all of them. */
export type Bounds = Readonly<Partial<Record<'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'neq', number>>>;

/** One way to satisfy a temporal condition: rules that must be there (in this order when ordered) and rules that must not. */
export interface Term {
  readonly present: readonly number[];
  readonly absent: readonly number[];
}

/** A correlation as read; `refs` are names or ids still to be resolved. */
export interface Correlation {
  readonly kind: 'correlation';
  readonly meta: RuleMetadata;
  readonly file: string;
  readonly type: CorrelationType;
  readonly refs: readonly string[];
  readonly groupBy: readonly string[];
  /** alias -> rule, by name or id -> field of its events. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly spanMs: number;
  readonly bounds: Bounds;
  readonly terms: readonly Term[];
  readonly fields: readonly string[];
  /** 0..100; only for the percentile types. */
  readonly percentile: number;
  readonly generate: boolean;
  /** The verdict needs the end of the window: `lt`, `lte`, `eq`, `neq`, `not`. */
  readonly atClose: boolean;
  readonly meaning: unknown;
  readonly problems: ProblemSink;
}

const keys = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'field', 'generate'];
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** pySigma's own units: week, mean Gregorian month and year. */
const longUnitMs: Readonly<Record<string, number>> = {
  w: 604_800_000,
  M: 2_629_746_000,
  y: 31_556_952_000,
};
const operators = ['lt', 'lte', 'gt', 'gte', 'eq', 'neq'] as const;
const termsMax = 64;
const at = (...path: (string | number)[]): (string | number)[] => ['correlation', ...path];

/** Reads a correlation document. Undefined when it has errors. */
export function loadCorrelation(document: RuleDocument): Correlation | undefined {
  const { data, problems, file } = document;
  const meta = readMetadata(data, problems, `${file}#${document.index}`);
  const body = data['correlation'];
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    problems.error(['correlation'], 'must be a map');
    return undefined;
  }
  const map = body as Record<string, unknown>;
  for (const key of Object.keys(map))
    if (!keys.includes(key)) problems.error(at(key), `unknown key; known are ${keys.join(', ')}`);
  const type = correlationTypes.find((known) => known === map['type']);
  if (type === undefined) problems.error(at('type'), `must be one of ${correlationTypes.join(', ')}`);
  const refs = texts(map['rules'], at('rules'), problems);
  if (refs.length === 0) problems.error(at('rules'), 'at least one rule is needed');
  if (new Set(refs).size !== refs.length) problems.error(at('rules'), 'a rule stands twice');
  const groupBy = texts(map['group-by'], at('group-by'), problems);
  const spanMs = readSpan(map['timespan'], problems);
  const aliases = readAliases(map['aliases'], groupBy, problems);
  const generate = readGenerate(data['generate'], map['generate'], problems);
  if (type === undefined || problems.errorCount() > 0) return undefined;
  const verdict = isTemporal(type)
    ? readTemporal(map['condition'], refs, problems)
    : readMeasured(type, map['condition'], map['field'], problems);
  if (isTemporal(type) && map['field'] !== undefined)
    problems.error(at('field'), `${type} does not use a field`);
  if (problems.errorCount() > 0) return undefined;
  const { bounds, terms, fields, percentile } = verdict;
  const atClose =
    terms.some((term) => term.absent.length > 0) ||
    ['lt', 'lte', 'eq', 'neq'].some((operator) => Object.hasOwn(bounds, operator));
  const meaning = { type, groupBy, aliases, spanMs, bounds, terms, fields, percentile };
  return {
    kind: 'correlation' as const,
    meta,
    file,
    type,
    refs,
    groupBy,
    aliases,
    spanMs,
    bounds,
    terms,
    fields,
    percentile,
    generate,
    atClose,
    meaning,
    problems,
  };
}

/** True for the types that ask which rules matched, not how often. */
export function isTemporal(type: CorrelationType): boolean {
  return type === 'temporal' || type === 'temporal_ordered';
}

interface Verdict {
  readonly bounds: Bounds;
  readonly terms: readonly Term[];
  readonly fields: readonly string[];
  readonly percentile: number;
}

function readSpan(value: unknown, problems: ProblemSink): number {
  const parts = typeof value === 'string' ? /^(\d{1,7})([smhdwMy])$/.exec(value) : null;
  const unit = parts?.[2] ?? '';
  const spanMs = Number(parts?.[1] ?? 0) * (unitMs[unit] ?? longUnitMs[unit] ?? 0);
  if (longUnitMs[unit] !== undefined)
    problems.lint(at('timespan'), `the unit "${unit}" is not in the specification; write days`);
  if (!(spanMs > 0)) problems.error(at('timespan'), 'must be a number with s, m, h or d, for example 15m');
  return spanMs;
}

/** The schema of the specification has it beside `correlation`, pySigma and its rules inside. */
function readGenerate(beside: unknown, inside: unknown, problems: ProblemSink): boolean {
  if (beside !== undefined && inside !== undefined)
    problems.error(['generate'], 'stands inside "correlation" as well; keep one of them');
  if (beside !== undefined && typeof beside !== 'boolean')
    problems.error(['generate'], 'must be true or false');
  if (inside !== undefined && typeof inside !== 'boolean')
    problems.error(at('generate'), 'must be true or false');
  return beside === true || inside === true;
}

function readAliases(
  value: unknown,
  groupBy: readonly string[],
  problems: ProblemSink,
): Record<string, Record<string, string>> {
  const aliases: Record<string, Record<string, string>> = {};
  if (value === undefined || value === null) return aliases;
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.error(at('aliases'), 'must be a map');
    return aliases;
  }
  for (const [alias, byRule] of Object.entries(value as Record<string, unknown>)) {
    if (!groupBy.includes(alias)) problems.error(at('aliases', alias), 'group-by does not use this alias');
    if (typeof byRule !== 'object' || byRule === null || Array.isArray(byRule)) {
      problems.error(at('aliases', alias), 'must map rules to fields');
      continue;
    }
    const fields: Record<string, string> = {};
    for (const [rule, field] of Object.entries(byRule as Record<string, unknown>)) {
      if (typeof field === 'string' && field !== '') fields[rule] = field;
      else problems.error(at('aliases', alias, rule), 'must be a field name');
    }
    aliases[alias] = fields;
  }
  return aliases;
}

function readBounds(map: Record<string, unknown>, problems: ProblemSink): Bounds {
  const bounds: Partial<Record<(typeof operators)[number], number>> = {};
  for (const [key, value] of Object.entries(map)) {
    const operator = operators.find((known) => known === key);
    if (operator === undefined)
      problems.error(at('condition', key), `unknown; known are ${operators.join(', ')}`);
    else if (typeof value !== 'number' || !Number.isFinite(value))
      problems.error(at('condition', key), 'must be a number');
    else bounds[operator] = value;
  }
  return bounds;
}

function readMeasured(
  type: CorrelationType,
  condition: unknown,
  field: unknown,
  problems: ProblemSink,
): Verdict {
  const nothing: Verdict = { bounds: {}, terms: [], fields: [], percentile: 50 };
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) {
    problems.error(at('condition'), `${type} needs a condition with a number, for example {gte: 10}`);
    return nothing;
  }
  const { field: insideField, percentile, ...numbers } = condition as Record<string, unknown>;
  if (field !== undefined && insideField !== undefined) problems.error(at('field'), 'stands twice');
  const bounds = readBounds(numbers, problems);
  if (Object.keys(bounds).length === 0)
    problems.error(at('condition'), `needs one of ${operators.join(', ')}`);
  else if (!canHold(bounds, type === 'event_count' || type === 'value_count'))
    problems.error(at('condition'), 'can never hold');
  const fields = texts(insideField ?? field, at('condition', 'field'), problems);
  if (type === 'event_count' && fields.length > 0)
    problems.error(at('condition', 'field'), 'event_count does not use a field');
  if (type !== 'event_count' && fields.length === 0) problems.error(at('condition'), `${type} needs a field`);
  if (type !== 'value_count' && fields.length > 1)
    problems.error(at('condition', 'field'), `${type} takes one field`);
  const wantsPercentile = type === 'value_percentile';
  if (wantsPercentile && !(typeof percentile === 'number' && percentile >= 0 && percentile <= 100))
    problems.error(at('condition', 'percentile'), 'value_percentile needs a percentile from 0 to 100');
  if (!wantsPercentile && percentile !== undefined)
    problems.error(at('condition', 'percentile'), `${type} does not use it`);
  return { bounds, terms: [], fields, percentile: typeof percentile === 'number' ? percentile : 50 };
}

function readTemporal(condition: unknown, refs: readonly string[], problems: ProblemSink): Verdict {
  const all: Term = { present: refs.map((_, index) => index), absent: [] };
  const verdict = (terms: readonly Term[]): Verdict => ({ bounds: {}, terms, fields: [], percentile: 50 });
  if (condition === undefined || condition === null) return verdict([all]);
  if (typeof condition === 'string') return verdict(readExtended(condition, refs, problems));
  if (typeof condition !== 'object' || Array.isArray(condition)) {
    problems.error(at('condition'), 'must be an expression over the rules, or {gte: number of rules}');
    return verdict([]);
  }
  const bounds = readBounds(condition as Record<string, unknown>, problems);
  if (Object.keys(bounds).length === 0)
    problems.error(at('condition'), `needs one of ${operators.join(', ')}`);
  const counts = refs.map((_, index) => index + 1).filter((count) => withinBounds(count, bounds));
  const [least = 0] = counts;
  if (counts.length === 0)
    problems.error(at('condition'), `can never hold: there are 1 to ${refs.length} rules to count`);
  // "At least" is decided at once; every other number of rules needs the others to be absent.
  const open = counts.length === refs.length - least + 1;
  const terms = open
    ? choices(all.present, least).map((present) => ({ present, absent: [] }))
    : counts.flatMap((count) =>
        choices(all.present, count).map((present) => ({
          present,
          absent: all.present.filter((rule) => !present.includes(rule)),
        })),
      );
  if (terms.length > termsMax) problems.error(at('condition'), 'has too many combinations');
  return verdict(terms);
}

/** True when a measured number satisfies every bound. */
export function withinBounds(measured: number, { lt, lte, gt, gte, eq, neq }: Bounds): boolean {
  return (
    (lt === undefined || measured < lt) &&
    (lte === undefined || measured <= lte) &&
    (gt === undefined || measured > gt) &&
    (gte === undefined || measured >= gte) &&
    (eq === undefined || measured === eq) &&
    (neq === undefined || measured !== neq)
  );
}

/** False when no number, or no count of at least one, is inside the bounds: such a rule would be silent for ever. */
function canHold(bounds: Bounds, isCount: boolean): boolean {
  const { lt = Infinity, lte = Infinity, gt = -Infinity, gte = -Infinity, eq } = bounds;
  if (eq !== undefined) return withinBounds(eq, bounds) && (!isCount || (eq >= 1 && Number.isInteger(eq)));
  if (!isCount) return gt < lt && gte < lt && gt < lte && gte <= lte;
  const [least, most] = [
    Math.max(1, gt === -Infinity ? 1 : Math.floor(gt) + 1, Math.ceil(gte)),
    Math.min(Math.ceil(lt) - 1, Math.floor(lte)),
  ];
  return least < most || (least === most && least !== bounds.neq);
}

function choices(from: readonly number[], count: number): number[][] {
  if (count === 0) return [[]];
  return from.flatMap((first, index) =>
    index + count > from.length
      ? []
      : choices(from.slice(index + 1), count - 1).map((rest) => [first, ...rest]),
  );
}

function readExtended(text: string, refs: readonly string[], problems: ProblemSink): Term[] {
  try {
    const terms = normalForm(parseCondition(text), refs, false)
      .map(({ present, absent }) => ({ present: unique(present), absent: unique(absent) }))
      .filter(({ present, absent }) => !present.some((rule) => absent.includes(rule)));
    if (terms.length === 0) problems.error(at('condition'), 'can never hold');
    if (terms.some(({ present }) => present.length === 0))
      problems.error(at('condition'), 'needs at least one rule that is not negated in every alternative');
    const used = new Set(terms.flatMap(({ present, absent }) => [...present, ...absent]));
    for (const [index, ref] of refs.entries())
      if (!used.has(index)) problems.error(at('rules', index), `the condition does not use "${ref}"`);
    return terms;
  } catch (fault) {
    if (!(fault instanceof ConditionFault)) throw fault;
    problems.error(at('condition'), fault.message);
    return [];
  }
}

function unique(list: readonly number[]): number[] {
  return [...new Set(list)].sort((a, b) => a - b);
}

/** Disjunctive normal form; bounded, because a rule with more than 64 alternatives is a mistake. */
function normalForm(condition: Condition, refs: readonly string[], negated: boolean): Term[] {
  if (condition.op === 'not') return normalForm(condition.arg, refs, !negated);
  if (condition.op === 'ref') {
    const index = refs.indexOf(condition.name);
    if (index < 0) throw new ConditionFault(`"${condition.name}" is not among the rules of this correlation`);
    return [negated ? { present: [], absent: [index] } : { present: [index], absent: [] }];
  }
  const parts: Condition[] =
    condition.op === 'of'
      ? namesMeant(condition.pattern, refs).map((name) => ({ op: 'ref', name }))
      : [...condition.args];
  if (parts.length === 0) throw new ConditionFault('a quantifier means no rule of this correlation');
  const conjunction =
    (condition.op === 'and' || (condition.op === 'of' && condition.quantifier === 'all')) !== negated;
  const forms = parts.map((part) => normalForm(part, refs, negated));
  const terms = conjunction
    ? forms.reduce((left, right) => left.flatMap((a) => right.map((b) => join(a, b))).slice(0, termsMax + 1))
    : forms.flat();
  if (terms.length > termsMax) throw new ConditionFault(`has more than ${termsMax} alternatives`);
  return terms;
}

function join(a: Term, b: Term): Term {
  return { present: [...a.present, ...b.present], absent: [...a.absent, ...b.absent] };
}

function texts(value: unknown, path: (string | number)[], problems: ProblemSink): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string' && value !== '') return [value];
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== ''))
    return value as string[];
  problems.error(path, 'must be a name or a list of names');
  return [];
}
