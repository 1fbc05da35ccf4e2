/** Compiles the detections of a rule (maps, lists, keywords) to closures over an event. */
import { allOf, anyOf, hasText, needsNothing } from './compiled-test.ts';
import { scalarText } from './field-path.ts';
import { applyModifiers, ModifierFault } from './sigma-modifier.ts';
import { costOf, foldedTests, keywordText, valueTest } from './sigma-value.ts';
import type { CompiledTest, EventTest, Needs } from './compiled-test.ts';
import type { EventFields } from './event-fields.ts';
import type { ExpandLookup, Operand, Operands } from './sigma-modifier.ts';
import type { ProblemSink } from './sigma-problem.ts';
import type { TextTest } from './sigma-pattern.ts';
import type { ValueTest } from './sigma-value.ts';

/** Lists for `expand`, per tenant; tenant `*` serves tenants without lists of their own. */
export type ExpandLists = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What compiling a document needs besides its text. */
export interface CompileContext {
  readonly lists: ExpandLists;
  readonly fields: EventFields;
  readonly problems: ProblemSink;
}

type Path = readonly (string | number)[];

/** Compiles one named detection: map = AND, list of maps = OR, plain values = keywords. Undefined after an error. */
export function compileDetection(
  body: unknown,
  path: Path,
  context: CompileContext,
): CompiledTest | undefined {
  if (Array.isArray(body)) return compileList(body, path, context);
  if (typeof body === 'object' && body !== null) return compileMap(body, path, context);
  if (typeof body === 'string' || typeof body === 'number') return compileItem('', [body], path, context);
  context.problems.error(path, 'a detection must be a map, a list or a keyword');
  return undefined;
}

function compileList(
  body: readonly unknown[],
  path: Path,
  context: CompileContext,
): CompiledTest | undefined {
  if (body.length === 0) {
    context.problems.error(path, 'an empty list matches nothing');
    return undefined;
  }
  if (body.every((entry) => typeof entry !== 'object')) return compileItem('', body, path, context);
  const parts = body.map((entry, index) => compileDetection(entry, [...path, index], context));
  return parts.every((part) => part !== undefined) ? anyOf(parts) : undefined;
}

function compileMap(body: object, path: Path, context: CompileContext): CompiledTest | undefined {
  const entries = Object.entries(body) as [string, unknown][];
  if (entries.length === 0) {
    context.problems.error(path, 'an empty map matches everything; name at least one field');
    return undefined;
  }
  const parts = entries.map(([key, value]) =>
    compileItem(key, Array.isArray(value) ? value : [value], [...path, key], context),
  );
  return parts.every((part) => part !== undefined) ? allOf(parts) : undefined;
}

function compileItem(
  key: string,
  values: readonly unknown[],
  path: Path,
  context: CompileContext,
): CompiledTest | undefined {
  const { lists, fields, problems } = context;
  const [field = '', ...chain] = key.split('|');
  if (values.length === 0) {
    problems.error(path, 'an empty list matches nothing');
    return undefined;
  }
  for (const alias of chain.filter((name) => ['dotall', 'ignorecase', 'multiline'].includes(name)))
    problems.lint(
      path,
      `modifier "${alias}" is not in the specification; write "${alias.charAt(0) === 'd' ? 's' : alias.charAt(0)}"`,
    );
  try {
    if (!chain.includes('expand')) return compileFor(field, chain, values, noLists, fields);
    return { test: perTenant(field, chain, values, lists, fields), needs: needsNothing, cost: 10 };
  } catch (fault) {
    if (!(fault instanceof ModifierFault)) throw fault;
    problems.error(path, fault.message);
    return undefined;
  }
}

function noLists(): undefined {
  return undefined;
}

