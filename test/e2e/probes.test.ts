/**
 * Delegation and answer probes against real servers: a root (Knot), a registry zone (BIND), the zone's own server (Knot), a
 * hijacker's server (BIND) and a resolver (Unbound), each on a loopback address of its own with one port.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { answerAttributes, readAnswers } from '../../collector/src/1-source/answer-probe/answer-reading.ts';
import { fileBeliefStore } from '../../collector/src/1-source/belief-store.ts';
import { delegationAttributes } from '../../collector/src/1-source/delegation-probe/delegation-attributes.ts';
import { readDelegation } from '../../collector/src/1-source/delegation-probe/delegation-reading.ts';
import { iterativeLookup } from '../../collector/src/1-source/iterative-lookup.ts';
import { probe } from '../../collector/src/cli/probe.ts';
import { probeBudget } from '../../collector/src/1-source/probe-budget.ts';
import { probeWatch } from '../../collector/src/1-source/probe-watch.ts';
import { fixedDomains } from '../../collector/src/1-source/watched-domains.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { answerProbe, delegationProbe } from '../../collector/src/2-normalise/probe.ts';
import { dynamicUpdate, startUnbound, until } from './dns-servers.ts';
import {
  delegationSigner as ds,
  evilAddress,
  missingProgram,
  ownAddress,
  registryAddress,
  resolverAddress,
  rootAddress,
  setUpWorld,
} from './dns-world.ts';

const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };
test('delegation probe: baseline, nameserver and DS change at the registry, lame server', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port, stopOwn } = await setUpWorld(t);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-beliefs-'));
  const lookup = iterativeLookup({ roots: [rootAddress], port, timeoutMs: 1500, nowMs: () => Date.now() });
  const records: RawRecord[] = [];
  const budget = probeBudget({});
  const source = probeWatch(
    {
      feed: 'delegation-probe',
      id: 'vantage-1',
      tenant: 'acme',
      domains: fixedDomains([
        { domain: 'pay.example', tenants: ['acme'], tier: 0, criticalHosts: [], dkimSelectors: [] },
      ]),
      budget,
      bucketsOf: () => [{ name: 'example', limits: { perSecond: 20, burst: 5 } }],
      beliefs: fileBeliefStore(directory),
      look: async ({ domain }, signal) =>
        delegationAttributes([
          { vantage: 'vantage-1', look: await readDelegation(lookup, domain, 'vantage-1', signal) },
        ]),
      concurrency: 1,
      suspicionMs: 60_000,
    },
    {
      nowMs: () => Date.now(),
      random: () => 0.5,
      sleep: (ms, signal) => wait(Math.min(ms, 50), undefined, { signal }),
      log: () => undefined,
    },
  );
  const abort = new AbortController();
  const running = source.run(
    {
      accept: (batch) => {
        records.push(...batch);
        return Promise.resolve();
      },
      cursor: () => undefined,
      heartbeat: () => undefined,
      gap: () => undefined,
    },
    abort.signal,
  );
  t.after(async () => {
    abort.abort();
    await running;
    rmSync(directory, { recursive: true, force: true });
  });
  const events = (): CanonicalEvent[] =>
    records.flatMap((record) => {
      const outcome = normaliseRecord(record, delegationProbe, record.receivedAtMs, context);
      assert.ok(outcome.ok, JSON.stringify(outcome));
      return outcome.value.events;
    });
  const byType = (type: string): CanonicalEvent[] => events().filter((event) => event.event_type === type);
  /** Brings the next check forward, as a suspicion from elsewhere would. */
  const poke = (): void => budget.suspect('pay.example', Date.now() + 60_000, Date.now());
  const seen = (type: string, count = 1): Promise<void> =>
    until(
      `${count} ${type}`,
      async () => {
        poke();
        await wait(60);
        return byType(type).length >= count;
      },
      () => JSON.stringify(events().map((event) => [event.event_type, event.attribute, event.new_value])),
    );

  await seen('registrar.domain.state_observed', 3);
  const observed = byType('registrar.domain.state_observed');
  assert.deepEqual(observed.find((event) => event.attribute === 'nameservers')?.new_value, [
    'ns1.pay.example',
  ]);
  assert.deepEqual(observed.find((event) => event.attribute === 'ds')?.new_value, [ds]);
  assert.deepEqual(observed.find((event) => event.attribute === 'glue')?.new_value, [
    `ns1.pay.example ${ownAddress}`,
  ]);
  assert.deepEqual(byType('dns.zone.delegation_mismatch'), []);

  await dynamicUpdate(
    port,
    'example',
    [
      'update delete pay.example. NS',
      'update add pay.example. 60 NS ns1.evil.pay.example.',
      `update add ns1.evil.pay.example. 60 A ${evilAddress}`,
      'update delete pay.example. DS',
    ],
    registryAddress,
  );
  await seen('registrar.domain.nameservers_changed');
  await seen('registrar.domain.ds_removed');
  const [change] = byType('registrar.domain.nameservers_changed');
  assert.deepEqual([change?.old_value, change?.new_value], [['ns1.pay.example'], ['ns1.evil.pay.example']]);
  assert.equal(change?.confidence_basis, 'probe_twice_in_a_row');
  assert.equal(change?.timestamp_precision, 'interval');
  assert.ok(change.timestamp_earliest! < change.timestamp);
  assert.deepEqual(byType('registrar.domain.ds_removed')[0]?.new_value, []);
  assert.equal(change.domain, 'pay.example');

  // Back again, but the own server does not answer with authority any more: the change is seen, lameness stays unknown.
  await stopOwn();
  await dynamicUpdate(
    port,
    'example',
    [
      'update delete pay.example. NS',
      'update add pay.example. 60 NS ns1.pay.example.',
      'update add pay.example. 60 NS ns1.example.',
    ],
    registryAddress,
  );
  await seen('registrar.domain.nameservers_changed', 2);
  assert.deepEqual(
    byType('dns.zone.lame_delegation_detected'),
    [],
    'a silent server is not lame, it could not tell',
  );
  await dynamicUpdate(port, 'example', ['update delete pay.example. NS ns1.pay.example.'], registryAddress);
  await seen('dns.zone.lame_delegation_detected');
  const ids = events().map((event) => event.event_id);
  assert.equal(new Set(ids).size, ids.length);
});

