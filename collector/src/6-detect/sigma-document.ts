/** Splits rule files into YAML documents and finds the line of any part of them. YAML 1.2 core schema, aliases bounded. */
import { isNode, isScalar, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { ownKeyCheck, repeatedKeys, yamlRefusal } from '../leaf/yaml-bounds.ts';
import type { ProblemSink, RuleProblem } from './sigma-problem.ts';

/** A rule file as read. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** One YAML document of a rule file with a sink for what is wrong with it. */
export interface RuleDocument {
  readonly file: string;
  /** Number within the file, from 0. */
  readonly index: number;
  readonly title: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly problems: ProblemSink;
}

const fileCharactersMax = 1024 * 1024;
const aliasesMax = 50;
/** A megabyte of real rules has ninety thousand. */
const piecesMax = 150_000;

/** Reads all documents of a file. Unreadable ones leave problems instead; empty ones are skipped. */
export function readDocuments(
  file: RuleFile,
  report: (problem: RuleProblem) => void,
): { documents: RuleDocument[]; count: number } {
  const refuse = (line: number, reason: string, document = -1): void =>
    report({ severity: 'error', file: file.path, line, document, path: '', title: '', reason });
  const refusal = sizeRefusal(file.text);
  if (refusal !== undefined) {
    refuse(0, refusal);
    return { documents: [], count: 1 };
  }
  const lines = new LineCounter();
  const parsed = parsedDocuments(file.text, lines);
  if (parsed === undefined) {
    refuse(0, 'the YAML is nested too deeply');
    return { documents: [], count: 1 };
  }
  const documents: RuleDocument[] = [];
  let count = 0;
  let global: Record<string, unknown> = {};
  let previous: Record<string, unknown> = {};
  for (const document of parsed) {
    if (isEmpty(document.contents) && document.errors.length === 0) continue;
    count += 1;
    const start = lines.linePos(document.range?.[0] ?? 0).line;
    const fault = faultOf(document, lines);
    if (fault !== undefined) {
      refuse(lines.linePos(fault.at).line, fault.reason, count - 1);
      continue;
    }
    const data = toPlain(document);
    if (data === undefined) {
      refuse(start, 'not a YAML map, or it has more aliases than allowed', count - 1);
      continue;
    }
    const { action } = data;
    if (action === 'global') previous = global = data;
    if (action === 'reset') global = {};
    if (action === 'global' || action === 'reset') continue;
    if (action !== undefined && action !== 'repeat') {
      refuse(
        start,
        `action ${JSON.stringify(action)} is not known; known are global, reset and repeat`,
        count - 1,
      );
      continue;
    }
    // Correlations and filters stand for themselves; the older actions knew rules only.
    const stands = Object.hasOwn(data, 'correlation') || Object.hasOwn(data, 'filter');
    const merged = stands ? data : merge(action === 'repeat' ? previous : global, data);
    if (!stands) previous = merged;
    const title = typeof merged['title'] === 'string' ? merged['title'] : '';
    const lineOf = (path: readonly (string | number)[]): number => {
      for (let length = path.length; length > 0; length--) {
        const node: unknown = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
      }
      return start;
    };
    documents.push({
      file: file.path,
      index: count - 1,
      title,
      data: merged,
      problems: sink({ file: file.path, document: count - 1, title }, lineOf, report),
    });
  }
  return { documents, count };
}

/** Undefined: too deep for the parser's stack. */
function parsedDocuments(text: string, lineCounter: LineCounter): readonly Document.Parsed[] | undefined {
  try {
    const options = {
      lineCounter,
      version: '1.2',
      schema: 'core',
      merge: true,
      prettyErrors: false,
    } as const;
    const parsed = parseAllDocuments(text, { ...options, ...ownKeyCheck });
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return undefined;
  }
}

function sizeRefusal(text: string): string | undefined {
  if (text.length > fileCharactersMax) return 'the file is larger than 1 MiB';
  const refusal = yamlRefusal(text, piecesMax);
  return refusal === undefined ? undefined : `the file ${refusal}; divide it`;
}

function faultOf(document: Document, lines: LineCounter): { at: number; reason: string } | undefined {
  const [fault] = document.errors;
  if (fault !== undefined) return { at: fault.pos[0], reason: `not valid YAML: ${fault.message}` };
  const [again] = repeatedKeys(document);
  if (again === undefined) return undefined;
  const first = lines.linePos(again.firstAt).line;
  return {
    at: again.at,
    reason: `not valid YAML: the key ${JSON.stringify(again.key)} stands here again, first on line ${first}; keep one of them`,
  };
}

/** Nothing between two `---`, or after the last one. */
function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
}

function toPlain(document: {
  toJS(options: { maxAliasCount: number }): unknown;
}): Record<string, unknown> | undefined {
  try {
    const data = document.toJS({ maxAliasCount: aliasesMax });
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? (data as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // alias bomb or a cycle
  }
}

/** `action: global` and `repeat` of the first Sigma versions: parts of an earlier document stand in this one as well. */
function merge(global: Record<string, unknown>, data: Record<string, unknown>): Record<string, unknown> {
  const { action: _earlier, ...merged } = global;
  const { action: _own, ...later } = data;
  for (const [key, value] of Object.entries(later)) {
    const earlier = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isMap(earlier) && isMap(value) ? merge(earlier, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sink(
  about: Pick<RuleProblem, 'file' | 'document' | 'title'>,
  lineOf: (path: readonly (string | number)[]) => number,
  report: (problem: RuleProblem) => void,
): ProblemSink {
  let errors = 0;
  const tell = (severity: 'error' | 'lint', path: readonly (string | number)[], reason: string): void => {
    if (severity === 'error') errors += 1;
    report({ ...about, severity, line: lineOf(path), path: path.join('.'), reason });
  };
  return {
    error: (path, reason) => tell('error', path, reason),
    lint: (path, reason) => tell('lint', path, reason),
    errorCount: () => errors,
  };
}
