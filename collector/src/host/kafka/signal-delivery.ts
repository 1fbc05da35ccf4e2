/**
 * Brings what the engine published into the local signal log, where the sinks read it: each partition through the collector
 * that owns it. How far its sinks are is written where the next owner finds it, so that a take-over repeats a little
 * under the same keys and leaves nothing out.
 */
import type { SignalKind, Surroundings } from '../../contract/component.ts';
import type { PartitionLease } from '../../log/kafka-lease.ts';
import type { SignalLog } from '../../log/signal-log.ts';
import type { PositionsTopic } from './positions-topic.ts';
import { placeName, type PublishedReader } from './published-reader.ts';

/** Parts of the delivery. */
export interface SignalDeliveryOptions {
  readonly reader: PublishedReader;
  readonly lease: PartitionLease;
  readonly partitions: number;
  readonly positions: PositionsTopic;
  readonly signals: SignalLog;
  /** Kinds some sink reads. */
  readonly kinds: readonly SignalKind[];
  /** Position of the slowest sink in the local signal log. */
  readonly delivered: () => number;
  readonly around: Surroundings;
}

/** Name of the position up to which the sinks were served from a partition of a published topic. */
export function sinkPositionName(place: { readonly kind: SignalKind; readonly partition: number }): string {
  return `sinks/${placeName(place)}`;
}

const saveEveryMs = 1_000;

/** Works until `signal` aborts. Rejects when the disk of the signal log fails. */
export async function deliverSignals(options: SignalDeliveryOptions, signal: AbortSignal): Promise<void> {
  const { reader, lease, partitions, positions, signals, kinds, around } = options;
  /** What lies in the local log and is not delivered: where it ends there, and where in its topic. */
  let owed: { readonly end: number; readonly name: string; readonly offset: number }[] = [];
  let savedMs = 0;
  let known: ReadonlySet<number> = new Set();

  const takeOver = async (): Promise<void> => {
    const owned = lease.partitions();
    reader.remove(({ partition }) => owned.has(partition));
    if ([...owned].every((partition) => known.has(partition))) {
      known = new Set(owned);
      return;
    }
    await positions.refresh(signal);
    for (const kind of kinds)
      for (let partition = 0; partition < partitions; partition++) {
        const place = { kind, partition };
        if (!owned.has(partition) || reader.has(place)) continue;
        const stored = positions.get(sinkPositionName(place));
        const offset =
          stored === undefined ? (await reader.offsets(kind, 'first', signal))[partition] : Number(stored);
        reader.add({ ...place, offset: offset ?? 0 });
      }
    known = new Set(owned);
  };

  const save = async (): Promise<void> => {
    if (around.nowMs() - savedMs < saveEveryMs || owed.length === 0) return;
    savedMs = around.nowMs();
    const delivered = options.delivered();
    const done = new Map(
      owed.filter(({ end }) => end <= delivered).map(({ name, offset }) => [name, String(offset)]),
    );
    if (done.size === 0 || !(await positions.set(done))) return;
    owed = owed.filter(({ end }) => end > delivered);
  };

  while (!signal.aborted) {
    await takeOver();
    await reader.round(async (batch, place) => {
      if (batch.length > 0) await signals.append(batch);
      owed.push({ end: signals.end, name: sinkPositionName(place), offset: place.offset });
    }, signal);
    await save();
  }
  savedMs = 0;
  await save();
}
