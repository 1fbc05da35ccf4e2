/** The RDAP poller against a fake registry on loopback: RFC 7480 (HTTP), 9083 (answers), 9224 (bootstrap). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { probeBudget, probeIntervalsMs } from '../../../collector/src/1-source/probe-budget.ts';
import { rdapBootstrap } from '../../../collector/src/1-source/rdap/bootstrap.ts';
import { rdapSource } from '../../../collector/src/1-source/rdap/rdap-source.ts';
import { fileSnapshotStore } from '../../../collector/src/1-source/rdap/snapshot-store.ts';
import { fixedDomains, type WatchedDomain } from '../../../collector/src/1-source/watched-domains.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { rdap } from '../../../collector/src/2-normalise/rdap/index.ts';
import { createRecorder, startFake, type Fake, type FakeAnswer, type Recorder } from './api-fake.ts';

const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };
const startMs = Date.UTC(2026, 10, 21);
const intervalMs = 600_000;

function watched(domain: string, tier: WatchedDomain['tier'] = 2): WatchedDomain {
  return { domain, tenants: ['acme', 'other'], tier, criticalHosts: [], dkimSelectors: [] };
}

interface Registration {
  readonly status: string[];
  readonly ns?: string[];
  readonly refreshed?: string;
  readonly registrant?: string;
  readonly reversed?: boolean;
}

/** An answer of RFC 9083 section 5.3 with what registries add to it. */
function domainObject(name: string, registration: Registration): unknown {
  const events = [
    { eventAction: 'expiration', eventDate: '2027-05-01T00:00:00Z' },
    {
      eventAction: 'last update of RDAP database',
      eventDate: registration.refreshed ?? '2026-11-21T00:00:00Z',
    },
  ];
  const servers = (registration.ns ?? ['NS1.HOST.EXAMPLE', 'NS2.HOST.EXAMPLE']).map((ldhName) => ({
    objectClassName: 'nameserver',
    ldhName,
  }));
  const registrant =
    registration.registrant === undefined
      ? { roles: ['registrant'], remarks: [{ title: 'REDACTED FOR PRIVACY' }] }
      : {
          roles: ['registrant'],
          vcardArray: [
            'vcard',
            [
              ['version', {}, 'text', '4.0'],
              ['fn', {}, 'text', registration.registrant],
            ],
          ],
        };
  return {
    objectClassName: 'domain',
    ldhName: name.toUpperCase(),
    rdapConformance: ['rdap_level_0'],
    notices: [{ title: 'Terms', description: [registration.refreshed ?? ''] }],
    status: registration.reversed === true ? registration.status.toReversed() : registration.status,
    nameservers: registration.reversed === true ? servers.toReversed() : servers,
    events: registration.reversed === true ? events.toReversed() : events,
    secureDNS: { delegationSigned: false },
    entities: [
      {
        objectClassName: 'entity',
        roles: ['registrar'],
        publicIds: [{ type: 'IANA Registrar ID', identifier: '9999' }],
      },
      { objectClassName: 'entity', ...registrant },
    ],
  };
}

interface World {
  readonly fake: Fake;
  readonly recorder: Recorder;
  readonly asked: () => string[];
  nowMs: number;
  /** Moves time to the next interval and waits until `count` questions were answered in all. */
  later(ms: number, count: number): Promise<void>;
  /** Starts; resolves when every domain is planned. */
  run(domains: readonly WatchedDomain[]): Promise<{ stop(): Promise<void> }>;
  events(): CanonicalEvent[];
}

