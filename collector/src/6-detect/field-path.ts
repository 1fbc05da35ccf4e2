/**
 * Reads a field of an event by its Sigma name. A dotted name walks nested objects first and, where that leads nowhere,
 * is looked up as one flat key, then with its first parts as one key. Only own properties count, so `__proto__` and `constructor` are ordinary absent names.
 */

/** Reads one field. Undefined: the key is absent; null: the key is there without value. Arrays stay arrays. */
export type FieldReader = (event: object) => unknown;

const absent = undefined;
const mixedSegmentsMax = 6;

/**
 * Compiles a field name to a reader. Through an array of objects it collects the member of every element.
 * `hasDottedKey` says whether an event has a top-level key with a dot in it; where it has none, fewer places are looked at.
 */
export function fieldReader(
  name: string,
  hasDottedKey: (event: object) => boolean = () => true,
): FieldReader {
  const segments = name.split('.');
  if (segments.length === 1) return (event) => own(event, name);
  const [head = ''] = segments;
  const isLong = segments.length > 2 && segments.length <= mixedSegmentsMax;
  const mixed = isLong ? mixedReader(segments) : () => absent;
  const insideHead = isLong ? fieldReader(segments.slice(1).join('.')) : () => absent;
  return (event) => {
    const nested = walk(event, segments, 0);
    if (nested !== absent) return nested;
    if (!hasDottedKey(event)) {
      const inner = isLong ? own(event, head) : absent;
      return isMap(inner) ? insideHead(inner) : absent;
    }
    const flat = own(event, name);
    return flat === absent ? mixed(event) : flat;
  };
}

/** Objects under a dotted key: `{"a.b": {"c": 1}}` and `{"a": {"b.c": 1}}` for `a.b.c`. */
function mixedReader(segments: readonly string[]): FieldReader {
  const splits = segments.slice(1).map((_, index) => {
    const head = segments.slice(0, index + 1).join('.');
    return { head, rest: fieldReader(segments.slice(index + 1).join('.')) };
  });
  return (event) => {
    for (const { head, rest } of splits) {
      const inner = own(event, head);
      if (!isMap(inner)) continue;
      const found = rest(inner);
      if (found !== absent) return found;
    }
    return absent;
  };
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function walk(node: unknown, segments: readonly string[], depth: number): unknown {
  if (depth === segments.length) return node;
  if (Array.isArray(node)) {
    const found = node
      .map((element) => walk(element, segments, depth))
      .filter((value) => value !== absent)
      .flat();
    return found.length === 0 ? absent : found;
  }
  if (typeof node !== 'object' || node === null) return absent;
  const segment = segments[depth] ?? '';
  const next = own(node, segment);
  return next === absent ? absent : walk(next, segments, depth + 1);
}

function own(node: object, key: string): unknown {
  return Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : absent;
}

/** True when a top-level key holds a dot, as in events that were flattened. */
export function hasDottedKey(event: object): boolean {
  for (const key in event) if (key.includes('.')) return true;
  return false;
}

/** Text of a scalar as rules compare it: numbers and booleans as JSON writes them. Undefined for objects and null. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return undefined;
}

/** Number of a scalar: numbers, and strings that are wholly a decimal number. Undefined otherwise. */
export function scalarNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$/.test(value))
    return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** How deep and how many values a keyword search looks at; a real event stays far below both. */
const keywordDepthMax = 64;
const keywordValuesMax = 20_000;

/** Every scalar of an event as text, depth first. Bounded by depth 64 and 20,000 values. */
export function allTexts(event: object): string[] {
  const texts: string[] = [];
  const visit = (node: unknown, depth: number): void => {
    if (texts.length >= keywordValuesMax) return;
    const text = scalarText(node);
    if (text !== undefined) texts.push(text);
    else if (typeof node === 'object' && node !== null && depth < keywordDepthMax)
      for (const key of Object.keys(node)) visit((node as Record<string, unknown>)[key], depth + 1);
  };
  visit(event, 0);
  return texts;
}
