/** `KafkaClient` over @platformatic/kafka: pure JavaScript, without consumer groups (docs/decisions/kafka-client.md). */
import { isIP } from 'node:net';
import type { Admin, Consumer, Producer } from '@platformatic/kafka';
import type {
  KafkaClient,
  KafkaConnection,
  KafkaFetched,
  KafkaFetchLimits,
  KafkaMessage,
  KafkaPlace,
  KafkaPosition,
  KafkaRecord,
  KafkaTopic,
} from '../contract/kafka.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { isApiError, kafkaFailure } from './kafka-failure.ts';
import { kafkaLibrary } from './kafka-library.ts';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

const offsetOutOfRange = 1;
const logAppendTime = 0x08;
const controlBatch = 0x20;
const earliest = -2n;
const latest = -1n;
/** What stands for the id where brokers know none (Azure Event Hubs, Kafka before 2.8). */
const noTopicId = '00000000-0000-0000-0000-000000000000';

function isAddress(place: string): boolean {
  return isIP(place.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) !== 0;
}

/** Connection settings as the library takes them. */
export function clientOptions(connection: KafkaConnection) {
  const { sasl, tls } = connection;
  const mechanisms = {
    plain: 'PLAIN',
    'scram-sha-256': 'SCRAM-SHA-256',
    'scram-sha-512': 'SCRAM-SHA-512',
  } as const;
  return {
    clientId: connection.clientId,
    bootstrapBrokers: [...connection.bootstrap],
    connectTimeout: connection.connectTimeoutMs ?? 5_000,
    timeout: connection.requestTimeoutMs ?? 10_000,
    retries: 3,
    retryDelay: 250,
    ...(sasl === undefined
      ? {}
      : {
          sasl: { mechanism: mechanisms[sasl.mechanism], username: sasl.username, password: sasl.password },
        }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.cert === undefined ? {} : { cert: tls.cert }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
          },
          // RFC 6066 knows no addresses in the server name; Node then checks the address itself.
          tlsServerName: tls.serverName ?? !connection.bootstrap.some(isAddress),
        }),
  };
}

/** Opens nothing yet: sockets come with the first call. */
export function createKafkaClient(connection: KafkaConnection): KafkaClient {
  return new GrouplessClient(connection);
}

class GrouplessClient implements KafkaClient {
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #consumer: Consumer;

