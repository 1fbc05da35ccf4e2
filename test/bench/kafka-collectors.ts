/**
 * Whole collectors on one broker, as people start them: from a record produced into a topic to its finding consumed from
 * another, with the engine on Kafka and beside it embedded, and how long two collectors need when one of them is killed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../collector/src/contract/finding.ts';
import type { KafkaClient, KafkaPosition } from '../../collector/src/contract/kafka.ts';
import { eventually, startCollector, untilReady, type CollectorProcess } from '../e2e/collector-process.ts';
import { metricOf } from '../e2e/real-process.ts';
import { makeTopic, valueOf } from '../kafka/test-parts.ts';
import { quantile, rounded, type Figure } from './figure.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const partitions = 4;
const samples = 60;
/** Enough names that every partition has one. */
const namesAtOnce = 32;
const amounts = { bytesMax: 8_000_000, partitionBytesMax: 2_000_000, waitMs: 100 };
const goalMs = 30_000;

/** Reads findings as a consumer does, from the end of the topic on. */
class FindingReader {
  readonly #client: KafkaClient;
  #positions: KafkaPosition[] = [];
  readonly seenMs = new Map<string, number>();

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  async start(topic: string): Promise<void> {
    const ends = valueOf(await this.#client.offsets(topic, 'end'));
    this.#positions = ends.map((offset, partition) => ({ topic, partition, offset }));
  }

  /** Reads until there is a finding about every domain; two minutes at most. */
  async until(domains: readonly string[]): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (domains.some((domain) => !this.seenMs.has(domain))) {
      if (performance.now() > deadline) throw new Error(`no finding about ${domains.length} domains in time`);
      const parts = valueOf(await this.#client.read(this.#positions, amounts));
      this.#positions = parts.map(({ topic, partition, next }) => ({ topic, partition, offset: next }));
      for (const { records } of parts)
        for (const { value } of records)
          for (const domain of (JSON.parse(value?.toString() ?? '{}') as Finding).domains)
            if (!this.seenMs.has(domain)) this.seenMs.set(domain, performance.now());
    }
  }
}

function domainName(i: number): string {
  return `d${i}.example`;
}

/** A registrar's notice that the transfer lock of a domain is gone. */
function unlocked(i: number): string {
  const at = new Date().toISOString().replace(/\.\d+/, '');
  return JSON.stringify({
    name: 'domain.transfer_lock_disable',
    actor: { id: '7', entity: 'user', pretty: 'person@acme.example' },
    account: { id: 1010, display: 'acme', identifier: 'acme' },
    data: { domain: { id: i, name: domainName(i), state: 'registered', account_id: 1010, updated_at: at } },
    request_identifier: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    api_version: 'v2',
  });
}

class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'zonewarden-bench-collectors-'));
  readonly #client: KafkaClient;
  readonly #broker: string;
  readonly reader: FindingReader;
  readonly running: CollectorProcess[] = [];
  readonly prefix: string;
  #next = 0;

  constructor(client: KafkaClient, broker: string, prefix: string) {
    this.#client = client;
    this.#broker = broker;
    this.prefix = prefix;
    this.reader = new FindingReader(client);
  }

  async prepare(isOnKafka: boolean): Promise<void> {
    const brokers = `brokers: ["${this.#broker}"]`;
    const domains = Array.from(
      { length: samples + 3 * namesAtOnce },
      (_, i) =>
        `  - {domain: ${domainName(i)}, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}}`,
    );
    writeFileSync(
      join(this.directory, 'inventory.yaml'),
      `version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]\ndomains:\n${domains.join('\n')}\n`,
    );
    const checkpoints = join(this.directory, 'checkpoints');
    mkdirSync(checkpoints);
    writeFileSync(
      join(this.directory, 'config.yaml'),
      [
        'version: 1',
        'listen: 127.0.0.1:0',
        'inventory: inventory.yaml',
        ...(isOnKafka
          ? [
              `engine: {host: kafka, ${brokers}, prefix: ${this.prefix}, partitions: ${partitions}, checkpoints: {directory: ${checkpoints}}}`,
            ]
          : []),
        'sources:',
        `  - {id: vendor, feed: dnsimple, via: kafka, tenant: acme, topics: [${this.prefix}.vendor], from: start, ${brokers}}`,
        'sinks:',
        '  - {id: prometheus, kind: prometheus}',
        ...(isOnKafka ? [] : [`  - {id: backbone, kind: kafka, prefix: ${this.prefix}, ${brokers}}`]),
        '',
      ].join('\n'),
    );
    const config = join(this.directory, 'config.yaml');
    const made = spawnSync(
      process.execPath,
      [main, 'topics', '--config', config, '--replicas', '1', ...(isOnKafka ? [] : ['--partitions', '4'])],
      { encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`topics: ${made.stdout}${made.stderr}`);
    await makeTopic(this.#client, `${this.prefix}.vendor`, partitions);
    await this.reader.start(`${this.prefix}.findings`);
  }

  async start(name: string): Promise<CollectorProcess> {
    const args = ['--config', join(this.directory, 'config.yaml'), '--data', join(this.directory, name)];
    const one = await startCollector(args);
    this.running.push(one);
    await untilReady(one.url);
    return one;
  }

  /** Produces notices about so many names not yet used; their domains. */
  async produce(count: number): Promise<string[]> {
    const numbers = Array.from({ length: count }, () => this.#next++);
    valueOf(
      await this.#client.produce(
        numbers.map((i) => ({
          topic: `${this.prefix}.vendor`,
          partition: i % partitions,
          value: unlocked(i),
        })),
      ),
    );
    return numbers.map(domainName);
  }

  /** Milliseconds from produced to finding consumed, one record at a time. */
  async waits(): Promise<number[]> {
    // The first one pays for connections and compilation.
    await this.reader.until(await this.produce(1));
    const waits: number[] = [];
    for (let i = 1; i < samples; i++) {
      const atMs = performance.now();
      const domains = await this.produce(1);
      await this.reader.until(domains);
      waits.push((this.reader.seenMs.get(domains[0] ?? '') ?? Number.NaN) - atMs);
    }
    return waits;
  }

  async clear(): Promise<void> {
    for (const one of this.running) if (one.child.exitCode === null) await one.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function waitsOf(client: KafkaClient, broker: string, prefix: string): Promise<number[]> {
  const world = new World(client, broker, prefix);
  try {
    await world.prepare(false);
    await world.start('one');
    return await world.waits();
  } finally {
    await world.clear();
  }
}

function figure(name: string, value: number, floor: number | null, note: string): Figure {
  const ratio = floor === null ? null : rounded(value / floor);
  return {
    name: `kafka.${name}`,
    value: rounded(value),
    unit: 'ms',
    floor: floor && rounded(floor),
    ratio,
    note,
  };
}

/** End-to-end latency beside the embedded run, and fail-over. */
export async function* collectorFigures(client: KafkaClient, broker: string): AsyncGenerator<Figure> {
  const embedded = await waitsOf(client, broker, 'embedded');
  const world = new World(client, broker, 'shared');
  try {
    await world.prepare(true);
    const first = await world.start('a');
    const waits = await world.waits();
    const note =
      'record produced to finding consumed, 4 partitions; floor: the same topics around an embedded engine';
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const)
      yield figure(`end-to-end.${name}`, quantile(waits, share), quantile(embedded, share), note);

    const second = await world.start('b');
    await eventually('both collectors have partitions', async () => {
      const counts = await Promise.all(
        [first, second].map(({ url }) => metricOf(url, 'zonewarden_engine_partitions')),
      );
      return counts.every((count) => count > 0 && count < partitions) || undefined;
    });
    await world.reader.until(await world.produce(namesAtOnce));
    const killedMs = performance.now();
    await second.end('SIGKILL');
    await world.reader.until(await world.produce(namesAtOnce));
    const failOverMs = performance.now() - killedMs;
    yield {
      ...figure(
        'fail-over',
        failOverMs,
        null,
        `kill -9 of one of two collectors to a finding about each of ${namesAtOnce} names over all partitions; session 10 s`,
      ),
      goal: goalMs,
      goalOf: 'value',
      held: failOverMs <= goalMs,
    };
  } finally {
    await world.clear();
  }
}
