import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { failed } from '../../../collector/src/contract/outcome.ts';
import { check, type CheckParts } from '../../../collector/src/cli/check.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zw-check-'));
});
after(async () => {
  await rm(directory, { recursive: true });
});

async function run(argv: readonly string[], parts: CheckParts = {}) {
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  const status = await check(argv, { stdout: into('stdout'), stderr: into('stderr') }, { env: {}, ...parts });
  return { status, ...written };
}

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

test('the example configuration holds', async () => {
  const path = fileURLToPath(new URL('../../../docs/examples/config.yaml', import.meta.url));
  const found = await run(['--config', path], {
    env: { DNSIMPLE_PATH_SECRET: 'x', OKTA_HOOK_SECRET: 'y', OKTA_TOKEN: 'z' },
  });
  assert.equal(found.stderr, '');
  assert.match(found.stdout, /^configuration holds: 9 sources, 3 sinks, 2 domains, 1 intents, \d+ rules\n$/);
  assert.equal(found.status, 0);
});

test('bad usage is one line with the way to the help', async () => {
  for (const argv of [[], ['--config'], ['--config', 'x', '--bogus'], ['x']])
    await assert.rejects(
      run(argv),
      (error) =>
        error instanceof UnusableInput &&
        error.problems.length === 1 &&
        /^zonewarden check: .+; see "zonewarden check --help"$/.test(error.problems[0] ?? ''),
    );
});

test('an address database that is not there is a warning: the collector starts without it', async () => {
  const path = await file('databases.yaml', 'network_databases: [nowhere.mmdb]\n');
  const found = await run(['--config', path]);
  assert.equal(found.status, 0);
  const missing = join(directory, 'nowhere.mmdb');
  assert.equal(
    found.stderr,
    `${path}: network_databases: warning: address database ${missing} cannot be read (ENOENT); its facts stay unknown\n`,
  );
});

test('problems of all files come at once, one line each', async () => {
  await file('inv.yaml', 'version: 1\ndomains:\n  - {domain: a.example, tenant: t, teir: 0}\n');
  await file('int.yaml', 'version: 1\nintents: 5\n');
  await file('bad.yml', 'title: no detection\nlogsource: {product: x}\n');
  const path = await file('config.yaml', 'inventory: inv.yaml\nintents: int.yaml\nrules: [bad.yml]\n');
  const found = await run(['--config', path]);
  assert.equal(found.status, 2);
  assert.equal(found.stdout, '');
  const lines = found.stderr.trimEnd().split('\n');
  assert.ok(
    lines.includes(`${join(directory, 'inv.yaml')}:3: domains[0].teir: unknown key; did you mean "tier"?`),
  );
  assert.ok(lines.includes(`${join(directory, 'int.yaml')}:2: intents: must be a list, found 5`));
  assert.ok(
    lines.some((line) => line.includes('bad.yml')),
    found.stderr,
  );
});

test('a configuration with errors is 2; one that is missing as well', async () => {
  const path = await file('broken.yaml', 'lisen: 1\n');
  const broken = await run(['--config', path]);
  assert.deepEqual(
    [broken.status, broken.stderr],
    [2, `${path}:1: lisen: unknown key; did you mean "listen"?\n`],
  );
  const missing = await run(['--config', join(directory, 'absent.yaml')]);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /does not exist/);
});

test('probes contact every source and sink; a failing one is 1', async () => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const config = (extra: string): string => `
sources:
  - {id: zs, feed: zonestream, url: "ws://127.0.0.1:${port}/ws"}
  - {id: hook, feed: dnsimple, tenant: t, path_secret: {env: P}}
${extra}
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
`;
  const env = { P: 'path-secret-of-the-hook' };
  const good = await run(['--config', await file('probe.yaml', config('')), '--probe'], { env });
  assert.equal(good.status, 0, good.stdout);
  assert.match(good.stdout, /source zs: ok: connected to 127\.0\.0\.1/);
  assert.match(good.stdout, /source hook: ok: waiting for deliveries at \/ingest\/hook/);
  assert.match(good.stdout, /sink terminal: ok/);
  const bad = await run(
    [
      '--config',
      await file('probe.yaml', config('  - {id: ct, feed: certstream, url: "wss://127.0.0.1:1/"}')),
      '--probe',
    ],
    {
      env,
      probes: [
        { name: 'sink otlp', probe: () => new Promise(() => {}) },
        {
          name: 'source registry',
          probe: () =>
            Promise.resolve(failed('unauthorised', `refuses login: ${env.P} is wrong\nsource forged: ok`)),
        },
      ],
      probeTimeoutMs: 300,
    },
  );
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /source ct: endpoint_unreachable: ECONNREFUSED/);
  assert.match(
    bad.stdout,
    /^source registry: unauthorised: refuses login: \*\*\* is wrong\\u\{a\}source forged: ok$/m,
  );
  assert.match(bad.stdout, /sink otlp: endpoint_timeout: no answer within 300 ms/);
  sockets.close();
  http.closeAllConnections();
  http.close();
});
