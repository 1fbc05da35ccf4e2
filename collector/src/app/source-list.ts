/** Configured sources as running ones: one line per transport. */
import { readFileSync } from 'node:fs';
import type { SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { OutgoingPolicy } from '../1-source/address-policy.ts';
import { createOutgoingClient, type OutgoingClient } from '../1-source/outgoing-http.ts';
import { createCertstreamSource } from '../1-source/certstream/certstream-source.ts';
import { createFileSource } from '../1-source/file/file-source.ts';
import { withQueryWindows } from '../1-source/query-edge.ts';
import { createStdinSource } from '../1-source/stdin/stdin-source.ts';
import { createGoogleJwtVerify } from '../1-source/webhook/google-jwt.ts';
import { createWebhookSource, type WebhookSource } from '../1-source/webhook/webhook-source.ts';
import { createZonestreamSource } from '../1-source/zonestream/zonestream-source.ts';
import { framingOf, takesCompressed } from './body-framings.ts';
import { apiSources } from './api-source-list.ts';
import type { Config } from './config-schema.ts';
import type { SourceConfig } from './config-sources.ts';
import type { MonitoredDomains } from './monitored-domains.ts';
import { feedSource } from './feed-source-list.ts';
import { kafkaSource } from './kafka-parts.ts';
import { queryLogFeeds, queryObserver } from './query-observations.ts';
import { kindOfFeed } from './source-identities.ts';
import { version } from './version.ts';
import { witnessSource } from './witness-source-list.ts';

type Of<V extends SourceConfig['via']> = Extract<SourceConfig, { via: V }>;

/** Sources of a configuration; webhooks also as handlers of their paths. */
export interface SourceList {
  readonly runs: readonly SourceRun[];
  readonly webhooks: readonly WebhookSource[];
}

const sharedTenant = '*';
const secondMs = 1000;

function identityOf(source: SourceConfig, intervalMs: number): SourceIdentity {
  return {
    tenant: source.tenant ?? sharedTenant,
    id: source.id,
    feed: source.feed,
    kind: kindOfFeed[source.feed],
    intervalMs,
  };
}

function instanceOf(source: SourceConfig): { instance: string } | Record<string, never> {
  return source.instance === undefined ? {} : { instance: source.instance };
}

function pem(tls: Of<'websocket'>['tls']) {
  if (tls === undefined) return undefined;
  const { ca, cert, key } = tls;
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert, 'utf8') }),
    ...(key === undefined ? {} : { key }),
  };
}

function socketSource(source: Of<'websocket'>, policy: OutgoingPolicy, around: Surroundings): SourceRun {
  const tls = pem(source.tls);
  const settings = {
    identity: identityOf(source, source.ping_interval_s * secondMs),
    ...instanceOf(source),
    url: source.url,
    headers: source.headers,
    ...(tls === undefined ? {} : { tls }),
    messageBytesMax: source.message_bytes_max,
    pingIntervalMs: source.ping_interval_s * secondMs,
    pongTimeoutMs: source.pong_timeout_s * secondMs,
    idleTimeoutMs: source.idle_timeout_s * secondMs,
  };
  return source.feed === 'zonestream'
    ? createZonestreamSource({ ...settings, topics: source.topics }, policy, around)
    : createCertstreamSource(settings, policy, around);
}

function webhookSource(
  source: Of<'webhook'>,
  config: Config,
  client: OutgoingClient,
  around: Surroundings,
): WebhookSource {
  const { signature } = source;
  const { audience, email } = signature;
  const isToken = signature.scheme === 'google-jwt' && audience !== undefined && email !== undefined;
  return createWebhookSource(
    {
      identity: identityOf(source, source.heartbeat_s * secondMs),
      feed: source.feed,
      ...instanceOf(source),
      scheme: signature.scheme === 'google-jwt' ? 'none' : signature.scheme,
      ...(isToken
        ? { verify: createGoogleJwtVerify({ audience, email, jwksUrl: signature.keys_url }, client) }
        : {}),
      ...framingOf(source.feed, source.body),
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
      ...(source.mapping === undefined ? {} : { meta: { mapping: JSON.stringify(source.mapping) } }),
      bodyBytesMax: source.body_bytes_max,
      acceptCompressed: source.accept_compressed ?? takesCompressed(source.feed, source.body),
      ratePerSecond: config.limits.webhook_rate_per_s,
    },
    around,
  );
}

/** Query logs are counted at the edge; everything else is as it was. */
function windowed(
  run: SourceRun,
  config: Config,
  around: Surroundings,
  domains: MonitoredDomains,
): SourceRun {
  const { feed, tenant } = run.identity;
  if (!(queryLogFeeds as readonly string[]).includes(feed)) return run;
  const { window_s, domains_max, networks_max, answer_sets_max, single_queries } = config.query_windows;
  return withQueryWindows(
    run,
    {
      limits: {
        windowMs: window_s * secondMs,
        domainsMax: domains_max,
        networksMax: networks_max,
        answerSetsMax: answer_sets_max,
      },
      watchedDomain: (name) => domains.domainOf(name, tenant),
      observe: queryObserver(),
      single: single_queries,
    },
    around,
  );
}

/** Builds every configured source; nothing connects before `run`. */
export function sourcesOf(
  config: Config,
  policy: OutgoingPolicy,
  around: Surroundings,
  domains: MonitoredDomains,
): SourceList {
  const webhooks: WebhookSource[] = [];
  const client = createOutgoingClient(policy, { nowMs: around.nowMs, userAgent: `zonewarden/${version}` });
  const runs = config.sources.flatMap((source): SourceRun | readonly SourceRun[] => {
    switch (source.via) {
      case 'probe':
      case 'transfer':
      case 'dnstap':
      case 'rdap':
        return witnessSource(source, { config, policy, client, around, domains, identity: identityOf });
      case 'sqs':
      case 'epp':
      case 'syslog':
        return feedSource(source, { client, policy, around, identity: identityOf, pem });
      case 'api':
        return apiSources(source, { client, around, identity: identityOf });
      case 'websocket':
        return socketSource(source, policy, around);
      case 'webhook': {
        const webhook = webhookSource(source, config, client, around);
        webhooks.push(webhook);
        return webhook;
      }
      case 'file':
        return createFileSource(
          {
            identity: identityOf(source, source.poll_interval_ms),
            feed: source.feed,
            ...instanceOf(source),
            paths: source.paths,
            from: source.from,
            follow: source.follow,
            pollIntervalMs: source.poll_interval_ms,
          },
          around,
        );
      case 'kafka':
        return kafkaSource(source, identityOf(source, source.heartbeat_s * secondMs), around);
      case 'stdin':
        return createStdinSource(
          { identity: identityOf(source, 60 * secondMs), feed: source.feed, ...instanceOf(source) },
          process.stdin,
          around,
        );
    }
  });
  return { runs: runs.map((run) => windowed(run, config, around, domains)), webhooks };
}