/** One test per tenant that has the lists; an event of a tenant without them is not matched. */
function perTenant(
  field: string,
  chain: readonly string[],
  values: readonly unknown[],
  lists: ExpandLists,
  fields: EventFields,
): EventTest {
  const tests = new Map<string, EventTest>();
  let fault: unknown;
  for (const [tenant, named] of Object.entries(lists)) {
    const lookup: ExpandLookup = (name) =>
      Object.hasOwn(named, name)
        ? named[name]
        : Object.hasOwn(lists['*'] ?? {}, name)
          ? lists['*']?.[name]
          : undefined;
    try {
      tests.set(tenant, compileFor(field, chain, values, lookup, fields).test);
    } catch (error) {
      fault = error;
    }
  }
  if (tests.size === 0) {
    applyModifiers(chain, values, noLists); // throws with the name of the missing list
    throw fault;
  }
  const tenant = fields.field('tenant');
  return (event) => (tests.get(scalarText(tenant.read(event)) ?? '*') ?? tests.get('*'))?.(event) ?? false;
}

function compileFor(
  field: string,
  chain: readonly string[],
  values: readonly unknown[],
  expand: ExpandLookup,
  fields: EventFields,
): CompiledTest {
  const operands = applyModifiers(chain, values, expand);
  if (field === '') return { test: keywordTest(operands, fields), needs: needsNothing, cost: 50 };
  return {
    test: fieldTest(field, operands, fields),
    needs: needsOf(field, operands),
    cost: costOf(operands.operands),
  };
}

function needsOf(field: string, { operands, all, negated }: Operands): Needs {
  if (negated || operands.some((operand) => operand.kind === 'null')) return needsNothing;
  if (operands.some((operand) => operand.kind === 'exists' && !operand.wanted)) return needsNothing;
  const present = new Set([field]);
  const texts = all ? undefined : plainTexts(operands);
  return { present, texts: new Map(texts === undefined ? [] : [[field, texts]]) };
}

function fieldTest(
  name: string,
  { operands, all, negated, cased }: Operands,
  fields: EventFields,
): EventTest {
  const field = fields.field(name);
  if (operands[0]?.kind === 'exists') {
    const wanted = new Set(operands.map((operand) => operand.kind === 'exists' && operand.wanted));
    return (event) => wanted.has(field.read(event) !== undefined);
  }
  const holds = operandsTest(name, { operands, all, negated, cased }, fields);
  return negated ? (event) => !holds(event) : holds;
}

function operandsTest(name: string, { operands, all, cased }: Operands, fields: EventFields): EventTest {
  const { read, lower } = fields.field(name);
  const texts = cased || all ? undefined : plainTexts(operands);
  if (texts !== undefined) return hasText(fields, name, texts);
  const folded = cased ? undefined : foldedTests(operands);
  if (folded !== undefined) {
    const onText = (text: string): boolean => {
      for (const test of folded) if (test(text) !== all) return !all;
      return all;
    };
    return (event) => {
      const text = lower(event);
      if (text !== undefined) return onText(text);
      const value = read(event);
      if (!Array.isArray(value)) return false;
      const inList = (test: TextTest): boolean => anyText(test, value);
      return all ? folded.every(inList) : folded.some(inList);
    };
  }
  const tests = operands.map((operand) => valueTest(operand, cased, fields));
  return (event) => {
    const value = read(event);
    for (const test of tests) if (anyElement(test, value, event) !== all) return !all;
    return all;
  };
}

/** Plain texts in lower case, which become one look-up; undefined when an operand is anything else. */
function plainTexts(operands: readonly Operand[]): ReadonlySet<string> | undefined {
  const texts = new Set<string>();
  for (const operand of operands) {
    const [only, more] = operand.kind === 'text' ? operand.pattern : [];
    if (typeof only !== 'string' || more !== undefined) return undefined;
    texts.add(only.toLowerCase());
  }
  return texts;
}

/** A list inside the event matches when any element does. */
function anyElement(test: ValueTest, value: unknown, event: object): boolean {
  return Array.isArray(value)
    ? value.some((element) => anyElement(test, element, event))
    : test(value, event);
}

function anyText(test: TextTest, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => anyText(test, element));
  const text = scalarText(value);
  return text !== undefined && test(text.toLowerCase());
}

function keywordTest({ operands, all, negated, cased }: Operands, fields: EventFields): EventTest {
  const tests = operands.map((operand) => keywordText(operand, cased));
  return (event) => {
    const texts = fields.texts(event);
    const found = (test: TextTest): boolean => texts.some(test);
    return (all ? tests.every(found) : tests.some(found)) !== negated;
  };
}
