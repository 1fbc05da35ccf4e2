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
import type { EarlyWord } from '../../engine/statement.ts';
import type { SourceNote } from '../../engine/surroundings.ts';
import type { ControlScore } from '../../contract/score.ts';

/** Edge on which a task writes to itself, or to whoever succeeds it. */
export const ownEdge = 'self';

/** Name of a message over all kinds: `event/<id>`. */
export type MessageName = string;

/** Composite risk of a domain, for whoever says its score. */
export type DomainRisk = Pick<ControlScore, 'tenant' | 'domain' | 'risk' | 'risk_detail'>;

/**
 * What flows into an operator from one edge: a sealed message; the promise that no sealed message below `watermarkMs`
 * follows, for which the control topic must have been read up to `control`; a preview, which is what the preliminary
 * lane before says at arrival and may say differently or withdraw later; what became of a source; what whoever holds the cases
 * of a tenant thinks of a domain; and from the task to
 * itself, what it is about to say early: a successor must be able to take it back.
 */
export type StagePacket =
  | { readonly from: string; readonly message: Message }
  | { readonly from: string; readonly watermarkMs: number; readonly control?: number }
  | { readonly from: string; readonly preview: Message }
  | { readonly from: string; readonly withdraw: MessageName }
  | { readonly from: string; readonly note: SourceNote }
  | { readonly from: string; readonly risk: DomainRisk; readonly atMs: number }
  | { readonly from: typeof ownEdge; readonly early: readonly EarlyWord[] };

/** Where the stages of one engine are. Partitions: 1 to 128, the same everywhere and for good. */
export interface StageLayout {
  readonly prefix: string;
  readonly partitions: number;
  readonly operators: readonly Operator[];
  /** Who writes into the first stage; its watermark is the minimum over all of them. */
  readonly writers: readonly string[];
}

/** Name of a message. */
export function nameOf(message: Message): MessageName {
  return `${message.kind}/${message.id}`;
}

/** Topic that feeds an operator. */
export function stageTopic(layout: StageLayout, stage: number): string {
  return `${layout.prefix}.stage-${(layout.operators[stage] as Operator).name}`;
}

/** Partition that owns a key. */
export function partitionOf(key: string, partitions: number): number {
  return shardOf(key) % partitions;
}

/** Names of partitions as edges. */
export function partitionEdges(partitions: number): readonly string[] {
  return Array.from({ length: partitions }, (_, i) => String(i));
}

/** Names of the edges that end in a stage: the writers, or the partitions of the stage before. */
export function edgesInto(layout: StageLayout, stage: number): readonly string[] {
  return stage === 0 ? layout.writers : partitionEdges(layout.partitions);
}

/** Keys of a message at a stage; its tenant when it has none. */
export function ownersOf(layout: StageLayout, stage: number, message: Message): readonly string[] {
  const keys = (layout.operators[stage] as Operator).keysOf(message);
  return keys.length === 0 ? [message.tenant] : keys;
}

function partitionsOf(layout: StageLayout, owners: readonly string[]): Set<number> {
  return new Set(owners.map((key) => partitionOf(key, layout.partitions)));
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
  const owners = ownersOf(layout, stage, message);
  const [key = ''] = owners;
  const [topic, value] = [stageTopic(layout, stage), JSON.stringify({ from, message } satisfies StagePacket)];
  return [...partitionsOf(layout, owners)].map((partition) => ({ topic, partition, key, value }));
}

/** Records of a preview, and of its withdrawal from partitions that an earlier form `before` went to and this one does not. */
export function previewRecords(
  layout: StageLayout,
  stage: number,
  from: string,
  preview: Message,
  before: Message | undefined,
): KafkaMessage[] {
  const owners = ownersOf(layout, stage, preview);
  const [key = ''] = owners;
  const topic = stageTopic(layout, stage);
  const value = JSON.stringify({ from, preview } satisfies StagePacket);
  const wanted = partitionsOf(layout, owners);
  const records = [...wanted].map((partition): KafkaMessage => ({ topic, partition, key, value }));
  if (before === undefined) return records;
  const left = withdrawRecords(layout, stage, from, before).filter(
    ({ partition }) => partition !== undefined && !wanted.has(partition),
  );
  return [...left, ...records];
}

/** Records that withdraw a preview. */
export function withdrawRecords(
  layout: StageLayout,
  stage: number,
  from: string,
  preview: Message,
): KafkaMessage[] {
  const topic = stageTopic(layout, stage);
  const value = JSON.stringify({ from, withdraw: nameOf(preview) } satisfies StagePacket);
  return [...partitionsOf(layout, ownersOf(layout, stage, preview))].map((partition) => ({
    topic,
    partition,
    value,
  }));
}

/** Records of a packet that concerns everybody: one for every partition of a stage. */
export function broadcastRecords(layout: StageLayout, stage: number, packet: StagePacket): KafkaMessage[] {
  const [topic, value] = [stageTopic(layout, stage), JSON.stringify(packet)];
  return Array.from({ length: layout.partitions }, (_, partition) => ({ topic, partition, value }));
}

/** Records of a task to itself: what it is about to say early. They must be in Kafka before the words are. */
export function earlyRecords(
  layout: StageLayout,
  stage: number,
  partition: number,
  words: readonly EarlyWord[],
): KafkaMessage[] {
  const topic = stageTopic(layout, stage);
  return words.map((word) => {
    const value = JSON.stringify({ from: ownEdge, early: [word] } satisfies StagePacket);
    return { topic, partition, value };
  });
}

/** Records of a heartbeat: one for every partition of a stage, behind the messages it covers. */
export function heartbeatRecords(
  layout: StageLayout,
  stage: number,
  from: string,
  watermarkMs: number,
  control?: number,
): KafkaMessage[] {
  const packet = control === undefined ? { from, watermarkMs } : { from, watermarkMs, control };
  return broadcastRecords(layout, stage, packet);
}

/** Record of a risk, to the partition of stage `stage` that holds the domain's `key`. */
export function riskRecord(
  layout: StageLayout,
  stage: number,
  from: string,
  key: string,
  risk: DomainRisk,
  atMs: number,
): KafkaMessage {
  const value = JSON.stringify({ from, risk, atMs } satisfies StagePacket);
  return { topic: stageTopic(layout, stage), partition: partitionOf(key, layout.partitions), key, value };
}

const bodies = ['message', 'preview', 'note', 'risk'] as const;

/** Reads a record of a stage topic; fails with `bad_wire_format` when somebody else wrote it. */
export function readPacket(record: KafkaRecord): Outcome<StagePacket> {
  try {
    const packet = JSON.parse(record.value?.toString() ?? '') as Partial<Record<string, unknown>>;
    const isOurs =
      Array.isArray(packet['early']) ||
      bodies.some((name) => typeof packet[name] === 'object' && packet[name] !== null) ||
      Number.isFinite(packet['watermarkMs']) ||
      typeof packet['withdraw'] === 'string';
    if (typeof packet['from'] === 'string' && isOurs) return succeeded(packet as unknown as StagePacket);
  } catch {
    // Said below, the same for everything that is not ours.
  }
  return failed('bad_wire_format', `record at offset ${record.offset} was not written by an engine`);
}
