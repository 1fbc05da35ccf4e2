/** What probes and RDAP share: the list is followed while it changes, signs of life are earned, suspicion comes from outside too. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SourceIdentity } from '../../../collector/src/contract/component.ts';
import { probeBudget, probeIntervalsMs } from '../../../collector/src/1-source/probe-budget.ts';
import { scheduledChecks } from '../../../collector/src/1-source/scheduled-checks.ts';
import type { WatchedDomain, WatchedDomains } from '../../../collector/src/1-source/watched-domains.ts';

const watched = (domain: string, tier: WatchedDomain['tier'], ...tenants: string[]): WatchedDomain => ({
  domain,
  tenants,
  tier,
  criticalHosts: [],
  dkimSelectors: [],
});

async function start(t: TestContext, first: readonly WatchedDomain[]) {
  const world = { list: first, known: true, nowMs: 0, throws: false };
  const suspicions = new Map<string, number>();
  const asked: string[] = [];
  const beats: string[] = [];
  const told: string[] = [];
  let flushes = 0;
  const domains: WatchedDomains = {
    list: () => world.list,
    suspicions: () => suspicions,
    suspect: (domain, untilMs) => void suspicions.set(domain, untilMs),
  };
  const identity: SourceIdentity = {
    tenant: '*',
    id: 'probe',
    feed: 'delegation-probe',
    kind: 'delegation_probe',
    intervalMs: 60_000,
  };
  const source = scheduledChecks(
    {
      identity,
      kind: 'delegation',
      domains,
      budget: probeBudget({}, { ...probeIntervalsMs, delegation: [1000, 3_600_000, 3_600_000, 3_600_000] }),
      bucketsOf: (domain) =>
        domain.endsWith('.none') ? [] : [{ name: 'registry', limits: { perSecond: 1000, burst: 1000 } }],
      check: (_intake, { domain }) => {
        asked.push(domain);
        if (world.throws) return Promise.reject(new Error('a fault'));
        return Promise.resolve({ known: world.known, suspicious: false });
      },
      concurrency: 2,
      suspicionMs: 60_000,
      load: () => Promise.resolve(),
      flush: () => {
        flushes++;
        return Promise.resolve();
      },
      probe: () => Promise.resolve({ ok: true, value: '' }),
    },
    {
      nowMs: () => world.nowMs,
      random: () => 0,
      sleep: (ms, signal) => wait(Math.min(ms, 2), undefined, { signal }),
      log: (_level, message) => void told.push(message),
    },
  );
  const stop = new AbortController();
  const running = source.run(
    {
      accept: () => Promise.resolve(),
      cursor: () => undefined,
      heartbeat: ({ tenant }) => void beats.push(tenant),
      gap: () => undefined,
    },
    stop.signal,
  );
  t.after(() => stop.abort());
  /** Moves time on and lets everything that is due happen. */
  const later = async (ms: number): Promise<void> => {
    world.nowMs += ms;
    await wait(40);
  };
  await wait(20);
  return {
    world,
    source,
    suspicions,
    asked,
    beats,
    told,
    later,
    finish: async () => {
      stop.abort();
      await running;
      return flushes;
    },
  };
}

test('a new inventory adds, removes and re-ranks domains while the source runs', async (t) => {
  const run = await start(t, [watched('a.example', 3, 'acme'), watched('x.none', 0, 'acme')]);
  await run.later(60_000);
  assert.deepEqual(run.asked, ['a.example'], 'what has no budget cannot be asked');
  assert.equal(run.source.status('x.none'), undefined);
  run.world.list = [watched('a.example', 0, 'acme'), watched('b.example', 3, 'acme')];
  await run.later(0);
  await run.later(60_000);
  await run.later(1100);
  assert.ok(run.asked.filter((name) => name === 'a.example').length >= 3, 'tier 0 now');
  assert.ok(run.asked.includes('b.example'));
  run.world.list = [watched('b.example', 3, 'acme')];
  await run.later(0);
  const before = run.asked.length;
  await run.later(10_000);
  assert.equal(run.asked.length, before);
  assert.equal(run.source.status('a.example'), undefined);
  assert.ok((await run.finish()) >= 1, 'beliefs are saved at the end');
});

test('signs of life for every tenant, only while something can be told', async (t) => {
  const run = await start(t, [watched('a.example', 0, 'acme', 'bank')]);
  assert.equal(run.beats.length, 0, 'nothing was seen yet');
  await run.later(60_000);
  await run.later(0);
  assert.deepEqual(new Set(run.beats), new Set(['*', 'acme', 'bank']));
  run.world.known = false;
  // Tries again after 20, 40, 80 … seconds, at most the interval of one second here.
  for (let n = 0; n < 8; n++) await run.later(1100);
  run.beats.length = 0;
  await run.later(0);
  assert.equal(run.beats.length, 0, 'blind');
  run.world.known = true;
  await run.later(1100);
  await run.later(0);
  assert.ok(run.beats.includes('bank'));
  await run.finish();
});

test('suspicion from outside overtakes the interval once; a fault of a check is told and tried again', async (t) => {
  const run = await start(t, [watched('quiet.example', 3, 'acme')]);
  await run.later(60_000);
  assert.equal(run.asked.length, 1);
  run.suspicions.set('quiet.example', run.world.nowMs + 600_000);
  await run.later(0);
  await run.later(0);
  assert.equal(run.asked.length, 2, 'once at once');
  await run.later(31_000);
  assert.equal(run.asked.length, 3, 'and every 30 seconds');
  run.world.throws = true;
  await run.later(31_000);
  assert.ok(run.told.some((line) => line.includes('quiet.example: a fault')));
  assert.equal(run.source.status('quiet.example')?.staleSinceMs, undefined);
  await run.finish();
});