  constructor(connection: KafkaConnection) {
    const options = clientOptions(connection);
    const { Admin, Consumer, Producer } = kafkaLibrary();
    this.#admin = new Admin(options);
    this.#producer = new Producer({ ...options, autocreateTopics: false });
    // The class wants a name although no group is ever joined or committed to.
    this.#consumer = new Consumer({
      ...options,
      groupId: `${connection.clientId}-unused`,
      autocommit: false,
    });
  }

  async topic(name: string): Promise<Outcome<KafkaTopic>> {
    try {
      const found = (await this.#admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name);
      if (found === undefined) return failed('bad_configuration', `topic ${name} does not exist`);
      const replicas = found.partitions[0]?.replicas.length ?? 0;
      return succeeded({ name, partitions: found.partitionsCount, replicas });
    } catch (error) {
      return kafkaFailure(`topic ${name}`, error);
    }
  }

  async createTopic(topic: KafkaTopic, configs: Readonly<Record<string, string>>) {
    try {
      await this.#admin.createTopics({
        topics: [topic.name],
        partitions: topic.partitions,
        replicas: topic.replicas,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      });
      return succeeded('created' as const);
    } catch (error) {
      if (isApiError(error, 'TOPIC_ALREADY_EXISTS')) return succeeded('exists' as const);
      return kafkaFailure(`creating topic ${topic.name}`, error);
    }
  }

  async addPartitions(topic: string, total: number): Promise<Outcome<undefined>> {
    try {
      await this.#admin.createPartitions({ topics: [{ name: topic, count: total }] });
      return succeeded(undefined);
    } catch (error) {
      return kafkaFailure(`adding partitions to ${topic}`, error);
    }
  }

  async topicConfigs(topic: string): Promise<Outcome<ReadonlyMap<string, string>>> {
    try {
      const resource = { resourceType: kafkaLibrary().ConfigResourceTypes.TOPIC, resourceName: topic };
      const [found] = await this.#admin.describeConfigs({ resources: [resource] });
      const pairs = (found?.configs ?? []).map(({ name, value }) => [name, value ?? ''] as const);
      return succeeded(new Map(pairs));
    } catch (error) {
      return kafkaFailure(`settings of topic ${topic}`, error);
    }
  }

  async setTopicConfigs(
    topic: string,
    configs: Readonly<Record<string, string>>,
  ): Promise<Outcome<undefined>> {
    const configOperation = kafkaLibrary().IncrementalAlterConfigOperationTypes.SET;
    const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation }));
    try {
      await this.#admin.incrementalAlterConfigs({
        resources: [
          { resourceType: kafkaLibrary().ConfigResourceTypes.TOPIC, resourceName: topic, configs: changes },
        ],
      });
      return succeeded(undefined);
    } catch (error) {
      return kafkaFailure(`settings of topic ${topic}`, error);
    }
  }

  async offsets(topic: string, place: KafkaPlace): Promise<Outcome<readonly number[]>> {
    try {
      if (place === 'first' || place === 'end') return succeeded(await this.#offsetsAt(topic, place));
      const asked = await this.#consumer.listOffsetsWithTimestamps({
        topics: [topic],
        timestamp: BigInt(Math.max(0, Math.floor(place.fromMs))),
      });
      const end = await this.#offsetsAt(topic, 'end');
      const byPartition = asked.get(topic);
      return succeeded(
        end.map((last, partition) => {
          const offset = Number(byPartition?.get(partition)?.offset ?? latest);
          return offset < 0 ? last : offset;
        }),
      );
    } catch (error) {
      return kafkaFailure(`offsets of topic ${topic}`, error);
    }
  }

  async #offsetsAt(topic: string, place: 'first' | 'end'): Promise<number[]> {
    const timestamp = place === 'first' ? earliest : latest;
    const found = await this.#consumer.listOffsets({ topics: [topic], timestamp });
    return (found.get(topic) ?? []).map(Number);
  }

  async produce(messages: readonly KafkaMessage[]): Promise<Outcome<undefined>> {
    if (messages.length === 0) return succeeded(undefined);
    try {
      await this.#producer.send({
        acks: -1,
        messages: messages.map(({ topic, partition, key, value, headers, timestampMs }) => ({
          topic,
          ...(partition === undefined ? {} : { partition }),
          ...(key === undefined ? {} : { key: Buffer.from(key) }),
          // The library's types know no tombstones; its writer does.
          value: (value === null ? null : bufferOf(value)) as Buffer,
          ...(headers === undefined ? {} : { headers: headerMap(headers) }),
          ...(timestampMs === undefined ? {} : { timestamp: BigInt(Math.floor(timestampMs)) }),
        })),
      });
      return succeeded(undefined);
    } catch (error) {
      this.#producer.clearMetadata();
      return kafkaFailure(`writing to ${messages[0]?.topic}`, error);
    }
  }

  async read(
    positions: readonly KafkaPosition[],
    amounts: KafkaFetchLimits,
  ): Promise<Outcome<readonly KafkaFetched[]>> {
    if (positions.length === 0) return succeeded([]);
    try {
      const topics = [...new Set(positions.map(({ topic }) => topic))];
      const metadata = await this.#consumer.metadata({ topics });
      const byRequest = new Map<string, { readonly node: number; readonly wanted: KafkaPosition[] }>();
      const results: KafkaFetched[] = [];
      for (const position of positions) {
        const leader = metadata.topics.get(position.topic)?.partitions[position.partition]?.leader ?? -1;
        if (leader < 0) results.push(nothingFrom(position, 'unavailable'));
        else {
          // Without ids an answer does not tell topics apart, so each is asked for alone.
          const request = `${leader}/${hasId(metadata.topics.get(position.topic)?.id) ? '' : position.topic}`;
          const known = byRequest.get(request);
          if (known === undefined) byRequest.set(request, { node: leader, wanted: [position] });
          else known.wanted.push(position);
        }
      }
      const idOf = (topic: string): string => {
        const id = metadata.topics.get(topic)?.id;
        return hasId(id) ? id : topic;
      };
      const answers = [...byRequest.values()].map(async ({ node, wanted }) => {
        const response = await this.#fetchFrom(node, wanted, idOf, amounts);
        return wanted.map((position) => readAnswer(position, response, idOf(position.topic)));
      });
      for (const answer of await Promise.all(answers)) results.push(...answer);
      if (results.some(({ problem }) => problem === 'unavailable')) this.#consumer.clearMetadata();
      return succeeded(results);
    } catch (error) {
      this.#consumer.clearMetadata();
      return kafkaFailure(`reading ${positions[0]?.topic}`, error);
    }
  }

  async #fetchFrom(
    node: number,
    wanted: readonly KafkaPosition[],
    idOf: (topic: string) => string,
    amounts: KafkaFetchLimits,
  ): Promise<FetchResponse> {
    const topics = [...new Set(wanted.map(({ topic }) => topic))].map((topic) => ({
      topicId: idOf(topic),
      partitions: wanted
        .filter((position) => position.topic === topic)
        .map(({ partition, offset }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(offset),
          lastFetchedEpoch: -1,
          partitionMaxBytes: amounts.partitionBytesMax,
        })),
    }));
    try {
      return await this.#consumer.fetch({
        node,
        minBytes: 1,
        maxBytes: amounts.bytesMax,
        maxWaitTime: amounts.waitMs,
        topics,
      });
    } catch (error) {
      // One partition's fault comes as an error of the whole call; the answers of its neighbours are inside.
      const response = partialResponse(error);
      if (response === undefined) throw error;
      return response;
    }
  }

  async close(): Promise<void> {
    const closing = [this.#admin.close(), this.#producer.close(), this.#consumer.close(true)];
    await Promise.allSettled(closing);
  }
}

