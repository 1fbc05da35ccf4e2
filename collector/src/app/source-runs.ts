/** Sources of the configuration as running components. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createOutgoingPolicy, type OutgoingPolicy, type Resolve } from '../1-source/address-policy.ts';
import { createCertstreamSource } from '../1-source/certstream/certstream-source.ts';
import { createFileSource } from '../1-source/file/file-source.ts';
import type { SocketSettings } from '../1-source/reconnecting-socket.ts';
import { createStdinSource } from '../1-source/stdin/stdin-source.ts';
import { createWebhookSource, type WebhookSource } from '../1-source/webhook/webhook-source.ts';
import { createZonestreamSource } from '../1-source/zonestream/zonestream-source.ts';
import { sharedTenant } from '../3-enrich/tenant.ts';
import type { SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { SourceKind } from '../contract/event.ts';
import type { Failure } from '../contract/outcome.ts';
import type { SourceName } from '../contract/source-name.ts';
import type { Config } from './config-schema.ts';
import type { SourceConfig } from './config-sources.ts';

/** What kind of witness a feed is. */
export const kindOfFeed: Readonly<Record<SourceName, SourceKind>> = {
  zonestream: 'zone_feed',
  certstream: 'ct_log',
  ct: 'ct_log',
  dnsimple: 'registrar_audit',
  'cloudflare-audit': 'dns_provider_audit',
  'cloudflare-dns': 'authoritative_log',
  'aws-cloudtrail': 'cloud_audit',
  'aws-resolver-querylog': 'resolver_log',
  'aws-public-querylog': 'authoritative_log',
  'gcp-dns': 'cloud_audit',
  'epp-poll': 'epp_poll',
  rdap: 'rdap_poll',
  'dns-xfr': 'dns_provider_api_state',
  dnstap: 'authoritative_log',
  'bind-log': 'authoritative_log',
  'unbound-log': 'resolver_log',
  okta: 'identity_log',
  entra: 'identity_log',
  'google-workspace': 'identity_log',
  'github-audit': 'identity_log',
  'm365-audit': 'mail_log',
  dmarc: 'dmarc_report',
  webhook: 'registrar_audit',
};

/** Running sources, and those among them that take deliveries. Order is that of the configuration. */
export interface SourceRuns {
  readonly all: readonly SourceRun[];
  readonly webhooks: readonly WebhookSource[];
}

/** What sources use from outside. */
export interface SourceSurroundings extends Surroundings {
  readonly stdin: Readable;
  /** Told about records of files that could not be taken, for the quarantine. */
  readonly onRejected?: (source: SourceIdentity, file: string, failure: Failure) => void;
  /** Resolver of host names; absent: the system's. */
  readonly resolve?: Resolve;
}

/** Builds every source. Reads TLS files; opens no connection. Rejects when a TLS file cannot be read. */
export async function createSourceRuns(
  config: Config,
  surroundings: SourceSurroundings,
): Promise<SourceRuns> {
  const policy = createOutgoingPolicy(
    { allowNetworks: config.outgoing.allow_networks, allowPlainHttp: config.outgoing.allow_plain_http },
    surroundings.resolve,
  );
  const all: SourceRun[] = [];
  const webhooks: WebhookSource[] = [];
  for (const source of config.sources) {
    if (source.via === 'webhook') {
      const webhook = webhookOf(source, config, surroundings);
      webhooks.push(webhook);
      all.push(webhook);
    } else all.push(await sourceOf(source, policy, surroundings));
  }
  return { all, webhooks };
}

async function sourceOf(
  source: Exclude<SourceConfig, { via: 'webhook' }>,
  policy: OutgoingPolicy,
  surroundings: SourceSurroundings,
): Promise<SourceRun> {
  const { feed, instance } = source;
  switch (source.via) {
    case 'websocket': {
      const settings = {
        identity: identityOf(source, source.ping_interval_s * 1000),
        instance,
        url: source.url,
        headers: source.headers,
        tls: await tlsOf(source.tls),
        messageBytesMax: source.message_bytes_max,
        pingIntervalMs: source.ping_interval_s * 1000,
        pongTimeoutMs: source.pong_timeout_s * 1000,
        idleTimeoutMs: source.idle_timeout_s * 1000,
      };
      return feed === 'certstream'
        ? createCertstreamSource(settings, policy, surroundings)
        : createZonestreamSource({ ...settings, topics: source.topics }, policy, surroundings);
    }
    case 'file': {
      const identity = identityOf(source, source.poll_interval_ms);
      return createFileSource(
        {
          identity,
          feed,
          instance,
          paths: source.paths,
          from: source.from,
          follow: source.follow,
          pollIntervalMs: source.poll_interval_ms,
          onRejected: (file, failure) => surroundings.onRejected?.(identity, file, failure),
        },
        surroundings,
      );
    }
    case 'stdin':
      return createStdinSource(
        { identity: identityOf(source, 60_000), feed, instance },
        surroundings.stdin,
        surroundings,
      );
  }
}

function webhookOf(
  source: Extract<SourceConfig, { via: 'webhook' }>,
  config: Config,
  surroundings: SourceSurroundings,
): WebhookSource {
  const { signature } = source;
  return createWebhookSource(
    {
      identity: identityOf(source, source.heartbeat_s * 1000),
      feed: source.feed,
      instance: source.instance,
      scheme: signature.scheme,
      schemeSettings: {
        secret: signature.secret,
        previousSecret: signature.previous_secret,
        header: signature.header,
        algorithm: signature.algorithm,
        encoding: signature.encoding,
        prefix: signature.prefix,
        timestampHeader: signature.timestamp_header,
        idHeader: signature.id_header,
      },
      pathSecret: source.path_secret,
      bodyBytesMax: source.body_bytes_max,
      acceptCompressed: source.accept_compressed,
      ratePerSecond: config.limits.webhook_rate_per_s,
    },
    surroundings,
  );
}

function identityOf(source: SourceConfig, intervalMs: number): SourceIdentity {
  const { id, feed } = source;
  return { tenant: source.tenant ?? sharedTenant, id, feed, kind: kindOfFeed[feed], intervalMs };
}

async function tlsOf(
  tls: Extract<SourceConfig, { via: 'websocket' }>['tls'],
): Promise<SocketSettings['tls'] | undefined> {
  if (tls === undefined) return undefined;
  const read = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined ? undefined : readFile(path, 'utf8');
  return { ca: await read(tls.ca), cert: await read(tls.cert), key: tls.key };
}
