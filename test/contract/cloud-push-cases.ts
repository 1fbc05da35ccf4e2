/** Deliveries of cloud platforms: event buses, push subscriptions, log pipelines. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createGoogleJwtVerify } from '../../collector/src/1-source/webhook/google-jwt.ts';
import { framingOf } from '../../collector/src/app/body-framings.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { startMs } from '../unit/1-source/api-fake.ts';
import { at, bearer, header, json, text, type PushCase } from './push-case.ts';
import { canary } from './source-cases.ts';

export const eventBridge: PushCase = {
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

export const logpush: PushCase = {
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

export const pubsub: PushCase = {
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

export const otlp: PushCase = {
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

export const firehose: PushCase = {
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
