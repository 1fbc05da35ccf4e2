/** Configured Kafka sources and sinks as running ones. */
import { readFileSync } from 'node:fs';
import type { SinkRun, SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { KafkaConnection, KafkaPlace } from '../contract/kafka.ts';
import { parseInstant } from '../leaf/time.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import { createKafkaSource } from '../1-source/kafka/kafka-source.ts';
import { createKafkaSink } from '../8-sink/kafka/kafka-sink.ts';
import type { KafkaSinkConfig, KafkaSourceConfig } from './config-kafka.ts';
import { UnusableInput } from './unusable-input.ts';

/** Connection of a source or sink; reads certificate files. */
export function kafkaConnectionOf(
  config: Pick<KafkaSinkConfig, 'id' | 'brokers' | 'tls' | 'sasl'>,
): KafkaConnection {
  const { id, brokers, tls, sasl } = config;
  const pem = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  const [ca, cert] = [pem(tls?.ca), pem(tls?.cert)];
  return {
    bootstrap: brokers,
    clientId: `zonewarden-${id}`,
    ...(sasl === undefined ? {} : { sasl: { ...sasl, password: sasl.password.reveal() } }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
            ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
          },
        }),
  };
}

function placeOf(source: KafkaSourceConfig): KafkaPlace {
  if (source.from === 'start') return 'first';
  if (source.from === 'end') return 'end';
  const instant = parseInstant(source.from);
  if (instant === undefined)
    throw new UnusableInput([
      `source ${source.id}: "from" must be start, end or an RFC 3339 time; found ${JSON.stringify(source.from)}`,
    ]);
  return { fromMs: instant.ms };
}

/** A configured source; nothing connects before `run`. */
export function kafkaSource(
  source: KafkaSourceConfig,
  identity: SourceIdentity,
  around: Surroundings,
): SourceRun {
  const connection = kafkaConnectionOf(source);
  return createKafkaSource(
    {
      identity,
      feed: source.feed,
      ...(source.instance === undefined ? {} : { instance: source.instance }),
      topics: source.topics,
      from: placeOf(source),
      verified: source.tls !== undefined,
      refreshMs: source.refresh_s * 1000,
    },
    () => createKafkaClient(connection),
    around,
  );
}

/** A configured sink; nothing connects before the first write. */
export function kafkaSink(sink: KafkaSinkConfig): SinkRun {
  const { id, prefix, signals, batch_max: batchMax } = sink;
  return createKafkaSink(
    { id, prefix, accepts: signals, batchMax },
    createKafkaClient(kafkaConnectionOf(sink)),
  );
}
