/** The real collector with probes configured in three lines, against real name servers on loopback. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startConfigured } from './configured-run.ts';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { dynamicUpdate, startKnot, startUnbound, tsigSecret, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';
import {
  delegationSigner,
  evilAddress,
  missingProgram,
  registryAddress,
  resolverAddress,
  rootAddress,
  setUpWorld,
} from './dns-world.ts';

const periodMs = 3000;

function inventoryFile(directory: string): string {
  const path = join(directory, 'inventory.yaml');
  writeFileSync(
    path,
    `version: 1
tenants: [{ id: acme }]
domains:
  - domain: pay.example
    tenant: acme
    tier: 0
    critical_hosts: [www]
    approved:
      nameservers: [ns1.pay.example]
      ds: ["${delegationSigner}"]
      mail: { dkim_selectors: [s1] }
`,
  );
  return path;
}

test('the registry hands the domain to somebody else: one critical case pages within two probe periods', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port } = await setUpWorld(t);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-witness-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const test = `port: ${port}, roots: [${rootAddress}], intervals_s: [${periodMs / 1000}, 600, 3600, 3600]`;
  const run = await startConfigured(`
inventory: ${inventoryFile(directory)}
sources:
  - { id: delegation, feed: delegation-probe, ${test} }
  - { id: answers, feed: answer-probe, ${test} }
`);
  t.after(() => run.stop());
  const { collector } = run;
  const cases = () => [...collector.host.book.cases.values()];
  await run.until(
    async () =>
      (await run.records('delegation-probe')).length >= 3 && (await run.records('answer-probe')).length >= 8,
  );
  await run.until(() => collector.checksOf('pay.example').every((check) => check.last_checked !== null));
  // The first readings are a baseline that agrees with what is approved.
  assert.deepEqual(cases(), []);
  const changedMs = Date.now();
  await dynamicUpdate(
    port,
    'example',
    [
      'update delete pay.example. NS',
      'update add pay.example. 60 NS ns1.evil.pay.example.',
      `update add ns1.evil.pay.example. 60 A ${evilAddress}`,
    ],
    registryAddress,
  );
  await run.until(() => cases().some((found) => found.paged_at !== null));
  const tookMs = Date.now() - changedMs;
  assert.ok(tookMs <= 2 * periodMs, `paged after ${tookMs} ms`);
  const [found, ...others] = cases();
  assert.deepEqual(
    others.map(({ title, severity }) => `${severity} ${title}`),
    [],
  );
  assert.equal(found?.severity, 'critical');
  assert.deepEqual(found.domains, ['pay.example']);
  assert.equal(found.tenant, 'acme');
  const [delegation, answers] = collector.checksOf('pay.example');
  assert.deepEqual([delegation?.kind, answers?.kind], ['delegation', 'answers']);
  assert.equal(delegation?.stale, false);
  // One more period: still the same single case.
  await new Promise((resolve) => setTimeout(resolve, periodMs));
  assert.deepEqual(
    cases().map(({ severity, title }) => `${severity} ${title}`),
    [`critical ${cases()[0]?.title}`],
  );
  assert.match(await run.metrics(), /zonewarden_source[a-z_]*\{[^}]*delegation/);
});

test('beliefs survive a restart: nothing is reported twice, and a change while away is found', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port } = await setUpWorld(t);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-witness-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const yaml = `
inventory: ${inventoryFile(directory)}
sources:
  - { id: delegation, feed: delegation-probe, port: ${port}, roots: [${rootAddress}], intervals_s: [1, 1, 1, 1], source_addresses: [127.0.0.31, 127.0.0.32] }
`;
  const data = join(directory, 'var');
  const first = await startConfigured(yaml, {}, data);
  await first.until(async () => (await first.records('delegation-probe')).length >= 5);
  await first.stop();
  await dynamicUpdate(port, 'example', ['update delete pay.example. DS'], registryAddress);
  const second = await startConfigured(yaml, {}, data);
  t.after(() => second.stop());
  const changes = async (): Promise<Record<string, unknown>[]> =>
    (await second.records('delegation-probe'))
      .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
      .filter(({ old }) => old !== null);
  await second.until(async () => (await changes()).length > 0);
  assert.deepEqual(
    (await changes()).map(({ what, new: value }) => [what, value]),
    [['ds', []]],
  );
  // Two addresses of ours are two vantages: they agree in one round, no second look is needed.
  assert.deepEqual(
    (await changes()).map(({ basis, vantage }) => [basis, vantage]),
    [['probe_2_vantages', '2 of 2']],
  );
  // Five first readings of the first run, one change of the second, nothing again.
  assert.equal((await second.records('delegation-probe')).length, 6);
});

test('zone transfer, dnstap and a query log as configured: a changed record, a window of each sensor, no single query', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const [port, notifyPort, tapPort] = [await freePort(), await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-witness-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const zone = zoneText('pay.example', 1, ['@ NS ns1', 'ns1 A 192.0.2.1', 'www A 192.0.2.10']);
  const knot = await startKnot(port, { 'pay.example': zone }, notifyPort);
  t.after(() => knot.stop());
  const log = join(directory, 'unbound.log');
  const run = await startConfigured(
    `
inventory: ${inventoryFile(directory)}
query_windows: { window_s: 2 }
sources:
  - id: zones
    feed: dns-xfr
    tenant: acme
    zones: [pay.example]
    primaries: ["127.0.0.1#${port}"]
    notify: "127.0.0.1#${notifyPort}"
    key: { name: xfr-key, secret: { env: TSIG } }
  - { id: tap, feed: dnstap, tenant: acme, listen: "127.0.0.1#${tapPort}", window_s: 2 }
  - { id: resolver, feed: unbound-log, via: file, tenant: acme, paths: [${log}] }
`,
    { TSIG: tsigSecret },
  );
  t.after(() => run.stop());
  const unbound = await startUnbound(
    port,
    { 'pay.example': `127.0.0.1@${port}` },
    `server:
  log-replies: yes
  log-time-ascii: no
  logfile: "${log}"
dnstap:
  dnstap-enable: yes
  dnstap-ip: "127.0.0.1@${tapPort}"
  dnstap-tls: no
  dnstap-log-client-response-messages: yes`,
    'pay.example',
    resolverAddress,
  );
  t.after(() => unbound.stop());
  const body = async (feed: string): Promise<Record<string, unknown>[]> =>
    (await run.records(feed)).flatMap(({ bytes, contentType }) =>
      contentType.includes('json')
        ? [JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>]
        : [],
    );
  await run.until(async () => (await run.records('dns-xfr')).length > 0);
  await dynamicUpdate(port, 'pay.example', [
    'update delete www.pay.example. A',
    'update add www.pay.example. 60 A 203.0.113.5',
  ]);
  await run.until(async () => (await body('dns-xfr')).some(({ serial_from }) => serial_from === 1));
  for (let n = 0; n < 5; n++) {
    const question = { name: 'www.pay.example', type: 'A', recursionDesired: true, timeoutMs: 2000 };
    assert.ok((await askServer({ address: resolverAddress, port }, question)).ok);
    assert.ok((await askServer({ address: resolverAddress, port }, { ...question, name: 'localhost' })).ok);
  }
  const counted = async (feed: string): Promise<number> =>
    (await body(feed))
      .filter(({ domain }) => domain === 'pay.example')
      .reduce((sum, { count }) => sum + Number(count), 0);
  await run.until(async () => (await counted('dnstap')) >= 5 && (await counted('unbound-log')) >= 5);
  const texts = (await run.records('unbound-log')).map(({ bytes }) => Buffer.from(bytes).toString());
  assert.equal(
    texts.some((text) => text.includes('reply:') || text.includes('localhost')),
    false,
    'single queries, and queries about others, stay outside',
  );
});
