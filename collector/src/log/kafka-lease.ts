/**
 * Who owns which partitions: membership in a consumer group, used for nothing else. No offset is ever read from it or
 * committed to it; losing a lease late only repeats outputs under the same ids.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import type { Surroundings } from '../contract/component.ts';
import type { KafkaConnection } from '../contract/kafka.ts';
import { clientOptions } from './kafka-client.ts';
import { kafkaFailure } from './kafka-failure.ts';
import { kafkaLibrary } from './kafka-library.ts';

/** Partitions this process works on now. */
export interface PartitionLease {
  partitions(): ReadonlySet<number>;
  /** True while the coordinator surely counts us in: what must happen only once may be done. */
  isHeld(): boolean;
}

/** A lease that lasts until `leave`. */
export interface GroupLease extends PartitionLease {
  leave(): Promise<void>;
}

/** Settings; times in milliseconds. */
export interface GroupLeaseOptions {
  readonly connection: KafkaConnection;
  readonly group: string;
  /** Topic whose partitions are shared out. */
  readonly topic: string;
  /** Silence after which the others take over. */
  readonly sessionTimeoutMs: number;
  readonly around: Surroundings;
}

const leaveWaitMs = 3_000;

/** The same partitions for ever: one worker, or workers divided by hand. */
export function fixedLease(partitions: Iterable<number>): PartitionLease {
  const all = new Set(partitions);
  return { partitions: () => all, isHeld: () => true };
}

/** Joins the group and keeps trying; `partitions` is empty until the coordinator has given some. */
export function joinLease(options: GroupLeaseOptions): GroupLease {
  const { connection, group, topic, sessionTimeoutMs, around } = options;
  const timing = {
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 4),
  };
  let owned: ReadonlySet<number> = new Set();
  let consumer: Consumer | undefined;
  const stop = new AbortController();

  const note = (joined: Consumer): void => {
    const mine = joined.assignments?.find((one) => one.topic === topic)?.partitions ?? [];
    const before = [...owned].join();
    owned = new Set([...mine].sort((a, b) => a - b));
    if ([...owned].join() !== before)
      around.log('info', `partitions of ${group}: ${[...owned].join(', ') || 'none, standing by'}`);
  };

  const attempt = async (): Promise<void> => {
    const joining = new (kafkaLibrary().Consumer)({
      ...clientOptions(connection),
      ...timing,
      groupId: group,
      autocommit: false,
    });
    consumer = joining;
    joining.topics.track(topic);
    const broken = new Promise<unknown>((resolve) => {
      joining.on('error', resolve);
      joining.on('consumer:heartbeat:stalled' as 'consumer:heartbeat:error', () =>
        resolve(new Error('the coordinator does not answer heartbeats')),
      );
    });
    joining.on('consumer:group:join', () => note(joining));
    try {
      await Promise.race([joining.joinGroup(timing), aborted(stop.signal)]);
      if (stop.signal.aborted) return;
      note(joining);
      await Promise.race([broken.then((error) => Promise.reject(error as Error)), aborted(stop.signal)]);
    } finally {
      await joining.close(true).catch(() => undefined);
    }
  };

  const keep = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await attempt();
      } catch (error) {
        if (stop.signal.aborted) return;
        const failure = kafkaFailure(`group ${group}`, error);
        around.log('warn', `${failure.ok ? '' : failure.failure.message}; joining again`);
        // What is owned stays owned: going on alone only repeats outputs, stopping could leave a partition to nobody.
        await around.sleep(500, stop.signal).catch(() => undefined);
      }
    }
  };
  const kept = keep();

  return {
    partitions: () => owned,
    isHeld() {
      const last = consumer?.lastHeartbeat?.getTime();
      return owned.size > 0 && last !== undefined && Date.now() - last < sessionTimeoutMs / 2;
    },
    async leave() {
      stop.abort();
      // A coordinator that is away must not keep a process from ending: the session runs out by itself.
      await Promise.race([kept, delay(leaveWaitMs)]);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
