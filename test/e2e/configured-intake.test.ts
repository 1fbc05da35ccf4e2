/** Deliveries over HTTP in every form a sender has, into the real collector: Logpush, EventBridge, Pub/Sub, reports, OTLP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import protobuf from 'protobufjs/light.js';
import { MonitoredDomains } from '../../collector/src/app/monitored-domains.ts';
import { startFake, type Fake } from '../unit/1-source/api-fake.ts';
import { startConfigured, type ConfiguredRun } from './configured-run.ts';

const canary = 'CANARY-7d2e90';
let google: Fake;
let run: ConfiguredRun;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let published: JWK[] = [];

before(async () => {
  keys = await generateKeyPair('RS256');
  published = [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }];
  google = await startFake(() => (published.length === 0 ? { status: 503 } : { body: { keys: published } }));
  run = await startConfigured(
    `
sources:
  - id: logpush
    feed: cloudflare-audit
    via: webhook
    tenant: acme
    accept_compressed: true
    signature: { scheme: header, secret: { env: SECRET } }
  - id: bridge
    feed: aws-cloudtrail
    via: webhook
    tenant: acme
    signature: { scheme: header, header: x-api-key, secret: { env: SECRET } }
  - id: pubsub
    feed: gcp-dns
    via: webhook
    tenant: acme
    signature: { scheme: google-jwt, audience: "https://zw.example/ingest/pubsub", email: push@acme.iam.example, keys_url: "${google.url}/certs" }
  - { id: reports, feed: dmarc, via: webhook, tenant: acme, path_secret: { env: SECRET } }
  - id: otel
    feed: webhook
    via: webhook
    tenant: acme
    body: otlp
    signature: { scheme: header, secret: { env: SECRET } }
    mapping: { event_type: /event_name, domain: /attributes/domain, timestamp: /time }
  - { id: okta-otel, feed: okta, via: webhook, tenant: acme, body: otlp, signature: { scheme: header, secret: { env: SECRET } } }
`,
    { SECRET: canary },
  );
});
after(async () => {
  assert.equal((await run.told()).includes(canary), false, 'secrets stay secret');
  await run.stop();
  await google.close();
});

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${run.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
const texts = async (feed: string): Promise<string[]> =>
  (await run.records(feed)).map(({ bytes }) => Buffer.from(bytes).toString());
const bearer = { authorization: canary };

test('logpush: the test file is answered and not stored; gzip NDJSON becomes one record per line', async () => {
  const gzip = { ...bearer, 'content-encoding': 'gzip' };
  assert.equal((await post('/ingest/logpush', gzipSync('{"content":"tests"}'), gzip)).status, 200);
  assert.deepEqual(await texts('cloudflare-audit'), []);
  const long = `{"ID":"${'x'.repeat(1024 * 1024)}"}`;
  const lines = `{"ID":"1"}\n\n${long}\n{"ID":"2"}\n`;
  assert.equal((await post('/ingest/logpush', gzipSync(lines), gzip)).status, 200);
  assert.deepEqual(await texts('cloudflare-audit'), ['{"ID":"1"}', '{"ID":"2"}']);
  assert.equal(run.said.filter((line) => line.includes('part of a delivery')).length, 1);
  assert.equal((await post('/ingest/logpush', gzipSync(lines), { 'content-encoding': 'gzip' })).status, 401);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  assert.equal((await post('/ingest/logpush', bomb, gzip)).status, 413);
});

test('eventbridge: an API key in a header proves the delivery', async () => {
  const event = JSON.stringify({ id: 'e', 'detail-type': 'AWS API Call via CloudTrail', detail: {} });
  assert.equal((await post('/ingest/bridge', event, { 'x-api-key': 'wrong' })).status, 401);
  assert.equal((await post('/ingest/bridge', event, { 'x-api-key': canary })).status, 200);
  const [record] = await run.records('aws-cloudtrail');
  assert.equal(record?.verified, true);
});

const tokenFor = (
  claims: { aud?: string; email?: string; email_verified?: boolean },
  kid = 'one',
  seconds = 300,
) =>
  new SignJWT({ email: 'push@acme.iam.example', email_verified: true, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer('https://accounts.google.com')
    .setAudience(claims.aud ?? 'https://zw.example/ingest/pubsub')
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(keys.privateKey);

test('pub/sub: only a token of the right account, audience, issuer, key and time is taken', async () => {
  const body = JSON.stringify({ message: { data: 'e30=', messageId: '1' } });
  const send = async (token: string) =>
    (await post('/ingest/pubsub', body, { authorization: `Bearer ${token}` })).status;
  const other = await generateKeyPair('RS256');
  const forged = await new SignJWT({ email: 'push@acme.iam.example', email_verified: true })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer('https://accounts.google.com')
    .setAudience('https://zw.example/ingest/pubsub')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(other.privateKey);
  const keySet = published;
  published = [];
  assert.equal(await send(await tokenFor({})), 503, 'without keys the sender is asked to repeat');
  published = keySet;
  for (const bad of [
    await tokenFor({ email: 'other@acme.iam.example' }),
    await tokenFor({ email_verified: false }),
    await tokenFor({ aud: 'https://else.example' }),
    await tokenFor({}, 'two'),
    await tokenFor({}, 'one', -300),
    forged,
    'a.b.c',
  ])
    assert.equal(await send(bad), 401);
  assert.equal((await texts('gcp-dns')).length, 0);
  assert.equal(await send(await tokenFor({})), 200);
  assert.equal((await run.records('gcp-dns'))[0]?.verified, true);
});

test('reports: an uploaded archive is unpacked; without a signature it is a hint', async () => {
  const xml = '<feedback><report_metadata><report_id>1</report_id></report_metadata></feedback>';
  const type = { 'content-type': 'application/gzip' };
  assert.equal((await post(`/ingest/reports/${canary}`, gzipSync(xml), type)).status, 200);
  assert.equal((await post('/ingest/reports/guess', gzipSync(xml), type)).status, 404);
  assert.equal((await post(`/ingest/reports/${canary}`, 'neither', type)).status, 400);
  const [record, ...more] = await run.records('dmarc');
  assert.deepEqual(
    [Buffer.from(record?.bytes ?? []).toString(), record?.contentType, more.length],
    [xml, 'text/xml', 0],
  );
  assert.equal(record?.verified, false);
});

const nano = '1795260000123456789';
const logs = (body: unknown) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'dns-portal' } }] },
      scopeLogs: [
        {
          scope: { name: 'audit', version: '1' },
          logRecords: [
            {
              timeUnixNano: nano,
              severityNumber: 9,
              eventName: 'dns.record.updated',
              body,
              attributes: [
                { key: 'domain', value: { stringValue: 'acme.example' } },
                { key: 'count', value: { intValue: '9007199254740993' } },
              ],
            },
          ],
        },
      ],
    },
  ],
});

test('otlp: JSON and protobuf give the same record; another feed takes the body as it is', async () => {
  const json = await post('/ingest/otel/v1/logs', JSON.stringify(logs({ stringValue: 'changed' })), bearer);
  assert.deepEqual([json.status, await json.json()], [200, {}]);
  const [found] = await texts('webhook');
  assert.deepEqual(JSON.parse(found ?? ''), {
    time: '2026-11-21T11:20:00.123Z',
    time_unix_nano: nano,
    severity_number: 9,
    event_name: 'dns.record.updated',
    body: 'changed',
    attributes: { domain: 'acme.example', count: '9007199254740993' },
    resource: { 'service.name': 'dns-portal' },
    scope: { name: 'audit', version: '1' },
  });
  const answer = await post('/ingest/otel/v1/logs', encoded(), {
    ...bearer,
    'content-type': 'application/x-protobuf',
  });
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-protobuf']);
  const all = await texts('webhook');
  assert.equal(all.length, 2);
  assert.deepEqual(JSON.parse(all[1] ?? ''), { ...JSON.parse(found ?? ''), trace_id: '0a0b' });
  const event = '{"uuid":"u1","eventType":"user.session.start"}';
  await post('/ingest/okta-otel/v1/logs', JSON.stringify(logs({ stringValue: event })), bearer);
  assert.deepEqual(await texts('okta'), [event]);
  const empty = await post('/ingest/okta-otel/v1/logs', JSON.stringify(logs({})), bearer);
  assert.deepEqual(await empty.json(), {
    partialSuccess: { rejectedLogRecords: '1', errorMessage: 'a log record has no body' },
  });
  for (const bad of ['{"resourceLogs":', '[]', 'x'])
    assert.equal((await post('/ingest/otel/v1/logs', bad, bearer)).status, 400);
});

/** The request above in protobuf, written by hand field by field (opentelemetry-proto, logs.proto). */
function encoded(): Uint8Array<ArrayBuffer> {
  const writer = (): protobuf.Writer => protobuf.Writer.create();
  const text = (value: string): Uint8Array => writer().uint32(0x0a).string(value).finish();
  const pair = (key: string, value: Uint8Array): Uint8Array =>
    writer().uint32(0x0a).string(key).uint32(0x12).bytes(value).finish();
  const record = writer()
    .uint32(0x09)
    .fixed64(nano)
    .uint32(0x10)
    .int32(9)
    .uint32(0x2a)
    .bytes(text('changed'))
    .uint32(0x32)
    .bytes(pair('domain', text('acme.example')))
    .uint32(0x32)
    .bytes(pair('count', writer().uint32(0x18).int64('9007199254740993').finish()))
    .uint32(0x4a)
    .bytes(Uint8Array.of(0x0a, 0x0b))
    .uint32(0x62)
    .string('dns.record.updated')
    .finish();
  const scope = writer().uint32(0x0a).string('audit').uint32(0x12).string('1').finish();
  const scoped = writer().uint32(0x0a).bytes(scope).uint32(0x12).bytes(record).finish();
  const resource = writer()
    .uint32(0x0a)
    .bytes(pair('service.name', text('dns-portal')))
    .finish();
  const group = writer().uint32(0x0a).bytes(resource).uint32(0x12).bytes(scoped).finish();
  return Uint8Array.from(writer().uint32(0x0a).bytes(group).finish());
}

