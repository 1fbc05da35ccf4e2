/** Compiles the detections of a rule (maps, lists, keywords) to closures over an event. */
import { RE2JS } from 're2js';
import { canonicalIp, ipInCidr } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';
import { allTexts, fieldReader, scalarNumber, scalarText } from './field-path.ts';
import { applyModifiers, ModifierFault } from './sigma-modifier.ts';
import { compilePattern, openPattern } from './sigma-pattern.ts';
import type { ExpandLookup, Operand, Operands, TimePart } from './sigma-modifier.ts';
import type { ProblemSink } from './sigma-problem.ts';

/** A compiled condition over one event. */
export type EventTest = (event: object) => boolean;

/** A compiled part of a detection. `eventTypes`: it can only hold for these event types; undefined: for any. */
export interface CompiledTest {
  readonly test: EventTest;
  readonly eventTypes: ReadonlySet<string> | undefined;
}

/** Lists for `expand`, per tenant; tenant `*` serves tenants without lists of their own. */
export type ExpandLists = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

type ValueTest = (value: unknown, event: object) => boolean;
type Path = readonly (string | number)[];

/** Compiles one named detection: map = AND, list of maps = OR, plain values = keywords. Undefined after an error. */
export function compileDetection(
  body: unknown,
  path: Path,
  lists: ExpandLists,
  problems: ProblemSink,
): CompiledTest | undefined {
  if (Array.isArray(body)) return compileList(body, path, lists, problems);
  if (typeof body === 'object' && body !== null) return compileMap(body, path, lists, problems);
  if (typeof body === 'string' || typeof body === 'number')
    return compileItem('', [body], path, lists, problems);
  problems.error(path, 'a detection must be a map, a list or a keyword');
  return undefined;
}

function compileList(
  body: readonly unknown[],
  path: Path,
  lists: ExpandLists,
  problems: ProblemSink,
): CompiledTest | undefined {
  if (body.length === 0) {
    problems.error(path, 'an empty list matches nothing');
    return undefined;
  }
  if (body.every((entry) => typeof entry !== 'object')) return compileItem('', body, path, lists, problems);
  const parts = body.map((entry, index) => compileDetection(entry, [...path, index], lists, problems));
  return parts.every((part) => part !== undefined) ? anyOf(parts) : undefined;
}

function compileMap(
  body: object,
  path: Path,
  lists: ExpandLists,
  problems: ProblemSink,
): CompiledTest | undefined {
  const entries = Object.entries(body) as [string, unknown][];
  if (entries.length === 0) {
    problems.error(path, 'an empty map matches everything; name at least one field');
    return undefined;
  }
  const parts = entries.map(([key, value]) =>
    compileItem(key, Array.isArray(value) ? value : [value], [...path, key], lists, problems),
  );
  return parts.every((part) => part !== undefined) ? allOf(parts) : undefined;
}

/** AND of compiled parts; no part means true. */
export function allOf(parts: readonly CompiledTest[]): CompiledTest {
  const pinned = parts.map((part) => part.eventTypes).filter((types) => types !== undefined);
  const eventTypes = pinned.length === 0 ? undefined : pinned.reduce((a, b) => a.intersection(b));
  const tests = parts.map((part) => part.test);
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return { test: only, eventTypes };
  return { test: (event) => tests.every((test) => test(event)), eventTypes };
}

/** OR of compiled parts; no part means false. */
export function anyOf(parts: readonly CompiledTest[]): CompiledTest {
  const tests = parts.map((part) => part.test);
  const eventTypes = parts.every((part) => part.eventTypes !== undefined)
    ? parts.reduce((all, part) => all.union(part.eventTypes ?? new Set()), new Set<string>())
    : undefined;
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return { test: only, eventTypes };
  return { test: (event) => tests.some((test) => test(event)), eventTypes };
}

function compileItem(
  key: string,
  values: readonly unknown[],
  path: Path,
  lists: ExpandLists,
  problems: ProblemSink,
): CompiledTest | undefined {
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
    if (!chain.includes('expand')) return compileFor(field, chain, values, noLists);
    return { test: perTenant(field, chain, values, lists), eventTypes: undefined };
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
      tests.set(tenant, compileFor(field, chain, values, lookup).test);
    } catch (error) {
      fault = error;
    }
  }
  if (tests.size === 0) {
    applyModifiers(chain, values, noLists); // throws with the name of the missing list
    throw fault;
  }
  const tenantOf = fieldReader('tenant');
  return (event) => (tests.get(scalarText(tenantOf(event)) ?? '*') ?? tests.get('*'))?.(event) ?? false;
}

