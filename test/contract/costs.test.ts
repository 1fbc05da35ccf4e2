/** What it costs: active series and bytes for a fleet of 1,000 domains, measured on the real readers and encoders. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CaseBoard } from '../../collector/src/8-sink/case-board.ts';
import { FindingBoard } from '../../collector/src/8-sink/finding-board.ts';
import { readMetrics } from '../../collector/src/8-sink/metric-snapshot.ts';
import { logRecordOf } from '../../collector/src/8-sink/otlp-log/log-record.ts';
import { createPrometheusPage } from '../../collector/src/8-sink/prometheus.ts';
import { severities } from '../../collector/src/contract/severity.ts';
import {
  clockReader,
  deliveryReader,
  engineReader,
  logReader,
  quarantineReader,
} from '../../collector/src/self/component-readers.ts';
import { createProcessReader } from '../../collector/src/self/process-reader.ts';
import {
  atMs,
  sampleCase,
  sampleEvent,
  sampleFinding,
  sampleScore,
  signalOf,
} from '../unit/8-sink/sample-signals.ts';

const domains = 1_000;
const openCases = 40;
const detections = 60;

function readersOfFleet() {
  const board = new CaseBoard(() => atMs);
  for (let i = 0; i < domains; i++)
    board.applyScore(sampleScore({ domain: `domain-${i}.example`, tier: i % 4 }));
  for (let i = 0; i < openCases; i++)
    board.applyCase(
      sampleCase({
        case_id: `case-${i}`,
        severity: severities[i % 5] ?? 'low',
        paged_at: '2026-03-04T05:06:07.089Z',
      }),
    );
  const findings = new FindingBoard();
  for (let detection = 0; detection < detections; detection++)
    for (const severity of severities.slice(2))
      for (const state of ['open', 'retracted', 'suppressed'] as const)
        findings.apply({
          kind: 'finding',
          body: sampleFinding({
            finding_id: `${detection}-${severity}-${state}`,
            detection: `D${detection}`,
            severity,
            state,
          }),
        });
  const log = { bytes: 1, queuedBytes: 0, state: 'open', torn: [], segments: () => [] };
  const sinks = ['otlp', 'webhook'].map((sink) => ({
    sink,
    backlog: 0,
    delivered: 1,
    lost: 0,
    isUp: true,
    rejected: new Map([['endpoint_refused', 1]]),
    retries: new Map([['endpoint_unreachable', 1]]),
  }));
  return [
    board.reader,
    findings.reader,
    logReader('records', log),
    logReader('signals', log),
    deliveryReader(() => sinks),
    quarantineReader(() => [{ source: 'okta', code: 'wrong_shape', state: 'waiting', count: 1 }]),
    engineReader(
      () => ({ backlog: 0, watermarks: [['', atMs]] }),
      () => atMs,
    ),
    clockReader(
      () => atMs,
      () => atMs,
    ),
    createProcessReader('0.1.0').reader,
  ];
}

test('at most 12 active series per domain; what the documentation says is what is measured', async (t) => {
  const readers = readersOfFleet();
  const snapshot = readMetrics(readers);
  const series = [...snapshot.values()].reduce((sum, samples) => sum + samples.length, 0);
  const perDomain = series / domains;
  const page = await createPrometheusPage(readers).text();
  const pageBytes = Buffer.byteLength(page);
  t.diagnostic(
    `${series} series for ${domains} domains, ${perDomain.toFixed(2)} per domain; a scrape has ${pageBytes} bytes`,
  );
  assert.ok(perDomain <= 12, String(perDomain));
  assert.equal(snapshot.get('series_dropped'), undefined, 'nothing is cut off at this size');
  const fixed = series - 3 * domains;
  t.diagnostic(`three of them per domain; ${fixed} for cases, findings and the collector itself`);
  assert.ok(fixed < 1_000, String(fixed));
  const said = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8');
  const stated = /about ([\d,]+) active series per 1,000 domains/.exec(said)?.[1]?.replaceAll(',', '');
  assert.ok(
    stated !== undefined && Math.abs(Number(stated) - series) / series < 0.1,
    `docs/costs.md says ${stated}, measured ${series}`,
  );
});

test('a log line has a bounded size', (t) => {
  const sizes = [
    signalOf('event', sampleEvent()),
    signalOf('finding', sampleFinding()),
    signalOf('case', sampleCase()),
    signalOf('score', sampleScore()),
  ].map((signal) => {
    const { body, attributes } = logRecordOf(signal, 0);
    const bytes = Buffer.byteLength(body) + Buffer.byteLength(JSON.stringify(attributes));
    assert.ok(bytes < 64 * 1024);
    return `${signal.kind} ${bytes}`;
  });
  t.diagnostic(`bytes before compression: ${sizes.join(', ')}`);
});