test('hints: an unproven delivery about a monitored domain makes probes look sooner; about others it does nothing', () => {
  const domains = new MonitoredDomains(
    { version: 1, domains: [{ tenant: 'acme', domain: 'acme.example' }] },
    () => 1_000_000,
  );
  domains.hint('www.acme.example');
  domains.hint('somebody-else.example');
  assert.deepEqual([...domains.suspicions()], [['acme.example', 1_000_000 + 15 * 60_000]]);
});

test('otlp: the path of the protocol leads to the one source that speaks it only while there is one', async () => {
  // Two OTLP sources are configured above, so /v1/logs names neither.
  const nobody = await post('/v1/logs', JSON.stringify(logs({ stringValue: 'x' })), bearer);
  assert.equal(nobody.status, 413, 'the body of a request to nobody is not read');
  const one = await startConfigured(
    `
sources:
  - { id: otel, feed: okta, via: webhook, tenant: acme, body: otlp, signature: { scheme: header, secret: { env: SECRET } } }
`,
    { SECRET: canary },
  );
  try {
    const send = (headers: Record<string, string>) =>
      fetch(`${one.url}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(logs({ stringValue: '{"uuid":"1"}' })),
      });
    assert.equal((await send({})).status, 401);
    assert.equal((await send(bearer)).status, 200);
    assert.equal((await one.records('okta')).length, 1);
  } finally {
    await one.stop();
  }
});
