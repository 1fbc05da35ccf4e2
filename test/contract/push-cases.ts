/** Every source that is pushed to over HTTP, with deliveries as the sender's documentation shows them, for the suite that all must pass. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createGoogleJwtVerify } from '../../collector/src/1-source/webhook/google-jwt.ts';
import type { WebhookSettings } from '../../collector/src/1-source/webhook/webhook-source.ts';
import { framingOf } from '../../collector/src/app/body-framings.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { identityOf, startMs, type Fake } from '../unit/1-source/api-fake.ts';
import { canary } from './source-cases.ts';

/** A delivery. `path`: what stands behind `/ingest/<id>/`. */
export interface Push {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly path?: string;
}

/** One pushed source. `ids` are record ids; each becomes at least one event. */
export interface PushCase {
  readonly name: string;
  readonly feed: SourceName;
  /** True when the sender proves itself, so that a wrong proof is refused. */
  readonly isProven: boolean;
  /** True when the proof ages. */
  readonly ages: boolean;
  readonly settings: (keys: Fake | undefined) => Partial<WebhookSettings>;
  readonly push: (ids: readonly string[], atMs: number, secret?: string) => Push;
  /** Answers the key set that the proof needs. */
  readonly keys?: () => unknown;
}

const whole = Buffer.from(canary).toString('base64');
const at = '2026-11-20T11:59:00Z';
const json = { 'content-type': 'application/json' };
const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const header = { scheme: 'header' as const, schemeSettings: { secret: createSecret(canary) } };
const bearer = (secret = canary): Record<string, string> => ({ authorization: secret });

const canonical = (id: string): Record<string, unknown> => ({
  id,
  event_type: 'registrar.domain.lock_disabled',
  timestamp: at,
  domain: 'pay.example',
});

const dnsimple: PushCase = {
  name: 'dnsimple by secret path',
  feed: 'dnsimple',
  isProven: false,
  ages: false,
  settings: () => ({ scheme: 'none', schemeSettings: {}, pathSecret: createSecret(canary) }),
  push: ([id = ''], _atMs, secret = canary) => ({
    headers: json,
    path: secret,
    body: text({
      name: 'domain.transfer_lock_disable',
      api_version: 'v2',
      request_identifier: id,
      data: { domain: { id: 1, name: 'pay.example', state: 'registered' } },
      account: { id: 7, identifier: 'ops' },
      actor: { id: '1', entity: 'user', pretty: 'a@acme.example' },
    }),
  }),
};

const hmac: PushCase = {
  name: 'webhook with HMAC and time',
  feed: 'webhook',
  isProven: true,
  ages: true,
  settings: () => ({
    scheme: 'hmac',
    schemeSettings: { secret: createSecret(canary), header: 'x-signature', timestampHeader: 'x-time' },
  }),
  push: (ids, atMs, secret = canary) => {
    const body = text({ events: ids.map(canonical) });
    const time = String(Math.floor(atMs / 1000));
    const signature = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
    return { headers: { ...json, 'x-signature': signature, 'x-time': time }, body };
  },
};

const standard: PushCase = {
  name: 'Standard Webhooks',
  feed: 'webhook',
  isProven: true,
  ages: true,
  settings: () => ({
    scheme: 'standard-webhooks',
    schemeSettings: { secret: createSecret(`whsec_${whole}`) },
  }),
  push: (ids, atMs, secret) => {
    const body = text({ events: ids.map(canonical) });
    const time = String(Math.floor(atMs / 1000));
    const id = `msg_${ids.join('_')}`;
    const key = secret === undefined ? Buffer.from(whole, 'base64') : Buffer.from(secret);
    const signature = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
    return { headers: { ...json, ...headers }, body };
  },
};

