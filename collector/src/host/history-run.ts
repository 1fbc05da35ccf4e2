/** History played by itself, for what it teaches: nothing is detected, nobody is told, only habits and counts are left. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Directive, Scope, StateView } from '../contract/step.ts';
import type { Operator } from '../engine/operator.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { instantMs } from './instant-ms.ts';
import { eventMessages, VirtualRun, type Arrival, type EnrichArrival } from './virtual-run.ts';

const scopes = ['principal', 'account', 'domain', 'organisation'] as const;
const dataField = { principal: 'actors', account: 'accounts', domain: 'domains' } as const;

/** Input of a history run. */
export interface HistoryInput {
  readonly tables: EngineTables;
  /** Operators of the pipeline; those of scopes are run, the others left out. */
  readonly operators: () => readonly Operator[];
  readonly enrich: EnrichArrival;
  /** In order of time; read once, so that a long history need not be held. */
  readonly events: Iterable<CanonicalEvent>;
  /** Told now and then how many were played, and up to when (epoch ms). */
  readonly onPlayed?: (events: number, upToMs: number) => void;
  /** Baselines in the state of an entity, by row name. */
  readonly learnedRows: (scope: Scope, state: StateView) => Readonly<Record<string, unknown>>;
  /** Largest JSON text of the rows of one directive, in characters; a single larger row makes one of its own. */
  readonly charactersMax: number;
}

/** What history taught one entity, or a part of it. */
export interface Lesson {
  readonly tenant: string;
  readonly scope: Scope;
  /** Domain, account or principal; '' for the organisation. */
  readonly id: string;
  readonly rows: Readonly<Record<string, unknown>>;
}

/** A lesson as an entry of the stream. Its id is its content: the same lesson again is a repetition. */
export function learnedDirective(
  lesson: Lesson,
  by: string,
  sha256: (text: string) => string,
): Directive & { readonly id: string } {
  const { tenant, scope, id, rows } = lesson;
  const type = 'baseline.learned';
  const about = scope === 'organisation' ? { organisation: true } : { [dataField[scope]]: [id] };
  return {
    id: `${type}/${sha256(canonicalJson(lesson)).slice(0, 32)}`,
    type,
    tenant,
    by,
    data: { ...about, rows },
  };
}

/** What came of it. `unrelated`: events about nobody in the inventory. */
export interface HistoryResult {
  readonly lessons: readonly Lesson[];
  readonly events: number;
  readonly unrelated: number;
  readonly duplicates: number;
  /** Epoch ms of the first and last event that taught; undefined without any. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

function* partsOf(
  rows: Readonly<Record<string, unknown>>,
  charactersMax: number,
): Generator<Record<string, unknown>> {
  let part: Record<string, unknown> = {};
  let size = 0;
  for (const [name, row] of Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const characters = JSON.stringify(row).length + name.length + 4;
    if (size > 0 && size + characters > charactersMax) {
      yield part;
      [part, size] = [{}, 0];
    }
    part[name] = row;
    size += characters;
  }
  if (size > 0) yield part;
}

const playedBetweenWords = 1_000;

/** What came of playing, entities apart. */
type Played = Omit<HistoryResult, 'lessons'>;

function play(run: VirtualRun, { events, enrich, onPlayed }: HistoryInput): Played {
  let [taught, unrelated, played] = [0, 0, 0];
  let firstMs: number | undefined;
  let lastMs: number | undefined;
  for (const event of events) {
    // History comes in its own order: each event arrives when it happened.
    const ingestMs = instantMs(event.timestamp);
    const messages = eventMessages(event, ingestMs, true, enrich);
    const repeatedBefore = run.duplicates;
    run.feed(messages.map((message): Arrival => ({ ingestMs, message })));
    if (messages.length === 0) unrelated++;
    else {
      firstMs ??= ingestMs;
      lastMs = ingestMs;
      if (run.duplicates - repeatedBefore < messages.length) taught++;
    }
    if (++played % playedBetweenWords === 0) onPlayed?.(played, ingestMs);
  }
  if (lastMs !== undefined) run.finish(lastMs + 1);
  return { events: taught, unrelated, duplicates: run.duplicates, firstMs, lastMs };
}

/** Plays history and gives what it teaches, one lesson per entity and part, in a fixed order. */
export function runHistory(input: HistoryInput): HistoryResult {
  const operators = (): readonly Operator[] =>
    input.operators().filter(({ name }) => scopes.some((scope) => scope === name));
  const run = new VirtualRun({
    operators,
    tables: input.tables,
    preliminary: false,
    warmupUntilMs: Infinity,
  });
  const played = play(run, input);
  const lessons: Lesson[] = [];
  for (const scope of scopes)
    for (const key of run.keys(scope)) {
      const cut = key.indexOf('|');
      const [tenant, id] = [key.slice(0, cut), key.slice(cut + 1)];
      const view = run.view(scope, tenant, key);
      if (view === undefined) continue;
      for (const rows of partsOf(input.learnedRows(scope, view), input.charactersMax))
        lessons.push({ tenant, scope, id, rows });
    }
  return { lessons, ...played };
}
