/** The topics of one prefix with the settings they need, and what must change to get there. */
import type { KafkaClient } from '../contract/kafka.ts';
import type { Outcome } from '../contract/outcome.ts';
import { succeeded } from '../contract/outcome.ts';

/** A topic as it should be. */
export interface WantedTopic {
  readonly name: string;
  readonly about: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Choices of whoever sets a cluster up. */
export interface TopicChoices {
  readonly prefix: string;
  readonly partitions: number;
  /** Stages of the engine; empty: topics of the sinks only. */
  readonly stages: readonly string[];
}

/** Names of the engine's stages, in the order of the pipeline. */
export const stageNames = ['principal', 'account', 'domain', 'organisation', 'detect', 'case'] as const;

const dayMs = 86_400_000;
/** A case with its whole timeline is the largest record there is. */
const largestBytes = 16 * 1024 * 1024;

const common = {
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': String(largestBytes),
} as const;

/** Every topic of a prefix. Published topics keep what a person may ask for; stages only outlive the oldest checkpoint. */
export function wantedTopics({ prefix, partitions, stages }: TopicChoices): WantedTopic[] {
  const kept = (days: number): Record<string, string> => ({
    ...common,
    'cleanup.policy': 'delete',
    'retention.ms': String(days * dayMs),
  });
  const published: readonly (readonly [string, string, number])[] = [
    ['canonical', 'canonical events', 30],
    ['findings', 'findings, every revision', 400],
    ['cases', 'cases, every revision', 400],
    ['scores', 'control scores', 90],
    ['raw', 'records as they came', 30],
    ['dead-letter', 'records that could not be read', 90],
  ];
  return [
    ...published.map(([name, about, days]) => ({
      name: `${prefix}.${name}`,
      about,
      partitions,
      configs: kept(days),
    })),
    {
      name: `${prefix}.audit`,
      about: 'the audit trail, one partition because it is a chain',
      partitions: 1,
      configs: kept(400),
    },
    ...(stages.length === 0 ? [] : engineTopics(prefix, partitions, kept)),
    ...stages.map((stage) => ({
      name: `${prefix}.stage-${stage}`,
      about: `messages for the ${stage} stage of the engine`,
      partitions,
      configs: kept(7),
    })),
  ];
}

function engineTopics(
  prefix: string,
  partitions: number,
  kept: (days: number) => Record<string, string>,
): WantedTopic[] {
  return [
    {
      name: `${prefix}.entries`,
      about: 'what the collectors accepted, before anything is decided',
      partitions,
      configs: kept(30),
    },
    {
      name: `${prefix}.control`,
      about: 'inventory and rules as they were edited, one partition because it is an order',
      partitions: 1,
      configs: kept(30),
    },
    {
      name: `${prefix}.positions`,
      about: 'cursors of sources and sinks, one partition, newest by name',
      partitions: 1,
      configs: { ...common, 'cleanup.policy': 'compact' },
    },
  ];
}

/** What was done, or found to be impossible, for one topic. */
export interface TopicChange {
  readonly topic: string;
  readonly change: string;
  /** It cannot be brought to the wanted form. */
  readonly isRefused: boolean;
}

/**
 * Brings a cluster to the wanted topics and says every change; saying nothing means all was right. Partitions are never
 * added: the engine's shards would move away from their state. With `dryRun` nothing is changed.
 */
export async function applyTopics(
  client: KafkaClient,
  wanted: readonly WantedTopic[],
  replicas: number,
  dryRun: boolean,
): Promise<Outcome<readonly TopicChange[]>> {
  const changes: TopicChange[] = [];
  for (const topic of wanted) {
    const found = await client.topic(topic.name);
    if (!found.ok && found.failure.code !== 'bad_configuration') return found;
    const changed = found.ok
      ? await alter(client, topic, found.value.partitions, dryRun)
      : await create(client, topic, replicas, dryRun);
    if (!changed.ok) return changed;
    changes.push(...changed.value);
  }
  return succeeded(changes);
}

async function create(
  client: KafkaClient,
  topic: WantedTopic,
  replicas: number,
  dryRun: boolean,
): Promise<Outcome<TopicChange[]>> {
  const { name, partitions, configs } = topic;
  if (!dryRun) {
    const made = await client.createTopic({ name, partitions, replicas }, configs);
    if (!made.ok) return made;
  }
  const change = `created with ${partitions} partitions and ${replicas} replicas (${topic.about})`;
  return succeeded([{ topic: name, change, isRefused: false }]);
}

async function alter(
  client: KafkaClient,
  topic: WantedTopic,
  partitions: number,
  dryRun: boolean,
): Promise<Outcome<TopicChange[]>> {
  const present = await client.topicConfigs(topic.name);
  if (!present.ok) return present;
  const differing = Object.entries(topic.configs).filter(
    ([name, value]) => present.value.get(name) !== value,
  );
  const changes: TopicChange[] = differing.map(([name, value]) => ({
    topic: topic.name,
    change: `${name}: ${present.value.get(name) ?? 'unset'} becomes ${value}`,
    isRefused: false,
  }));
  if (!dryRun && differing.length > 0) {
    const set = await client.setTopicConfigs(topic.name, Object.fromEntries(differing));
    if (!set.ok) return set;
  }
  if (partitions !== topic.partitions)
    changes.push({
      topic: topic.name,
      change: `has ${partitions} partitions, not ${topic.partitions}: this is never changed; use another prefix`,
      isRefused: true,
    });
  return succeeded(changes);
}