test('answer probe: authoritative servers and a resolver, aliases, a changed record, SERVFAIL is no change', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port, stopOwn } = await setUpWorld(t);
  const resolver = await startUnbound(
    port,
    { 'pay.example': `${ownAddress}@${port}` },
    '',
    'pay.example',
    resolverAddress,
  );
  t.after(() => resolver.stop());
  const targets = { zone: 'pay.example', criticalHosts: ['www'], dkimSelectors: ['s1'] };
  const sources = {
    authoritative: [ownAddress],
    authoritativePort: port,
    resolvers: [{ address: resolverAddress, port }],
  };
  // A busy machine answers late; only who is gone is waited for in vain.
  let timeoutMs = 1_500;
  const beliefs = {};
  const { takeAttributes, probeRecord } = await import('../../collector/src/1-source/probe-document.ts');
  let atMs = Date.UTC(2026, 10, 21);
  const round = async (): Promise<CanonicalEvent[]> => {
    atMs += 60_000;
    const { documents } = takeAttributes(
      'answer',
      'pay.example',
      answerAttributes(await readAnswers(targets, { ...sources, timeoutMs })),
      beliefs,
      atMs,
    );
    return documents.flatMap((document) => {
      const record = probeRecord('answer-probe', 'acme', 'vantage-1', document, atMs);
      const outcome = normaliseRecord(record, answerProbe, atMs, context);
      assert.ok(outcome.ok, JSON.stringify(outcome));
      return outcome.value.events;
    });
  };
  const baseline = await round();
  const observed = (name: string, type: string): unknown =>
    baseline
      .filter((event) => event.record_name === name && event.record_type === type)
      .map((event) => event.new_value);
  assert.deepEqual(observed('pay.example', 'A'), [['192.0.2.10'], ['192.0.2.10']]);
  assert.deepEqual(observed('pay.example', 'TXT'), [['"v=spf1 -all"'], ['"v=spf1 -all"']]);
  assert.deepEqual(observed('pay.example', 'CAA'), [['0 issue "ca.example"'], ['0 issue "ca.example"']]);
  assert.deepEqual(observed('pay.example', 'MX'), [[], []]);
  assert.deepEqual(observed('_dmarc.pay.example', 'TXT'), [
    ['"v=DMARC1; p=reject"'],
    ['"v=DMARC1; p=reject"'],
  ]);
  assert.deepEqual(observed('s1._domainkey.pay.example', 'TXT'), [
    ['"v=DKIM1; p=AAAA"'],
    ['"v=DKIM1; p=AAAA"'],
  ]);
  assert.deepEqual(observed('www.pay.example', 'CNAME'), [['edge.cdn.test'], ['edge.cdn.test']]);
  assert.deepEqual(
    observed('www.pay.example', 'A'),
    [],
    'where an alias leads outside, nobody here can tell',
  );
  assert.deepEqual(await round(), []);

  await dynamicUpdate(
    port,
    'pay.example',
    ['update delete pay.example. A', 'update add pay.example. 30 A 203.0.113.66'],
    ownAddress,
  );
  assert.deepEqual(await round(), [], 'one look by one vantage of each kind is not enough');
  const changed = await round();
  assert.deepEqual(
    changed.map((event) => [
      event.event_type,
      event.record_name,
      event.record_type,
      event.old_value,
      event.new_value,
      event.ttl_new,
    ]),
    // The resolver keeps nothing in this setting, so it gives TTL 0.
    [30, 0].map((ttl) => [
      'dnsquery.answer.changed',
      'pay.example',
      'A',
      ['192.0.2.10'],
      ['203.0.113.66'],
      ttl,
    ]),
  );
  await stopOwn();
  timeoutMs = 400;
  assert.deepEqual(await round(), []);
  assert.deepEqual(await round(), []);
});

