/**
 * Sigma 2.1 modifiers: a chain after the field name turns each value of a detection item into what it is compared with.
 * Appendix "Modifiers" of the specification; order, type and arity faults refuse the rule.
 */
import { anyDash, literalText, openPattern, parsePattern } from './sigma-pattern.ts';
import { base64, base64Offsets, utf16Bytes, utf8Bytes } from './sigma-encoding.ts';
import type { Pattern } from './sigma-pattern.ts';

/** Comparison of `lt`, `lte`, `gt`, `gte`; `eq` is the time parts' own. */
export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';

/** Part of a timestamp, UTC; `week` is the ISO 8601 week. */
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** What one value of an item means after its modifiers. */
export type Operand =
  /** `binary`: each character of a literal part is one byte (U+0000 to U+00FF), as the UTF-16 modifiers make them. */
  | { readonly kind: 'text'; readonly pattern: Pattern; readonly raw?: string; readonly binary?: true }
  /** Forms of one value, any of which may match, also where `all` asks for every value. */
  | { readonly kind: 'forms'; readonly operands: readonly Operand[] }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'cidr'; readonly network: string }
  | {
      readonly kind: 'compare';
      readonly comparison: Comparison;
      readonly value: number;
      readonly part?: TimePart;
    }
  | { readonly kind: 'field'; readonly name: string; readonly atStart: boolean; readonly atEnd: boolean }
  | { readonly kind: 'exists'; readonly wanted: boolean };

/** A detection item with its modifiers applied. */
export interface Operands {
  readonly operands: readonly Operand[];
  readonly all: boolean;
  readonly negated: boolean;
  readonly cased: boolean;
}

/** Lists of one tenant for `expand`; undefined when the tenant has no list of that name. */
export type ExpandLookup = (name: string) => readonly string[] | undefined;

type Step = (operands: readonly Operand[]) => readonly Operand[];

/** Every modifier this engine implements. */
export const modifiers: readonly string[] = [
  'contains',
  'startswith',
  'endswith',
  'all',
  'exists',
  'cased',
  'neq',
  'windash',
  're',
  'i',
  'm',
  's',
  'base64',
  'base64offset',
  'utf16le',
  'utf16be',
  'utf16',
  'wide',
  'lt',
  'lte',
  'gt',
  'gte',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
  'cidr',
  'fieldref',
  'expand',
  'dotall',
  'ignorecase',
  'multiline',
];

const flagOf: Readonly<Record<string, string>> = {
  i: 'i',
  ignorecase: 'i',
  m: 'm',
  multiline: 'm',
  s: 's',
  dotall: 's',
};
const onlyFirst = new Set(['re', 'exists', 'fieldref', 'cidr']);
const comparisons = new Set(['lt', 'lte', 'gt', 'gte']);
const timeParts = new Set(['minute', 'hour', 'day', 'week', 'month', 'year']);

/** Why a modifier chain or its values cannot be used. */
export class ModifierFault extends Error {}

