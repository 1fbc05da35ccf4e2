/**
 * Inventory and rules as a topic of one partition: an edit takes effect at a time of the stream, the same for every task
 * of every worker. Heartbeats name how many entries are needed (`number`), and nobody seals past them without those.
 */
import { createHash } from 'node:crypto';
import type { KafkaClient } from '../../contract/kafka.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { InventoryView } from '../../contract/step.ts';
import type { Surroundings } from '../../contract/component.ts';
import type { Versions } from '../../engine/surroundings.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';

/** Documents that are edited in the stream. */
export type ControlType = 'inventory' | 'rules';

/** An entry: the whole document, valid from `atMs` (epoch ms) until the next one of its type. */
export interface ControlEntry {
  readonly type: ControlType;
  readonly atMs: number;
  readonly body: unknown;
}

/** Parts of the reader. */
export interface ControlTopicOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  /** Takes every version of the inventory. */
  readonly inventory: Versions<InventoryView>;
  readonly inventoryOf: (document: unknown, known: InventoryView) => InventoryView;
  /** Takes new rules over from a time on. */
  readonly useRules: (document: unknown, fromMs: number) => void;
  readonly around: Surroundings;
}

const amounts = { bytesMax: 32 * 1024 * 1024, partitionBytesMax: 32 * 1024 * 1024, waitMs: 500 };

