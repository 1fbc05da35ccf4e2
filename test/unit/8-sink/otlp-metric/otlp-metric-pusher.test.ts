import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOtlpMetricPusher } from '../../../../collector/src/8-sink/otlp-metric/otlp-metric-pusher.ts';
import type { MetricReader } from '../../../../collector/src/contract/names.ts';
import { recordingServer } from '../recording-server.ts';
import { atMs } from '../sample-signals.ts';

const reader: MetricReader = () => [
  { metric: 'source_records', labels: { tenant: 'acme', source: 'okta' }, value: 41 },
  { metric: 'source_lag', labels: { tenant: 'acme', source: 'okta' }, value: 1.5 },
];

test('metrics are pushed as cumulative sums and gauges under the names of the table', async (t) => {
  let status = 200;
  const server = await recordingServer(t, (_request, response) => {
    response.statusCode = status;
    response.end('{}');
  });
  const lines: string[] = [];
  const around = {
    nowMs: () => atMs,
    random: () => 0,
    sleep: (_ms: number, _signal?: AbortSignal) => Promise.resolve(),
    log: (level: string, message: string) => void lines.push(`${level} ${message}`),
  };
  const pusher = createOtlpMetricPusher({
    endpoint: server.url,
    timeoutMs: 400,
    resource: { 'service.name': 'zonewarden' },
    intervalMs: 1_000,
    readers: [reader],
    around,
  });
  t.after(() => pusher.close());
  assert.deepEqual(await pusher.push(), { ok: true, value: 2 });
  assert.equal(server.requests[0]?.path, '/v1/metrics');
  const body = JSON.parse(server.requests[0]?.body ?? '') as {
    resourceMetrics: { scopeMetrics: { metrics: Record<string, unknown>[] }[] }[];
  };
  const metrics = body.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  const attributes = [
    { key: 'tenant', value: { stringValue: 'acme' } },
    { key: 'source', value: { stringValue: 'okta' } },
  ];
  const times = { startTimeUnixNano: '1772600767089000000', timeUnixNano: '1772600767089000000' };
  assert.deepEqual(JSON.parse(JSON.stringify(metrics[0])), {
    name: 'zonewarden.source.records',
    description: 'Raw records accepted, that is durable',
    unit: '{record}',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ attributes, ...times, asDouble: 41 }],
    },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(metrics[1])), {
    name: 'zonewarden.source.lag',
    description: 'Time between the newest event of a source and its receipt',
    unit: 's',
    gauge: { dataPoints: [{ attributes, ...times, asDouble: 1.5 }] },
  });
  status = 400;
  const refused = await pusher.push();
  assert.ok(!refused.ok);
  const stop = new AbortController();
  let rounds = 0;
  around.sleep = async (ms: number, signal?: AbortSignal) => {
    // The other sleep bounds the last push; here the endpoint answers before that.
    if (ms !== 1_000)
      return new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve());
      });
    if (++rounds === 3) stop.abort();
  };
  await pusher.run(stop.signal);
  assert.equal(lines.length, 1, 'an outage is told once');
  assert.equal(server.requests.length, 2 + 4);
});

test('an endpoint that never answers does not hold up the end', async (t) => {
  const server = await recordingServer(t, () => {});
  const stop = new AbortController();
  const waited: number[] = [];
  const pusher = createOtlpMetricPusher({
    endpoint: server.url,
    resource: { 'service.name': 'zonewarden' },
    intervalMs: 1_000,
    readers: [],
    timeoutMs: 3_000,
    around: {
      nowMs: () => 1_772_600_767_089,
      random: () => 0.5,
      sleep: (ms) => Promise.resolve(void waited.push(ms)),
      log: () => {},
    },
  });
  const running = pusher.run(stop.signal);
  stop.abort();
  await running;
  assert.deepEqual(waited, [2_000]);
});
