/** Parts of a configuration in which every kind of secret is a canary. */
import { generateKeyPairSync, hash } from 'node:crypto';
import type { Peers } from './canary-peers.ts';
import type { Planter } from './planter.ts';
import type { Telltale } from './telltale-servers.ts';

type Part = Readonly<Record<string, unknown>>;

/** TLS with a client key. */
export function tlsPart(planter: Planter, key: string): Part {
  return { ca: 'cert.pem', cert: 'cert.pem', key: planter.secret('TLS key', () => key) };
}

/** A Kafka cluster with a password; with `tls` over TLS. */
export function kafkaPart(planter: Planter, broker: Telltale, name: string, tls?: Part): Part {
  const password = planter.secret(`Kafka password of ${name}`);
  return {
    brokers: [`127.0.0.1:${broker.port}`],
    sasl: { mechanism: 'plain', username: 'collector', password },
    ...(tls === undefined ? {} : { tls }),
  };
}

function googleKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

function webhookSources(planter: Planter): Part[] {
  const hook = (id: string, feed: string, more: object) => ({
    id,
    feed,
    via: 'webhook',
    tenant: 'acme',
    ...more,
  });
  const signature = {
    scheme: 'hmac',
    header: 'x-signature',
    secret: planter.secret('webhook secret'),
    previous_secret: planter.secret('previous webhook secret'),
  };
  return [
    hook('hook', 'webhook', { signature }),
    hook('shared', 'okta', { signature: { scheme: 'okta', secret: { file: 'hook-secret' } } }),
    hook('path', 'dnsimple', {
      path_secret: planter.secret('path secret', (text) => text.replace(/[+/]/g, '-')),
    }),
  ];
}

function pollers(planter: Planter, peers: Peers): Part[] {
  const api = (feed: string, more: object) => ({
    id: feed,
    feed,
    via: 'api',
    tenant: 'acme',
    interval_s: 1,
    ...more,
  });
  const application = { directory_id: 'd', client_id: 'c', login_url: peers.login.url };
  return [
    api('okta', { url: peers.okta.url, token: planter.secret('Okta token') }),
    api('entra', {
      ...application,
      graph_url: peers.graph.url,
      client_secret: planter.secret('Entra client secret'),
    }),
    api('google-workspace', {
      url: peers.reports.url,
      token_url: peers.oauth.url,
      service_account: 'sa@x.example',
      subject: 'admin@acme.example',
      applications: ['login'],
      private_key: planter.secret('Google key', googleKey),
    }),
    api('github-audit', { url: peers.github.url, owner: 'acme', token: planter.secret('GitHub token') }),
    api('m365-audit', {
      ...application,
      url: peers.m365.url,
      client_secret: planter.secret('M365 client secret'),
    }),
    api('cloudflare-audit', {
      url: peers.cloudflare.url,
      account_id: 'a',
      token: planter.secret('Cloudflare audit token'),
    }),
    api('ct', {
      url: peers.certSpotter.url,
      domains: ['shop.example'],
      token: planter.secret('Cert Spotter token'),
    }),
  ];
}

/** Sources of every transport that takes a secret. */
export function sourceParts(planter: Planter, peers: Peers, tls: Part): Part[] {
  const topic = { feed: 'okta', via: 'kafka', tenant: 'acme', topics: ['t'] };
  return [
    ...webhookSources(planter),
    ...pollers(planter, peers),
    {
      id: 'feed',
      feed: 'certstream',
      via: 'websocket',
      url: `wss://127.0.0.1:${peers.feed.port}/`,
      headers: { authorization: planter.bearer('feed header') },
      tls,
    },
    {
      id: 'trail',
      feed: 'aws-cloudtrail',
      via: 'sqs',
      tenant: 'acme',
      region: 'eu-central-1',
      queue_url: `${peers.queue.url}/1/trail`,
      s3_url: peers.queue.url,
      access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      secret_access_key: planter.secret('SQS key'),
      session_token: planter.secret('SQS session'),
    },
    {
      id: 'registry',
      feed: 'epp-poll',
      via: 'epp',
      tenant: 'acme',
      instance: 'r/1',
      host: '127.0.0.1',
      port: peers.epp.port,
      user: 'user',
      // EPP takes 16 characters at most (RFC 5730).
      password: planter.secret('EPP password', (text) => text.slice(0, 16)),
      tls,
      owns_queue: true,
      interval_s: 30,
    },
    {
      id: 'zones',
      feed: 'dns-xfr',
      via: 'transfer',
      tenant: 'acme',
      zones: ['shop.example'],
      primaries: [`127.0.0.1#${peers.dns.port}`],
      key: { name: 'k', algorithm: 'hmac-sha256', secret: planter.secret('TSIG key') },
      retry_s: 1,
    },
    { id: 'topic', ...topic, ...kafkaPart(planter, peers.broker, 'source') },
    { id: 'topic-tls', ...topic, ...kafkaPart(planter, peers.secureBroker, 'source over TLS', tls) },
  ];
}

