/** `OTEL_*` variables point where the operator says, under the same check as configured sinks, with the certificates they name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { environmentConnection } from '../../../collector/src/app/otlp-environment-connection.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

type LookUp = (host: string, options: object, callback: (error: Error | null) => void) => void;

function lookedUp(host: string, allowNetworks: readonly string[]): Promise<string> {
  const { lookup } = environmentConnection({}, 'LOGS', allowNetworks);
  return new Promise((resolve) =>
    (lookup as LookUp)(host, {}, (error) => resolve((error as { code?: string } | null)?.code ?? 'reached')),
  );
}

test('a name that leads to a metadata service is refused, unless its network is allowed', async () => {
  assert.equal(await lookedUp('169.254.169.254', []), 'EREFUSED_ADDRESS');
  assert.equal(await lookedUp('169.254.169.254', ['169.254.0.0/16']), 'reached');
  assert.equal(await lookedUp('127.0.0.1', []), 'reached');
});

const metadata = 'http://169.254.169.254/';

test('an endpoint that is such an address stops the start, by the name of the variable that counts', () => {
  for (const [signal, env, named] of [
    ['LOGS', { OTEL_EXPORTER_OTLP_ENDPOINT: metadata }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['TRACES', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: metadata }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  ] as const)
    assert.throws(
      () => environmentConnection(env, signal, []),
      (error) => error instanceof UnusableInput && (error.problems[0] ?? '').startsWith(`${named}: 169.254`),
    );
  // Only what a signal uses is judged.
  environmentConnection({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: metadata }, 'LOGS', []);
  environmentConnection({ OTEL_EXPORTER_OTLP_ENDPOINT: metadata }, 'LOGS', ['169.254.0.0/16']);
});

test('certificates are those of the signal, else those for all; one that cannot be read is named', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-otel-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => {
    writeFileSync(join(directory, name), name);
    return join(directory, name);
  };
  const env = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: file('all'),
    OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: file('logs'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key'),
  };
  const { lookup: _, ...logs } = environmentConnection(env, 'LOGS', []);
  assert.deepEqual(logs, { ca: 'logs', cert: 'client', key: 'key' });
  assert.equal(environmentConnection(env, 'METRICS', []).ca, 'all');
  assert.throws(
    () => environmentConnection({ OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere.pem' }, 'METRICS', []),
    /OTEL_EXPORTER_OTLP_CERTIFICATE: \/nowhere\.pem cannot be read \(ENOENT\)/,
  );
});

const main = fileURLToPath(new URL('../../../collector/src/cli/main.ts', import.meta.url));

for (const signal of ['LOGS', 'METRICS', 'TRACES'])
  test(`a collector does not start towards such an address for ${signal.toLowerCase()}`, (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'zonewarden-otel-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const variable = `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
    const args = [main, 'run', '--listen', '127.0.0.1:0', '--data', join(directory, 'var')];
    const { status, stderr } = spawnSync(process.execPath, args, {
      env: { ...process.env, [variable]: metadata },
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.match(stderr, new RegExp(`^${variable}: 169\\.254\\.169\\.254 is an address`, 'm'));
    assert.equal(status, 2);
  });
