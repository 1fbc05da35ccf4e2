/** Splits rule files into YAML documents and finds the line of any part of them. YAML 1.2 core schema, aliases bounded. */
import { isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
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

/** Reads all documents of a file. Unreadable ones leave problems instead; empty ones are skipped. */
export function readDocuments(
  file: RuleFile,
  report: (problem: RuleProblem) => void,
): { documents: RuleDocument[]; count: number } {
  const refuse = (line: number, reason: string, document = -1): void =>
    report({ severity: 'error', file: file.path, line, document, path: '', title: '', reason });
  if (file.text.length > fileCharactersMax) {
    refuse(0, 'the file is larger than 1 MiB');
    return { documents: [], count: 1 };
  }
  const lines = new LineCounter();
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    parsed = parseAllDocuments(file.text, {
      lineCounter: lines,
      version: '1.2',
      schema: 'core',
      merge: true,
      prettyErrors: false,
    });
  } catch {
    refuse(0, 'the YAML is nested too deeply');
    return { documents: [], count: 1 };
  }
  const documents: RuleDocument[] = [];
  let count = 0;
  let global: Record<string, unknown> = {};
  let previous: Record<string, unknown> = {};
  for (const document of Array.isArray(parsed) ? parsed : []) {
    if (isEmpty(document.contents) && document.errors.length === 0) continue;
    count += 1;
    const [fault] = document.errors;
    const start = lines.linePos(document.range?.[0] ?? 0).line;
    if (fault !== undefined) {
      refuse(lines.linePos(fault.pos[0]).line, `not valid YAML: ${fault.message}`, count - 1);
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
