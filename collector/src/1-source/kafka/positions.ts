/** Where a Kafka source stands: the cursor that is stored with the records it covers. */

/** One partition: offset wanted next, and the time of the newest record read before it (epoch ms). */
export interface PartitionPlace {
  readonly offset: number;
  readonly readUntilMs: number;
}

/** Places by topic, then partition. A topic without entry was never read; a partition without entry is new. */
export type TopicPlaces = Map<string, Map<number, PartitionPlace>>;

/** Cursor text: JSON `{topic: {partition: [offset, ms]}}`, in order, so that equal places give equal text. */
export function writePlaces(places: TopicPlaces): string {
  const topics = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = topics.map(([topic, partitions]) => {
    const sorted = [...partitions].sort(([a], [b]) => a - b);
    return [
      topic,
      Object.fromEntries(sorted.map(([id, { offset, readUntilMs }]) => [id, [offset, readUntilMs]])),
    ];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** Reads a cursor; undefined when it is absent or not one of ours. */
export function readPlaces(text: string | undefined): TopicPlaces | undefined {
  if (text === undefined) return undefined;
  try {
    const places: TopicPlaces = new Map();
    const body = JSON.parse(text) as Record<string, Record<string, readonly [number, number]>>;
    for (const [topic, partitions] of Object.entries(body)) {
      const known = new Map<number, PartitionPlace>();
      for (const [id, [offset, readUntilMs]] of Object.entries(partitions)) {
        if (!Number.isSafeInteger(offset) || !Number.isFinite(readUntilMs)) return undefined;
        known.set(Number(id), { offset, readUntilMs });
      }
      places.set(topic, known);
    }
    return places;
  } catch {
    return undefined;
  }
}
