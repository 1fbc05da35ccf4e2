/**
 * A collector whose engine runs on Kafka: intake, state and results lie in topics, so that several collectors with the
 * same configuration share the work and any of them may go away.
 */
import { entriesTopic } from '../host/kafka/entry-task.ts';
import type { KafkaHost } from '../host/kafka/kafka-host.ts';
import { positionsTopic } from '../host/kafka/positions-topic.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import { engineProgressReader } from '../self/component-readers.ts';
import { collectorReaders } from './collector-readers.ts';
import type { Collector } from './collector.ts';
import { ControlFollower } from './control-entries.ts';
import { domainChecks } from './domain-checks.ts';
import { kafkaConnectionOf } from './kafka-parts.ts';
import { runKafkaTasks } from './kafka-tasks.ts';
import { controlTopic, wireKafka, type KafkaCollectorOptions, type KafkaWiring } from './kafka-wiring.ts';
import { UnusableInput } from './unusable-input.ts';

/** Says what is missing before anything is joined: topics are made by `zonewarden topics`, never by accident. */
async function checkTopics(options: KafkaCollectorOptions): Promise<void> {
  const { prefix, partitions } = options.engine;
  const client = createKafkaClient(kafkaConnectionOf({ id: 'check', ...options.engine }));
  try {
    const problems: string[] = [];
    for (const topic of [entriesTopic(prefix), controlTopic(prefix), positionsTopic(prefix)]) {
      const found = await client.topic(topic);
      if (!found.ok) problems.push(`engine: ${found.failure.message}`);
      else if (topic === entriesTopic(prefix) && found.value.partitions !== partitions)
        problems.push(
          `engine: topic ${topic} has ${found.value.partitions} partitions, the configuration says ${partitions}`,
        );
    }
    if (problems.length > 0) throw new UnusableInput(problems);
  } finally {
    await client.close();
  }
}

/** Builds the collector; joins the others when it runs. Throws UnusableInput when the topics are not as they must be. */
export async function createKafkaCollector(options: KafkaCollectorOptions): Promise<Collector<KafkaHost>> {
  await checkTopics(options);
  const wiring = wireKafka(options);
  const { parts, host, intake, outboxes, sources, lease } = wiring;
  const { stores, around, version, engine } = options;
  const {
    stages: _,
    observer: __,
    operators: ___,
    scoreOf: ____,
    riskOf: _____,
    codeDigest: ______,
    ...shown
  } = parts;
  const progress = () => host.progress();
  const follower = new ControlFollower({
    paths: options.paths,
    put: (type, body) => putDocument(wiring, type, body),
    position: () => 0,
    checkpoints: stores.checkpoints,
    isActive: () => lease.partitions().has(0),
    sleep: around.sleep,
    report: (level, message) => around.log(level, message),
  });
  let ready = false;
  return {
    ...shown,
    host,
    stores,
    intake,
    outboxes,
    readers: collectorReaders({
      ...shown,
      host,
      stores,
      outboxes,
      around,
      version,
      sources: options.sources,
      backlog: () =>
        progress()
          .filter(({ topic }) => topic === entriesTopic(engine.prefix))
          .reduce((sum, { lag }) => sum + lag, 0),
      more: [engineProgressReader(progress, () => lease.partitions().size)],
    }),
    ready: () => ready && host.isReady,
    checksOf: (domain) => domainChecks(sources, domain),
    direct: (directive) => intake.control('directive', directive, String(directive['tenant'])),
    approve: (intent) => intake.control('intent', intent, intent.tenant),
    async run(signal) {
      try {
        await runKafkaTasks(wiring, follower, signal, () => (ready = true));
      } finally {
        ready = false;
        await wiring.close();
      }
    },
  };
}

async function putDocument(
  { control, intake, options }: KafkaWiring,
  type: 'inventory' | 'rules' | 'intent',
  body: unknown,
): Promise<boolean> {
  if (type === 'intent') {
    await intake.control('intent', body, (body as { tenant: string }).tenant);
    return true;
  }
  if (control.isNewest(type, body)) return false;
  const written = await control.append({ type, atMs: options.around.nowMs(), body });
  if (!written.ok) throw new UnusableInput([`engine: ${written.failure.message}`]);
  return true;
}