function compileFor(
  field: string,
  chain: readonly string[],
  values: readonly unknown[],
  expand: ExpandLookup,
): CompiledTest {
  const operands = applyModifiers(chain, values, expand);
  if (field === '') return { test: keywordTest(operands), eventTypes: undefined };
  return { test: fieldTest(field, operands), eventTypes: pinnedTypes(field, operands) };
}

function pinnedTypes(field: string, { operands, all, negated }: Operands): ReadonlySet<string> | undefined {
  if (field !== 'event_type' || all || negated) return undefined;
  const types = new Set<string>();
  for (const operand of operands) {
    const [only] = operand.kind === 'text' ? operand.pattern : [];
    if (operand.kind !== 'text' || operand.pattern.length !== 1 || typeof only !== 'string') return undefined;
    types.add(only.toLowerCase());
  }
  return types;
}

function fieldTest(field: string, { operands, all, negated, cased }: Operands): EventTest {
  const read = fieldReader(field);
  const [first] = operands;
  if (first?.kind === 'exists') {
    const wanted = new Set(operands.map((operand) => operand.kind === 'exists' && operand.wanted));
    return (event) => wanted.has(read(event) !== undefined);
  }
  const texts = plainTextSet(operands, cased, all);
  const tests = operands.map((operand) => valueTest(operand, cased));
  const holds: ValueTest =
    texts !== undefined
      ? (value) => inTextSet(texts, value)
      : all
        ? (value, event) => tests.every((test) => anyElement(test, value, event))
        : (value, event) => tests.some((test) => anyElement(test, value, event));
  return negated ? (event) => !holds(read(event), event) : (event) => holds(read(event), event);
}

/** Long value lists without wildcards become one look-up. */
function plainTextSet(
  operands: readonly Operand[],
  cased: boolean,
  all: boolean,
): ReadonlySet<string> | undefined {
  if (cased || all || operands.length < 2) return undefined;
  const texts = new Set<string>();
  for (const operand of operands) {
    const [only, more] = operand.kind === 'text' ? operand.pattern : [];
    if (typeof only !== 'string' || more !== undefined) return undefined;
    texts.add(only.toLowerCase());
  }
  return texts;
}

function inTextSet(texts: ReadonlySet<string>, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => inTextSet(texts, element));
  const text = scalarText(value);
  return text !== undefined && texts.has(text.toLowerCase());
}

/** A list inside the event matches when any element does. */
function anyElement(test: ValueTest, value: unknown, event: object): boolean {
  return Array.isArray(value)
    ? value.some((element) => anyElement(test, element, event))
    : test(value, event);
}

function keywordTest({ operands, all, negated, cased }: Operands): EventTest {
  const tests = operands.map((operand) => keywordText(operand, cased));
  return (event) => {
    const texts = allTexts(event);
    const found = (test: (text: string) => boolean): boolean => texts.some(test);
    return (all ? tests.every(found) : tests.some(found)) !== negated;
  };
}

function keywordText(operand: Operand, cased: boolean): (text: string) => boolean {
  switch (operand.kind) {
    case 'text':
      return compilePattern(openPattern(operand.pattern, true, true), cased);
    case 'number':
      return compilePattern(openPattern([String(operand.value)], true, true), cased);
    case 'regex':
      return regexTest(operand.source, operand.flags);
    case 'forms': {
      const tests = operand.operands.map((form) => keywordText(form, cased));
      return (text) => tests.some((test) => test(text));
    }
    default:
      throw new ModifierFault('a keyword must be a string, a number or a regular expression');
  }
}

