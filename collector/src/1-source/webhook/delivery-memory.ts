/** Which deliveries were already taken: senders repeat, and so do attackers with a recorded request. */

/** Memory of delivery ids. */
export interface DeliveryMemory {
  /** True when the id was taken within the horizon. */
  has(id: string, nowMs: number): boolean;
  /** Remembers an id once its record is durable. */
  add(id: string, nowMs: number): void;
  readonly size: number;
  /** Ids forgotten before their time because the memory was full; grows only. */
  readonly evicted: number;
}

/** Standard horizon: longer than any sender repeats. */
export const deliveryHorizonMs = 72 * 3600 * 1000;

/** Keeps ids for `horizonMs`, at most `idsMax`; the oldest go first. */
export function createDeliveryMemory(horizonMs = deliveryHorizonMs, idsMax = 200_000): DeliveryMemory {
  // Insertion order is time order, so the oldest is always the first.
  const takenAt = new Map<string, number>();
  let evicted = 0;
  const forget = (nowMs: number): void => {
    for (const [id, at] of takenAt) {
      const old = nowMs - at > horizonMs;
      if (!old && takenAt.size <= idsMax) return;
      takenAt.delete(id);
      if (!old) evicted++;
    }
  };
  return {
    has: (id, nowMs) => {
      const at = takenAt.get(id);
      return at !== undefined && nowMs - at <= horizonMs;
    },
    add: (id, nowMs) => {
      takenAt.delete(id);
      takenAt.set(id, nowMs);
      forget(nowMs);
    },
    get size() {
      return takenAt.size;
    },
    get evicted() {
      return evicted;
    },
  };
}
