/** Positions that outlive a collector, in a compacted topic: cursors of sources, how far sinks were served. */
import type { Surroundings } from '../../contract/component.ts';
import type { KafkaClient } from '../../contract/kafka.ts';

const amounts = { bytesMax: 8 * 1024 * 1024, partitionBytesMax: 8 * 1024 * 1024, waitMs: 100 };

/** Topic of the positions: one partition, compacted. */
export function positionsTopic(prefix: string): string {
  return `${prefix}.positions`;
}

/** Reader and writer of positions by name. What is set here is known here at once, and to others after their `refresh`. */
export class PositionsTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #around: Surroundings;
  readonly #values = new Map<string, string>();
  #next = 0;
  #reading: Promise<void> | undefined;

  constructor(client: KafkaClient, topic: string, around: Surroundings) {
    this.#client = client;
    this.#topic = topic;
    this.#around = around;
  }

  /** Last known position; undefined: there is none. */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Writes positions; false when the cluster did not take them. */
  async set(pairs: Iterable<readonly [name: string, value: string]>): Promise<boolean> {
    const all = [...pairs];
    const topic = this.#topic;
    const written = await this.#client.produce(
      all.map(([key, value]) => ({ topic, partition: 0, key, value })),
    );
    if (written.ok) for (const [name, value] of all) this.#values.set(name, value);
    return written.ok;
  }

  /** Reads what others wrote until now. */
  refresh(signal: AbortSignal): Promise<void> {
    this.#reading ??= this.#refresh(signal).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const end = await this.#client.offsets(this.#topic, 'end');
      if (end.ok && this.#next >= (end.value[0] ?? 0)) return;
      const fetched = end.ok
        ? await this.#client.read([{ topic: this.#topic, partition: 0, offset: this.#next }], amounts)
        : end;
      const part = fetched.ok ? fetched.value[0] : undefined;
      if (part?.problem === 'out_of_range') this.#next = part.firstOffset;
      if (part === undefined || part.problem !== undefined) {
        const why = fetched.ok ? 'no leader' : fetched.failure.message;
        this.#around.log('warn', `Kafka: positions cannot be read (${why}); trying again`);
        await this.#around.sleep(500, signal).catch(() => undefined);
        continue;
      }
      for (const { key, value } of part.records)
        if (key !== null && value !== null) this.#values.set(key.toString(), value.toString());
      this.#next = part.next;
    }
  }
}
