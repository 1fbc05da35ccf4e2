/**
 * Reads what the engine published: every collector all of it for its pages and gauges, and the owner of a partition for
 * its sinks, from where the owner before it got to.
 */
import type { Signal, SignalKind, Surroundings } from '../../contract/component.ts';
import type { KafkaClient, KafkaPlace, KafkaRecord } from '../../contract/kafka.ts';
import { signalTopics } from '../../8-sink/kafka/signal-message.ts';

const amounts = { bytesMax: 8 * 1024 * 1024, partitionBytesMax: 2 * 1024 * 1024, waitMs: 200 };

/** A place in a published topic. */
export interface PublishedPlace {
  readonly kind: SignalKind;
  readonly partition: number;
  offset: number;
}

/** Name of a place over all topics. */
export function placeName({ kind, partition }: Pick<PublishedPlace, 'kind' | 'partition'>): string {
  return `${signalTopics[kind]}/${partition}`;
}

function headerOf(record: KafkaRecord, name: string): string | undefined {
  return record.headers.find(([header]) => header === name)?.[1].toString();
}

/** The signal of a record; undefined when it is none of ours. */
export function signalOf(kind: SignalKind, record: KafkaRecord): Signal | undefined {
  const key = headerOf(record, 'ce_id');
  if (key === undefined || record.value === null) return undefined;
  try {
    const timeMs = Date.parse(headerOf(record, 'ce_time') ?? '');
    return { kind, key, timeMs, body: JSON.parse(record.value.toString()) as unknown };
  } catch {
    return undefined;
  }
}

/** Reader of one prefix; one call at a time. */
export class PublishedReader {
  readonly #client: KafkaClient;
  readonly #prefix: string;
  readonly #around: Surroundings;
  readonly #places = new Map<string, PublishedPlace>();
  #lag = Infinity;

  constructor(client: KafkaClient, prefix: string, around: Surroundings) {
    this.#client = client;
    this.#prefix = prefix;
    this.#around = around;
  }

  /** Records not read yet; Infinity before the first round. */
  get lag(): number {
    return this.#lag;
  }

  has(place: Pick<PublishedPlace, 'kind' | 'partition'>): boolean {
    return this.#places.has(placeName(place));
  }

  /** Reads a place from now on. */
  add(place: PublishedPlace): void {
    this.#places.set(placeName(place), { ...place });
  }

  /** Reads a place no more. */
  remove(wanted: (place: PublishedPlace) => boolean): void {
    for (const [name, place] of this.#places) if (!wanted(place)) this.#places.delete(name);
  }

  /** Offsets by partition of a kind; waits for a cluster that is away. */
  async offsets(kind: SignalKind, place: KafkaPlace, signal: AbortSignal): Promise<readonly number[]> {
    for (;;) {
      const found = await this.#client.offsets(this.#topic(kind), place);
      if (found.ok) return found.value;
      if (signal.aborted) return [];
      this.#around.log('warn', `Kafka: ${found.failure.message}; trying again`);
      await this.#around.sleep(500, signal).catch(() => undefined);
    }
  }

  /** One fetch; `take` gets the signals of each place with the offset behind them, and must have kept them when it resolves. */
  async round(
    take: (signals: readonly Signal[], place: PublishedPlace) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const places = [...this.#places.values()];
    const positions = places.map(({ kind, partition, offset }) => ({
      topic: this.#topic(kind),
      partition,
      offset,
    }));
    const fetched = positions.length === 0 ? undefined : await this.#client.read(positions, amounts);
    if (fetched?.ok !== true) {
      if (fetched !== undefined) this.#around.log('warn', `Kafka: ${fetched.failure.message}; trying again`);
      await this.#around.sleep(fetched === undefined ? 200 : 500, signal).catch(() => undefined);
      return;
    }
    let lag = 0;
    for (const part of fetched.value) {
      const place = places.find(
        (one) => this.#topic(one.kind) === part.topic && one.partition === part.partition,
      );
      if (place === undefined || part.problem === 'unavailable') continue;
      if (part.problem === 'out_of_range') {
        const gone = part.firstOffset - place.offset;
        if (gone > 0)
          this.#around.log(
            'error',
            `${part.topic} partition ${part.partition}: retention deleted ${gone} records before they were read here`,
          );
        place.offset = Math.max(0, part.firstOffset);
        continue;
      }
      if (part.endOffset >= 0) lag += part.endOffset - part.next;
      if (part.next === place.offset) continue;
      const signals = part.records.flatMap((record) => signalOf(place.kind, record) ?? []);
      await take(signals, { ...place, offset: part.next });
      place.offset = part.next;
    }
    this.#lag = lag;
  }

  #topic(kind: SignalKind): string {
    return `${this.#prefix}.${signalTopics[kind]}`;
  }
}
