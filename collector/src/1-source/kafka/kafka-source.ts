/**
 * Any Kafka topic as a feed. Positions are ours and lie in our log beside the records, so no consumer group exists that
 * somebody else could join or reset. Partitions may be added at any time: a new one is read from its first record.
 */
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import type { KafkaClient, KafkaFetched, KafkaPlace, KafkaRecord } from '../../contract/kafka.ts';
import type { Failure } from '../../contract/outcome.ts';
import { succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import type { SourceName } from '../../contract/source-name.ts';
import { acceptWhenPossible } from '../patient-intake.ts';
import { readPlaces, writePlaces, type TopicPlaces } from './positions.ts';

/** Settings; times in milliseconds. */
export interface KafkaSourceSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string;
  readonly topics: readonly string[];
  /** Where a topic never read before begins. */
  readonly from: KafkaPlace;
  /** The transport proves who the broker is and what we are to it (TLS or SASL). */
  readonly verified: boolean;
  /** How often the number of partitions is asked for. */
  readonly refreshMs: number;
  readonly waitMs?: number;
  readonly fetchBytesMax?: number;
}

/** How far one partition is read. `lag`: records not read yet. `headroom`: records retention can still delete first. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
  readonly headroom: number;
}

/** A running source that can tell its progress. */
export interface KafkaSource extends SourceRun {
  progress(): readonly PartitionProgress[];
}

/** Most bytes given to the log in one commit. */
const commitBytesMax = 4 * 1024 * 1024;
/** A record above this is stored cut, because the log takes no larger block. */
const storableBytesMax = 16 * 1024 * 1024;
const backOffFirstMs = 500;
const backOffLongestMs = 30_000;

/** Builds the source; nothing connects before `run`. `connect` is called once per run and probe. */
export function createKafkaSource(
  settings: KafkaSourceSettings,
  connect: () => KafkaClient,
  around: Surroundings,
): KafkaSource {
  let progress: readonly PartitionProgress[] = [];
  return {
    identity: settings.identity,
    progress: () => progress,
    async run(intake, signal) {
      const client = connect();
      const reader = new TopicReader(settings, client, around, intake, signal);
      try {
        await reader.run((seen) => (progress = seen));
      } finally {
        await client.close();
      }
    },
    async probe() {
      const client = connect();
      try {
        const counts: string[] = [];
        for (const name of settings.topics) {
          const topic = await client.topic(name);
          if (!topic.ok) return topic;
          counts.push(`${name} with ${topic.value.partitions} partitions`);
        }
        return succeeded(`connected; ${counts.join(', ')}`);
      } finally {
        await client.close();
      }
    },
  };
}

class TopicReader {
  readonly #settings: KafkaSourceSettings;
  readonly #client: KafkaClient;
  readonly #around: Surroundings;
  readonly #intake: Intake;
  readonly #signal: AbortSignal;
  #places: TopicPlaces = new Map();
  #refreshedMs = -Infinity;
  #heartbeatMs = -Infinity;
  #failures = 0;
  readonly #warned = new Set<string>();
  readonly #oldest = new Map<string, number>();
  readonly #progress = new Map<string, PartitionProgress>();

  constructor(
    settings: KafkaSourceSettings,
    client: KafkaClient,
    around: Surroundings,
    intake: Intake,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#client = client;
    this.#around = around;
    this.#intake = intake;
    this.#signal = signal;
  }

