/**
 * When a message takes its turn. Ingest time grows along the log, so `ingest - lateness` is a watermark nobody has to
 * negotiate: every message is ordered at or after it, and idle or lagging sources hold nothing up.
 */

/** Order of one message: its time, and whether its own time had already been passed. */
export interface Stamp {
  readonly timeMs: number;
  readonly late: boolean;
}

/**
 * Order time = max(min(event time, ingest time), ingest time - lateness). An event dated in the future is ordered at
 * its ingest; one older than the lateness is ordered at the watermark of its ingest and marked late. All in epoch ms.
 */
export function stampOrder(eventMs: number, ingestMs: number, latenessMs: number): Stamp {
  const plausibleMs = Math.min(eventMs, ingestMs);
  const floorMs = ingestMs - latenessMs;
  return plausibleMs < floorMs ? { timeMs: floorMs, late: true } : { timeMs: plausibleMs, late: false };
}
