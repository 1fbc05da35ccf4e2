/** What reading a document gives: plain data with the line of each path, or every reason why there is none. */
import type { DocumentPath, DocumentProblem } from './document-problem.ts';

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

/** Levels a document may have. */
export const depthMax = 32;

/** True when a value is nested deeper than `depthMax`. */
export function tooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= depthMax) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}

/** The whole file cannot be used, for one reason. */
export function unusableFile(file: string, message: string): ReadDocument {
  return { ok: false, problems: [{ file, line: 0, path: [], message, level: 'error' }] };
}