function valueTest(operand: Operand, cased: boolean): ValueTest {
  switch (operand.kind) {
    case 'text':
      return onText(compilePattern(operand.pattern, cased));
    case 'forms': {
      const tests = operand.operands.map((form) => valueTest(form, cased));
      return (value, event) => tests.some((test) => test(value, event));
    }
    case 'number':
      return (value) => typeof value !== 'boolean' && scalarNumber(value) === operand.value;
    case 'boolean':
      return (value) => scalarText(value)?.toLowerCase() === String(operand.value);
    case 'null':
      return (value) => value === undefined || value === null;
    case 'regex':
      return onText(regexTest(operand.source, operand.flags));
    case 'cidr':
      return cidrTest(operand.network);
    case 'compare':
      return compareTest(operand);
    case 'field':
      return fieldReferenceTest(operand, cased);
    case 'exists':
      return (value) => (value !== undefined) === operand.wanted;
  }
}

function onText(test: (text: string) => boolean): ValueTest {
  return (value) => {
    const text = scalarText(value);
    return text !== undefined && test(text);
  };
}

/** RE2 semantics: linear in the text. Look-around and back references are refused when the rule is loaded. */
function regexTest(source: string, flags: string): (text: string) => boolean {
  let bits = 0;
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) bits |= RE2JS.MULTILINE;
  if (flags.includes('s')) bits |= RE2JS.DOTALL;
  try {
    const expression = RE2JS.compile(source, bits);
    return (text) => expression.test(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'syntax';
    throw new ModifierFault(
      `regular expression not supported (RE2 syntax, no look-around, no back reference): ${why}`,
    );
  }
}

function cidrTest(written: string): ValueTest {
  const bare = canonicalIp(written);
  const network = bare === undefined ? written : `${bare}/${bare.includes(':') ? 128 : 32}`;
  const base = network.slice(0, Math.max(0, network.indexOf('/')));
  if (!/^[^/]+\/\d{1,3}$/.test(network) || canonicalIp(base) === undefined || !ipInCidr(base, network))
    throw new ModifierFault(`"${network}" is not an IPv4 or IPv6 network`);
  return onText((text) => canonicalIp(text) !== undefined && ipInCidr(text, network));
}

function compareTest(operand: Extract<Operand, { kind: 'compare' }>): ValueTest {
  const { comparison, value: wanted, part } = operand;
  return (value) => {
    const number = part === undefined ? scalarNumber(value) : timePart(value, part);
    if (number === undefined) return false;
    if (comparison === 'eq') return number === wanted;
    if (comparison === 'lt') return number < wanted;
    if (comparison === 'lte') return number <= wanted;
    return comparison === 'gt' ? number > wanted : number >= wanted;
  };
}

function timePart(value: unknown, part: TimePart): number | undefined {
  const ms = instantOf(value);
  if (ms === undefined) return undefined;
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return undefined;
  if (part === 'minute') return date.getUTCMinutes();
  if (part === 'hour') return date.getUTCHours();
  if (part === 'day') return date.getUTCDate();
  if (part === 'month') return date.getUTCMonth() + 1;
  if (part === 'year') return date.getUTCFullYear();
  return isoWeek(date);
}

/** Numbers below this are seconds since 1970 (until the year 5138), others milliseconds (from 1973 on). */
const secondsBelow = 100_000_000_000;

function instantOf(value: unknown): number | undefined {
  const number = scalarNumber(value);
  if (number !== undefined) return Math.abs(number) < secondsBelow ? number * 1000 : number;
  if (typeof value !== 'string') return undefined;
  return (parseInstant(value) ?? parseInstant(`${value}Z`))?.ms; // a time without zone is UTC
}

/** ISO 8601: the week belongs to the year that holds its Thursday. */
function isoWeek(date: Date): number {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const yearStart = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - yearStart) / 604_800_000) + 1;
}

function fieldReferenceTest(operand: Extract<Operand, { kind: 'field' }>, cased: boolean): ValueTest {
  const read = fieldReader(operand.name);
  const same: ValueTest = (value, other) => {
    const [a, b] = [scalarText(value), scalarText(other)];
    if (a === undefined || b === undefined) return false;
    const [left, right] = cased ? [a, b] : [a.toLowerCase(), b.toLowerCase()];
    if (operand.atStart && operand.atEnd) return left.includes(right);
    if (operand.atEnd) return left.startsWith(right);
    if (operand.atStart) return left.endsWith(right);
    return left === right;
  };
  return (value, event) => {
    const other = read(event);
    return Array.isArray(other)
      ? other.some((element) => same(value, element))
      : same(value, other as object);
  };
}
