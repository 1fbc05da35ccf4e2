/**
 * What the collector needs of Kafka, and nothing more: topics, appending with full acknowledgement, reading from offsets
 * of our own. No consumer groups, no transactions: positions stand beside our records, ids make repeats harmless.
 */
import type { Outcome } from './outcome.ts';

/** Facts about a topic as the cluster tells them now. */
export interface KafkaTopic {
  readonly name: string;
  /** Partitions 0 to `partitions - 1`; may grow at any moment. */
  readonly partitions: number;
  readonly replicas: number;
}

/** Where reading goes on in one partition: the offset of the next record wanted. */
export interface KafkaPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** One record as it lies in a partition. Offsets fit 2^53: a million records a second for 285 years. */
export interface KafkaRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/**
 * What one partition gave. `firstOffset`: oldest record still kept. `endOffset`: behind the newest readable record; both
 * -1 when the broker said nothing about the partition, which means nothing new.
 * `next`: where to go on (behind control records too). `problem` `out_of_range`: the position wanted is not there (any
 * more); `unavailable`: no leader just now, or the topic is gone, ask again.
 */
export interface KafkaFetched {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly endOffset: number;
  readonly next: number;
  readonly records: readonly KafkaRecord[];
  readonly problem?: 'out_of_range' | 'unavailable';
}

/** A record to append. Without `partition` the key decides (murmur2, as Java clients do). */
export interface KafkaMessage {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: string;
  /** `null` deletes the key in a compacted topic. */
  readonly value: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

/** Amounts of one fetch. `waitMs`: how long the broker waits for a first byte. */
export interface KafkaFetchLimits {
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
  readonly waitMs: number;
}

/** Which end of a partition, or the first record at or after a time (epoch ms). */
export type KafkaPlace = 'first' | 'end' | { readonly fromMs: number };

/** A connection to one cluster; opens sockets when first used. Failures are values, always safe to try again. */
export interface KafkaClient {
  /** Fails with `bad_configuration` when the topic does not exist. Always asks the cluster. */
  topic(name: string): Promise<Outcome<KafkaTopic>>;
  createTopic(
    topic: KafkaTopic,
    configs: Readonly<Record<string, string>>,
  ): Promise<Outcome<'created' | 'exists'>>;
  /** Raises the number of partitions; Kafka cannot lower it. */
  addPartitions(topic: string, total: number): Promise<Outcome<undefined>>;
  /** Settings of a topic in force, by name. */
  topicConfigs(topic: string): Promise<Outcome<ReadonlyMap<string, string>>>;
  setTopicConfigs(topic: string, configs: Readonly<Record<string, string>>): Promise<Outcome<undefined>>;
  /** Offset by partition; for a time behind the newest record, the end. */
  offsets(topic: string, place: KafkaPlace): Promise<Outcome<readonly number[]>>;
  /**
   * Appends with acks=all and resolves when every record is on all in-sync replicas. On failure some may have been
   * written: send the same again. `too_large` fails for good.
   */
  produce(messages: readonly KafkaMessage[]): Promise<Outcome<undefined>>;
  /** Reads from several partitions at once; one entry per position asked. One call at a time per client. */
  read(
    positions: readonly KafkaPosition[],
    amounts: KafkaFetchLimits,
  ): Promise<Outcome<readonly KafkaFetched[]>>;
  close(): Promise<void>;
}

/** How to reach a cluster. */
export interface KafkaConnection {
  /** `host:port`, tried in turn. */
  readonly bootstrap: readonly string[];
  readonly clientId: string;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Present: TLS. PEM texts; `serverName` replaces the host name in the check of the certificate. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly serverName?: string;
  };
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}
