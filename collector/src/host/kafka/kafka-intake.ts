/**
 * `Intake` of contract/component.ts over the entries topic: accepted means on every in-sync replica. Records of a source
 * stay in one partition, in order; what concerns a tenant goes to the tenant's.
 */
import type { Cursor, Intake, SourceIdentity, Surroundings } from '../../contract/component.ts';
import type { KafkaClient, KafkaMessage } from '../../contract/kafka.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { encodeLogEntry, type LogEntry } from '../../log/entry-codec.ts';
import { LogError } from '../../log/log-error.ts';
import { entriesTopic, tickType } from './entry-task.ts';
import type { PositionsTopic } from './positions-topic.ts';
import { partitionOf } from './stage-topics.ts';
import { writesOf } from './stage-writer.ts';

/** Settings of the intake. */
export interface KafkaIntakeOptions {
  readonly client: KafkaClient;
  readonly prefix: string;
  readonly partitions: number;
  readonly positions: PositionsTopic;
  readonly around: Surroundings;
  /** Name under which the position of a source is kept: of all collectors, or of this one. */
  readonly cursorName: (source: string) => string;
  readonly onRefused?: (code: string) => void;
}

/** Intake that also takes control entries and ticks. */
export interface KafkaIntake extends Intake {
  /** Appends a control entry of a tenant; resolves when it is on all in-sync replicas. */
  control(type: string, body: unknown, key: string): Promise<void>;
  /** Lets time pass on partitions; `control`: entries of the control topic known here. */
  tick(partitions: Iterable<number>, control: number): Promise<void>;
}

/** Partition of the entries of a feed of a tenant. */
export function feedPartition(tenant: string, feed: string, partitions: number): number {
  return partitionOf(`${tenant}|${feed}`, partitions);
}

/** Builds the intake. A cluster that is away is waited for about as long as a webhook's sender waits. */
export function createKafkaIntake(options: KafkaIntakeOptions): KafkaIntake {
  const { client, prefix, partitions, positions, around, cursorName } = options;
  const topic = entriesTopic(prefix);
  const messageOf = (entry: LogEntry, partition: number): KafkaMessage => {
    const encoded = encodeLogEntry(entry);
    return { topic, partition, value: encoded instanceof Uint8Array ? encoded : Buffer.concat(encoded) };
  };
  const placeOf = ({ tenant, feed }: SourceIdentity): number => feedPartition(tenant, feed, partitions);
  const produce = async (messages: readonly KafkaMessage[]): Promise<void> => {
    for (const write of writesOf(messages)) {
      const written = await client.produce(write);
      if (written.ok) continue;
      const { code, message } = written.failure;
      options.onRefused?.(code);
      // The code every source understands as: keep it, wait, send it again.
      throw new LogError(code === 'too_large' ? 'too_large' : 'disk_full', message);
    }
  };
  let owed: KafkaMessage[] = [];
  const note = async (message: KafkaMessage, what: string): Promise<void> => {
    const all = [...owed, message];
    owed = [];
    await produce(all).catch((error: unknown) => {
      owed = [...all, ...owed];
      around.log('warn', `${what} could not be written yet: ${(error as Error).message}`);
    });
  };
  return {
    async accept(records, cursor?: { source: string; position: Cursor }) {
      await produce(
        records.map((record: RawRecord) =>
          messageOf({ kind: 'raw', record }, feedPartition(record.tenant, record.source, partitions)),
        ),
      );
      // A position that is lost only means that the same records come once more.
      if (cursor !== undefined) await positions.set([[cursorName(cursor.source), cursor.position]]);
    },
    cursor: (source) => positions.get(cursorName(source)),
    heartbeat(source) {
      const entry: LogEntry = { kind: 'heartbeat', atMs: around.nowMs(), source };
      produce([messageOf(entry, placeOf(source))]).catch(() => undefined);
    },
    gap(source, fromMs, toMs, reason) {
      const entry: LogEntry = { kind: 'gap', atMs: around.nowMs(), source, fromMs, toMs, reason };
      void note(messageOf(entry, placeOf(source)), `blind time of ${source.id}`);
    },
    control: (type, body, key) =>
      produce([
        messageOf({ kind: 'control', atMs: around.nowMs(), type, body }, partitionOf(key, partitions)),
      ]),
    async tick(which, control) {
      const entry: LogEntry = { kind: 'control', atMs: around.nowMs(), type: tickType, body: { control } };
      await produce([...which].map((partition) => messageOf(entry, partition))).catch(() => undefined);
    },
  };
}
