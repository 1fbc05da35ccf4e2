/** What the Kafka tests share: an intake in memory, surroundings, and waiting for something to become true. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Intake, Surroundings } from '../../collector/src/contract/component.ts';
import type { KafkaClient, KafkaMessage } from '../../collector/src/contract/kafka.ts';
import type { Outcome } from '../../collector/src/contract/outcome.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';

/** Value of an outcome that must have succeeded. */
export function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

/** Asks until `holds`, four minutes at most: what takes seconds on an idle machine takes a minute on one that is four times busier. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  holds: (answer: T) => boolean,
  what: string,
): Promise<T> {
  const untilMs = Date.now() + 240_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > untilMs)
      assert.fail(`never came true: ${what}; last: ${JSON.stringify(answer)?.slice(0, 300)}`);
    await delay(20);
  }
}

/** Intake that keeps everything in memory; the cursor is stored with the records, as in the log. */
export class MemoryIntake implements Intake {
  readonly records: RawRecord[] = [];
  readonly gaps: { fromMs: number; toMs: number; reason: string }[] = [];
  readonly cursors = new Map<string, string>();
  heartbeats = 0;
  /** Commits still to be refused with `disk_full`. */
  refusals = 0;

  accept(records: readonly RawRecord[], cursor?: { source: string; position: string }): Promise<void> {
    if (this.refusals > 0) {
      this.refusals--;
      return Promise.reject(Object.assign(new Error('no space'), { code: 'disk_full' }));
    }
    this.records.push(...records);
    if (cursor !== undefined) this.cursors.set(cursor.source, cursor.position);
    return Promise.resolve();
  }

  cursor(source: string): string | undefined {
    return this.cursors.get(source);
  }

  heartbeat(): void {
    this.heartbeats++;
  }

  gap(_source: unknown, fromMs: number, toMs: number, reason: string): void {
    this.gaps.push({ fromMs, toMs, reason });
  }
}

/** Real time, pauses cut to a tenth, log lines kept. */
export function quickSurroundings(lines: string[] = []): Surroundings {
  return {
    nowMs: () => Date.now(),
    random: () => 0.5,
    sleep: (ms, signal) => delay(ms / 10, undefined, { signal }),
    log: (level, message) => void lines.push(`${level} ${message}`),
  };
}

/** Values `from` to `to - 1` as records. */
export function numbered(topic: string, from: number, to: number, partition = 0): KafkaMessage[] {
  return Array.from({ length: to - from }, (_, i) => ({
    topic,
    partition,
    value: JSON.stringify({ n: from + i }),
  }));
}

/** Creates a topic and waits until it can be written. */
export async function makeTopic(
  client: KafkaClient,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
  replicas = 1,
): Promise<void> {
  valueOf(await client.createTopic({ name, partitions, replicas }, configs));
  await eventually(
    () => client.topic(name),
    (found) => found.ok && found.value.partitions === partitions,
    `topic ${name}`,
  );
}
