/** What the collector sends by OTLP passes the ingestion rules of Loki and Mimir, also when its input is hostile. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { CaseBoard } from '../../collector/src/8-sink/case-board.ts';
import { createOtlpLogSink } from '../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { createOtlpMetricPusher } from '../../collector/src/8-sink/otlp-metric/otlp-metric-pusher.ts';
import { createPrometheusPage } from '../../collector/src/8-sink/prometheus.ts';
import type { Signal } from '../../collector/src/contract/component.ts';
import { eventNames } from '../../collector/src/contract/names.ts';
import { formatInstant } from '../../collector/src/leaf/time.ts';
import { recordingServer } from '../unit/8-sink/recording-server.ts';
import {
  atMs,
  sampleCase,
  sampleEvent,
  sampleFinding,
  sampleScore,
  signalOf,
} from '../unit/8-sink/sample-signals.ts';
import { lokiVerdict, mimirVerdict, type LokiVerdict } from './otlp-stores.ts';

const never = new AbortController().signal;
const resource = {
  'service.name': 'zonewarden',
  'service.version': '0.1.0',
  'deployment.environment.name': 'test',
};

/** A Loki with a tenant: 401 without it, 400 with reasons, 204 else. */
async function loki(t: TestContext) {
  const verdicts: LokiVerdict[] = [];
  const server = await recordingServer(t, (request, response: ServerResponse) => {
    if (request.headers['x-scope-orgid'] !== 'security') return response.writeHead(401).end('no org id');
    const verdict = lokiVerdict(request.body, atMs);
    verdicts.push(verdict);
    return verdict.refused.length > 0
      ? response.writeHead(400).end(verdict.refused.join('; '))
      : response.writeHead(204).end();
  });
  const sink = createOtlpLogSink({
    id: 'otlp',
    accepts: ['event', 'finding', 'case', 'score'],
    resource,
    endpoint: `${server.url}/otlp`,
    headers: { 'X-Scope-OrgID': 'security' },
    compression: 'gzip',
    timeoutMs: 5_000,
    nowMs: () => atMs,
  });
  t.after(() => sink.close());
  return { sink, verdicts, server };
}

test('Loki: every kind of signal is stored, with constant labels and the names that dashboards read', async (t) => {
  const { sink, verdicts, server } = await loki(t);
  const batch = [
    signalOf('event', sampleEvent(), 'e1'),
    signalOf('finding', sampleFinding(), 'f1.0'),
    signalOf('case', sampleCase(), 'c1.0'),
    signalOf('score', sampleScore(), 's1'),
  ];
  assert.deepEqual(await sink.write(batch, never), { status: 'delivered' });
  assert.equal(server.requests[0]?.path, '/otlp/v1/logs');
  const stored = verdicts[0]?.stored ?? [];
  assert.equal(new Set(stored.map(({ labels }) => JSON.stringify(labels))).size, 1, 'one stream');
  assert.deepEqual(stored[0]?.labels, { service_name: 'zonewarden', deployment_environment_name: 'test' });
  assert.deepEqual(
    stored.map(({ metadata }) => metadata['event_name']),
    ['registrar.domain.nameservers_changed', eventNames.finding, eventNames.case, eventNames.score],
  );
  assert.deepEqual(
    stored.map(({ metadata }) => metadata['zonewarden_domain']),
    ['example.com', 'example.com', undefined, 'example.com'],
  );
  assert.equal(stored[0]?.metadata['log_record_uid'], 'abcdefghijklmnopqrstuvwxyz');
});

test('Loki: old and future event times are stored, and the true time stays readable', async (t) => {
  const { sink, verdicts } = await loki(t);
  const timesMs = [
    Date.UTC(1999, 0, 1),
    atMs - 30 * 86_400_000,
    atMs,
    atMs + 3_600_000,
    Date.UTC(2199, 0, 1),
  ];
  const batch = timesMs.map((timeMs, index): Signal => {
    const event = sampleEvent({ timestamp: formatInstant(timeMs), observed_at: formatInstant(timeMs) });
    return { kind: 'event', key: `e${index}`, timeMs, body: event };
  });
  assert.deepEqual(await sink.write(batch, never), { status: 'delivered' });
  assert.deepEqual(
    verdicts[0]?.stored.map(({ metadata }) => metadata['zonewarden_timestamp']),
    timesMs.map(formatInstant),
  );
});

