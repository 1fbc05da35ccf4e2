/** Runs a source on one collector at a time: on whoever owns the partition its records go to. */
import type { Intake, SourceRun, Surroundings } from '../../contract/component.ts';
import type { PartitionLease } from '../../log/kafka-lease.ts';
import { feedPartition } from './kafka-intake.ts';
import type { PositionsTopic } from './positions-topic.ts';

/** What a leased source needs. */
export interface SourceLease {
  readonly lease: PartitionLease;
  readonly partitions: number;
  /** Read anew before a source begins: the collector before may have moved on. */
  readonly positions: PositionsTopic;
  readonly around: Surroundings;
}

const lookEveryMs = 200;

/** The source, under a lease. A lease that is lost late only repeats records, under the same ids. */
export function leasedSource(source: SourceRun, held: SourceLease): SourceRun {
  const { lease, partitions, positions, around } = held;
  const partition = feedPartition(source.identity.tenant, source.identity.feed, partitions);
  const isMine = (): boolean => lease.partitions().has(partition);
  const wait = (signal: AbortSignal): Promise<void> =>
    around.sleep(lookEveryMs, signal).catch(() => undefined);
  return {
    ...source,
    identity: source.identity,
    probe: (signal) => source.probe(signal),
    async run(intake: Intake, signal: AbortSignal) {
      while (!signal.aborted) {
        if (!isMine()) {
          await wait(signal);
          continue;
        }
        await positions.refresh(signal);
        const stop = new AbortController();
        const either = AbortSignal.any([signal, stop.signal]);
        const run = source.run(intake, either);
        const ended = run.then(
          () => true,
          () => true,
        );
        while (!either.aborted && isMine())
          if (await Promise.race([ended, wait(either).then(() => false)])) break;
        stop.abort();
        await run;
      }
    },
  };
}
