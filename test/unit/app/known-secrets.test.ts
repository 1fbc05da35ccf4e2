/** Secrets of a configuration and of the environment, and the log lines and refusals they are cut out of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discreetLog, discreetSink, secretsOf } from '../../../collector/src/app/known-secrets.ts';
import type { SinkRun } from '../../../collector/src/contract/component.ts';
import { failed } from '../../../collector/src/contract/outcome.ts';
import { secretHider } from '../../../collector/src/leaf/hidden-secrets.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';

test('secrets are found at every depth, and in the headers of the OTEL variables', () => {
  const config = {
    sources: [{ id: 'a', token: createSecret('one'), tls: { key: createSecret('two') } }],
    headers: { plain: 'no secret', authorization: createSecret('three') },
    nothing: null,
  };
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20four,x-scope=five',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x=%zz',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    HOME: '/root',
  };
  assert.deepEqual([...secretsOf(config, env)].sort(), [
    '%zz',
    'Bearer four',
    'Bearer%20four',
    'five',
    'one',
    'three',
    'two',
  ]);
});

const hide = secretHider(['correct-horse-battery']);

test('log lines and their fields hold no secret', () => {
  const lines: unknown[] = [];
  const around = discreetLog(
    {
      nowMs: () => 0,
      random: () => 0,
      sleep: () => Promise.resolve(),
      log: (...line) => lines.push(line),
    },
    hide,
  );
  around.log('warn', 'refused: correct-horse-battery', {
    said: 'horse-battery',
    count: 2,
    error: new Error('correct-horse'),
  });
  around.log('info', 'fine');
  assert.deepEqual(lines, [
    ['warn', 'refused: ***', { said: '***', count: 2, error: 'Error: ***' }],
    ['info', 'fine', undefined],
  ]);
});

test('what a sink reports of a refusal holds no secret, in deliveries and in probes', async () => {
  const message = 'endpoint answered 401: Bearer correct-horse-battery';
  const sink: SinkRun = {
    id: 's',
    accepts: ['case'],
    batchMax: 7,
    write: () => Promise.resolve({ status: 'rejected', code: 'endpoint_refused', message, rejectedCount: 1 }),
    probe: () => Promise.resolve(failed('unauthorised', message)),
    close: () => Promise.resolve(),
  };
  const discreet = discreetSink(sink, hide);
  const { signal } = new AbortController();
  assert.deepEqual([discreet.id, discreet.accepts, discreet.batchMax], ['s', ['case'], 7]);
  assert.deepEqual(await discreet.write([], signal), {
    status: 'rejected',
    code: 'endpoint_refused',
    message: 'endpoint answered 401: Bearer ***',
    rejectedCount: 1,
  });
  const probed = await discreet.probe(signal);
  assert.equal(!probed.ok && probed.failure.message, 'endpoint answered 401: Bearer ***');
});
