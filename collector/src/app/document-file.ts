/** Reads a YAML 1.2 or JSON file so that every value can be traced back to its line. */
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DocumentPath } from './document-problem.ts';
import { tooDeep, unusableFile, type ReadDocument } from './parsed-document.ts';
import { yamlLines, yamlSteps } from './yaml-document.ts';

/** Largest configuration, inventory or intents file, bytes. */
export const documentBytesMax = 64 * 1024 * 1024;

/** Reads and parses a file. `label` is the name used in messages; absent: the path. Never throws. */
export async function readDocumentFile(path: string, label = path): Promise<ReadDocument> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return unusableFile(label, 'is a directory, not a file');
    if (facts.size > documentBytesMax)
      return unusableFile(label, `is ${facts.size} bytes; at most ${documentBytesMax} are read`);
    const bytes = await readFile(path);
    const steps = textSteps(label, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      // A running collector reads a changed file, too.
      await nextTurn();
    }
  } catch (error) {
    return unusableFile(label, readFault(error));
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

/** Parses YAML or JSON text. */
export function parseDocumentText(file: string, text: string): ReadDocument {
  const steps = textSteps(file, text);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** JSON without faults takes the fast path; lines are then looked up only when asked for. */
function* textSteps(file: string, text: string): Generator<undefined, ReadDocument, undefined> {
  const start = text.trimStart()[0];
  if (start === '{' || start === '[') {
    const quick = parsedJson(text);
    if (quick !== undefined && !tooDeep(quick) && !hasRepeatedKeys(text, quick)) {
      let lines: ((path: DocumentPath) => number) | undefined;
      const lineOf = (path: DocumentPath): number => {
        lines ??= yamlLines(text);
        return lines(path);
      };
      return { ok: true, document: { file, value: quick, lineOf } };
    }
  }
  return yield* yamlSteps(file, text);
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