  async run(tell: (progress: readonly PartitionProgress[]) => void): Promise<void> {
    const { identity } = this.#settings;
    const stored = this.#intake.cursor(identity.id);
    const places = readPlaces(stored);
    if (stored !== undefined && places === undefined)
      this.#around.log('error', `the stored position of ${identity.id} cannot be read; it begins anew`);
    this.#places = places ?? new Map();
    while (!this.#signal.aborted) {
      const failure = await this.#round();
      tell([...this.#progress.values()]);
      if (failure !== undefined) await this.#pause(failure);
      else this.#noteWell();
    }
  }

  async #round(): Promise<Failure | undefined> {
    if (this.#around.nowMs() - this.#refreshedMs >= this.#settings.refreshMs) {
      const failure = await this.#refresh();
      if (failure !== undefined) return failure;
    }
    const positions = [...this.#places].flatMap(([topic, partitions]) =>
      this.#settings.topics.includes(topic)
        ? [...partitions].map(([partition, { offset }]) => ({ topic, partition, offset }))
        : [],
    );
    const { waitMs = 250, fetchBytesMax = 8 * 1024 * 1024 } = this.#settings;
    const partitionBytesMax = Math.ceil(fetchBytesMax / 4);
    const fetched = await this.#client.read(positions, {
      bytesMax: fetchBytesMax,
      partitionBytesMax,
      waitMs,
    });
    if (!fetched.ok) {
      this.#refreshedMs = -Infinity;
      return fetched.failure;
    }
    let failure: Failure | undefined;
    for (const part of fetched.value) {
      if (this.#signal.aborted) return undefined;
      if (part.problem === 'unavailable') {
        this.#refreshedMs = -Infinity;
        const message = `partition ${part.partition} of ${part.topic} has no leader now`;
        failure = { code: 'endpoint_unreachable', path: '', message };
      } else if (part.problem === 'out_of_range') failure = (await this.#overtaken(part)) ?? failure;
      else await this.#take(part);
    }
    return failure;
  }

  /** Learns how many partitions there are; new ones are read from their first record. */
  async #refresh(): Promise<Failure | undefined> {
    let changed = false;
    for (const name of this.#settings.topics) {
      const topic = await this.#client.topic(name);
      if (!topic.ok) return topic.failure;
      const isFirst = !this.#places.has(name);
      const known = this.#places.get(name) ?? new Map();
      if (topic.value.partitions <= known.size) continue;
      const starts = await this.#client.offsets(name, isFirst ? this.#settings.from : 'first');
      if (!starts.ok) return starts.failure;
      const readUntilMs = this.#around.nowMs();
      starts.value.forEach((offset, partition) => {
        if (!known.has(partition)) known.set(partition, { offset, readUntilMs });
      });
      this.#places.set(name, known);
      changed = true;
      if (!isFirst)
        this.#around.log('info', `${name} has ${known.size} partitions now`, {
          source: this.#settings.identity.id,
        });
    }
    if (changed && !(await this.#store([]))) return undefined;
    this.#refreshedMs = this.#around.nowMs();
    return undefined;
  }

  /** The records wanted next are gone: names what was lost and goes on at the oldest record kept. */
  async #overtaken(part: KafkaFetched): Promise<Failure | undefined> {
    const { topic, partition } = part;
    const [first, end] = [
      await this.#client.offsets(topic, 'first'),
      await this.#client.offsets(topic, 'end'),
    ];
    if (!first.ok) return first.failure;
    if (!end.ok) return end.failure;
    const place = this.#places.get(topic)?.get(partition);
    const oldest = first.value[partition];
    if (place === undefined || oldest === undefined) return undefined;
    const newest = end.value[partition] ?? oldest;
    const [next] = await this.#firstRecord(topic, partition, oldest);
    const untilMs = next?.timestampMs ?? this.#around.nowMs();
    const isShorter = place.offset > newest;
    const where = `${topic} partition ${partition}`;
    const reason = isShorter
      ? `${where} ends at ${newest} and was read to ${place.offset}: the topic was made anew`
      : `retention deleted ${oldest - place.offset} records of ${where} before they were read`;
    const { identity } = this.#settings;
    this.#intake.gap(identity, Math.min(place.readUntilMs, untilMs), untilMs, reason);
    this.#around.log('error', reason, { source: identity.id });
    this.#places.get(topic)?.set(partition, { offset: oldest, readUntilMs: untilMs });
    await this.#store([]);
    return undefined;
  }

  async #firstRecord(topic: string, partition: number, offset: number): Promise<readonly KafkaRecord[]> {
    const amounts = { bytesMax: 1, partitionBytesMax: 1, waitMs: 0 };
    const found = await this.#client.read([{ topic, partition, offset }], amounts);
    return found.ok ? (found.value[0]?.records ?? []) : [];
  }

  async #take(part: KafkaFetched): Promise<void> {
    const { topic, partition } = part;
    const partitions = this.#places.get(topic);
    const receivedAtMs = this.#around.nowMs();
    let waiting: RawRecord[] = [];
    let bytes = 0;
    for (const record of part.records) {
      if (record.value !== null) {
        waiting.push(this.#rawRecord(topic, partition, record, record.value, receivedAtMs));
        bytes += record.value.length;
      }
      partitions?.set(partition, { offset: record.offset + 1, readUntilMs: record.timestampMs });
      if (bytes < commitBytesMax) continue;
      if (!(await this.#store(waiting))) return;
      waiting = [];
      bytes = 0;
    }
    const readUntilMs = partitions?.get(partition)?.readUntilMs ?? receivedAtMs;
    const moved = partitions?.get(partition)?.offset !== part.next;
    if (moved) partitions?.set(partition, { offset: part.next, readUntilMs });
    if ((waiting.length > 0 || moved || part.records.length > 0) && !(await this.#store(waiting))) return;
    this.#noteProgress(part);
  }

  #rawRecord(
    topic: string,
    partition: number,
    record: KafkaRecord,
    value: Buffer,
    receivedAtMs: number,
  ): RawRecord {
    const { identity, feed, instance, verified } = this.#settings;
    const isCut = value.length > storableBytesMax;
    const place = `${topic}/${partition}/${record.offset}`;
    if (isCut)
      this.#around.log('error', `${place} has ${value.length} bytes; only its beginning is kept`, {
        source: identity.id,
      });
    return {
      tenant: identity.tenant,
      source: feed,
      ...(instance === undefined ? {} : { instance }),
      receivedAtMs,
      // Confluent framing begins with a zero byte, which no JSON does.
      contentType: value[0] === 0 ? 'application/octet-stream' : 'application/json',
      verified,
      // A view would keep the whole fetch in memory.
      bytes: new Uint8Array(isCut ? value.subarray(0, storableBytesMax) : value),
      meta: { topic, partition: String(partition), offset: String(record.offset) },
    };
  }

  #store(records: readonly RawRecord[]): Promise<boolean> {
    const cursor = { source: this.#settings.identity.id, position: writePlaces(this.#places) };
    return acceptWhenPossible(this.#intake, records, cursor, this.#around, this.#signal);
  }

  #noteProgress(part: KafkaFetched): void {
    const { topic, partition, next, firstOffset, endOffset } = part;
    if (endOffset < 0) return;
    const [lag, headroom] = [endOffset - next, next - firstOffset];
    const name = `${topic}/${partition}`;
    this.#progress.set(name, { topic, partition, lag, headroom });
    // Only retention at work is a danger: a first read begins at the oldest record and is not warned of.
    const isShrinking = firstOffset > (this.#oldest.get(name) ?? firstOffset);
    this.#oldest.set(name, firstOffset);
    const isNear = lag > 1000 && headroom < lag / 10 && (isShrinking || this.#warned.has(name));
    if (isNear && !this.#warned.has(name))
      this.#around.log('warn', `${name}: retention is close behind, ${lag} records are not read yet`, {
        source: this.#settings.identity.id,
      });
    if (isNear) this.#warned.add(name);
    else this.#warned.delete(name);
  }

  #noteWell(): void {
    const { identity } = this.#settings;
    if (this.#failures > 0) this.#around.log('info', `${identity.id} reads again`, { source: identity.id });
    this.#failures = 0;
    const nowMs = this.#around.nowMs();
    if (nowMs - this.#heartbeatMs < identity.intervalMs) return;
    this.#heartbeatMs = nowMs;
    this.#intake.heartbeat(identity);
  }

  async #pause(failure: Failure): Promise<void> {
    const { identity } = this.#settings;
    if (this.#failures % 20 === 0)
      this.#around.log(
        'warn',
        `${identity.id} cannot read (${failure.message}); it tries again, Kafka keeps the records`,
        {
          source: identity.id,
          code: failure.code,
        },
      );
    const ceiling = Math.min(backOffLongestMs, backOffFirstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    await this.#around
      .sleep(ceiling / 2 + (this.#around.random() * ceiling) / 2, this.#signal)
      .catch(() => undefined);
  }
}