async function world(t: TestContext, answer: (domain: string) => FakeAnswer): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-rdap-'));
  const fake = await startFake(({ url }) => {
    if (url.pathname === '/dns.json') return { status: 404 };
    if (url.pathname.startsWith('/moved/')) return answer(url.pathname.slice('/moved/'.length));
    return answer(url.pathname.replace('/rdap/domain/', ''));
  });
  const shipped = join(directory, 'shipped.json');
  writeFileSync(
    shipped,
    JSON.stringify({
      version: '1.0',
      publication: '2026-03-23T19:00:02Z',
      services: [[['test'], [`${fake.url}/rdap/`]]],
    }),
  );
  t.after(async () => {
    await fake.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const recorder = createRecorder();
  const asked = (): string[] =>
    fake.calls.filter(({ url }) => url.pathname !== '/dns.json').map(({ url }) => url.pathname);
  const files = fileSnapshotStore(join(directory, 'snapshots'));
  let turns = 0;
  /** Questions and answers that are still being worked on. */
  let open = 0;
  const here: World = {
    fake,
    recorder,
    asked,
    nowMs: startMs,
    async later(ms, count) {
      here.nowMs += ms;
      const end = Date.now() + 5000;
      while (asked().length < count && Date.now() < end) await wait(2);
      // A question too many shows itself: every worker looks for work several times more, and what it asks is answered.
      for (let calm = turns; turns - calm < 30 && Date.now() < end; await wait(0)) if (open > 0) calm = turns;
    },
    async run(domains) {
      const stop = new AbortController();
      const source = rdapSource(
        {
          id: 'registries',
          tenant: '*',
          domains: fixedDomains(domains),
          budget: probeBudget(
            {},
            { ...probeIntervalsMs, rdap: [intervalMs, intervalMs, intervalMs, intervalMs] },
          ),
          ratePerMinute: 60,
          bootstrapUrl: `${fake.url}/dns.json`,
          shippedBootstrap: shipped,
          refreshedBootstrap: join(directory, 'refreshed.json'),
          servers: {},
          store: {
            async load(domain) {
              open++;
              return files.load(domain);
            },
            async save(domain, stored) {
              await files.save(domain, stored);
              open--;
            },
          },
          client: (request, signal) => {
            open++;
            return fake.client(request, signal).finally(() => open--);
          },
          timeoutMs: 2000,
          concurrency: 2,
          suspicionMs: 1,
        },
        {
          nowMs: () => here.nowMs,
          random: () => 0,
          sleep: (ms, signal) => {
            turns++;
            return wait(Math.min(ms, 2), undefined, { signal });
          },
          log: (level, message) => recorder.log.push(`${level} ${message}`),
        },
      );
      const running = source.run(recorder.intake, stop.signal);
      t.after(() => stop.abort());
      const [first] = domains;
      for (let turn = 0; turn < 500 && source.status(first?.domain ?? '') === undefined; turn++)
        await wait(2);
      return {
        async stop() {
          stop.abort();
          await running;
        },
      };
    },
    events: () =>
      recorder.records
        .filter(({ tenant }) => tenant === 'acme')
        .flatMap((record) => {
          const outcome = normaliseRecord(record, rdap, record.receivedAtMs, context);
          assert.ok(outcome.ok, JSON.stringify(outcome));
          return outcome.value.events;
        }),
  };
  return here;
}

test('first answer, refreshes that say nothing, a lock that vanishes, back and forth over a restart', async (t) => {
  let now: Registration = { status: ['client transfer prohibited', 'active'], registrant: 'Acme' };
  const here = await world(t, (domain) => ({
    headers: { 'content-type': 'application/rdap+json' },
    body: domainObject(domain, now),
  }));
  const first = await here.run([watched('pay.test')]);
  await here.later(60_000, 1);
  assert.deepEqual(
    here.events().map(({ event_type, attribute, old_known }) => [event_type, attribute, old_known]),
    ['statuses', 'nameservers', 'ds', 'registrar', 'expiry', 'contact.registrant'].map((attribute) => [
      'registrar.domain.state_observed',
      attribute,
      false,
    ]),
  );
  assert.equal(here.recorder.records.length, 2, 'one record for each tenant that has the domain');

  // Order, the time of the database and the terms of use are no news.
  now = { ...now, refreshed: '2026-11-21T06:00:00Z', reversed: true };
  await here.later(intervalMs, 2);
  assert.equal(here.recorder.records.length, 2);
  // A registrant that is redacted from now on makes a record, but is no change.
  now = { status: now.status };
  await here.later(intervalMs, 3);
  assert.equal(here.recorder.records.length, 4);
  assert.deepEqual(here.events().slice(6), []);

  now = { status: ['active'] };
  await here.later(intervalMs, 4);
  const [unlocked] = here.events().slice(6);
  assert.equal(unlocked?.event_type, 'registrar.domain.lock_disabled');
  assert.deepEqual(unlocked.old_value, ['clientTransferProhibited', 'ok']);
  assert.deepEqual(unlocked.new_value, ['ok']);
  assert.equal(unlocked.timestamp_earliest, '2026-11-21T00:21:00.000Z');
  assert.equal(unlocked.timestamp, '2026-11-21T00:31:00.000Z');
  assert.equal(unlocked.timestamp_precision, 'interval');
  await first.stop();

  now = { status: ['client transfer prohibited', 'active'] };
  const second = await here.run([watched('pay.test')]);
  await here.later(intervalMs, 5);
  now = { status: ['active'] };
  await here.later(intervalMs, 6);
  await second.stop();
  const changes = here.events().slice(6);
  assert.deepEqual(
    changes.map(({ event_type }) => event_type),
    ['registrar.domain.lock_disabled', 'registrar.domain.lock_enabled', 'registrar.domain.lock_disabled'],
  );
  assert.equal(new Set(changes.map(({ event_id }) => event_id)).size, 3, 'the same change twice has two ids');
});

test('429 with Retry-After closes the registry, other registries are not asked more, nothing is lost', async (t) => {
  let throttled = true;
  const here = await world(t, (domain) =>
    throttled
      ? { status: 429, headers: { 'retry-after': '120' }, body: { errorCode: 429 } }
      : { body: domainObject(domain, { status: ['active'] }) },
  );
  const run = await here.run([watched('a.test', 0), watched('b.test', 0), watched('c.test', 0)]);
  await here.later(60_000, 1);
  // All are due: a second 429 at most, of the question that was already under way.
  const before = here.asked().length;
  assert.ok(before <= 2, `${before} questions`);
  await here.later(100_000, before);
  assert.equal(here.asked().length, before, 'asked although the registry said to wait 120 s');
  throttled = false;
  for (let step = 0; step < 20; step++) await here.later(5000, 0);
  const known = new Set(here.recorder.records.map(({ meta }) => meta?.['domain'] ?? ''));
  assert.deepEqual(known, new Set(['a.test', 'b.test', 'c.test']));
  await run.stop();
});

test('not found is told once; faults are retried later and told to operators; redirects are followed', async (t) => {
  let broken = false;
  const here = await world(t, (domain) => {
    if (broken) return { status: 500, body: 'no' };
    if (domain === 'gone.test')
      return { status: 404, body: { errorCode: 404, title: 'Not Found', description: ['no such domain'] } };
    if (domain === 'far.test' && here.asked().at(-1) === '/rdap/domain/far.test')
      return { status: 302, headers: { location: `${here.fake.url}/moved/far.test` } };
    return { body: domainObject(domain, { status: ['active'] }) };
  });
  const run = await here.run([watched('gone.test'), watched('far.test'), watched('unknown.example')]);
  for (let step = 0; step < 15; step++) await here.later(5000, 0);
  const [refusal] = here.events().filter(({ outcome }) => outcome === 'failure');
  assert.equal(refusal?.domain, 'gone.test');
  assert.ok(here.events().some(({ domain, outcome }) => domain === 'far.test' && outcome === 'success'));
  assert.ok(
    here.asked().every((path) => !path.includes('unknown.example')),
    'no RDAP server: never asked',
  );
  const records = here.recorder.records.length;
  await here.later(intervalMs, 5);
  await here.later(2000, 5);
  assert.equal(here.recorder.records.length, records, 'the same refusal again is no news');
  broken = true;
  const before = here.asked().length;
  await here.later(intervalMs, before + 1);
  await here.later(2000, before + 1);
  assert.ok(here.recorder.log.some((line) => line.includes('status 500')));
  assert.equal(here.recorder.records.length, records);
  await run.stop();
});

test('bootstrap: longest match, TLS first, entries without sense are left out', () => {
  const read = rdapBootstrap(
    JSON.stringify({
      publication: '2026-03-23T19:00:02Z',
      services: [
        [
          ['test', 'TWO'],
          ['http://plain.example/x', 'https://tls.example/x'],
        ],
        [['co.test'], ['https://co.example/']],
        [['odd'], ['ftp://odd.example/']],
        ['broken'],
        null,
      ],
    }),
    { own: 'http://127.0.0.1:8080' },
  );
  assert.ok(read.ok);
  const baseFor = (domain: string): string | undefined => read.value.baseFor(domain);
  assert.equal(baseFor('pay.test'), 'https://tls.example/x/');
  assert.equal(baseFor('pay.co.test'), 'https://co.example/');
  assert.equal(baseFor('pay.two'), 'https://tls.example/x/');
  assert.equal(baseFor('pay.odd'), undefined);
  assert.equal(baseFor('pay.own'), 'http://127.0.0.1:8080/');
  assert.equal(baseFor('__proto__'), undefined);
  assert.equal(rdapBootstrap('{}').ok, false);
  assert.equal(rdapBootstrap('nonsense').ok, false);
});
