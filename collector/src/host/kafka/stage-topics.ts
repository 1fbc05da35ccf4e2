/**
 * The topics between operators: one per operator, all with the same number of partitions. Partition p holds the logical
 * shards s with s mod P = p, at every stage, so a worker that owns p owns whole shards. Pure.
 */
import type { KafkaMessage, KafkaRecord } from '../../contract/kafka.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Message } from '../../contract/step.ts';
import type { Operator } from '../../engine/operator.ts';
import { shardOf } from '../../engine/shard.ts';

/** What flows into an operator from one edge: a message, or the promise that nothing below `watermarkMs` follows. */
export type StagePacket =
  | { readonly from: string; readonly message: Message }
  | { readonly from: string; readonly watermarkMs: number };

/** Where the stages of one engine are. Partitions: 1 to 128, the same everywhere and for good. */
export interface StageLayout {
  readonly prefix: string;
  readonly partitions: number;
  readonly operators: readonly Operator[];
  /** Who writes into the first stage; its watermark is the minimum over all of them. */
  readonly writers: readonly string[];
}

/** Topic that feeds an operator. */
export function stageTopic(layout: StageLayout, stage: number): string {
  return `${layout.prefix}.stage-${(layout.operators[stage] as Operator).name}`;
}

/** Partition that owns a key. */
export function partitionOf(key: string, partitions: number): number {
  return shardOf(key) % partitions;
}

/** Names of the edges that end in a stage: the writers, or the partitions of the stage before. */
export function edgesInto(layout: StageLayout, stage: number): readonly string[] {
  return stage === 0 ? layout.writers : Array.from({ length: layout.partitions }, (_, i) => String(i));
}

/**
 * Records of a message for a stage: one per partition that owns one of its keys; the tenant's when it has none. They carry
 * no time of their own: retention goes by record time, and old events that are read late must not be deleted unread.
 */
export function messageRecords(
  layout: StageLayout,
  stage: number,
  from: string,
  message: Message,
): KafkaMessage[] {
  const operator = layout.operators[stage] as Operator;
  const keys = operator.keysOf(message);
  const owners = keys.length === 0 ? [message.tenant] : keys;
  const partitions = new Set(owners.map((key) => partitionOf(key, layout.partitions)));
  const packet = { from, message } satisfies StagePacket;
  const [key = ''] = owners;
  const [topic, value] = [stageTopic(layout, stage), JSON.stringify(packet)];
  return [...partitions].map((partition) => ({ topic, partition, key, value }));
}

/** Records of a heartbeat: one for every partition of a stage, behind the messages it covers. */
export function heartbeatRecords(
  layout: StageLayout,
  stage: number,
  from: string,
  watermarkMs: number,
): KafkaMessage[] {
  const [topic, value] = [
    stageTopic(layout, stage),
    JSON.stringify({ from, watermarkMs } satisfies StagePacket),
  ];
  return Array.from({ length: layout.partitions }, (_, partition) => ({ topic, partition, value }));
}

/** Reads a record of a stage topic; fails with `bad_wire_format` when somebody else wrote it. */
export function readPacket(record: KafkaRecord): Outcome<StagePacket> {
  try {
    const packet = JSON.parse(record.value?.toString() ?? '') as Partial<Record<string, unknown>>;
    const isMessage = typeof packet['message'] === 'object' && packet['message'] !== null;
    if (typeof packet['from'] === 'string' && (isMessage || Number.isFinite(packet['watermarkMs'])))
      return succeeded(packet as unknown as StagePacket);
  } catch {
    // Said below, the same for everything that is not ours.
  }
  return failed('bad_wire_format', `record at offset ${record.offset} was not written by an engine`);
}
