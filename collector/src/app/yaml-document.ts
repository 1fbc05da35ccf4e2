/** YAML 1.2 text to plain data and lines; large documents part by part (`document-parts.ts`). */
import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  Parser,
  visit,
  YAMLParseError,
  type CST,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { cutDocument, type CutDocument, type ListPart } from './document-parts.ts';
import { quoted, type DocumentPath, type DocumentProblem } from './document-problem.ts';
import { ownKeyCheck, repeatedKeys, yamlPieces, yamlRefusal } from '../leaf/yaml-bounds.ts';
import { depthMax, tooDeep, unusableFile, type ReadDocument } from './parsed-document.ts';

const yamlErrorsMax = 50;
/** Characters from which on a document is parsed in parts, and characters of a part: some milliseconds of parsing. */
const usualSizes = { largeChars: 128 * 1024, partChars: 32 * 1024 };
/** What is parsed in one go, and for the lines of a document that another parser read: half a second, and twice that. */
const piecesMax = 200_000;
const linedPiecesMax = 400_000;
/** Up to this a document whose parts have errors is parsed again as a whole, whose errors are the most exact ones. */
const wholeCharsMax = 8 * 1024 * 1024;

/** Parses YAML text. Between two steps nothing is lost by doing something else: each takes some milliseconds where it can. */
export function* yamlSteps(
  file: string,
  text: string,
  { largeChars, partChars } = usualSizes,
): Generator<undefined, ReadDocument, undefined> {
  const cut = text.length < largeChars ? undefined : cutDocument(text, partChars);
  if (cut !== undefined) {
    try {
      const read = yield* partSteps(file, text, cut);
      if (read !== undefined) return read;
    } catch (error) {
      // Too deep; a whole parse says so.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return parseWhole(file, text);
}

/** Finds lines of a text that another parser read. */
export function yamlLines(text: string): (path: DocumentPath) => number {
  // Without a line a problem still has its path.
  if (yamlPieces(text) > linedPiecesMax) return () => 0;
  const counter = new LineCounter();
  return lineFinder(parsedYaml(text, counter), counter);
}

/** Undefined: only a whole parse can tell. */
function* partSteps(
  file: string,
  text: string,
  cut: CutDocument,
): Generator<undefined, ReadDocument | undefined, undefined> {
  if (yamlRefusal(cut.rest, piecesMax) !== undefined) return undefined;
  const counter = new LineCounter();
  const rest = parsedYaml(cut.rest, counter);
  if (!isMap(rest.contents) || rest.contents.flow === true || sharesNodes(rest)) return undefined;
  const problems = problemsOf(file, rest, (at) => cut.lineOf(counter.linePos(at).line));
  const lists = new Map<string, unknown[]>();
  for (const part of cut.parts) {
    const lines = new LineCounter();
    if (yamlRefusal(part.text, piecesMax) !== undefined) return undefined;
    const document = parsedYaml(part.text, lines);
    if (sharesNodes(document)) return undefined;
    problems.push(...problemsOf(file, document, (at) => part.firstLine - 1 + lines.linePos(at).line));
    if (problems.length === 0) {
      // Texts cut out of a text keep all of it alive; a clone has its own.
      const entries = structuredClone(document.toJS()) as unknown;
      if (!Array.isArray(entries)) return undefined;
      const list = lists.get(part.list) ?? [];
      lists.set(part.list, list);
      for (const entry of entries) list.push(entry);
    }
    yield;
  }
  if (problems.length > 0)
    return text.length <= wholeCharsMax && yamlRefusal(text, piecesMax) === undefined
      ? undefined
      : { ok: false, problems: problems.slice(0, yamlErrorsMax) };
  const value = structuredClone(rest.toJS()) as Record<string, unknown>;
  for (const [name, list] of lists) value[name] = list;
  if (tooDeep(value)) return unusableFile(file, `is nested deeper than ${depthMax} levels`);
  return { ok: true, document: { file, value, lineOf: partLines(cut, rest, counter) } };
}

/** An anchor may be meant anywhere below it. */
function sharesNodes(document: Document): boolean {
  let found = false;
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node) && node.anchor === undefined) return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function partLines(cut: CutDocument, rest: Document, counter: LineCounter): (path: DocumentPath) => number {
  const restLine = lineFinder(rest, counter);
  let open: { readonly part: ListPart; readonly lineOf: (path: DocumentPath) => number } | undefined;
  return (path) => {
    const [name, index, ...more] = path;
    const part =
      typeof index === 'number'
        ? cut.parts.find(
            ({ list, firstIndex, count }) =>
              list === name && firstIndex <= index && index < firstIndex + count,
          )
        : undefined;
    if (part === undefined || typeof index !== 'number') return cut.lineOf(restLine(path));
    if (open?.part !== part) open = { part, lineOf: yamlLines(part.text) };
    const line = open.lineOf([index - part.firstIndex, ...more]);
    return part.firstLine - 1 + line;
  };
}

function parseWhole(file: string, text: string): ReadDocument {
  const refusal = yamlRefusal(text, piecesMax);
  if (refusal !== undefined)
    return unusableFile(
      file,
      `${refusal}; write it as JSON, or its long lists as block lists at the top level, without anchors and tabs`,
    );
  const counter = new LineCounter();
  let document: Document;
  let value: unknown;
  try {
    document = parsedYaml(text, counter);
    if (document.errors.length === 0) value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Too deep for the parser's stack, or aliases that would multiply without end.
    if (error instanceof RangeError) return unusableFile(file, 'is nested too deeply');
    return unusableFile(file, messageOf(error));
  }
  if (document.errors.length > 0)
    return { ok: false, problems: problemsOf(file, document, (at) => counter.linePos(at).line) };
  if (tooDeep(value)) return unusableFile(file, `is nested deeper than ${depthMax} levels`);
  return { ok: true, document: { file, value, lineOf: lineFinder(document, counter) } };
}

function problemsOf(file: string, document: Document, lineOf: (at: number) => number): DocumentProblem[] {
  return document.errors.slice(0, yamlErrorsMax).map((error) => {
    const line = lineOf(error.pos[0]);
    return { file, line, path: [], message: inWords(error), level: 'error' };
  });
}

/** What the library's composer, which calls itself for each level, does with any free stack; far above `depthMax`. */
const levelsMax = 512;

/** Throws RangeError for a token nested so deeply that the free stack would decide what is said about it. */
function assertShallow(token: CST.Token): void {
  let level: unknown[] = [token];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levelsMax) throw new RangeError('nested too deeply');
    level = level.flatMap((each) => {
      const { value, key, items } = each as { value?: unknown; key?: unknown; items?: readonly unknown[] };
      return [value, key, ...(items ?? [])].filter((inner) => typeof inner === 'object' && inner !== null);
    });
  }
}

function* shallowTokens(text: string, counter: LineCounter): Generator<CST.Token> {
  for (const token of new Parser(counter.addNewLine).parse(text)) {
    assertShallow(token);
    yield token;
  }
}

function onlyDocument(text: string, counter: LineCounter): Document {
  const composer = new Composer({ prettyErrors: false, strict: true, ...ownKeyCheck });
  const [document, second] = composer.compose(shallowTokens(text, counter), true, text.length);
  if (document === undefined) throw new Error('a composer that must give a document gave none');
  if (second !== undefined)
    document.errors.push(
      new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', 'a second document'),
    );
  return document;
}

function parsedYaml(text: string, counter: LineCounter): Document {
  const document = onlyDocument(text, counter);
  for (const { key, at, firstAt } of repeatedKeys(document)) {
    if (document.errors.length >= yamlErrorsMax) break;
    const first = counter.linePos(firstAt).line;
    const message = `${quoted(key)} stands here again, first on line ${first}; keep one of them`;
    document.errors.push(new YAMLParseError([at, at + 1], 'DUPLICATE_KEY', message));
  }
  return document;
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
