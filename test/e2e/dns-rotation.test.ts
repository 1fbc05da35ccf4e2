/** Names that rotate, asked at real servers and behind a real cache: Knot's weighted answers, BIND's random order of a large set. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { answerAttributes, readAnswers } from '../../collector/src/1-source/answer-probe/answer-reading.ts';
import { takeAttributes, type Beliefs } from '../../collector/src/1-source/probe-document.ts';
import { lookLonger, type Look } from '../../collector/src/1-source/probe-watch.ts';
import type { WatchedDomain } from '../../collector/src/1-source/watched-domains.ts';
import { dynamicUpdate, hasProgram, startBind, startKnot, startUnbound, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

const [ownAddress, secondAddress, resolverAddress] = ['127.0.0.1', '127.0.0.32', '127.0.0.33'];
const geoModule = ['/usr/lib/x86_64-linux-gnu/knot', '/usr/lib/aarch64-linux-gnu/knot'].some((directory) =>
  ['3.2', '3.3', '3.4', '3.5'].some((version) => existsSync(`${directory}/modules-${version}/geoip.so`)),
);

const zone = zoneText('pay.example', 7, [
  '@ NS ns1',
  `ns1 A ${ownAddress}`,
  '@ A 192.0.2.10',
  'www A 192.0.2.11',
]);
const domain: WatchedDomain = {
  domain: 'pay.example',
  tenants: ['acme'],
  tier: 0,
  criticalHosts: ['www'],
  dkimSelectors: [],
};

/** Looks at `www` and gives the changes of its A records, with the view they were seen in. */
function watcher(authoritative: string[], port: number, resolvers: string[]) {
  const beliefs: Beliefs = {};
  const look: Look = async (each, signal, keys) =>
    answerAttributes(
      await readAnswers(
        { zone: each.domain, criticalHosts: each.criticalHosts, dkimSelectors: [] },
        {
          authoritative,
          authoritativePort: port,
          resolvers: resolvers.map((address) => ({ address, port })),
          timeoutMs: 3000,
          ...(keys === undefined ? {} : { keys }),
        },
        signal,
      ),
    );
  const round = async (atMs: number) => {
    const attributes = await lookLonger(look, domain, beliefs, new AbortController().signal);
    return takeAttributes('answer', 'pay.example', attributes, beliefs, atMs).documents.filter(
      (document) => document.old !== null,
    );
  };
  return { round, beliefs };
}

test('weighted answers of Knot behind an Unbound that caches them: quiet, whatever the cache holds', async (t) => {
  if (!hasProgram('knotd') || !hasProgram('unbound')) return t.skip('knotd or unbound is not installed');
  if (!geoModule) return t.skip("Knot's geoip module (knot-module-geoip) is not installed");
  const directory = await mkdtemp(join(tmpdir(), 'zonewarden-geo-'));
  t.after(() => rm(directory, { recursive: true }));
  const choices = Array.from({ length: 6 }, (_, n) => `  - weight: 10\n    A: 192.0.2.${100 + n}\n`);
  await writeFile(join(directory, 'weights.conf'), `www.pay.example:\n${choices.join('')}`);
  const port = await freePort();
  const own = await startKnot(
    port,
    { 'pay.example': zone },
    undefined,
    `mod-geoip:\n  - id: weights\n    config-file: "${directory}/weights.conf"\n    ttl: 1\n    mode: weighted\n`,
    '    module: mod-geoip/weights\n',
    ownAddress,
  );
  t.after(() => own.stop());
  const resolver = await startUnbound(
    port,
    { 'pay.example': `${ownAddress}@${port}` },
    'server:\n  cache-max-ttl: 60\n',
    'pay.example',
    resolverAddress,
  );
  t.after(() => resolver.stop());
  const { round, beliefs } = watcher([ownAddress], port, [resolverAddress]);
  const held = new Set<string>();
  for (let looks = 0; looks < 60 && held.size < 3; looks++) {
    assert.deepEqual(await round(Date.now()), [], `look ${looks}`);
    const { reading } = await cachedAnswer(port);
    held.add(reading.value.join());
    // The cache lets go after a second of real time.
    await wait(150);
  }
  assert.ok(held.size >= 3, 'the cache held several answers one after the other');
  assert.ok((beliefs['www.pay.example/A@authoritative']?.pool?.members.length ?? 0) > 3);
});

async function cachedAnswer(port: number) {
  const views = await readAnswers(
    { zone: 'pay.example', criticalHosts: ['www'], dkimSelectors: [] },
    {
      authoritative: [],
      authoritativePort: port,
      resolvers: [{ address: resolverAddress, port }],
      timeoutMs: 3000,
      keys: new Set(['www.pay.example/A@resolver']),
    },
  );
  return views[0]!;
}

test('a large set in random order from BIND and Knot is one value; a replaced address is told after the second look, at both servers', async (t) => {
  const absent = ['named', 'knotd', 'unbound'].find((program) => !hasProgram(program));
  if (absent !== undefined) return t.skip(`${absent} is not installed`);
  const port = await freePort();
  const many = Array.from({ length: 60 }, (_, n) => `www A 198.51.100.${n + 1}`);
  const text = zoneText('pay.example', 7, ['@ NS ns1', `ns1 A ${ownAddress}`, '@ A 192.0.2.10', ...many]);
  const options = 'rrset-order { order random; };';
  const servers = [
    await startBind(port, { 'pay.example': text }, 'allow-update { key xfr-key; };', options),
    await startKnot(
      port,
      { 'pay.example': text },
      undefined,
      'server:\n  answer-rotation: on\n',
      '',
      secondAddress,
    ),
  ];
  const resolver = await startUnbound(
    port,
    { 'pay.example': `${ownAddress}@${port}` },
    'server:\n  rrset-roundrobin: yes\n',
    'pay.example',
    resolverAddress,
  );
  t.after(async () => {
    for (const each of [...servers, resolver]) await each.stop();
  });
  const { round } = watcher([ownAddress, secondAddress], port, [resolverAddress]);
  const startMs = Date.UTC(2026, 10, 21);
  for (let looks = 0; looks < 6; looks++) assert.deepEqual(await round(startMs + looks * 60_000), []);
  for (const address of [ownAddress, secondAddress])
    await dynamicUpdate(
      port,
      'pay.example',
      ['update delete www.pay.example A 198.51.100.60', 'update add www.pay.example 3600 A 203.0.113.66'],
      address,
    );
  // Two servers of the zone seen from one place are one witness, the resolver believes apart: each needs its second look.
  assert.deepEqual(await round(startMs + 360_000), []);
  const told = await round(startMs + 420_000);
  assert.deepEqual(
    told.map(({ name, type, vantage, basis, details }) => [name, type, vantage, basis, details?.['view']]),
    [
      ['www.pay.example', 'A', '1 of 1', 'probe_twice_in_a_row', 'authoritative'],
      ['www.pay.example', 'A', '1 of 1', 'probe_twice_in_a_row', 'resolver'],
    ],
  );
  assert.ok(told.every(({ old, new: now }) => old?.length === 60 && now.length === 60));
  assert.ok(told.every(({ new: now }) => now.includes('203.0.113.66') && !now.includes('198.51.100.60')));
  assert.deepEqual(await round(startMs + 480_000), []);
});
