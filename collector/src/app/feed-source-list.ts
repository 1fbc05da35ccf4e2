/** Sources with a transport of their own as running ones: one case per transport. */
import { BlockList, isIP } from 'node:net';
import type { SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { OutgoingPolicy } from '../1-source/address-policy.ts';
import { createCloudtrailQueueSource } from '../1-source/cloudtrail-queue/cloudtrail-queue-source.ts';
import { createEppPollSource } from '../1-source/epp-poll/epp-poll-source.ts';
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import { createSyslogSource } from '../1-source/syslog/syslog-source.ts';
import type { Secret } from '../leaf/secret.ts';
import type { FeedSourceConfig } from './config-feed-sources.ts';

type Of<V extends FeedSourceConfig['via']> = Extract<FeedSourceConfig, { via: V }>;

/** What building such a source needs besides its configuration. */
export interface FeedSourceParts {
  readonly client: OutgoingClient;
  readonly policy: OutgoingPolicy;
  readonly around: Surroundings;
  readonly identity: (source: FeedSourceConfig, intervalMs: number) => SourceIdentity;
  /** PEM texts of a connection. */
  readonly pem: (
    tls: Of<'epp'>['tls'],
  ) => { readonly ca?: string; readonly cert?: string; readonly key?: Secret } | undefined;
}

const secondMs = 1000;
const longPollMs = 60 * secondMs;

function queueSource(source: Of<'sqs'>, parts: FeedSourceParts): SourceRun {
  const settings = {
    identity: parts.identity(source, longPollMs),
    instance: source.instance,
    region: source.region,
    queueUrl: source.queue_url,
    keys: {
      accessKeyId: source.access_key_id,
      secretAccessKey: source.secret_access_key,
      sessionToken: source.session_token,
    },
    buckets: source.buckets,
    s3Url: source.s3_url,
  };
  return createCloudtrailQueueSource(settings, parts.client, parts.around);
}

function eppSource(source: Of<'epp'>, parts: FeedSourceParts): SourceRun {
  const settings = {
    identity: parts.identity(source, source.interval_s * secondMs),
    instance: source.instance,
    host: source.host,
    port: source.port,
    user: source.user,
    password: source.password,
    tls: parts.pem(source.tls),
    timeoutMs: source.timeout_ms,
  };
  return createEppPollSource(settings, parts.policy, parts.around);
}

function syslogSource(source: Of<'syslog'>, parts: FeedSourceParts): SourceRun {
  const separator = source.listen.lastIndexOf(':');
  const networks = new BlockList();
  for (const network of source.from) {
    const [address = '', bits = ''] = network.split('/');
    networks.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  const settings = {
    identity: parts.identity(source, source.heartbeat_s * secondMs),
    feed: source.feed,
    instance: source.instance,
    protocol: source.protocol,
    host: source.listen.slice(0, separator).replace(/^\[|\]$/g, ''),
    port: Number(source.listen.slice(separator + 1)),
    allows: (address: string) =>
      isIP(address) !== 0 && networks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
    ...(source.mapping === undefined ? {} : { meta: { mapping: JSON.stringify(source.mapping) } }),
    connectionsMax: source.connections_max,
  };
  return createSyslogSource(settings, parts.around);
}

/** Builds the source; nothing connects or listens before `run`. */
export function feedSource(source: FeedSourceConfig, parts: FeedSourceParts): SourceRun {
  switch (source.via) {
    case 'sqs':
      return queueSource(source, parts);
    case 'epp':
      return eppSource(source, parts);
    case 'syslog':
      return syslogSource(source, parts);
  }
}