test('zonewarden probe prints what everybody says, as a table and as JSON', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port } = await setUpWorld(t);
  const run = async (domain = 'pay.example', ...more: string[]): Promise<{ status: number; out: string }> => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const status = await probe(
      [
        domain,
        '--root',
        rootAddress,
        '--port',
        String(port),
        '--resolver',
        `${ownAddress}#${port}`,
        '--dkim',
        's1',
        '--no-rdap',
        ...more,
      ],
      { stdout, stderr },
    );
    return { status, out: String(stdout.read() ?? '') };
  };
  const table = await run();
  assert.equal(table.status, 0, table.out);
  assert.match(table.out, /parent example at ns1\.example \(127\.0\.0\.1\)\n {4}NS {4}ns1\.pay\.example/);
  assert.match(table.out, /zone at ns1\.pay\.example \(127\.0\.0\.13\) {2}serial 7/);
  assert.match(table.out, /_dmarc\.pay\.example TXT\n.*"v=DMARC1; p=reject"/);
  assert.match(table.out, /\n {2}\*\.pay\.example A \(a name that does not exist\)\n.*\(none\)/);
  const stranger = await run('nosuch.example');
  assert.equal(stranger.status, 1);
  assert.match(stranger.out, /not delegated: the servers of example know no such domain/);
  const json = JSON.parse((await run('pay.example', '--json')).out) as {
    domain: string;
    delegation: { parents: { ds: { value: string[] } }[] };
  };
  assert.equal(json.domain, 'pay.example');
  assert.deepEqual(json.delegation.parents[0]?.ds.value, [ds]);
});

test('zonewarden probe puts the registry beside the parent, says first where they differ, and what a collector plans', async (t) => {
  const missing = missingProgram();
  if (missing !== undefined) return t.skip(`${missing} is not installed`);
  const { port } = await setUpWorld(t);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const body =
      request.url === '/rdap/domain/pay.example'
        ? {
            objectClassName: 'domain',
            ldhName: 'PAY.EXAMPLE',
            status: ['client transfer prohibited'],
            nameservers: [{ ldhName: 'NS1.EVIL.EXAMPLE' }],
            events: [{ eventAction: 'expiration', eventDate: '2027-08-14T04:00:00Z' }],
            entities: [
              { roles: ['registrar'], publicIds: [{ type: 'IANA Registrar ID', identifier: '9999' }] },
            ],
          }
        : {
            checks: [
              {
                source: 'delegation',
                kind: 'delegation',
                next_check: '2026-11-21T12:00:30.000Z',
                last_checked: '2026-11-21T11:00:00.000Z',
                stale_since: '2026-11-21T11:02:00.000Z',
                stale: true,
              },
            ],
          };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = async (...more: string[]): Promise<string> => {
    const stdout = new PassThrough();
    const arguments_ = [
      'pay.example',
      '--root',
      rootAddress,
      '--port',
      String(port),
      '--resolver',
      `${ownAddress}#${port}`,
    ];
    await probe([...arguments_, ...more], { stdout, stderr: new PassThrough() });
    return String(stdout.read() ?? '');
  };
  const table = await run('--rdap', `${url}/rdap`, '--tenant', 'acme', '--url', url);
  assert.deepEqual(asked, ['/rdap/domain/pay.example', '/api/v1/domains/acme/pay.example']);
  assert.match(table, /^pay\.example\n\nThe witnesses differ\n/);
  assert.match(table, / {2}! NS: the registry says ns1\.evil\.example, the parent zone ns1\.pay\.example\n/);
  assert.match(
    table,
    /status {5}clientTransferProhibited\n {4}NS {9}ns1\.evil\.example\n {4}DS {9}\(not said\)/,
  );
  assert.match(table, /registrar {2}9999\n {4}expiry {5}2027-08-14T04:00:00\.000Z\n/);
  assert.match(
    table,
    /last 2026-11-21T11:00:00\.000Z {2}next 2026-11-21T12:00:30\.000Z {2}STALE since 2026-11-21T11:02:00\.000Z/,
  );
  const json = JSON.parse(await run('--rdap', `${url}/rdap`, '--json')) as {
    registration: { nameservers: string[] };
    differences: string[];
  };
  assert.deepEqual(json.registration.nameservers, ['ns1.evil.example']);
  assert.equal(json.differences.length, 1);
  assert.match(
    await run('--no-rdap'),
    /^pay\.example\n\nAll witnesses that could tell agree\.\n\nDelegation\n/,
  );
});
