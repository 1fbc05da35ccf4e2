import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeBudget, type ProbeTask } from '../../../collector/src/1-source/probe-budget.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** A registry that answers 429 to whoever exceeds one request a second, with a burst of one. */
function fakeRegistry(): { ask(nowMs: number): boolean; refused: number } {
  let tokens = 1;
  let atMs = 0;
  const registry = {
    refused: 0,
    ask(nowMs: number): boolean {
      tokens = Math.min(1, tokens + (nowMs - atMs) / 1000);
      atMs = nowMs;
      if (tokens < 1 - 1e-6) {
        registry.refused++;
        return false;
      }
      tokens -= 1;
      return true;
    },
  };
  return registry;
}

test('20,000 domains, one request a second per registry for delegation and RDAP together: a simulated day', () => {
  const registries = ['a', 'b', 'c', 'd'];
  const fakes = new Map(registries.map((name) => [name, fakeRegistry()]));
  const budget = probeBudget(
    Object.fromEntries(registries.map((name) => [name, { perSecond: 1, burst: 1 }])),
  );
  const lastSeen = new Map<string, number>();
  let widestTier0 = 0;
  let widestRdap = 0;
  for (let n = 0; n < 20_000; n++) {
    const registry = registries[n % 4]!;
    const rank = Math.floor(n / 4);
    const tier = rank < 15 ? 0 : rank < 65 ? 1 : rank < 2500 ? 2 : 3;
    const domain = `d${n}.${registry}`;
    for (const kind of ['delegation', 'rdap'] as const)
      budget.add({ id: `${kind}/${domain}`, kind, domain, tier, buckets: [registry] }, 0);
  }
  const suspectAtMs = 6 * 60 * minuteMs + 123;
  let suspicion: number | undefined;
  let served = 0;
  for (let nowMs = 0; nowMs <= dayMs;) {
    if (suspicion === undefined && nowMs >= suspectAtMs) {
      suspicion = -1;
      budget.suspect('d19999.d', nowMs + 10 * minuteMs, nowMs);
    }
    const next = budget.next(nowMs);
    if (next.kind === 'wait') {
      const target = suspicion === undefined ? Math.min(next.untilMs, suspectAtMs) : next.untilMs;
      nowMs = Math.max(target, nowMs + 1);
      continue;
    }
    const { task } = next;
    const answered = fakes.get(task.buckets[0]!)!.ask(nowMs);
    served++;
    const before = lastSeen.get(task.id) ?? 0;
    if (task.kind === 'rdap') widestRdap = Math.max(widestRdap, nowMs - before);
    else if (task.tier === 0) widestTier0 = Math.max(widestTier0, nowMs - before);
    if (suspicion === -1 && task.domain === 'd19999.d') suspicion = nowMs - suspectAtMs;
    lastSeen.set(task.id, nowMs);
    budget.finished(task.id, answered, nowMs);
  }
  for (const [name, fake] of fakes) assert.equal(fake.refused, 0, `registry ${name} had to say 429`);
  assert.ok(widestTier0 <= minuteMs, `tier 0 delegation gap ${widestTier0} ms`);
  assert.equal(lastSeen.size, 40_000, 'every domain had both checks within the day');
  assert.ok(widestRdap <= dayMs, `RDAP gap ${widestRdap} ms`);
  assert.ok(
    suspicion !== undefined && suspicion >= 0 && suspicion <= 2_000,
    `suspicion waited ${suspicion} ms`,
  );
  assert.ok(served > 150_000, `served ${served}`);
});

test('overload: tier 0 keeps its place, and the rest still moves', () => {
  const budget = probeBudget({ r: { perSecond: 1, burst: 1 } });
  const task = (id: string, tier: ProbeTask['tier']): ProbeTask => ({
    id,
    kind: 'delegation',
    domain: id,
    tier,
    buckets: ['r'],
  });
  for (let n = 0; n < 60; n++) budget.add(task(`top${n}`, 0), 0);
  for (let n = 0; n < 50; n++) budget.add(task(`low${n}`, 2), 0);
  const counts = new Map<number, number>();
  for (let nowMs = 0; nowMs < 16 * 60 * minuteMs;) {
    const next = budget.next(nowMs);
    if (next.kind === 'wait') {
      nowMs = Math.max(next.untilMs, nowMs + 1);
      continue;
    }
    counts.set(next.task.tier, (counts.get(next.task.tier) ?? 0) + 1);
    budget.finished(next.task.id, true, nowMs);
  }
  assert.ok((counts.get(2) ?? 0) >= 100, `low tiers were served ${counts.get(2)} times`);
  assert.ok((counts.get(0) ?? 0) > 40_000);
});

test('Retry-After closes a bucket, the pace halves, other buckets go on', () => {
  const budget = probeBudget({ r: { perSecond: 10, burst: 1 }, s: { perSecond: 10, burst: 1 } });
  budget.add({ id: 'r', kind: 'rdap', domain: 'r.example', tier: 0, buckets: ['r'] }, 0);
  budget.add({ id: 's', kind: 'rdap', domain: 's.example', tier: 0, buckets: ['s'] }, 0);
  budget.suspect('r.example', dayMs, 0);
  budget.suspect('s.example', dayMs, 0);
  budget.throttle('r', 120_000, 0);
  const first = budget.next(0);
  assert.equal(first.kind === 'run' ? first.task.id : '', 's');
  const second = budget.next(0);
  assert.deepEqual(second, { kind: 'wait', untilMs: 120_000 });
  const third = budget.next(120_000);
  assert.equal(third.kind === 'run' ? third.task.id : '', 'r');
});

test('a task needs a token of its registry and of its server', () => {
  const budget = probeBudget({
    registry: { perSecond: 100, burst: 100 },
    server: { perSecond: 1, burst: 1 },
  });
  for (const id of ['x', 'y']) {
    budget.add({ id, kind: 'delegation', domain: id, tier: 0, buckets: ['registry', 'server'] }, 0);
    budget.suspect(id, dayMs, 0);
  }
  assert.equal(budget.next(0).kind, 'run');
  assert.deepEqual(budget.next(0), { kind: 'wait', untilMs: 1000 });
  assert.equal(budget.next(1000).kind, 'run');
});

test('status: next check, last check, stale since; a check that could not tell comes again sooner', () => {
  const budget = probeBudget({ r: { perSecond: 1, burst: 1 } });
  budget.add({ id: 'x', kind: 'delegation', domain: 'x', tier: 3, buckets: ['r'] }, 0);
  budget.suspect('x', 1, 0);
  assert.equal(budget.next(0).kind, 'run');
  budget.finished('x', false, 1000);
  assert.equal(budget.status('x', 1000)?.nextCheckMs, 21_000);
  assert.equal(budget.status('x', 1000)?.lastCheckedMs, undefined);
  assert.equal(budget.next(21_000).kind, 'run');
  budget.finished('x', true, 21_000);
  assert.deepEqual(budget.status('x', 22_000), {
    nextCheckMs: 21_000 + 12 * 60 * minuteMs,
    lastCheckedMs: 21_000,
    staleSinceMs: undefined,
  });
  assert.equal(budget.status('x', 3 * dayMs)?.staleSinceMs, 21_000);
  assert.equal(budget.status('none', 0), undefined);
});
