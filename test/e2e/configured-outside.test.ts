/** RDAP and lookalikes through the whole collector: name servers that change at a registry, a certificate for a name like ours. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startFake } from '../unit/1-source/api-fake.ts';
import { startConfigured } from './configured-run.ts';

function place(t: TestContext): { directory: string; inventory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-outside-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const inventory = join(directory, 'inventory.yaml');
  writeFileSync(
    inventory,
    `version: 1
tenants: [{ id: acme }]
domains:
  - { domain: northbank.example, tenant: acme, tier: 0, approved: { nameservers: [ns1.host.test, ns2.host.test] } }
`,
  );
  return { directory, inventory };
}

test('name servers that change at the registry become a case', async (t) => {
  const { inventory } = place(t);
  let servers = ['NS1.HOST.TEST', 'NS2.HOST.TEST'];
  const fake = await startFake(({ url }) =>
    url.pathname.startsWith('/rdap/domain/')
      ? {
          body: {
            objectClassName: 'domain',
            ldhName: 'northbank.example',
            nameservers: servers.map((ldhName) => ({ ldhName })),
          },
        }
      : { status: 404 },
  );
  t.after(() => fake.close());
  const run = await startConfigured(`
inventory: ${inventory}
sources:
  - id: registries
    feed: rdap
    bootstrap_url: "${fake.url}/dns.json"
    servers: { example: "${fake.url}/rdap/" }
    intervals_s: [1, 1, 1, 1]
    rate_per_minute: 600
`);
  t.after(() => run.stop());
  await run.until(async () => (await run.records('rdap')).length === 1);
  await run.until(() => run.collector.checksOf('northbank.example')[0]?.stale === false);
  assert.deepEqual([...run.collector.host.book.cases.values()], []);
  servers = ['NS1.ELSEWHERE.TEST'];
  await run.until(() => run.collector.host.book.cases.size > 0);
  const [found] = [...run.collector.host.book.cases.values()];
  assert.deepEqual(found?.domains, ['northbank.example']);
  assert.ok(['high', 'critical'].includes(found.severity), `${found.severity} ${found.title}`);
  assert.equal((await run.records('rdap')).length, 2, 'the first answer and the difference');
});

test('of a firehose of certificates only the imitation is kept, as a finding of the tenant it aims at', async (t) => {
  const { directory, inventory } = place(t);
  const path = join(directory, 'certificates.ndjson');
  const certificate = (name: string, index: number): string =>
    `${JSON.stringify({
      message_type: 'certificate_update',
      data: {
        update_type: 'X509LogEntry',
        cert_index: index,
        seen: Date.now() / 1000,
        source: { name: 'Test log', url: 'https://log.example/' },
        leaf_cert: {
          all_domains: [name, `www.${name}`],
          serial_number: String(index).padStart(16, '0'),
          fingerprint: 'AB:'.repeat(19) + 'AB',
          not_before: Math.floor(Date.now() / 1000) - 60,
          not_after: Math.floor(Date.now() / 1000) + 86_400,
          subject: { CN: name },
          issuer: { CN: 'Test CA', O: 'Test CA' },
        },
      },
    })}\n`;
  writeFileSync(path, '');
  const run = await startConfigured(`
inventory: ${inventory}
sources:
  - { id: certificates, feed: certstream, via: file, paths: [${path}], poll_interval_ms: 100 }
`);
  t.after(() => run.stop());
  for (let n = 0; n < 200; n++) appendFileSync(path, certificate(`weather${n}.test`, n));
  appendFileSync(path, certificate('n0rthbank-login.example', 1000));
  appendFileSync(path, certificate('northbamk.shop', 1001));
  const findings = () => [...run.collector.host.book.findings.values()];
  await run.until(() => findings().length >= 1);
  await run.until(async () => (await run.records('certstream')).length === 202);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(
    [...new Set(findings().map(({ detection, tenant }) => `${tenant} ${detection}`))],
    ['acme T04'],
  );
  assert.ok(findings().every(({ domains }) => !domains.some((domain) => domain.startsWith('weather'))));
});

test('queries that a provider pushes are counted too: Logpush to a webhook', async (t) => {
  const { inventory } = place(t);
  const run = await startConfigured(
    `
inventory: ${inventory}
query_windows: { window_s: 1 }
sources:
  - { id: cfdns, feed: cloudflare-dns, via: webhook, tenant: acme, path_secret: { env: PATH_SECRET } }
`,
    { PATH_SECRET: 'long-enough-for-a-path' },
  );
  t.after(() => run.stop());
  const line = (name: string): string =>
    JSON.stringify({
      Timestamp: new Date().toISOString(),
      QueryName: name,
      QueryType: 1,
      ResponseCode: 0,
      SourceIP: '192.0.2.9',
    });
  for (const name of ['www.northbank.example', 'northbank.example', 'stranger.test']) {
    const answer = await fetch(`${run.url}/ingest/cfdns/long-enough-for-a-path`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: line(name),
    });
    assert.ok(answer.ok, String(answer.status));
  }
  const windows = async (): Promise<Record<string, unknown>[]> =>
    (await run.records('cloudflare-dns')).map(
      ({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>,
    );
  const total = async (): Promise<number> =>
    (await windows()).reduce((sum, { count }) => sum + Number(count), 0);
  await run.until(async () => (await total()) === 2);
  assert.ok((await windows()).every(({ domain }) => domain === 'northbank.example'));
});
