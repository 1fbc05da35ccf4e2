/**
 * Puts query windows between a query log and the durable log: queries are counted, everything else a log says passes. The
 * cursor of the source is stored with the windows, so that after a crash the lines of the unfinished window are read again.
 */
import type { Cursor, Intake, SourceRun, Surroundings } from '../contract/component.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { formatInstant } from '../leaf/time.ts';
import {
  queryWindows,
  type QueryObservation,
  type QueryWindowLimits,
  type QueryWindows,
} from './query-windows.ts';

/** Queries of one record; undefined: the record says something else and must be kept as it is. */
export type Observe = (record: RawRecord) => readonly QueryObservation[] | undefined;

/** What to count. `single`: the debug switch that keeps every record as well. */
export interface QueryEdgeOptions {
  readonly limits: QueryWindowLimits;
  readonly watchedDomain: (name: string) => string | undefined;
  readonly observe: Observe;
  readonly single: boolean;
}

/** Media type of a window. */
const windowMediaType = 'application/vnd.zonewarden.query-window+json';
const tickMs = 1000;
/** Lines of a live log may come a little late. */
const graceMs = 5000;
const acceptMax = 500;

/** A source whose queries arrive as windows. `windows` for its own telemetry. */
export interface WindowedSource extends SourceRun {
  readonly windows: QueryWindows;
}

/** Wraps a source of query logs. */
export function withQueryWindows(
  inner: SourceRun,
  options: QueryEdgeOptions,
  around: Surroundings,
): WindowedSource {
  const { identity } = inner;
  const windows = queryWindows(identity.id, options.limits, options.watchedDomain, formatInstant);
  let cursor: { source: string; position: Cursor } | undefined;
  let instance: string | undefined;

  function recordOf(document: unknown): RawRecord {
    return {
      tenant: identity.tenant,
      source: identity.feed as RawRecord['source'],
      ...(instance === undefined ? {} : { instance }),
      receivedAtMs: around.nowMs(),
      contentType: windowMediaType,
      verified: true,
      bytes: new TextEncoder().encode(JSON.stringify(document)),
    };
  }

  /** Documents that were ended but not yet taken by the log. */
  const ended: RawRecord[] = [];

  function end(): void {
    const { startedMs } = windows;
    if (startedMs === undefined) return;
    for (const document of windows.flush(startedMs + options.limits.windowMs)) ended.push(recordOf(document));
  }

  function count(records: readonly RawRecord[]): RawRecord[] {
    const kept: RawRecord[] = [];
    for (const record of records) {
      const observations = options.observe(record);
      if (observations === undefined || options.single) kept.push(record);
      for (const observation of observations ?? []) {
        instance ??= record.instance;
        // The log's own time ends a window, so that an old file gives the windows it would have given live.
        if (windows.isDue(observation.atMs)) end();
        windows.observe(observation);
      }
    }
    return kept;
  }

  /** Hands windows over, the cursor with the last of them. */
  async function hand(intake: Intake, withCursor: boolean): Promise<void> {
    while (ended.length > acceptMax) {
      await intake.accept(ended.slice(0, acceptMax));
      ended.splice(0, acceptMax);
    }
    const position = withCursor ? cursor : undefined;
    if (ended.length === 0 && position === undefined) return;
    const batch = ended.slice();
    await intake.accept(batch, position);
    ended.splice(0, batch.length);
    if (position !== undefined && position === cursor) cursor = undefined;
  }

  function counting(intake: Intake): Intake {
    return {
      ...intake,
      cursor: (source) => cursor?.position ?? intake.cursor(source),
      heartbeat: (source) => intake.heartbeat(source),
      gap: (...all) => intake.gap(...all),
      async accept(records, position) {
        const kept = count(records);
        if (kept.length > 0) await intake.accept(kept);
        if (position !== undefined) cursor = position;
        // Nothing is being counted: the position may be stored as it is.
        await hand(intake, windows.startedMs === undefined);
      },
    };
  }

  return {
    identity,
    windows,
    probe: (signal) => inner.probe(signal),
    async run(intake, signal) {
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const ticking = (async () => {
        while (!either.aborted) {
          await around.sleep(tickMs, either).catch(() => undefined);
          if (either.aborted || !windows.isDue(around.nowMs() - graceMs)) continue;
          end();
          await hand(intake, true).catch((error: unknown) =>
            around.log('warn', 'windows of queries wait: the log cannot take them', {
              source: identity.id,
              error: error instanceof Error ? error.message : String(error),
            }),
          );
        }
      })();
      try {
        await inner.run(counting(intake), signal);
      } finally {
        stop.abort();
        await ticking;
      }
      end();
      await hand(intake, true);
    },
  };
}
