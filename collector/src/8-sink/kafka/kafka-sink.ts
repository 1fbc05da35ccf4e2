/** Sink that publishes signals to Kafka topics. The outbox holds the batch until all in-sync replicas have it. */
import type { Signal, SignalKind, SinkRun } from '../../contract/component.ts';
import type { KafkaClient } from '../../contract/kafka.ts';
import { succeeded, type Delivery, type Failure } from '../../contract/outcome.ts';
import { signalMessage, signalTopics } from './signal-message.ts';

/** Settings. Topics are `<prefix>.canonical`, `.findings`, `.cases` and `.scores`; they must exist. */
export interface KafkaSinkSettings {
  readonly id: string;
  readonly prefix: string;
  readonly accepts: readonly SignalKind[];
  readonly batchMax: number;
}

/** A mistake in names or credentials is repaired by a person: come back rarely, lose nothing. */
const afterMistakeMs = 30_000;

/** What a failed write means: only size is the fault of the data. */
export function deliveryOfFailure(failure: Failure, batchLength: number): Delivery {
  const { code, message } = failure;
  if (code === 'too_large') return { status: 'rejected', code, message, rejectedCount: batchLength };
  const isMistake = code === 'unauthorised' || code === 'bad_configuration';
  return { status: 'retryable', code, message, ...(isMistake ? { afterMs: afterMistakeMs } : {}) };
}

/** Builds the sink; `client` is closed with it. */
export function createKafkaSink(settings: KafkaSinkSettings, client: KafkaClient): SinkRun {
  const { id, prefix, accepts, batchMax } = settings;
  return {
    id,
    accepts,
    batchMax,
    async write(batch: readonly Signal[]) {
      const written = await client.produce(batch.map((signal) => signalMessage(signal, prefix)));
      return written.ok ? { status: 'delivered' } : deliveryOfFailure(written.failure, batch.length);
    },
    async probe() {
      for (const kind of accepts) {
        const topic = await client.topic(`${prefix}.${signalTopics[kind]}`);
        if (!topic.ok) return topic;
      }
      return succeeded(`connected; ${accepts.length} topics are there`);
    },
    close: () => client.close(),
  };
}
