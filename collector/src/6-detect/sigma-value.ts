/** Compares values of an event with the operands of a detection item. */
import { RE2JS } from 're2js';
import { canonicalIp, ipInCidr } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';
import { scalarNumber, scalarText } from './field-path.ts';
import { ModifierFault } from './sigma-modifier.ts';
import { compileFolded, compilePattern, openPattern } from './sigma-pattern.ts';
import type { EventFields } from './event-fields.ts';
import type { Operand, TimePart } from './sigma-modifier.ts';
import type { TextTest } from './sigma-pattern.ts';

/** A test on one value, never on a list; `event` is for comparisons with other fields. */
export type ValueTest = (value: unknown, event: object) => boolean;

/** How much work a test on a value is, next to a comparison of texts. */
export function costOf(operands: readonly Operand[]): number {
  return operands.reduce((sum, operand) => {
    if (operand.kind === 'regex') return sum + 20;
    if (operand.kind === 'forms') return sum + costOf(operand.operands);
    return sum + (operand.kind === 'cidr' || operand.kind === 'compare' ? 5 : 1);
  }, 0);
}

/** The operands as tests on lower-case text; undefined where one of them is not about text without regard to case. */
export function foldedTests(operands: readonly Operand[]): readonly TextTest[] | undefined {
  const tests: TextTest[] = [];
  for (const operand of operands) {
    if (operand.kind === 'text') tests.push(compileFolded(operand.pattern));
    else if (operand.kind === 'forms') {
      const forms = foldedTests(operand.operands);
      if (forms === undefined) return undefined;
      tests.push((text) => forms.some((form) => form(text)));
    } else return undefined;
  }
  return tests;
}

/** A test on one text of the event, for keywords. */
export function keywordText(operand: Operand, cased: boolean): (text: string) => boolean {
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

/** A test on one value for one operand. */
export function valueTest(operand: Operand, cased: boolean, fields: EventFields): ValueTest {
  switch (operand.kind) {
    case 'text':
      return onText(compilePattern(operand.pattern, cased));
    case 'forms': {
      const tests = operand.operands.map((form) => valueTest(form, cased, fields));
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
      return fieldReferenceTest(operand, cased, fields);
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

function fieldReferenceTest(
  operand: Extract<Operand, { kind: 'field' }>,
  cased: boolean,
  fields: EventFields,
): ValueTest {
  const { read } = fields.field(operand.name);
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
