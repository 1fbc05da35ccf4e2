/**
 * The demo's logs in a real Loki, started with the shipped configuration: everything is taken, and every LogQL query of
 * the dashboards runs. Needs a Loki 3 binary; its path in ZONEWARDEN_LOKI.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';
import { started } from './server-process.ts';
import { freePort } from './free-port.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = process.env['ZONEWARDEN_LOKI'] ?? '';

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = Date.now() + 90_000;
  while (Date.now() < endMs) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`waited 90 s for ${what}`);
}

interface Answer {
  readonly status: string;
  readonly data: {
    readonly result: { readonly stream?: Record<string, string>; readonly values?: unknown[] }[];
  };
}

async function asked(loki: string, query: string): Promise<Answer> {
  const seconds = Date.now() / 1000;
  const range = { start: String(seconds - 7200), end: String(seconds + 60), step: '300', limit: '1000' };
  const answer = await fetch(
    `${loki}/loki/api/v1/query_range?${new URLSearchParams({ query, ...range }).toString()}`,
  );
  const text = await answer.text();
  assert.equal(answer.status, 200, `${query}\n${text}`);
  return JSON.parse(text) as Answer;
}

interface Board {
  readonly panels: {
    readonly title: string;
    readonly targets: { readonly expr: string; readonly datasource: { readonly type: string } }[];
  }[];
}

test('a real Loki takes the demo, and every LogQL query of the dashboards runs there', async (t) => {
  if (!existsSync(binary)) return t.skip('no Loki: set ZONEWARDEN_LOKI to the path of a Loki 3 binary');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-loki-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [http, grpc, listen] = await Promise.all([freePort(), freePort(), freePort()]);
  const shipped = readFileSync(join(root, 'deploy/loki/loki.yaml'), 'utf8');
  const config = shipped
    .replaceAll('/loki', directory)
    .replace('http_listen_port: 3100', `http_listen_address: 127.0.0.1, http_listen_port: ${http}`)
    .replace('grpc_listen_port: 9095', `grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc}`);
  assert.notEqual(config, shipped);
  writeFileSync(join(directory, 'loki.yaml'), config);
  started(t, binary, [`-config.file=${join(directory, 'loki.yaml')}`]);
  const loki = `http://127.0.0.1:${http}`;
  await until('Loki', async () => ((await fetch(`${loki}/ready`)).ok ? true : undefined));

  const main = join(root, 'collector/src/cli/main.ts');
  const args = [main, 'run', '--listen', `127.0.0.1:${listen}`, '--data', join(directory, 'collector')];
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${loki}/otlp`,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
  };
  started(t, process.execPath, args, env);
  const found = await until('the case in Loki', async () => {
    const { data } = await asked(
      loki,
      '{service_name="zonewarden"} | event_name="zonewarden.case" | zonewarden_severity="critical"',
    );
    return data.result[0];
  });
  assert.ok((found.values?.length ?? 0) > 0);

  const labels = (await (await fetch(`${loki}/loki/api/v1/labels`)).json()) as { data: string[] };
  assert.deepEqual(
    labels.data.filter((label) => !label.startsWith('__')).sort(),
    ['service_name'],
    'labels of streams',
  );
  const metrics = await (await fetch(`http://127.0.0.1:${listen}/metrics`)).text();
  assert.doesNotMatch(metrics, /^zonewarden_sink_rejected_total\{[^}]*\} [1-9]/m, 'nothing is refused');

  let queries = 0;
  let answered = 0;
  for (const [path, json] of dashboardFiles())
    for (const { title, targets } of (JSON.parse(json) as Board).panels)
      for (const { expr, datasource } of targets) {
        if (datasource.type !== 'loki') continue;
        const query = expr
          .replaceAll(/\$__(auto|range)/g, '5m')
          .replaceAll('$domain', 'example.com')
          .replaceAll('$tenant', '.*');
        const { status, data } = await asked(loki, query);
        assert.equal(status, 'success', `${path} › ${title}`);
        queries++;
        if (data.result.length > 0) answered++;
      }
  t.diagnostic(`${queries} LogQL queries run, ${answered} of them have data`);
  assert.ok(queries >= 10 && answered >= 5, `${queries} ${answered}`);
});
