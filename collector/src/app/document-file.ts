/** Reads a YAML 1.2 or JSON file so that every value can be traced back to its line. */
import { readFile, stat } from 'node:fs/promises';
import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  YAMLParseError,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { quoted, type DocumentPath, type DocumentProblem } from './document-problem.ts';

/** Largest configuration, inventory or intents file, bytes. */
export const documentBytesMax = 64 * 1024 * 1024;
const depthMax = 32;
const yamlErrorsMax = 50;

/** A parsed document: plain data, and the line of each path. */
export interface ParsedDocument {
  readonly file: string;
  readonly value: unknown;
  /** Line, from 1, of the value at `path`, or of the nearest value above it that exists. */
  lineOf(path: DocumentPath): number;
}

/** Document, or every reason why there is none. */
export type ReadDocument =
  | { readonly ok: true; readonly document: ParsedDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

/** Reads and parses a file. `label` is the name used in messages; absent: the path. Never throws. */
export async function readDocumentFile(path: string, label = path): Promise<ReadDocument> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return unusable(label, 'is a directory, not a file');
    if (facts.size > documentBytesMax)
      return unusable(label, `is ${facts.size} bytes; at most ${documentBytesMax} are read`);
    const bytes = await readFile(path);
    return parseDocumentText(label, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return unusable(label, readFault(error));
  }
}

/** Why a file could not be read, and what to do about it. */
export function readFault(error: unknown): string {
  if (error instanceof TypeError) return 'is not UTF-8 text; save it as UTF-8';
  const code = (error as { code?: string }).code;
  if (code === 'ENOENT') return 'does not exist; check the path';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user; check its permissions';
  return `cannot be read (${code ?? 'unknown error'})`;
}

/** Parses YAML or JSON text. JSON without faults takes the fast path; lines are then looked up only when asked for. */
export function parseDocumentText(file: string, text: string): ReadDocument {
  const start = text.trimStart()[0];
  if (start === '{' || start === '[') {
    const quick = parsedJson(text);
    if (quick !== undefined && !tooDeep(quick, 0) && !hasRepeatedKeys(text, quick)) {
      let lines: ((path: DocumentPath) => number) | undefined;
      const lineOf = (path: DocumentPath): number => {
        lines ??= positions(text);
        return lines(path);
      };
      return { ok: true, document: { file, value: quick, lineOf } };
    }
  }
  return parseYaml(file, text);
}

/** JSON.parse keeps the last of two equal keys in silence; counting the keys shows that it happened. */
function hasRepeatedKeys(text: string, value: unknown): boolean {
  let kept = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner: unknown[] = Object.values(next);
    if (!Array.isArray(next)) kept += inner.length;
    for (const one of inner) pending.push(one);
  }
  return kept !== countKeys(text);
}

function countKeys(text: string): number {
  let keys = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (inString) {
      if (character === 0x5c) at++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x3a) keys++;
  }
  return keys;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= depthMax) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}

function parseYaml(file: string, text: string): ReadDocument {
  const counter = new LineCounter();
  let document: Document;
  let value: unknown;
  try {
    document = parsedYaml(text, counter);
    if (document.errors.length === 0) value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Too deep for the parser's stack, or aliases that would multiply without end.
    if (error instanceof RangeError) return unusable(file, 'is nested too deeply');
    return unusable(file, messageOf(error));
  }
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, yamlErrorsMax).map((error): DocumentProblem => {
      const line = counter.linePos(error.pos[0]).line;
      return { file, line, path: [], message: inWords(error), level: 'error' };
    });
    return { ok: false, problems };
  }
  if (tooDeep(value, 0)) return unusable(file, `is nested deeper than ${depthMax} levels`);
  return { ok: true, document: { file, value, lineOf: lineFinder(document, counter) } };
}

/** The library compares every key with every other one of its map; here each is looked up once. */
function parsedYaml(text: string, counter: LineCounter): Document {
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    strict: true,
    uniqueKeys: false,
  });
  visit(document, {
    Map(_key, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const text = `${typeof key.value} ${String(key.value)}`;
        const at = startOf(key) ?? 0;
        const firstAt = seen.get(text);
        if (firstAt === undefined) seen.set(text, at);
        else if (document.errors.length < yamlErrorsMax) {
          const first = counter.linePos(firstAt).line;
          const message = `${quoted(key.value)} stands here again, first on line ${first}; keep one of them`;
          document.errors.push(new YAMLParseError([at, at + 1], 'DUPLICATE_KEY', message));
        }
      }
    },
  });
  return document;
}

function positions(text: string): (path: DocumentPath) => number {
  const counter = new LineCounter();
  return lineFinder(parsedYaml(text, counter), counter);
}

function lineFinder(document: Document, counter: LineCounter): (path: DocumentPath) => number {
  const pairsOf = new WeakMap<YAMLMap, Map<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    let pairs = pairsOf.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.map((pair) => [keyText(pair.key), pair]));
      pairsOf.set(map, pairs);
    }
    return pairs.get(key);
  };
  return (path) => {
    let node: unknown = document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      if (!isCollection(node)) break;
      const item: unknown = isMap(node) ? pairOf(node, String(step)) : node.items[Number(step)];
      if (item === undefined) break;
      offset = startOf(isPair(item) ? item.key : item) ?? offset;
      node = isPair(item) ? item.value : item;
    }
    return counter.linePos(offset).line;
  };
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function startOf(node: unknown): number | undefined {
  const range = (node as { range?: [number, number, number] } | null)?.range;
  return range?.[0];
}

function unusable(file: string, message: string): ReadDocument {
  return { ok: false, problems: [{ file, line: 0, path: [], message, level: 'error' }] };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? firstLine(error.message) : String(error);
  return message.startsWith('Excessive alias count')
    ? 'its aliases (*name) repeat each other too often; write the values out'
    : `cannot be used: ${message}`;
}

/** What the library says, with the way out where it leaves that to the reader. */
function inWords(error: YAMLParseError): string {
  if (error.code === 'TAB_AS_INDENT') return 'a tab stands in the indentation; use spaces';
  if (error.code === 'MULTIPLE_DOCS')
    return 'a second document begins here ("---"); one file holds one document';
  return firstLine(error.message);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/:$/, '');
}
