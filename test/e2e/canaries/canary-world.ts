/** A collector's surroundings in which every kind of secret is a canary and every peer repeats what it was sent. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pem } from '../../unit/1-source/epp-poll/epp-registry.ts';
import { accessParts, actionParts, kafkaPart, sinkParts, sourceParts, tlsPart } from './canary-config.ts';
import { startPeers, type Peer } from './canary-peers.ts';
import { Planter } from './planter.ts';
import { telltaleHttp, telltaleKafka } from './telltale-servers.ts';

/** What a canary run starts from. */
export interface CanaryWorld {
  readonly planter: Planter;
  readonly directory: string;
  /** The configuration document, written to `config`. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly config: string;
  readonly data: string;
  readonly peers: readonly Peer[];
}

const inventory = `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
  - {domain: shop.example, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}, critical_hosts: [www], approved: {records: [{name: www.shop.example, type: A, values: [192.0.2.1]}]}}
`;

function laidOut(
  t: TestContext,
  planter: Planter,
  peers: readonly Peer[],
  more: Readonly<Record<string, unknown>>,
): CanaryWorld {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-canaries-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [data, config] = [join(directory, 'var'), join(directory, 'zonewarden.json')];
  mkdirSync(data);
  const document = {
    version: 1,
    listen: '127.0.0.1:0',
    data,
    inventory: 'inventory.yaml',
    outgoing: { allow_networks: ['127.0.0.0/8'], allow_plain_http: ['127.0.0.1'] },
    ...more,
  };
  writeFileSync(join(directory, 'cert.pem'), pem?.cert ?? '');
  writeFileSync(join(directory, 'inventory.yaml'), inventory);
  writeFileSync(join(directory, 'hook-secret'), `${planter.textOf('secret in a file')}\n`);
  writeFileSync(config, JSON.stringify(document, undefined, 2));
  return { planter, directory, document, config, data, peers };
}

/** An embedded collector with everything configured at once; undefined without the openssl command. */
export async function embeddedWorld(t: TestContext): Promise<CanaryWorld | undefined> {
  if (pem === undefined) return undefined;
  const planter = new Planter();
  const { list, peers } = await startPeers(t, pem, planter);
  const tls = tlsPart(planter, pem.key);
  const header = `authorization=${encodeURIComponent(`Bearer ${planter.textOf('OTEL header')}`)}`;
  Object.assign(planter.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: peers.otel.url,
    OTEL_EXPORTER_OTLP_HEADERS: header,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
  });
  return laidOut(t, planter, list, {
    limits: { webhook_rate_per_s: 10_000 },
    sources: sourceParts(planter, peers, tls),
    sinks: sinkParts(planter, peers, tls),
    actions: actionParts(planter, peers),
    ...accessParts(planter, peers),
  });
}

/** A collector whose engine is on a Kafka cluster that refuses its password. */
export async function kafkaWorld(t: TestContext): Promise<CanaryWorld | undefined> {
  if (pem === undefined) return undefined;
  const planter = new Planter();
  const broker = await telltaleKafka(t, pem);
  const s3 = {
    endpoint: (await telltaleHttp(t)).url,
    region: 'eu-central-1',
    bucket: 'bucket',
    prefix: '',
    access_key_id: 'AKIAIOSFODNN7EXAMPLE',
    secret_access_key: planter.secret('S3 key'),
    session_token: planter.secret('S3 session'),
  };
  const engine = {
    host: 'kafka',
    ...kafkaPart(planter, broker, 'engine', tlsPart(planter, pem.key)),
    checkpoints: { s3 },
  };
  return laidOut(t, planter, [{ name: 'broker', server: broker, enough: 1 }], {
    engine,
    sources: [],
    sinks: [],
  });
}
