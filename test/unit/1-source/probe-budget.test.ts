import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeBudget, type ProbeTask } from '../../../collector/src/1-source/probe-budget.ts';
import { simulateProbes } from '../../bench/probe-simulation.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

for (const [registries, tier0] of [
  [1, 15],
  [4, 60],
] as const)
  test(`20,000 domains at ${registries} x 1 request a second, delegation and RDAP together, two days from a start`, () => {
    const day = simulateProbes({
      domains: 20_000,
      registries,
      tier0,
      tier1: 100,
      tier2: 5_000,
      firstWithinMs: minuteMs,
      days: 2,
    });
    assert.equal(day.refused, 0, 'a registry had to say 429');
    assert.ok(day.tier0DelegationGapMs <= minuteMs, `tier 0 delegation gap ${day.tier0DelegationGapMs} ms`);
    assert.equal(day.unseenRdap, 0);
    assert.ok(day.rdapGapMs <= dayMs, `RDAP gap ${day.rdapGapMs} ms`);
    assert.ok(
      day.suspicionWaitMs >= 0 && day.suspicionWaitMs <= 2_000,
      `suspicion waited ${day.suspicionWaitMs} ms`,
    );
    assert.ok(day.requests > 150_000, `${day.requests} requests`);
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
