/**
 * Reader for feeds that are asked by time windows: every window overlaps the one before, because records appear late,
 * and what was already taken is left out by its id. The cursor holds the window, the next page inside it and what was
 * taken, so that a restart goes on at the page that was not durable yet.
 */
import type { Cursor } from '../contract/component.ts';
import type { Failure, Outcome } from '../contract/outcome.ts';
import type { Page, PageReader, PageResult } from './page-poller.ts';
import { createTakenMemory, emptyTaken, type Taken, type TakenMemory } from './taken-ids.ts';

/** A record of a page; `id` is '' when the feed gives none. */
export interface Item {
  readonly id: string;
  readonly text: string;
}

/** One answer of the feed: texts of its records with their ids ('' when they have none), and where it goes on. */
export type WindowPage =
  | {
      readonly ok: true;
      readonly items: readonly Item[];
      readonly link?: string | undefined;
      /** Why part of this page could not be had and never will: becomes blind time of the window. */
      readonly lost?: string | undefined;
    }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly status: number;
      readonly afterMs?: number | undefined;
    };

/** What a feed adds. Times in milliseconds. */
export interface WindowFeed {
  /** How late records may appear after their own time. */
  readonly overlapMs: number;
  /** Longest window the feed answers. Must exceed the overlap. */
  readonly windowMaxMs: number;
  /** How far back the feed keeps records. */
  readonly retentionMs: number;
  /** How far back a source starts that never ran. */
  readonly backfillMs: number;
  /** Address of the first page of a window. */
  first(fromMs: number, toMs: number): string;
  page(link: string, nowMs: number, signal: AbortSignal): Promise<WindowPage>;
}

interface Position {
  readonly from: number;
  readonly to?: number;
  readonly link?: string;
  readonly taken: Taken;
}

const loopFailure: Failure = {
  code: 'endpoint_refused',
  path: '',
  message: 'the pages of the feed lead back to one already read',
};

/** Builds the reader. Everything it remembers stands in the cursor; `visited` only notices pages that lead in a circle. */
export function createWindowReader(feed: WindowFeed): PageReader {
  const visited = new Set<string>();
  const memory = createTakenMemory();
  return {
    start: (nowMs) => cursorOf({ from: nowMs - feed.backfillMs, taken: emptyTaken }),
    probe: (nowMs, signal) => probe(feed, nowMs, signal),
    read: (cursor, nowMs, signal) => readWindow(feed, memory, visited, cursor, nowMs, signal),
  };
}

async function readWindow(
  feed: WindowFeed,
  memory: TakenMemory,
  visited: Set<string>,
  cursor: Cursor,
  nowMs: number,
  signal: AbortSignal,
): Promise<PageResult> {
  const position = positionOf(cursor) ?? { from: nowMs - feed.backfillMs, taken: emptyTaken };
  const oldest = nowMs - feed.retentionMs + 60_000;
  const isLost = position.from < oldest;
  const from = isLost ? oldest : position.from;
  // A clock that went back must not make the window end before it starts.
  const to =
    isLost || position.to === undefined
      ? Math.max(Math.min(nowMs, from + feed.windowMaxMs), from + 1_000)
      : position.to;
  const isInside = !isLost && position.link !== undefined;
  const link = isInside ? (position.link ?? '') : feed.first(from, to);
  if (!isInside) visited.clear();
  const page = await feed.page(link, nowMs, signal);
  if (!page.ok) {
    const isStale =
      isInside &&
      page.status >= 400 &&
      page.status < 500 &&
      page.status !== 429 &&
      page.failure.code === 'endpoint_refused';
    return {
      ok: false,
      failure: page.failure,
      afterMs: page.afterMs,
      ...(isStale ? { restartAt: cursorOf({ from, taken: memory.restarted(position.taken) }) } : {}),
    };
  }
  visited.add(link);
  if (page.link !== undefined && visited.has(page.link)) {
    return {
      ok: false,
      failure: loopFailure,
      restartAt: cursorOf({ from, taken: memory.restarted(position.taken) }),
    };
  }
  const { fresh, taken } = memory.take(position.taken, page.items);
  // A window that was not cut short reached the present of its first page: the rest can wait for the next poll.
  const isCaughtUp = to - from < feed.windowMaxMs;
  const next: Position =
    page.link === undefined
      ? { from: Math.max(to - feed.overlapMs, from), taken: memory.closed(taken) }
      : { from, to, link: page.link, taken };
  return {
    ok: true,
    value: {
      records: fresh.map((item) => item.text),
      next: cursorOf(next),
      more: page.link !== undefined || !isCaughtUp,
      ...(isLost
        ? gapOf(position.from, oldest, 'the feed no longer keeps this time')
        : gapOf(from, to, page.lost)),
    },
  };
}

function gapOf(fromMs: number, toMs: number, reason: string | undefined): { gap?: Page['gap'] } {
  return reason === undefined ? {} : { gap: { fromMs, toMs, reason } };
}

async function probe(feed: WindowFeed, nowMs: number, signal: AbortSignal): Promise<Outcome<string>> {
  const page = await feed.page(feed.first(nowMs - 60_000, nowMs), nowMs, signal);
  return page.ok
    ? { ok: true, value: `answered with ${page.items.length} records of the last minute` }
    : { ok: false, failure: page.failure };
}

function cursorOf(position: Position): Cursor {
  return JSON.stringify(position);
}

/** Undefined for a cursor of another shape: the source then starts anew. */
function positionOf(cursor: Cursor): Position | undefined {
  try {
    const value = JSON.parse(cursor) as Partial<Position> | null;
    if (typeof value?.from !== 'number') return undefined;
    const { from, to, link } = value;
    const taken = { before: textOf(value.taken?.before), window: textOf(value.taken?.window) };
    const isInside = typeof to === 'number' && typeof link === 'string';
    return isInside ? { from, to, link, taken } : { from, taken };
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
