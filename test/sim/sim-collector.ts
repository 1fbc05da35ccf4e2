/**
 * A whole collector with HTTP intake, a poller, a WebSocket feed and an OTLP sink, as it stands on a virtual network and a
 * virtual disk.
 */
import { createCollector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { openStores, type Stores } from '../../collector/src/app/stores.ts';
import { createOutgoingPolicy } from '../../collector/src/1-source/address-policy.ts';
import { createOktaSource } from '../../collector/src/1-source/okta/okta-source.ts';
import { createOutgoingClient } from '../../collector/src/1-source/outgoing-http.ts';
import { createIngestRouter } from '../../collector/src/1-source/webhook/ingest-handler.ts';
import { createWebhookSource } from '../../collector/src/1-source/webhook/webhook-source.ts';
import { createZonestreamSource } from '../../collector/src/1-source/zonestream/zonestream-source.ts';
import { createOtlpLogSink } from '../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { startServer } from '../../collector/src/api/server.ts';
import type { SinkRun, SourceIdentity, SourceRun } from '../../collector/src/contract/component.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import type { MemoryDisk } from '../unit/log/memory-disk.ts';
import { watchedFleet } from '../fleet/watched-fleet.ts';
import { deliverySecret, ports } from './sim-peers.ts';
import type { SimWorld } from './sim-world.ts';

const hourMs = 3_600_000;

const inventory = watchedFleet([0, 1, 2, 3].map((i) => `d${i}.example`));

let rules: Awaited<ReturnType<typeof readRuleFiles>> | undefined;

function identityOf(id: string, kind: SourceIdentity['kind'], intervalMs: number): SourceIdentity {
  return { tenant: 'acme', id, feed: id, kind, intervalMs };
}

const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });

/** Sources, sinks and listener of the simulated collector, in the life that runs now. */
export function partsOf(world: SimWorld): {
  sources: SourceRun[];
  sinks: SinkRun[];
  start: () => Promise<unknown>;
} {
  const around = world.surroundings();
  const hook = createWebhookSource(
    {
      identity: identityOf('dnsimple', 'registrar_audit', 60_000),
      feed: 'dnsimple',
      scheme: 'hmac',
      schemeSettings: { secret: createSecret(deliverySecret), header: 'x-signature' },
      bodyBytesMax: 1_048_576,
      acceptCompressed: false,
      ratePerSecond: 100,
    },
    around,
  );
  const client = createOutgoingClient(policy, { nowMs: around.nowMs, userAgent: 'zonewarden-sim' });
  const okta = createOktaSource(
    {
      identity: identityOf('okta', 'identity_log', 30_000),
      baseUrl: `http://127.0.0.1:${ports.okta}`,
      apiToken: createSecret('simulated-token'),
    },
    client,
    around,
  );
  const zonestream = createZonestreamSource(
    {
      identity: identityOf('zonestream', 'zone_feed', 60_000),
      url: `ws://127.0.0.1:${ports.zonestream}`,
      topics: ['newly_registered_domain'],
      headers: {},
      messageBytesMax: 65_536,
      pingIntervalMs: 20_000,
      pongTimeoutMs: 10_000,
      idleTimeoutMs: 0,
    },
    policy,
    around,
  );
  const otlp = createOtlpLogSink({
    id: 'otlp',
    accepts: ['finding', 'case'],
    resource: { 'service.name': 'zonewarden' },
    endpoint: `http://127.0.0.1:${ports.otlp}`,
    timeoutMs: 10_000,
    compression: 'none',
    batchMax: 10,
    nowMs: around.nowMs,
  });
  const ingest = createIngestRouter([hook]);
  const start = (): Promise<unknown> =>
    startServer({
      host: '127.0.0.1',
      port: ports.collector,
      routes: [
        {
          method: 'ANY',
          path: '/ingest/*',
          machine: true,
          bodyBytesMax: (path) => ingest.bodyBytesMax(path),
          handler: (request) => ingest.handle(request),
        },
      ],
      nowMs: around.nowMs,
      log: around.log,
    });
  return { sources: [hook, okta, zonestream], sinks: [otlp], start };
}

/** A collector over `disk`; the rest of its data lies in `directory`. */
export async function collectorOn(
  world: SimWorld,
  disk: MemoryDisk,
  directory: string,
  parts: { sources: SourceRun[]; sinks: SinkRun[] },
) {
  rules ??= await readRuleFiles([shippedRulesPath()]);
  const opening = openStores(directory, () => world.nowMs, world.slow(disk));
  let stores: Stores | undefined;
  let failure: unknown;
  opening.then(
    (opened) => (stores = opened),
    (error: unknown) => (failure = error),
  );
  await world.run(world.nowMs + hourMs, () => stores !== undefined || failure !== undefined);
  if (stores === undefined) throw failure ?? new Error('the stores did not open');
  const collector = await createCollector({
    stores,
    documents: { inventory, intents: [], rules },
    paths: { rules: [] },
    ...parts,
    retention: {},
    around: world.surroundings(),
    tracing: startTracing({}, {}),
    version: 'sim',
  });
  return { stores, collector };
}

/** The dead process's SQLite handles must not keep the test process open. */
export function closeQuietly(stores: Stores): void {
  for (const close of [
    () => stores.cursors.close(),
    () => stores.checkpoints.close(),
    () => stores.quarantine.close(),
  ]) {
    try {
      close();
    } catch {
      // Closed already by the dying process.
    }
  }
}
