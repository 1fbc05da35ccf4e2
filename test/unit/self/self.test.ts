import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrometheusPage } from '../../../collector/src/8-sink/prometheus.ts';
import {
  deliveryReader,
  engineReader,
  logReader,
  quarantineReader,
} from '../../../collector/src/self/component-readers.ts';
import { createProcessReader } from '../../../collector/src/self/process-reader.ts';
import { SourceCounters } from '../../../collector/src/self/source-counters.ts';
import { resourceOf, startTracing, wantsTraces } from '../../../collector/src/self/tracing.ts';
import { recordingServer } from '../8-sink/recording-server.ts';

const okta = {
  tenant: 'acme',
  id: 'okta-1',
  feed: 'okta',
  kind: 'identity_log',
  intervalMs: 60_000,
} as const;

test('a source is counted, its lag is that of the newest event, silence is seen', async () => {
  let nowMs = 1_000_000;
  const counters = new SourceCounters(() => nowMs);
  counters.register(okta);
  counters.accepted(okta, 3, 700);
  counters.event(okta, 990_000, 1_000_000);
  counters.event(okta, 500_000, 1_000_000);
  counters.repeated(okta, 'duplicate');
  counters.repeated(okta, 'late');
  counters.rejected(okta, 'not_json');
  counters.gap(okta, 10_000, 25_000);
  nowMs += 180_000;
  assert.equal(counters.isAlive('acme', 'okta-1'), true);
  nowMs += 1;
  assert.equal(counters.isAlive('acme', 'okta-1'), false);
  assert.equal(counters.isAlive('acme', 'nobody'), undefined);
  const text = await createPrometheusPage([counters.reader]).text();
  const at = '{tenant="acme",source="okta-1"}';
  for (const line of [
    `zonewarden_source_up${at} 0`,
    `zonewarden_source_last_success_age_seconds${at} 180.001`,
    `zonewarden_source_records_total${at} 3`,
    `zonewarden_source_received_bytes_total${at} 700`,
    `zonewarden_source_events_total${at} 2`,
    `zonewarden_source_lag_seconds${at} 10`,
    `zonewarden_source_duplicates_total${at} 1`,
    `zonewarden_source_late_total${at} 1`,
    `zonewarden_source_gap_seconds_total${at} 15`,
    'zonewarden_source_rejected_total{tenant="acme",source="okta-1",code="not_json"} 1',
  ])
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  counters.heartbeat(okta);
  assert.equal(counters.isAlive('acme', 'okta-1'), true);
});

test('logs, sinks, quarantine and engine are read where they stand', async () => {
  const log = {
    bytes: 10,
    queuedBytes: 2,
    state: 'full',
    torn: [{ bytes: 5 }, { bytes: 6 }],
    segments: () => [1, 2],
  };
  const delivery = {
    sink: 'otlp',
    backlog: 7,
    delivered: 9,
    lost: 0,
    isUp: false,
    rejected: new Map([['endpoint_refused', 2]]),
    retries: new Map([['endpoint_timeout', 4]]),
  };
  const text = await createPrometheusPage([
    logReader('raw', log, () => 1_000),
    deliveryReader(() => [delivery]),
    quarantineReader(() => [{ source: 'okta', code: 'not_json', state: 'open', count: 3 }]),
    engineReader(
      () => ({ backlog: 12, watermarks: [['acme', 4_000]] }),
      () => 10_000,
    ),
  ]).text();
  for (const line of [
    'zonewarden_log_size_bytes{log="raw"} 10',
    'zonewarden_log_writable{log="raw"} 0',
    'zonewarden_log_torn_bytes_total{log="raw"} 11',
    'zonewarden_log_segments{log="raw"} 2',
    'zonewarden_log_free_bytes{log="raw"} 1000',
    'zonewarden_sink_backlog{sink="otlp"} 7',
    'zonewarden_sink_up{sink="otlp"} 0',
    'zonewarden_sink_rejected_total{sink="otlp",code="endpoint_refused"} 2',
    'zonewarden_sink_retries_total{sink="otlp",code="endpoint_timeout"} 4',
    'zonewarden_quarantine{source="okta",code="not_json",state="open"} 3',
    'zonewarden_engine_backlog 12',
    'zonewarden_watermark_age_seconds{tenant="acme"} 6',
  ])
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
});

test('the process tells its memory and the delay of its loop', () => {
  const measured = createProcessReader('0.1.0');
  const samples = [...measured.reader()];
  measured.close();
  const of = (metric: string) => samples.filter((sample) => sample.metric === metric);
  assert.ok((of('process_memory')[0]?.value ?? 0) > 1e7);
  assert.equal(of('event_loop_delay').length, 3);
  assert.ok(of('event_loop_delay').every(({ value }) => value >= 0 && value < 60));
  assert.deepEqual(of('build')[0]?.labels, { version: '0.1.0' });
});

test('traces are wanted only by the standard variables', () => {
  assert.equal(wantsTraces({}), false);
  assert.equal(wantsTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), true);
  assert.equal(wantsTraces({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }), true);
  assert.equal(wantsTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'TRUE' }), false);
  assert.equal(wantsTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_EXPORTER: 'none' }), false);
});

test('the resource is read from the standard variables', () => {
  assert.deepEqual(resourceOf({}, { 'service.version': '1' }), {
    'service.name': 'zonewarden',
    'service.version': '1',
  });
  const environment = {
    OTEL_RESOURCE_ATTRIBUTES:
      'service.name=a,deployment.environment.name=prod%20eu, bad,=x,odd=%zz,__proto__=y',
    OTEL_SERVICE_NAME: 'b',
  };
  assert.deepEqual(resourceOf(environment, {}), {
    'service.name': 'b',
    'deployment.environment.name': 'prod eu',
    odd: '%zz',
  });
});

test('without an endpoint spans cost nothing and work runs; with one they arrive', async (t) => {
  const off = startTracing({}, {});
  assert.equal(off.isOn, false);
  assert.equal(await off.batch('okta', 3, () => 42), 42);
  await off.close();
  const server = await recordingServer(t, (_request, response) => response.end('{}'));
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = server.url;
  t.after(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  const on = startTracing(process.env, { 'service.name': 'zonewarden' });
  assert.equal(await on.batch('okta', 3, async () => 'done'), 'done');
  await assert.rejects(
    on.batch('okta', 1, () => Promise.reject(new TypeError('x'))),
    TypeError,
  );
  on.caseDecision({ caseId: 'case-1', tenant: 'acme', severity: 'high', startMs: 2, endMs: 2_502 });
  await on.close();
  const spans = server.requests
    .filter((request) => request.path === '/v1/traces')
    .flatMap(
      (request) =>
        (
          JSON.parse(request.body) as {
            resourceSpans: {
              scopeSpans: {
                spans: {
                  name: string;
                  status: { code: number };
                  startTimeUnixNano: string;
                  endTimeUnixNano: string;
                }[];
              }[];
            }[];
          }
        ).resourceSpans,
    )
    .flatMap((resource) => resource.scopeSpans)
    .flatMap((scope) => scope.spans);
  assert.deepEqual(
    spans.map((span) => [span.name, span.status.code]),
    [
      ['zonewarden.ingest.batch', 0],
      ['zonewarden.ingest.batch', 2],
      ['zonewarden.case.decision', 0],
    ],
  );
  assert.deepEqual([spans[2]?.startTimeUnixNano, spans[2]?.endTimeUnixNano], ['2000000', '2502000000']);
});
