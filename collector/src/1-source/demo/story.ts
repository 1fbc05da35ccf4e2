/** The demo story: which recorded payload is sent when, and what is put in place of its names and times. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isSourceName, type SourceName } from '../../contract/source-name.ts';

/** One payload to send. `set` maps JSON pointers to values or `$` words. */
export interface StoryStep {
  readonly feed: SourceName;
  readonly template: string;
  readonly contentType: string;
  readonly set: Readonly<Record<string, unknown>>;
  /** Text to `$` word or text, for payloads that are not JSON. */
  readonly replace: Readonly<Record<string, string>>;
  /** Pause before it, ms. For background steps: the period. */
  readonly afterMs: number;
  /** What a narrator says; absent: nothing. */
  readonly say?: string;
}

/** Steps of the story and of the background that never ends. */
export interface Story {
  readonly steps: readonly StoryStep[];
  readonly background: readonly StoryStep[];
}

interface WrittenStep {
  readonly feed: string;
  readonly record?: string;
  readonly text?: string;
  readonly set?: Record<string, unknown>;
  readonly replace?: Record<string, string>;
  readonly after_ms?: number;
  readonly every_ms?: number;
  readonly say?: string;
}

/** Folder of the bundled demo. */
export function demoFolder(): string {
  return fileURLToPath(new URL('../../../demo', import.meta.url));
}

function contentTypeOf(record: string | undefined): string {
  if (record?.endsWith('.http') === true) return 'message/http';
  return record?.endsWith('.xml') === true ? 'application/xml' : 'application/json';
}

function stepOf(written: WrittenStep, folder: string): StoryStep {
  if (!isSourceName(written.feed)) throw new Error(`story.yaml: unknown feed ${written.feed}`);
  const record = written.record;
  const template =
    record === undefined ? (written.text ?? '') : readFileSync(join(folder, 'records', record), 'utf8');
  return {
    feed: written.feed,
    template,
    contentType: contentTypeOf(record),
    set: written.set ?? {},
    replace: written.replace ?? {},
    afterMs: written.after_ms ?? written.every_ms ?? 0,
    ...(written.say === undefined ? {} : { say: written.say }),
  };
}

/** Reads the bundled story; throws when the package is broken. */
export function readStory(folder = demoFolder()): Story {
  const document = parse(readFileSync(join(folder, 'story.yaml'), 'utf8')) as {
    story: WrittenStep[];
    background: WrittenStep[];
  };
  return {
    steps: document.story.map((step) => stepOf(step, folder)),
    background: document.background.map((step) => stepOf(step, folder)),
  };
}

/** Words a story may use for values that differ from run to run. */
export interface StoryWords {
  readonly nowMs: number;
  readonly counter: number;
  readonly uuid: string;
}

function spoken(value: unknown, words: StoryWords): unknown {
  switch (value) {
    case '$now':
      return new Date(words.nowMs).toISOString();
    case '$now_seconds':
      return new Date(words.nowMs).toISOString().replace(/\.\d{3}/, '');
    case '$now_s':
      return words.nowMs / 1000;
    case '$in_five_days':
      return new Date(words.nowMs + 5 * 86_400_000).toISOString();
    case '$in_90_days_s':
      return Math.floor(words.nowMs / 1000) + 90 * 86_400;
    case '$in_a_year':
      return new Date(words.nowMs + 365 * 86_400_000).toISOString().replace(/\.\d{3}/, '');
    case '$in_a_year_date':
      return new Date(words.nowMs + 365 * 86_400_000).toISOString().slice(0, 10);
    case '$msgq':
      return `id="${words.counter}"`;
    case '$counter':
      return words.counter;
    case '$uuid':
      return words.uuid;
    default:
      return value;
  }
}

function setAt(root: unknown, pointer: string, value: unknown): void {
  const path = pointer.slice(1).split('/');
  const last = path.pop() as string;
  let at = root as Record<string, unknown>;
  for (const name of path) at = at[name] as Record<string, unknown>;
  at[last] = value;
}

/** The payload of a step with its values put in: an HTTP request keeps its headers. */
export function payloadOf(step: StoryStep, words: StoryWords): string {
  if (step.contentType === 'application/xml') {
    let text = step.template;
    for (const [old, value] of Object.entries(step.replace))
      text = text.replaceAll(old, String(spoken(value, words)));
    return text;
  }
  const cut = step.contentType === 'message/http' ? bodyStart(step.template) : 0;
  const body = JSON.parse(step.template.slice(cut)) as unknown;
  for (const [pointer, value] of Object.entries(step.set)) setAt(body, pointer, spoken(value, words));
  return step.template.slice(0, cut) + JSON.stringify(body);
}

function bodyStart(request: string): number {
  const match = /\r?\n\r?\n/.exec(request);
  if (match === null) throw new Error('recorded HTTP request without a body');
  return match.index + match[0].length;
}
