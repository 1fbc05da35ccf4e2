/** The collector's end of the engine: messages into the first stage, heartbeats into every partition of it. */
import type { KafkaClient, KafkaMessage } from '../../contract/kafka.ts';
import { succeeded, type Outcome } from '../../contract/outcome.ts';
import type { Message } from '../../contract/step.ts';
import { heartbeatRecords, messageRecords, type StageLayout } from './stage-topics.ts';

/** Of one write: bounded, so that a request and each batch in it stay below the usual limits of a broker. */
const recordsMax = 4_000;
const bytesMax = 4 * 1024 * 1024;
const partitionBytesMax = 512 * 1024;

/** Cuts records into writes of bounded size, in order. */
export function writesOf(records: readonly KafkaMessage[]): KafkaMessage[][] {
  const writes: KafkaMessage[][] = [];
  let current: KafkaMessage[] = [];
  let bytes = 0;
  const byPlace = new Map<string, number>();
  for (const record of records) {
    // Without a partition nobody knows yet who shares its batch: the topic stands for it.
    const place = `${record.topic}/${record.partition ?? ''}`;
    const size = record.value?.length ?? 0;
    const before = byPlace.get(place) ?? 0;
    const isFull = current.length >= recordsMax || bytes >= bytesMax;
    if (isFull || (before > 0 && before + size > partitionBytesMax)) {
      writes.push(current);
      current = [];
      bytes = 0;
      byPlace.clear();
    }
    current.push(record);
    bytes += size;
    byPlace.set(place, (byPlace.get(place) ?? 0) + size);
  }
  if (current.length > 0) writes.push(current);
  return writes;
}

/**
 * Writes messages in their order, then the promise that nothing below `watermarkMs` follows; `control`: entries of the control topic needed for it. On failure send the same
 * again, before anything newer: repetitions are known by their ids.
 */
export async function writeStage(
  client: KafkaClient,
  layout: StageLayout,
  writer: string,
  messages: readonly Message[],
  watermarkMs: number,
  control?: number,
): Promise<Outcome<undefined>> {
  const records = messages.flatMap((message) => messageRecords(layout, 0, writer, message));
  records.push(...heartbeatRecords(layout, 0, writer, watermarkMs, control));
  for (const write of writesOf(records)) {
    const written = await client.produce(write);
    if (!written.ok) return written;
  }
  return succeeded(undefined);
}
