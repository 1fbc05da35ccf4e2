import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpWish } from '../../../collector/src/8-sink/otlp-environment.ts';

test('nothing is exported unless an endpoint is named', () => {
  assert.deepEqual(otlpWish({}), { logs: false, metrics: false, warnings: [] });
  const both = { logs: true, metrics: true, warnings: [] };
  assert.deepEqual(otlpWish({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4318' }), both);
  assert.deepEqual(otlpWish({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://x:4318/v1/logs' }), {
    ...both,
    metrics: false,
  });
  assert.deepEqual(otlpWish({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_METRICS_EXPORTER: 'none' }), {
    ...both,
    metrics: false,
  });
  assert.equal(otlpWish({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }).logs, false);
});

test('a protocol that cannot be followed is told', () => {
  const { warnings } = otlpWish({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  assert.match(warnings[0] ?? '', /grpc is not supported/);
});