function digestOf(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

/** A version of the inventory: the number of the entry it came with, and since when it holds. `view`: undefined once forgotten. */
interface InventoryVersion {
  readonly number: number;
  readonly fromMs: number;
  view: InventoryView | undefined;
}

/** Reader and writer of the control topic. */
export class ControlTopic {
  readonly #options: ControlTopicOptions;
  /** Oldest first. */
  readonly #inventories: InventoryVersion[] = [];
  readonly #newest = new Map<ControlType, { readonly digest: string; readonly atMs: number }>();
  #next: number | undefined;
  #fromMs = 0;
  #waiting: Promise<void> | undefined;

  constructor(options: ControlTopicOptions) {
    this.#options = options;
  }

  /** Entries read, counted from the beginning of the topic. */
  get number(): number {
    return this.#next ?? 0;
  }

  /** True when the newest document of a type is this one. */
  isNewest(type: ControlType, body: unknown): boolean {
    return this.#newest.get(type)?.digest === digestOf(body);
  }

  /** Time of the newest document of a type; undefined: there is none. */
  newestMs(type: ControlType): number | undefined {
    return this.#newest.get(type)?.atMs;
  }

  /** The inventory after so many entries. */
  inventoryAt(number: number): InventoryView {
    const kept = this.#inventories.filter(({ view }) => view !== undefined);
    const found = kept.findLast((one) => one.number <= number) ?? kept[0];
    return found?.view ?? this.#options.inventory.latest();
  }

  /** Drops versions of the inventory that ended before a moment; what they were is read again when `holding` asks for it. */
  forget(beforeMs: number): void {
    const first = this.#inventories.findLastIndex(({ fromMs }) => fromMs <= beforeMs);
    if (first <= 0) return;
    for (const version of this.#inventories.slice(0, first)) version.view = undefined;
    this.#options.inventory.forget(beforeMs);
  }

  /**
   * Resolves when every moment from `fromMs` on is answered by the version of the inventory that held then. Somebody can take
   * over what lies further back than all that was needed here before: a replay passes months in minutes.
   */
  async holding(fromMs: number, signal: AbortSignal): Promise<void> {
    const first = Math.max(
      0,
      this.#inventories.findLastIndex((one) => one.fromMs <= fromMs),
    );
    const forgotten = this.#inventories.slice(first).filter(({ view }) => view === undefined);
    if (forgotten.length === 0) return;
    for (const version of forgotten) version.view = await this.#readAgain(version.number, signal);
    const kept = this.#inventories.slice(first);
    this.#options.inventory.reset(
      kept.flatMap((one) => (one.view === undefined ? [] : [{ fromMs: one.fromMs, value: one.view }])),
    );
  }

  /** The inventory an entry brought; undefined, and said, when the topic does not hold it any more. */
  async #readAgain(number: number, signal: AbortSignal): Promise<InventoryView | undefined> {
    const { client, topic, inventory, inventoryOf, around } = this.#options;
    while (!signal.aborted) {
      const fetched = await client.read([{ topic, partition: 0, offset: number - 1 }], amounts);
      const part = fetched.ok ? fetched.value[0] : undefined;
      const record = part?.records.find(({ offset }) => offset === number - 1);
      if (record !== undefined) {
        const { body } = JSON.parse(record.value?.toString() ?? '') as ControlEntry;
        return inventoryOf(body, inventory.latest());
      }
      if (part?.problem === 'out_of_range' || (part?.next ?? 0) >= number) {
        around.log(
          'error',
          `${topic}: entry ${number} is gone, and what it held for is judged by the inventory after it`,
        );
        return undefined;
      }
      await around.sleep(200, signal).catch(() => undefined);
    }
    return undefined;
  }

  /** Appends a document; it takes effect at `atMs`. */
  append(entry: ControlEntry): Promise<Outcome<undefined>> {
    const { client, topic } = this.#options;
    return client.produce([{ topic, partition: 0, key: entry.type, value: JSON.stringify(entry) }]);
  }

  /** Reads what there is now; resolves when nothing is left. Waits for a broker that is away. */
  async catchUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const end = await this.#end(signal);
      if (this.number >= end) return;
      await this.#readOnce(signal);
    }
  }

  /** Resolves when the first `number` entries have been read. */
  async upTo(number: number, signal: AbortSignal): Promise<void> {
    while (this.number < number && !signal.aborted) {
      this.#waiting ??= this.#readOnce(signal).finally(() => (this.#waiting = undefined));
      await this.#waiting;
    }
  }

  async #end(signal: AbortSignal): Promise<number> {
    const { client, topic, around } = this.#options;
    for (;;) {
      const found = await client.offsets(topic, 'end');
      if (found.ok) return found.value[0] ?? 0;
      if (signal.aborted) return 0;
      around.log('warn', `Kafka: ${found.failure.message}; the engine waits and tries again`);
      await around.sleep(500, signal).catch(() => undefined);
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const { client, topic, around } = this.#options;
    if (this.#next === undefined) {
      const first = await client.offsets(topic, 'first');
      if (first.ok) this.#next = first.value[0] ?? 0;
    }
    const fetched =
      this.#next === undefined
        ? undefined
        : await client.read([{ topic, partition: 0, offset: this.#next }], amounts);
    const part = fetched?.ok === true ? fetched.value[0] : undefined;
    if (part === undefined || part.problem !== undefined) {
      if (part?.problem === 'out_of_range') this.#next = undefined;
      await around.sleep(200, signal).catch(() => undefined);
      return;
    }
    for (const record of part.records) this.#take(record.offset + 1, record.value);
    this.#next = part.next;
  }

  #take(number: number, value: Buffer | null): void {
    const { around, topic, inventory, inventoryOf, useRules } = this.#options;
    try {
      const entry = JSON.parse(value?.toString() ?? '') as ControlEntry;
      // What came first holds for everything before it too.
      this.#fromMs = this.#newest.has(entry.type) ? Math.max(this.#fromMs, entry.atMs) : this.#fromMs;
      if (entry.type === 'inventory') {
        const view = inventoryOf(entry.body, inventory.latest());
        inventory.add(this.#fromMs, view);
        this.#inventories.push({ number, fromMs: this.#fromMs, view });
      } else if (entry.type === 'rules') useRules(entry.body, this.#fromMs);
      else throw new Error('unknown type');
      this.#newest.set(entry.type, { digest: digestOf(entry.body), atMs: entry.atMs });
    } catch (error) {
      around.log('error', `${topic}: entry ${number} cannot be used and was passed over: ${String(error)}`);
    }
  }
}
