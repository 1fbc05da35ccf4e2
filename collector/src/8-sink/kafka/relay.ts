/**
 * Copies a numbered list that only grows (raw records, dead letters, the audit trail) into a topic: read, write, and only
 * then move the cursor. Kafka being away costs delay; the list itself is the buffer.
 */
import type { Surroundings } from '../../contract/component.ts';
import type { KafkaClient, KafkaMessage } from '../../contract/kafka.ts';

/** Part of a list. `next` equal to the position asked for: nothing new. `lost`: entries deleted before they were read. */
export interface RelayBatch {
  readonly messages: readonly KafkaMessage[];
  readonly next: number;
  readonly lost: number;
}

/** A list to copy; `name` is that of its cursor. */
export interface RelayList {
  readonly name: string;
  read(position: number): Promise<RelayBatch>;
}

/** Durable positions by name; `set` may throw when the disk is full. */
export interface RelayCursors {
  get(name: string): number | undefined;
  set(name: string, position: number): void;
}

const idleMs = 500;
const afterFailureMs = 5_000;

/** Copies until `signal` aborts. Rejects only when the list cannot be read. */
export async function runRelay(
  list: RelayList,
  cursors: RelayCursors,
  client: KafkaClient,
  around: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  let position = cursors.get(list.name) ?? 0;
  let isDown = false;
  const pause = (ms: number): Promise<void> => around.sleep(ms, signal).catch(() => undefined);
  while (!signal.aborted) {
    const batch = await list.read(position);
    if (batch.lost > 0)
      around.log(
        'error',
        `${list.name} never saw ${batch.lost} entries: they were deleted before it came to them`,
      );
    if (batch.next === position) {
      await pause(idleMs);
      continue;
    }
    const problem = await writeAll(client, batch.messages, (message) => {
      around.log(
        'error',
        `${list.name}: a record of ${message.value?.length ?? 0} bytes is too large for ${message.topic}; it stays here only`,
      );
    });
    if (problem !== undefined) {
      if (!isDown) around.log('warn', `${list.name} waits: ${problem}`);
      isDown = true;
      await pause(afterFailureMs);
      continue;
    }
    isDown = false;
    position = batch.next;
    try {
      cursors.set(list.name, position);
    } catch (error) {
      // After a restart these records are written once more, under the same ids.
      around.log('warn', `position of ${list.name} could not be stored: ${String(error)}`);
    }
  }
}

/** What is in the way, or undefined when everything is written; a record too large is found by halving and skipped. */
async function writeAll(
  client: KafkaClient,
  messages: readonly KafkaMessage[],
  skipped: (message: KafkaMessage) => void,
): Promise<string | undefined> {
  const written = await client.produce(messages);
  if (written.ok) return undefined;
  if (written.failure.code !== 'too_large') return written.failure.message;
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) {
    skipped(only);
    return undefined;
  }
  const middle = messages.length >> 1;
  const first = await writeAll(client, messages.slice(0, middle), skipped);
  return first ?? (await writeAll(client, messages.slice(middle), skipped));
}
