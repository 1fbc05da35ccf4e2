/** From a configuration to a running process: opens, starts, says where it listens, and stops cleanly. */
import { join } from 'node:path';
import { createOutgoingPolicy, type OutgoingPolicy } from '../1-source/address-policy.ts';
import { otlpWish } from '../8-sink/otlp-environment.ts';
import { startServer } from '../api/server.ts';
import type { SourceRun, Surroundings } from '../contract/component.ts';
import { secretHider } from '../leaf/hidden-secrets.ts';
import { resourceOf, startTracing, type SelfTracing } from '../self/tracing.ts';
import { openApiService } from './api-service.ts';
import { createCollector, type Collector, type CollectorOptions } from './collector.ts';
import { discreetLog, secretsOf } from './known-secrets.ts';
import { createKafkaCollector } from './kafka-collector.ts';
import type { Config } from './config-schema.ts';
import { readControlDocuments, type ControlPaths } from './control-entries.ts';
import { runKafkaRelays } from './kafka-relays.ts';
import { routesOf } from './routes.ts';
import { shippedRulesPath } from './rule-files.ts';
import { localSourcesOf } from './local-sources.ts';
import { MonitoredDomains } from './monitored-domains.ts';
import { NetworkDatabases } from './network-databases.ts';
import { environmentConnection } from './otlp-environment-connection.ts';
import { metricPushersOf, sinksOf } from './sink-list.ts';
import { sourcesOf } from './source-list.ts';
import { openStores, type Stores } from './stores.ts';
import { UnusableInput } from './unusable-input.ts';
import { releaseUnusedHeap } from './unused-heap.ts';
import { version } from './version.ts';

/** What differs between the demo and a configured run. */
export interface RunOptions {
  readonly config: Config;
  readonly demo: boolean;
  /** Sources besides the configured ones. */
  readonly extraSources: readonly SourceRun[];
  readonly around: Surroundings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Told when the collector listens; `url` has the real port. */
  readonly started: (url: string, collector: Collector) => void;
}

const dayMs = 86_400_000;

/** The documents a configuration names. */
export function controlPaths(config: Config): ControlPaths {
  return {
    ...(config.inventory === undefined
      ? {}
      : { inventory: config.inventory, inventoryCache: join(config.data, 'inventory.cache') }),
    ...(config.intents === undefined ? {} : { intents: config.intents }),
    rules: [...(config.bundled_rules ? [shippedRulesPath()] : []), ...config.rules],
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same listener as seen from this machine: an address for all interfaces is none to connect to. */
function localUrl(host: string, port: number): string {
  if (host === '0.0.0.0') return urlOf('127.0.0.1', port);
  return urlOf(host === '::' ? '::1' : host, port);
}

function collectorOf(given: CollectorOptions, config: Config, policy: OutgoingPolicy): Promise<Collector> {
  const { engine } = config;
  const parts = { ...given, strangersMax: engine.strangers_max };
  if (engine.host === 'embedded') {
    const { waiting_mb: megabytes } = engine;
    return createCollector(
      megabytes === undefined ? parts : { ...parts, waitingBytesMax: megabytes * 1024 * 1024 },
    );
  }
  return createKafkaCollector({ ...parts, engine, policy, localSources: localSourcesOf(config) });
}

function warnOf(stores: Stores, env: RunOptions['env'], around: Surroundings): void {
  for (const torn of [...stores.log.torn, ...stores.signalSegments.torn])
    around.log('warn', 'a commit that was never acknowledged was cut from the end of the log', { ...torn });
  for (const warning of otlpWish(env).warnings) around.log('warn', warning);
}

function tracingOf(config: Config, env: RunOptions['env'], resource: Record<string, string>): SelfTracing {
  return startTracing(env, resource, () =>
    environmentConnection(env, 'TRACES', config.outgoing.allow_networks),
  );
}

function cannotListen(error: unknown): never {
  throw new UnusableInput([(error as Error).message]);
}

function policyOf({ outgoing }: Config): OutgoingPolicy {
  return createOutgoingPolicy({
    allowNetworks: outgoing.allow_networks,
    allowPlainHttp: outgoing.allow_plain_http,
  });
}

function retentionOf({ retention }: Config): CollectorOptions['retention'] {
  return { maxBytes: retention.log_bytes_max, maxAgeMs: retention.log_days * dayMs };
}

/** Runs until `signal` aborts. Throws UnusableInput for what the operator must mend; rejects when the disk fails. */
export async function runCollector(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { config, env, demo } = options;
  const around = discreetLog(options.around, secretHider(secretsOf(config, env)));
  const paths = controlPaths(config);
  const documents = await readControlDocuments(paths);
  const resource = resourceOf(env, { 'service.version': version });
  const tracing = tracingOf(config, env, resource);
  const stores = await openStores(config.data, around.nowMs);
  warnOf(stores, env, around);
  const places = { around, env, resource, stdout: options.stdout };
  const policy = policyOf(config);
  const domains = new MonitoredDomains(documents.inventory, around.nowMs);
  const { runs, webhooks } = sourcesOf(config, policy, around, domains);
  const network = new NetworkDatabases(config.network_databases, around);
  await network.refresh();
  try {
    const parts: CollectorOptions = {
      stores,
      documents,
      paths,
      sources: [...runs, ...options.extraSources],
      sinks: sinksOf(config, places),
      network,
      retention: retentionOf(config),
      around,
      tracing,
      onHint: (domain) => domains.hint(domain),
      onCaughtUp: releaseUnusedHeap,
      version,
    };
    const collector = await collectorOf(parts, config, policy);
    const service = await openApiService({ collector, config, demo, around, policy });
    domains.follow({
      inventory: () => collector.current.inventory,
      cases: () => collector.host.book.cases.values(),
    });
    const pushers = metricPushersOf(config, collector.readers, places);
    const server = await startServer({
      host: config.listen.host,
      port: config.listen.port,
      routes: routesOf({ collector, webhooks, service }),
      connectionsMax: config.limits.connections_max,
      nowMs: around.nowMs,
      log: around.log,
    }).catch(cannotListen);
    service.parts.drills.listensOn(localUrl(server.host, server.port));
    options.started(urlOf(server.host, server.port), collector);
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const beside = [
      ...pushers.map((pusher) => pusher.run(either)),
      service.run(either),
      network.follow(either),
      runKafkaRelays(config, { stores, audit: service.parts.audit }, around, either),
    ];
    try {
      await collector.run(signal);
    } finally {
      stop.abort();
      await Promise.allSettled(beside);
      await server.close();
      await service.close();
    }
  } finally {
    await tracing.close();
    await stores.close();
  }
}
