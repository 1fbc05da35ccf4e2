/** Compiled parts of a condition, how they combine, and what an event must have before they are worth asking. */
import { scalarText } from './field-path.ts';
import type { EventFields } from './event-fields.ts';

/** A compiled condition over one event. */
export type EventTest = (event: object) => boolean;

/**
 * What every match has, as far as it is known: fields that are there, and fields with one of a few texts (lower case; of a
 * list in the event one element). An event without it is turned away at the cost of a look-up, before any expression runs.
 */
export interface Needs {
  readonly present: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A compiled part of a detection. */
export interface CompiledTest {
  readonly test: EventTest;
  readonly needs: Needs;
  /** Rank of the work: parts of an `and` or `or` are asked in this order, which decides nothing but time. */
  readonly cost: number;
}

/** Nothing is known to be needed. */
export const needsNothing: Needs = { present: new Set(), texts: new Map() };

/** AND of compiled parts; no part means true. */
export function allOf(parts: readonly CompiledTest[]): CompiledTest {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const needs: Needs = {
    present: new Set(parts.flatMap((part) => [...part.needs.present])),
    texts: parts.map((part) => part.needs.texts).reduce(narrower, needsNothing.texts),
  };
  const tests = inOrderOfCost(parts);
  const test: EventTest = (event) => {
    for (const part of tests) if (!part(event)) return false;
    return true;
  };
  return { test, needs, cost: totalCost(parts) };
}

/** OR of compiled parts; no part means false. */
export function anyOf(parts: readonly CompiledTest[]): CompiledTest {
  const [only, ...others] = parts;
  if (others.length === 0 && only !== undefined) return only;
  const tests = inOrderOfCost(parts);
  const test: EventTest = (event) => {
    for (const part of tests) if (part(event)) return true;
    return false;
  };
  const needs =
    only === undefined ? needsNothing : others.reduce((all, part) => common(all, part.needs), only.needs);
  return { test, needs, cost: totalCost(parts) };
}

/** NOT of a compiled part. */
export function noneOf({ test, cost }: CompiledTest): CompiledTest {
  return { test: (event) => !test(event), needs: needsNothing, cost };
}

/** The same test behind its needs: most events fail at the first look. Worth it for a whole rule, not for its parts. */
export function gated({ test, needs, cost }: CompiledTest, fields: EventFields): CompiledTest {
  const checks: EventTest[] = [];
  // The shortest list turns most events away.
  for (const [name, texts] of [...needs.texts].sort(([, a], [, b]) => a.size - b.size))
    checks.push(hasText(fields, name, texts));
  for (const name of needs.present) {
    const { read } = fields.field(name);
    if (!needs.texts.has(name)) checks.push((event) => read(event) !== undefined);
  }
  if (checks.length === 0) return { test, needs, cost };
  return {
    test: (event) => {
      for (const check of checks) if (!check(event)) return false;
      return test(event);
    },
    needs,
    cost,
  };
}

/** Tests whether a field, or an element of its list, is one of some texts in lower case. */
export function hasText(fields: EventFields, name: string, texts: ReadonlySet<string>): EventTest {
  const { read, lower } = fields.field(name);
  return (event) => {
    const text = lower(event);
    return text === undefined ? holdsText(read(event), texts) : texts.has(text);
  };
}

function holdsText(value: unknown, texts: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.some((element) => holdsText(element, texts));
  const text = scalarText(value);
  return text !== undefined && texts.has(text.toLowerCase());
}

function narrower(
  a: ReadonlyMap<string, ReadonlySet<string>>,
  b: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const both = new Map(a);
  for (const [name, texts] of b) {
    const known = both.get(name);
    // Not the intersection: a list in the event can hold a text of either set.
    if (known === undefined || texts.size < known.size) both.set(name, texts);
  }
  return both;
}

function common(a: Needs, b: Needs): Needs {
  const texts = new Map<string, ReadonlySet<string>>();
  for (const [name, some] of a.texts) {
    const others = b.texts.get(name);
    if (others !== undefined) texts.set(name, some.union(others));
  }
  return { present: a.present.intersection(b.present), texts };
}

function inOrderOfCost(parts: readonly CompiledTest[]): EventTest[] {
  return [...parts].sort((a, b) => a.cost - b.cost).map((part) => part.test);
}

function totalCost(parts: readonly CompiledTest[]): number {
  return parts.reduce((sum, part) => sum + part.cost, 0);
}