/** Applies a modifier chain to the values of an item. Throws ModifierFault with the reason. */
export function applyModifiers(
  chain: readonly string[],
  values: readonly unknown[],
  expand: ExpandLookup,
): Operands {
  if (chain.includes('exists') && chain.length > 1)
    throw new ModifierFault('"exists" cannot be combined with other modifiers');
  const written = chain.includes('expand') ? values.flatMap((value) => expanded(value, expand)) : values;
  // Its digits are lost already; a bound is as good without the last ones.
  const isBound = chain.some((modifier) => comparisons.has(modifier));
  if (!isBound && written.some((value) => Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new ModifierFault(
      `a whole number beyond ${Number.MAX_SAFE_INTEGER} is not exact; write it in quotes`,
    );
  let operands: readonly Operand[] = written.map((value) => plainOperand(value, written.length));
  for (const [index, modifier] of chain.entries()) {
    if (!modifiers.includes(modifier))
      throw new ModifierFault(`unknown modifier "${modifier}"; known are ${modifiers.join(', ')}`);
    if (chain.indexOf(modifier) !== index) throw new ModifierFault(`modifier "${modifier}" stands twice`);
    if (
      onlyFirst.has(modifier) &&
      chain.slice(0, index).some((earlier) => earlier !== 'all' && earlier !== 'neq')
    )
      throw new ModifierFault(`modifier "${modifier}" must be the first one`);
    operands = step(modifier)(operands);
  }
  if (chain.includes('all') && values.length < 2)
    throw new ModifierFault('"all" needs a list of at least two values; leave it out for one');
  if (operands.length === 0) throw new ModifierFault('no value is left to compare with');
  if (chain.includes('cased') && operands.some(({ kind }) => !['text', 'field', 'forms'].includes(kind)))
    throw new ModifierFault('"cased" is for strings only');
  return {
    operands,
    all: chain.includes('all'),
    negated: chain.includes('neq'),
    cased: chain.includes('cased'),
  };
}

function plainOperand(value: unknown, count: number): Operand {
  if (typeof value === 'string') return { kind: 'text', pattern: parsePattern(value), raw: value };
  if (typeof value === 'number') return { kind: 'number', value };
  if (typeof value === 'bigint') return { kind: 'text', pattern: [value.toString()] };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (value === null && count === 1) return { kind: 'null' };
  if (value === null) throw new ModifierFault('null cannot stand in a list; use a selection of its own');
  throw new ModifierFault('a value must be a string, number, boolean or null');
}

function step(modifier: string): Step {
  if (['all', 'neq', 'cased', 'expand'].includes(modifier)) return (operands) => operands;
  if (flagOf[modifier] !== undefined)
    return each((operand) => withFlag(operand, modifier, flagOf[modifier] ?? ''));
  if (comparisons.has(modifier)) return each((operand) => compared(operand, modifier as Comparison));
  if (timeParts.has(modifier)) return each((operand) => timed(operand, modifier as TimePart));
  if (modifier === 'base64offset')
    return each((o) => ({ kind: 'forms', operands: base64Offsets(bytesOf(o, modifier)).map(literal) }));
  return each((operand) => single(modifier, operand));
}

function each(change: (operand: Operand) => Operand): Step {
  const changed = (operand: Operand): Operand =>
    operand.kind === 'forms' ? { kind: 'forms', operands: operand.operands.map(changed) } : change(operand);
  return (operands) => operands.map(changed);
}

function literal(text: string): Operand {
  return { kind: 'text', pattern: text === '' ? [] : [text] };
}

function single(modifier: string, operand: Operand): Operand {
  switch (modifier) {
    case 'contains':
      return opened(operand, modifier, true, true);
    case 'startswith':
      return opened(operand, modifier, false, true);
    case 'endswith':
      return opened(operand, modifier, true, false);
    case 'windash':
      return { ...operand, ...textOf(anyDash(patternOf(operand, modifier))) };
    case 'base64':
      return literal(base64(bytesOf(operand, modifier)));
    case 'wide':
    case 'utf16le':
      return utf16(operand, modifier, 'le');
    case 'utf16be':
      return utf16(operand, modifier, 'be');
    case 'utf16':
      return utf16(operand, modifier, 'le', true);
    case 're':
      return { kind: 'regex', source: rawText(operand, modifier), flags: '' };
    case 'cidr':
      return { kind: 'cidr', network: plainText(operand, modifier) };
    case 'fieldref':
      return { kind: 'field', name: plainText(operand, modifier), atStart: false, atEnd: false };
    default:
      if (operand.kind !== 'boolean') throw new ModifierFault('"exists" needs true or false');
      return { kind: 'exists', wanted: operand.value };
  }
}

function opened(operand: Operand, modifier: string, atStart: boolean, atEnd: boolean): Operand {
  if (operand.kind === 'regex') return operand; // a search already finds the expression anywhere, as `.*` would
  if (operand.kind === 'field') return { ...operand, atStart, atEnd };
  if (operand.kind === 'number') return opened(literal(String(operand.value)), modifier, atStart, atEnd);
  return { ...operand, ...textOf(openPattern(patternOf(operand, modifier), atStart, atEnd)) };
}

function textOf(pattern: Pattern): { readonly kind: 'text'; readonly pattern: Pattern } {
  return { kind: 'text', pattern };
}

/** Literal parts become bytes; wildcards stay wildcards, as `wide|contains` and `contains|wide` both need. */
function utf16(operand: Operand, modifier: string, order: 'le' | 'be', bom = false): Operand {
  const parts = patternOf(operand, modifier).map((part) =>
    typeof part === 'string' ? latin1(utf16Bytes(part, order)) : part,
  );
  return { kind: 'text', pattern: bom ? ['\u00ff\u00fe', ...parts] : parts, binary: true };
}

function patternOf(operand: Operand, modifier: string): Pattern {
  if (operand.kind === 'text') return operand.pattern;
  throw new ModifierFault(`"${modifier}" is for strings, not for ${article(operand.kind)}`);
}

function plainText(operand: Operand, modifier: string): string {
  const text = literalText(joined(patternOf(operand, modifier)));
  if (text === undefined) throw new ModifierFault(`"${modifier}" does not go with wildcards`);
  return text;
}

function joined(pattern: Pattern): Pattern {
  return pattern.length > 1 && pattern.every((part) => typeof part === 'string')
    ? [pattern.join('')]
    : pattern;
}

/** The string as the author wrote it: wildcards and escapes are characters of a regular expression. */
function rawText(operand: Operand, modifier: string): string {
  if (operand.kind === 'number') return String(operand.value);
  if (operand.kind !== 'text' || operand.raw === undefined)
    throw new ModifierFault(`"${modifier}" needs a plain string`);
  return operand.raw;
}

function bytesOf(operand: Operand, modifier: string): readonly number[] {
  const text = plainText(operand, modifier);
  const isBinary = operand.kind === 'text' && operand.binary === true;
  return isBinary ? Array.from(text, (char) => char.charCodeAt(0)) : utf8Bytes(text);
}

/** Bytes as the characters U+0000 to U+00FF, to look for them in text that was decoded byte by byte. */
export function latin1(bytes: readonly number[]): string {
  return bytes.map((byte) => String.fromCharCode(byte)).join('');
}

function withFlag(operand: Operand, modifier: string, flag: string): Operand {
  if (operand.kind !== 'regex') throw new ModifierFault(`"${modifier}" must follow "re"`);
  return { ...operand, flags: operand.flags.includes(flag) ? operand.flags : operand.flags + flag };
}

function compared(operand: Operand, comparison: Comparison): Operand {
  if (operand.kind === 'compare' && operand.part !== undefined) return { ...operand, comparison };
  if (operand.kind !== 'number') throw new ModifierFault(`"${comparison}" needs a number`);
  return { kind: 'compare', comparison, value: operand.value };
}

const timeRange: Readonly<Record<TimePart, readonly [least: number, most: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};

function timed(operand: Operand, part: TimePart): Operand {
  const value = operand.kind === 'compare' || operand.kind === 'number' ? operand.value : 1;
  const [least, most] = timeRange[part];
  if (value < least || value > most)
    throw new ModifierFault(`"${part}" is a number from ${least} to ${most}`);
  if (operand.kind === 'compare' && operand.part === undefined) return { ...operand, part };
  if (operand.kind !== 'number') throw new ModifierFault(`"${part}" needs a number`);
  return { kind: 'compare', comparison: 'eq', value: operand.value, part };
}

/** `%name%`; a percent sign after a backslash is a plain one. */
const placeholder = /(?<!\\)%([^%]+)%/g;

/** `expand` fills placeholders before anything else reads the value, wherever it stands in the chain. */
function expanded(value: unknown, expand: ExpandLookup): string[] {
  const names =
    typeof value === 'string' ? [...value.matchAll(placeholder)].map(([, name]) => name ?? '') : [];
  if (typeof value !== 'string' || names.length === 0)
    throw new ModifierFault('"expand" needs a value with a %name% placeholder');
  let forms = [value];
  for (const name of new Set(names)) {
    const list = expand(name);
    if (list === undefined)
      throw new ModifierFault(
        `list %${name}% of "expand" is not configured; write its values into a file expand.yaml among the rules`,
      );
    forms = forms.flatMap((form) =>
      list.map((entry) => form.replaceAll(placeholder, (whole, found) => (found === name ? entry : whole))),
    );
    if (forms.length > 10_000) throw new ModifierFault('"expand" gives more than 10,000 values');
  }
  return forms.map((form) => form.replaceAll('\\%', '%'));
}

function article(kind: string): string {
  return kind === 'null' ? 'null' : `a ${kind}`;
}