const github: PushCase = {
  name: 'github audit stream, signed',
  feed: 'github-audit',
  isProven: true,
  ages: false,
  settings: () => ({ scheme: 'github', schemeSettings: { secret: createSecret(canary) } }),
  push: ([id = ''], _atMs, secret = canary) => {
    const body = text({
      '@timestamp': startMs,
      action: 'org.add_member',
      actor: 'a',
      org: 'acme',
      _document_id: id,
    });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return {
      headers: { ...json, 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': `d-${id}` },
      body,
    };
  },
};

const okta: PushCase = {
  name: 'okta event hook',
  feed: 'okta',
  isProven: true,
  ages: false,
  settings: () => ({ ...header, scheme: 'okta' }),
  push: (ids, _atMs, secret) => ({
    headers: { ...json, ...bearer(secret) },
    body: text({
      eventType: 'com.okta.event_hook',
      eventTypeVersion: '1.0',
      data: {
        events: ids.map((uuid) => ({
          uuid,
          published: at,
          eventType: 'user.mfa.factor.deactivate',
          actor: { id: '00u', type: 'User', alternateId: 'a@acme.example' },
          outcome: { result: 'SUCCESS' },
          target: [{ id: '00u', type: 'User', alternateId: 'a@acme.example' }],
        })),
      },
    }),
  }),
};

const eventBridge: PushCase = {
  name: 'cloudtrail by EventBridge',
  feed: 'aws-cloudtrail',
  isProven: true,
  ages: false,
  settings: () => ({ ...header, schemeSettings: { secret: createSecret(canary), header: 'x-api-key' } }),
  push: ([id = ''], _atMs, secret = canary) => ({
    headers: { ...json, 'x-api-key': secret },
    body: text({
      version: '0',
      id: `e-${id}`,
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.route53domains',
      account: '123456789012',
      time: at,
      region: 'us-east-1',
      detail: {
        eventVersion: '1.11',
        eventID: id,
        eventTime: at,
        eventSource: 'route53domains.amazonaws.com',
        eventName: 'DisableDomainTransferLock',
        awsRegion: 'us-east-1',
        sourceIPAddress: '198.51.100.7',
        userIdentity: {
          type: 'IAMUser',
          userName: 'bob',
          accountId: '123456789012',
          arn: 'arn:aws:iam::123456789012:user/bob',
        },
        requestParameters: { domainName: 'pay.example' },
        responseElements: { operationId: 'op' },
      },
    }),
  }),
};

const logpush: PushCase = {
  name: 'cloudflare Logpush, compressed lines',
  feed: 'cloudflare-audit',
  isProven: true,
  ages: false,
  settings: () => ({ ...header, acceptCompressed: true }),
  push: (ids, _atMs, secret) => ({
    headers: { ...bearer(secret), 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' },
    body: gzipSync(
      ids
        .map((ID) =>
          JSON.stringify({
            ID,
            ActionType: 'rec_set',
            ActionResult: true,
            ActorEmail: 'a@acme.example',
            ActorIP: '198.51.100.7',
            When: at,
            ResourceType: 'DNS_record',
            OldValue: { name: 'www.pay.example', type: 'A', content: '192.0.2.1', zone_name: 'pay.example' },
            NewValue: { name: 'www.pay.example', type: 'A', content: '192.0.2.2', zone_name: 'pay.example' },
          }),
        )
        .join('\n') + '\n',
    ),
  }),
};

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const pubsub: PushCase = {
  name: 'google Pub/Sub push with a signed token',
  feed: 'gcp-dns',
  isProven: true,
  ages: true,
  keys: () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] }),
  settings: (keys) => ({
    scheme: 'none',
    schemeSettings: {},
    verify: createGoogleJwtVerify(
      {
        audience: 'https://zw.example/ingest/gcp',
        email: 'push@acme.iam.gserviceaccount.com',
        jwksUrl: `${keys!.url}/certs`,
      },
      keys!.client,
    ),
  }),
  push: ([id = ''], atMs, secret) => {
    const seconds = Math.floor(atMs / 1000);
    const claims = {
      aud: 'https://zw.example/ingest/gcp',
      iss: 'https://accounts.google.com',
      email: 'push@acme.iam.gserviceaccount.com',
      email_verified: true,
      iat: seconds,
      exp: seconds + 3600,
    };
    const signed = `${part({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${part(claims)}`;
    const proof = sign(
      'RSA-SHA256',
      Buffer.from(signed),
      secret === undefined ? privateKey : stranger,
    ).toString('base64url');
    const entry = {
      insertId: id,
      logName: 'projects/acme/logs/cloudaudit.googleapis.com%2Factivity',
      timestamp: at,
      resource: { type: 'dns_managed_zone' },
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        serviceName: 'dns.googleapis.com',
        methodName: 'dns.changes.create',
        authenticationInfo: { principalEmail: 'bob@acme.example' },
        request: {
          managedZone: 'pay-example',
          change: {
            additions: [{ name: 'www.pay.example.', type: 'A', ttl: 60, rrdata: ['203.0.113.9'] }],
            deletions: [],
          },
        },
      },
    };
    return {
      headers: { ...json, authorization: `Bearer ${signed}.${proof}` },
      body: text({
        message: {
          data: Buffer.from(JSON.stringify(entry)).toString('base64'),
          messageId: id,
          publishTime: at,
        },
        subscription: 'projects/acme/subscriptions/zw',
      }),
    };
  },
};

