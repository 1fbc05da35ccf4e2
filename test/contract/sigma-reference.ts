/**
 * A naive interpreter of Sigma rules, written from the specification and sharing no code with the engine: it walks the
 * parsed document for every event. Slow and small on purpose; random rules and events are run through both.
 */
type Plain = Record<string, unknown>;

/** True when the rule document matches the event. */
export function referenceMatches(detection: Plain, event: Plain): boolean {
  const conditions = [detection['condition']].flat() as string[];
  return conditions.some((text) => evaluate(tokens(text), detection, event));
}

function tokens(text: string): string[] {
  return text.replaceAll('(', ' ( ').replaceAll(')', ' ) ').trim().split(/\s+/);
}

/** Lowest precedence first: split at the top-level `or`, then `and`, then strip `not` and brackets. */
function evaluate(words: string[], detection: Plain, event: Plain): boolean {
  for (const [word, any] of [
    ['or', true],
    ['and', false],
  ] as const) {
    const parts = splitTop(words, word);
    if (parts.length > 1)
      return any
        ? parts.some((p) => evaluate(p, detection, event))
        : parts.every((p) => evaluate(p, detection, event));
  }
  if (words[0] === 'not') return !evaluate(words.slice(1), detection, event);
  if (words[0] === '(') return evaluate(words.slice(1, -1), detection, event);
  if (words[1] !== 'of') return body(detection[words[0] ?? ''], event);
  const pattern = words[2] === 'them' ? '*' : (words[2] ?? '');
  const wanted = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
  const names = Object.keys(detection).filter(
    (name) => name !== 'condition' && wanted.test(name) && (!name.startsWith('_') || pattern.startsWith('_')),
  );
  const results = names.map((name) => body(detection[name], event));
  return words[0] === 'all' ? results.every(Boolean) : results.some(Boolean);
}

function splitTop(words: string[], at: string): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word === '(') depth += 1;
    if (word === ')') depth -= 1;
    if (word === at && depth === 0) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function body(node: unknown, event: Plain): boolean {
  if (Array.isArray(node))
    return node.every((n) => typeof n !== 'object')
      ? node.some((n) => values(event).some((v) => glob(`*${openEnd(String(n))}`, v, false)))
      : node.some((n) => body(n, event));
  return Object.entries(node as Plain).every(([key, value]) => item(key, [value].flat(), event));
}

function values(node: unknown): string[] {
  if (node === null || node === undefined) return [];
  return typeof node === 'object' ? Object.values(node).flatMap(values) : [String(node as string)];
}

function item(key: string, wanted: unknown[], event: Plain): boolean {
  const [field = '', ...modifiers] = key.split('|');
  const has = (name: string): boolean => modifiers.includes(name);
  let found: unknown = event;
  for (const step of field.split('.')) found = (found as Plain | undefined | null)?.[step];
  if (has('exists')) return (found !== undefined) === wanted[0];
  const elements = Array.isArray(found) ? found : [found];
  const one = (want: unknown): boolean => elements.some((element) => compare(want, element, has, event));
  const result = has('all') ? wanted.every(one) : wanted.some(one);
  return has('neq') ? !result : result;
}

function compare(want: unknown, got: unknown, has: (name: string) => boolean, event: Plain): boolean {
  if (want === null) return got === null || got === undefined;
  if (got === null || got === undefined || typeof got === 'object') return false;
  const text = String(got as string);
  for (const [name, holds] of [
    ['lt', (a: number, b: number) => a < b],
    ['lte', (a: number, b: number) => a <= b],
    ['gt', (a: number, b: number) => a > b],
    ['gte', (a: number, b: number) => a >= b],
  ] as const)
    if (has(name))
      return typeof got !== 'boolean' && /^-?\d+(\.\d+)?$/.test(text) && holds(Number(text), Number(want));
  if (has('fieldref')) {
    const others = [event[String(want as string)]]
      .flat()
      .filter((other) => other !== undefined && other !== null);
    return others.some((other) => String(other as string).toLowerCase() === text.toLowerCase());
  }
  if (typeof want === 'number')
    return typeof got !== 'boolean' && /^-?\d+(\.\d+)?$/.test(text) && Number(text) === want;
  let pattern = String(want as string);
  if (has('contains') || has('endswith')) pattern = `*${pattern}`;
  if (has('contains') || has('startswith')) pattern = openEnd(pattern);
  return glob(pattern, text, has('cased'));
}

/** Tries every way to match, character by character. */
function glob(pattern: string, text: string, cased: boolean): boolean {
  const [p, t] = cased ? [pattern, text] : [pattern.toLowerCase(), text.toLowerCase()];
  const from = (i: number, j: number): boolean => {
    if (i === p.length) return j === t.length;
    if (p[i] === '*') return from(i + 1, j) || (j < t.length && from(i, j + 1));
    if (p[i] === '\\' && '*?\\'.includes(p[i + 1] ?? ' ')) return p[i + 1] === t[j] && from(i + 2, j + 1);
    return j < t.length && (p[i] === '?' || p[i] === t[j]) && from(i + 1, j + 1);
  };
  return from(0, 0);
}

/** Adds `*`; a lone backslash at the end stands for itself and must not escape it. */
function openEnd(pattern: string): string {
  const backslashes = /\\*$/.exec(pattern)?.[0].length ?? 0;
  return `${pattern}${backslashes % 2 === 1 ? '\\' : ''}*`;
}
