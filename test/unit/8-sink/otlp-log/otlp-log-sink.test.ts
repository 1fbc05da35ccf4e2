import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createOtlpLogSink } from '../../../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { recordingServer } from '../recording-server.ts';
import { atMs, sampleEvent, sampleFinding, signalOf } from '../sample-signals.ts';

const never = new AbortController().signal;
const batch = [signalOf('event', sampleEvent(), 'e1'), signalOf('finding', sampleFinding(), 'f1.0')];

function sinkFor(
  t: TestContext,
  endpoint: string,
  over: Partial<Parameters<typeof createOtlpLogSink>[0]> = {},
) {
  const sink = createOtlpLogSink({
    id: 'otlp',
    accepts: ['event', 'finding'],
    resource: { 'service.name': 'zonewarden', 'service.version': '0.1.0' },
    endpoint,
    timeoutMs: 400,
    nowMs: () => atMs,
    ...over,
  });
  t.after(() => sink.close());
  return sink;
}

interface OtlpValue {
  stringValue?: string;
  intValue?: number;
  arrayValue?: { values: OtlpValue[] };
}
interface OtlpBody {
  resourceLogs: {
    resource: { attributes: { key: string; value: OtlpValue }[] };
    scopeLogs: {
      logRecords: {
        timeUnixNano: string;
        observedTimeUnixNano: string;
        eventName: string;
        severityNumber?: number;
        severityText?: string;
        body: OtlpValue;
        attributes: { key: string; value: OtlpValue }[];
      }[];
    }[];
  }[];
}

test('a batch is one request whose body holds every record in order', async (t) => {
  const server = await recordingServer(t, (_request, response) => response.end('{}'));
  const sink = sinkFor(t, `${server.url}/otlp/`, {
    headers: { 'x-scope-orgid': 'team' },
    compression: 'gzip',
  });
  assert.deepEqual(await sink.write(batch, never), { status: 'delivered' });
  const [request] = server.requests;
  assert.equal(server.requests.length, 1);
  assert.equal(request?.path, '/otlp/v1/logs');
  assert.equal(request.headers['x-scope-orgid'], 'team');
  assert.equal(request.headers['content-encoding'], 'gzip');
  const body = JSON.parse(request.body) as OtlpBody;
  assert.deepEqual(
    body.resourceLogs[0]?.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
    [
      ['service.name', 'zonewarden'],
      ['service.version', '0.1.0'],
    ],
  );
  const records = body.resourceLogs
    .flatMap((resource) => resource.scopeLogs)
    .flatMap((scope) => scope.logRecords);
  assert.deepEqual(
    records.map(({ timeUnixNano, observedTimeUnixNano, eventName, severityNumber }) => [
      timeUnixNano,
      observedTimeUnixNano,
      eventName,
      severityNumber,
    ]),
    [
      ['1772600767089000000', '1772600768000000000', 'registrar.domain.nameservers_changed', undefined],
      ['1772600767089000000', '1772600768500000000', 'zonewarden.finding', 17],
    ],
  );
  const attribute = (index: number, name: string) =>
    records[index]?.attributes.find(({ key }) => key === name)?.value;
  assert.equal(attribute(0, 'log.record.uid')?.stringValue, 'abcdefghijklmnopqrstuvwxyz');
  assert.equal(attribute(0, 'event.name')?.stringValue, 'registrar.domain.nameservers_changed');
  assert.deepEqual(attribute(0, 'zonewarden.new_value')?.arrayValue?.values, [
    { stringValue: 'ns1.evil.example' },
  ]);
  assert.equal(attribute(1, 'log.record.uid')?.stringValue, 'f1.0');
  assert.match(records[1]?.body.stringValue ?? '', /^high R05/);
});

test('answers are judged: throttled, refused, forbidden, away', async (t) => {
  let status = 200;
  const server = await recordingServer(t, (_request, response) => {
    response.writeHead(status, { 'retry-after': '7' });
    response.end('because');
  });
  const sink = sinkFor(t, server.url);
  const expected: [number, string, string, number | undefined][] = [
    [429, 'retryable', 'endpoint_throttled', 7_000],
    [502, 'retryable', 'endpoint_unreachable', 7_000],
    [503, 'retryable', 'endpoint_unreachable', 7_000],
    [504, 'retryable', 'endpoint_timeout', 7_000],
    [401, 'retryable', 'unauthorised', 7_000],
    [400, 'rejected', 'endpoint_refused', undefined],
    [413, 'rejected', 'endpoint_refused', undefined],
    [500, 'rejected', 'endpoint_refused', undefined],
  ];
  for (const [code, kind, error, afterMs] of expected) {
    status = code;
    const delivery = await sink.write(batch, never);
    assert.equal(delivery.status, kind, String(code));
    assert.ok(delivery.status !== 'delivered' && delivery.code === error, String(code));
    if (delivery.status === 'retryable') assert.equal(delivery.afterMs, afterMs);
    if (delivery.status === 'rejected') assert.equal(delivery.rejectedCount, 2);
    assert.match(delivery.message, new RegExp(`endpoint answered ${code}`));
  }
});

test('partial success is told with its count and not repeated', async (t) => {
  const server = await recordingServer(t, (_request, response) =>
    response.end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}'),
  );
  const sink = sinkFor(t, server.url);
  assert.deepEqual(await sink.write(batch, never), {
    status: 'rejected',
    code: 'endpoint_refused',
    message: 'endpoint refused 1 of 2 records: too old',
    rejectedCount: 1,
  });
  assert.equal(server.requests.length, 1);
});

test('an answer that is no JSON, or an empty partial success, is a delivery', async (t) => {
  const server = await recordingServer(t, (_request, response, index) =>
    response.end(index === 0 ? 'ok' : '{"partialSuccess":{}}'),
  );
  const sink = sinkFor(t, server.url);
  assert.equal((await sink.write(batch, never)).status, 'delivered');
  assert.equal((await sink.write(batch, never)).status, 'delivered');
});

test('an endpoint that is not there, hangs or cuts the connection gets the batch again later', async (t) => {
  const server = await recordingServer(t, (_request, response, index) => {
    if (index === 0) response.socket?.destroy();
  });
  const sink = sinkFor(t, server.url);
  assert.equal((await sink.write(batch, never)).status, 'retryable');
  const hanging = await sink.write(batch, never);
  assert.ok(hanging.status === 'retryable' && hanging.code === 'endpoint_timeout', JSON.stringify(hanging));
  const nobody = sinkFor(t, 'http://127.0.0.1:1');
  const away = await nobody.write(batch, never);
  assert.ok(away.status === 'retryable' && away.code === 'endpoint_unreachable');
});

test('a probe says whether the endpoint takes logs', async (t) => {
  let status = 200;
  const server = await recordingServer(t, (_request, response) => {
    response.statusCode = status;
    response.end('{}');
  });
  const sink = sinkFor(t, server.url);
  assert.deepEqual(await sink.probe(never), { ok: true, value: 'takes OTLP logs' });
  status = 401;
  const refused = await sink.probe(never);
  assert.ok(!refused.ok && refused.failure.code === 'unauthorised');
});
