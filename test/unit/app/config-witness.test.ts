import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../../collector/src/app/config-file.ts';

async function load(t: TestContext, text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-config-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'config.yaml');
  writeFileSync(path, text);
  return loadConfig(path, { env: { BAD: 'not base64!', GOOD: 'c2VjcmV0' }, workingDirectory: directory });
}

test('three lines are enough, and say what they mean', async (t) => {
  const loaded = await load(
    t,
    `inventory: inventory.yaml
sources:
  - { id: delegation, feed: delegation-probe }
  - { id: answers, feed: answer-probe }
  - { id: registries, feed: rdap }
`,
  );
  assert.ok(loaded.ok);
  const [delegation, answers, registries] = loaded.config.sources;
  assert.ok(delegation?.via === 'probe' && answers?.via === 'probe' && registries?.via === 'rdap');
  assert.deepEqual(delegation.intervals_s, [45, 600, 14_400, 43_200]);
  assert.equal(delegation.tenant, undefined);
  assert.equal(registries.bootstrap_url, 'https://data.iana.org/rdap/dns.json');
});

test('addresses, ports, keys and places that cannot be used are named', async (t) => {
  const loaded = await load(
    t,
    `sources:
  - { id: a, feed: answer-probe, resolvers: [192.0.2.300], source_addresses: ["2001:db8::1"] }
  - { id: b, feed: delegation-probe, resolvers: [192.0.2.53] }
  - id: c
    feed: dns-xfr
    tenant: acme
    zones: [pay.example]
    primaries: ["192.0.2.1#70000"]
    key: { name: k, secret: { env: BAD } }
  - { id: d, feed: dnstap, tenant: acme }
  - { id: e, feed: okta, tenant: acme, via: probe }
  - { id: f, feed: dns-xfr, zones: [pay.example], primaries: [192.0.2.1], tenant: acme, key: { name: k, secret: { env: GOOD } } }
`,
  );
  assert.equal(loaded.ok, false);
  assert.deepEqual(
    loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path.join('.')}: ${message}`),
    [
      'sources.0.resolvers.0: must be an IP address, found "192.0.2.300"',
      'sources.1.resolvers: are only asked by answer-probe',
      'sources.2.primaries.0: port 70000 is not 1 to 65535',
      'sources.2.key.secret: must hold Base64, as the name server has it',
      'sources.3: needs exactly one of "listen" (address#port) and "path" (Unix socket)',
      'sources.4.feed: must be one of delegation-probe, answer-probe; found "okta"',
    ],
  );
});