/** Sinks of every kind; the certificate of one is not trusted. */
export function sinkParts(planter: Planter, peers: Peers, tls: Part): Part[] {
  const hook = (id: string, more: object) => ({
    id,
    kind: 'webhook',
    url: `${peers.hook.url}/${id}`,
    timeout_ms: 1000,
    secret: planter.secret(`secret of ${id}`),
    ...more,
  });
  return [
    { id: 'prometheus', kind: 'prometheus' },
    { id: 'terminal', kind: 'terminal', colour: 'never' },
    {
      id: 'otlp',
      kind: 'otlp',
      endpoint: peers.otlp.url,
      headers: { authorization: planter.bearer('OTLP header') },
      tls,
      timeout_ms: 1000,
      metrics_interval_s: 1,
    },
    hook('siem', {
      headers: { 'x-api-key': planter.secret('sink header') },
      tls,
      signals: ['event', 'finding', 'case'],
    }),
    hook('untrusted', {}),
    { id: 'bus', kind: 'kafka', ...kafkaPart(planter, peers.broker, 'sink') },
    { id: 'bus-tls', kind: 'kafka', ...kafkaPart(planter, peers.secureBroker, 'sink over TLS', tls) },
  ];
}

/** Executors of every kind. */
export function actionParts(planter: Planter, { provider, soar, dns }: Peers): Part[] {
  return [
    {
      id: 'update',
      kind: 'rfc2136',
      server: '127.0.0.1',
      port: dns.port,
      key_name: 'k',
      key_secret: planter.secret('update key'),
      timeout_ms: 500,
    },
    {
      id: 'dnsimple',
      kind: 'dnsimple',
      account: '1010',
      token: planter.secret('DNSimple token'),
      url: provider.url,
    },
    {
      id: 'cloudflare',
      kind: 'cloudflare',
      account: 'a',
      token: planter.secret('Cloudflare token'),
      url: provider.url,
    },
    {
      id: 'route53',
      kind: 'route53',
      access_key_id: planter.secret('Route 53 key id'),
      secret_access_key: planter.secret('Route 53 key'),
      session_token: planter.secret('Route 53 session'),
      url: provider.url,
      domains_url: provider.url,
    },
    { id: 'soar', kind: 'webhook', url: soar.url, secret: planter.secret('SOAR secret') },
  ];
}

/** Places of silences, and who may use the API. */
export function accessParts(planter: Planter, { silences, grafana }: Peers): Part {
  const place = (kind: string) => ({
    id: kind,
    kind,
    url: silences.url,
    token: planter.secret(`${kind} token`),
    interval_s: 5,
  });
  const token = (name: string, user?: string) => ({
    id: name.toLowerCase().replaceAll(' ', '-'),
    sha256: hash('sha256', planter.textOf(name), 'hex'),
    tenants: ['acme'],
    roles: ['admin'],
    ...(user === undefined ? {} : { user }),
  });
  return {
    silences: [place('grafana'), place('alertmanager')],
    api: {
      tokens: [
        token('API token', 'okta:one@acme'),
        token('second API token', 'okta:two@acme'),
        token('plugin token'),
      ],
      grafana: { jwks_url: `${grafana.url}/keys`, issuer: 'https://grafana.example/' },
    },
  };
}