function bufferOf(value: Uint8Array | string): Buffer {
  return typeof value === 'string'
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.length);
}

function headerMap(headers: Readonly<Record<string, string>>): Map<Buffer, Buffer> {
  return new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
}

function partialResponse(error: unknown): FetchResponse | undefined {
  const all = [error, ...((error as { errors?: readonly unknown[] }).errors ?? [])];
  for (const one of all.reverse()) {
    const response = (one as { response?: unknown }).response as FetchResponse | undefined;
    if (Array.isArray(response?.responses) && response.responses.length > 0) return response;
  }
  return undefined;
}

function nothingFrom(position: KafkaPosition, problem?: 'out_of_range' | 'unavailable'): KafkaFetched {
  const { topic, partition, offset } = position;
  const nothing = { topic, partition, firstOffset: -1, endOffset: -1, next: offset, records: [] };
  return problem === undefined ? nothing : { ...nothing, problem };
}

function hasId(id: string | undefined): id is string {
  return id !== undefined && id !== noTopicId;
}

/** `id`: what the topic was asked for by; its name where brokers know no ids. */
function readAnswer(position: KafkaPosition, response: FetchResponse, id: string): KafkaFetched {
  const { topic, partition, offset } = position;
  const answer = response.responses
    .find(({ topicId }) => topicId === id || topicId === topic || topicId === noTopicId)
    ?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
  // Brokers leave out partitions with nothing new when others have something.
  if (answer === undefined) return nothingFrom(position);
  if (answer.errorCode === offsetOutOfRange) return nothingFrom(position, 'out_of_range');
  if (answer.errorCode !== 0) return nothingFrom(position, 'unavailable');
  const records: KafkaRecord[] = [];
  let next = offset;
  for (const batch of answer.records ?? []) {
    const first = Number(batch.firstOffset);
    next = Math.max(next, first + batch.lastOffsetDelta + 1);
    if ((batch.attributes & controlBatch) !== 0) continue;
    const stamped = (batch.attributes & logAppendTime) !== 0;
    for (const record of batch.records) {
      const at = first + record.offsetDelta;
      // A batch is delivered whole: its head may lie before the offset asked for.
      if (at < offset) continue;
      records.push({
        offset: at,
        timestampMs: Number(stamped ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
        key: record.key,
        value: record.value,
        headers: record.headers.map(
          ([name, value]) => [name?.toString() ?? '', value ?? Buffer.alloc(0)] as const,
        ),
      });
    }
  }
  const [firstOffset, endOffset] = [Number(answer.logStartOffset), Number(answer.highWatermark)];
  return { topic, partition, firstOffset, endOffset, next, records };
}