const otlp: PushCase = {
  name: 'OTLP logs, compressed JSON',
  feed: 'okta',
  isProven: true,
  ages: false,
  settings: () => ({ ...header, acceptCompressed: true, ...framingOf('okta', 'otlp') }),
  push: (ids, _atMs, secret) => ({
    path: 'v1/logs',
    headers: { ...json, ...bearer(secret), 'content-encoding': 'gzip' },
    body: gzipSync(
      text({
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: ids.map((uuid) => ({
                  timeUnixNano: '1795175940000000000',
                  body: {
                    stringValue: JSON.stringify({
                      uuid,
                      published: at,
                      eventType: 'user.session.start',
                      outcome: { result: 'SUCCESS' },
                    }),
                  },
                })),
              },
            ],
          },
        ],
      }),
    ),
  }),
};

const report = (id: string): string =>
  `<feedback><report_metadata><org_name>R</org_name><report_id>${id}</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range></report_metadata><policy_published><domain>pay.example</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row></record></feedback>`;

const dmarc: PushCase = {
  name: 'DMARC reports uploaded',
  feed: 'dmarc',
  isProven: false,
  ages: false,
  settings: () => ({ scheme: 'none', schemeSettings: {}, pathSecret: createSecret(canary) }),
  push: (ids, _atMs, secret = canary) => ({
    headers: { 'content-type': 'application/gzip' },
    path: secret,
    body: gzipSync(ids.map(report).join('\n')),
  }),
};

const firehose: PushCase = {
  name: 'Amazon Data Firehose with a log subscription',
  feed: 'aws-cloudtrail',
  isProven: true,
  ages: false,
  settings: () => ({
    ...header,
    schemeSettings: { secret: createSecret(canary), header: 'x-amz-firehose-access-key' },
    ...framingOf('aws-cloudtrail', 'firehose'),
  }),
  push: (ids, atMs, secret = canary) => ({
    headers: {
      ...json,
      'x-amz-firehose-access-key': secret,
      'x-amz-firehose-protocol-version': '1.0',
      'x-amz-firehose-request-id': `req-${ids.join('-')}`,
      'x-amz-firehose-source-arn': 'arn:aws:firehose:us-east-1:111122223333:deliverystream/audit',
    },
    body: text({
      requestId: `req-${ids.join('-')}`,
      timestamp: atMs,
      records: [
        { data: gzipSync(text({ messageType: 'CONTROL_MESSAGE', logEvents: [] })).toString('base64') },
        { data: gzipSync(text(subscription(ids))).toString('base64') },
      ],
    }),
  }),
};

/** What CloudWatch Logs hands to Firehose of a log group with a trail in it. */
function subscription(ids: readonly string[]): unknown {
  const logEvents = ids.map((eventID) => ({
    id: `3${eventID}`,
    timestamp: startMs,
    message: JSON.stringify({
      eventVersion: '1.11',
      eventID,
      eventTime: at,
      eventSource: 'route53domains.amazonaws.com',
      eventName: 'DisableDomainTransferLock',
      awsRegion: 'us-east-1',
      userIdentity: { type: 'IAMUser', userName: 'bob', arn: 'arn:aws:iam::111122223333:user/bob' },
      requestParameters: { domainName: 'pay.example' },
    }),
  }));
  return { messageType: 'DATA_MESSAGE', logGroup: 'trail', logStream: 's', logEvents };
}

/** All pushed sources. */
export const pushCases: readonly PushCase[] = [
  dnsimple,
  hmac,
  standard,
  github,
  okta,
  eventBridge,
  logpush,
  pubsub,
  otlp,
  dmarc,
  firehose,
];

/** Settings of a case with the bounds and the usual framing of its feed. */
export function settingsOf(one: PushCase, keys: Fake | undefined): WebhookSettings {
  return {
    identity: identityOf(one.feed),
    feed: one.feed,
    scheme: 'none',
    schemeSettings: {},
    bodyBytesMax: 100_000,
    acceptCompressed: false,
    ratePerSecond: 1000,
    ...framingOf(one.feed, undefined),
    ...one.settings(keys),
  };
}
