/**
 * Log records as OpenTelemetry's own exporters put them on the wire, in protobuf and in JSON, into the real collector: the two
 * must give the same record, so what an SDK writes is the witness and not a request of our own making.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { startConfigured } from './configured-run.ts';

const secret = 'CANARY-51b0c4';

/** Every kind of value that an attribute or a body can have. */
const portal = {
  severityNumber: 9,
  severityText: 'INFO',
  timestamp: [1_795_260_000, 123_456_789] as [number, number],
  observedTimestamp: [1_795_260_001, 0] as [number, number],
  eventName: 'registrar.domain.lock_disabled',
  body: { reason: 'transfer', tries: 2, ratio: 0.5, isBulk: false, hosts: ['a.example', 'b.example'] },
  attributes: { domain: 'pay.acme.example', serial: 9_007_199_254_740_991, ttl: -1, tags: ['x', 'y'] },
};

const oktaEvent = JSON.stringify({
  uuid: 'u-otlp',
  published: '2026-11-21T11:20:00.000Z',
  eventType: 'user.session.start',
  outcome: { result: 'SUCCESS' },
});

async function send(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'dns-portal', 'service.instance': 7 }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  provider.getLogger('audit', '1.2.0').emit(portal);
  await provider.forceFlush();
  await provider.shutdown();
}

async function collector(t: TestContext) {
  const run = await startConfigured(
    `
sources:
  - id: portal
    feed: webhook
    via: webhook
    tenant: acme
    body: otlp
    accept_compressed: true
    signature: { scheme: header, secret: { env: SECRET } }
    mapping: { event_type: /event_name, domain: /attributes/domain, timestamp: /time }
  - { id: okta-otel, feed: okta, via: webhook, tenant: acme, body: otlp, signature: { scheme: header, secret: { env: SECRET } } }
`,
    { SECRET: secret },
  );
  t.after(() => run.stop());
  const texts = async (feed: string): Promise<string[]> =>
    (await run.records(feed)).map(({ bytes }) => Buffer.from(bytes).toString());
  return { run, texts };
}

test('protobuf and JSON of the OpenTelemetry exporters give the same record, with every kind of value', async (t) => {
  const { run, texts } = await collector(t);
  const options = { url: `${run.url}/ingest/portal/v1/logs`, headers: { authorization: secret } };
  const compression = 'gzip' as NonNullable<ConstructorParameters<typeof JsonExporter>[0]>['compression'];
  const gzip = { ...options, compression };
  await send(new ProtobufExporter(options));
  await send(new JsonExporter(options));
  await send(new ProtobufExporter(gzip));
  await send(new JsonExporter(gzip));
  const found = (await texts('webhook')).map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(found.length, 4);
  const [first, ...others] = found;
  assert.deepEqual(first, {
    time: '2026-11-21T11:20:00.123Z',
    time_unix_nano: '1795260000123456789',
    observed_time: '2026-11-21T11:20:01.000Z',
    severity_number: 9,
    severity_text: 'INFO',
    event_name: 'registrar.domain.lock_disabled',
    body: { reason: 'transfer', tries: 2, ratio: 0.5, isBulk: false, hosts: ['a.example', 'b.example'] },
    attributes: { domain: 'pay.acme.example', serial: 9_007_199_254_740_991, ttl: -1, tags: ['x', 'y'] },
    resource: { 'service.name': 'dns-portal', 'service.instance': 7 },
    scope: { name: 'audit', version: '1.2.0' },
  });
  for (const other of others) assert.deepEqual(other, first);
});

test('a feed that is not the generic one takes the body of the log record as the vendor wrote it', async (t) => {
  const { run, texts } = await collector(t);
  const exporter = new ProtobufExporter({
    url: `${run.url}/ingest/okta-otel/v1/logs`,
    headers: { authorization: secret },
  });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
  provider.getLogger('okta').emit({ body: oktaEvent });
  await provider.forceFlush();
  await provider.shutdown();
  assert.deepEqual(await texts('okta'), [oktaEvent]);
});

test('an exporter without the secret stores nothing', async (t) => {
  const { run, texts } = await collector(t);
  const url = `${run.url}/ingest/portal/v1/logs`;
  const refused = new ProtobufExporter({ url, headers: { authorization: 'wrong' }, timeoutMillis: 5_000 });
  await send(refused).catch(() => undefined);
  assert.deepEqual(await texts('webhook'), []);
});