test('Loki: no input makes a line too long, too wide or anything but a string', async (t) => {
  const { sink, verdicts } = await loki(t);
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
  const wide = fc.dictionary(
    name,
    fc.oneof(fc.string({ maxLength: 20_000 }), fc.array(name, { maxLength: 300 }), fc.double()),
    { maxKeys: 300 },
  );
  await fc.assert(
    fc.asyncProperty(wide, fc.string({ unit: 'binary', maxLength: 100_000 }), async (feature, words) => {
      const event = sampleEvent({
        new_value: [words],
        user_agent: words,
        enrich: feature as never,
        feature: feature as never,
        raw: { sha256: 'a'.repeat(64), size: 1, inline: words },
      });
      const one = sampleCase({ summary: words, title: words });
      const delivery = await sink.write([signalOf('event', event), signalOf('case', one)], never);
      assert.deepEqual(delivery, { status: 'delivered' }, verdicts.at(-1)?.refused.join('; '));
    }),
    { numRuns: 25 },
  );
});

test('Loki: a wrong tenant delays and loses nothing', async (t) => {
  const server = await recordingServer(t, (_request, response) => response.writeHead(401).end('no org id'));
  const sink = createOtlpLogSink({
    id: 'o',
    accepts: ['event'],
    resource,
    endpoint: server.url,
    timeoutMs: 400,
    nowMs: () => atMs,
  });
  t.after(() => sink.close());
  const delivery = await sink.write([signalOf('event', sampleEvent())], never);
  assert.equal(delivery.status, 'retryable');
});

test('this Loki refuses what Loki refuses', () => {
  const record = (over: object) =>
    JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'z' } }] },
          scopeLogs: [
            { logRecords: [{ timeUnixNano: `${atMs}000000`, body: { stringValue: 'x' }, ...over }] },
          ],
        },
      ],
    });
  assert.deepEqual(lokiVerdict(record({}), atMs).refused, []);
  assert.deepEqual(lokiVerdict(record({ timeUnixNano: '1000000' }), atMs).refused, ['entry too far behind']);
  assert.deepEqual(lokiVerdict(record({ timeUnixNano: `${atMs + 660_000}000000` }), atMs).refused, [
    'timestamp too new',
  ]);
  assert.deepEqual(lokiVerdict(record({ body: { kvlistValue: {} } }), atMs).refused, [
    'body is not a string',
  ]);
  const attributes = Array.from({ length: 130 }, (_, i) => ({ key: `k${i}`, value: { stringValue: 'v' } }));
  assert.deepEqual(lokiVerdict(record({ attributes }), atMs).refused, ['structured metadata count exceeded']);
  const large = [{ key: 'k', value: { stringValue: 'v'.repeat(70_000) } }];
  assert.deepEqual(lokiVerdict(record({ attributes: large }), atMs).refused, [
    'structured metadata too large',
  ]);
});

test('Mimir: pushed series are accepted, twice in a row, and have the names of /metrics', async (t) => {
  let nowMs = atMs;
  const refused: string[] = [];
  const names = new Set<string>();
  const known = new Map<string, number>();
  let series = 0;
  const server = await recordingServer(t, (request, response) => {
    const verdict = mimirVerdict(request.body, nowMs, known);
    refused.push(...verdict.refused);
    verdict.names.forEach((name) => names.add(name));
    series = verdict.series.size;
    response.end('{}');
  });
  const board = new CaseBoard(() => nowMs);
  const hostile = '€'.repeat(5_000);
  for (let i = 0; i < 400; i++)
    board.applyCase(
      sampleCase({
        case_id: `case-${i}`,
        title: hostile,
        summary: `${hostile}\u0000\n"`,
        owner: hostile,
        paged_at: formatInstant(atMs),
      }),
    );
  board.applyScore(sampleScore());
  const pusher = createOtlpMetricPusher({
    endpoint: `${server.url}/otlp`,
    headers: { 'X-Scope-OrgID': 'security' },
    resource,
    intervalMs: 1_000,
    readers: [board.reader],
    around: { nowMs: () => nowMs, sleep: () => Promise.resolve(), log: () => {} } as never,
  });
  t.after(() => pusher.close());
  for (let i = 0; i < 2; i++) {
    const result = await pusher.push();
    assert.ok(result.ok, JSON.stringify(result));
    nowMs += 15_000;
  }
  assert.deepEqual(refused.slice(0, 3), []);
  assert.ok(series > 600, String(series));
  const page = await createPrometheusPage([board.reader]).text();
  for (const name of names) assert.match(page, new RegExp(`^${name}\\{`, 'm'), name);
  assert.ok(names.has('zonewarden_case_open') && names.has('zonewarden_page_delay_seconds_total'));
});
