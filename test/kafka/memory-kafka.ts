/** Topics in memory, one partition each unless more are written, that refuse when told to: for what a real broker does too seldom. */
import type {
  KafkaClient,
  KafkaFetched,
  KafkaMessage,
  KafkaPosition,
  KafkaRecord,
} from '../../collector/src/contract/kafka.ts';
import { failed, succeeded, type Outcome } from '../../collector/src/contract/outcome.ts';

const nothing = Promise.resolve(succeeded(undefined));

/** The client and the broker in one. */
export class MemoryKafka implements KafkaClient {
  readonly #topics = new Map<string, KafkaRecord[][]>();
  /** True: a write fails. */
  refuse: (messages: readonly KafkaMessage[]) => boolean = () => false;
  /** True: a question for offsets, or a read, fails. */
  unreadable: () => boolean = () => false;

  /** Values of the first partition of a topic, as text. */
  valuesOf(topic: string): string[] {
    return (this.#topics.get(topic)?.[0] ?? []).map(({ value }) => value?.toString() ?? '');
  }

  topic(name: string): ReturnType<KafkaClient['topic']> {
    const partitions = this.#topics.get(name)?.length ?? 1;
    return Promise.resolve(succeeded({ name, partitions, replicas: 1 }));
  }

  createTopic(): ReturnType<KafkaClient['createTopic']> {
    return Promise.resolve(succeeded('exists' as const));
  }

  addPartitions(): Promise<Outcome<undefined>> {
    return nothing;
  }

  topicConfigs(): ReturnType<KafkaClient['topicConfigs']> {
    return Promise.resolve(succeeded(new Map()));
  }

  setTopicConfigs(): Promise<Outcome<undefined>> {
    return nothing;
  }

  offsets(topic: string, place: Parameters<KafkaClient['offsets']>[1]): ReturnType<KafkaClient['offsets']> {
    if (this.unreadable()) return Promise.resolve(failed('endpoint_unreachable', 'told to fail'));
    const partitions = this.#topics.get(topic) ?? [[]];
    const offsetIn = (records: readonly KafkaRecord[]): number => {
      if (place === 'first') return 0;
      const at = place === 'end' ? -1 : records.findIndex(({ timestampMs }) => timestampMs >= place.fromMs);
      return at < 0 ? records.length : at;
    };
    return Promise.resolve(succeeded(partitions.map(offsetIn)));
  }

  produce(messages: readonly KafkaMessage[]): Promise<Outcome<undefined>> {
    if (this.refuse(messages)) return Promise.resolve(failed('endpoint_unreachable', 'told to fail'));
    for (const { topic, partition = 0, value, timestampMs = 0 } of messages) {
      const partitions = this.#topics.get(topic) ?? [];
      this.#topics.set(topic, partitions);
      while (partitions.length <= partition) partitions.push([]);
      const records = partitions[partition] ?? [];
      const bytes = value === null ? null : Buffer.from(value);
      records.push({ offset: records.length, timestampMs, key: null, value: bytes, headers: [] });
    }
    return nothing;
  }

  read(positions: readonly KafkaPosition[]): ReturnType<KafkaClient['read']> {
    if (this.unreadable()) return Promise.resolve(failed('endpoint_unreachable', 'told to fail'));
    const fetched = positions.map(({ topic, partition, offset }): KafkaFetched => {
      const all = this.#topics.get(topic)?.[partition] ?? [];
      const records = all.slice(offset);
      return { topic, partition, firstOffset: 0, endOffset: all.length, next: all.length, records };
    });
    // As a broker that has nothing: the turn goes to whoever writes.
    return new Promise((resolve) => setImmediate(() => resolve(succeeded(fetched))));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
