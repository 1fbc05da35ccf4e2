import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CaseSummary, DomainSummary } from '../src/api/shapes.ts';
import { fleetHealth, shownDomains } from '../src/pages/fleet/fleet-model.ts';

const plain: DomainSummary = {
  tenant: 'acme',
  domain: 'a.example',
  tier: 1,
  owner: null,
  team: null,
  registrar_account: null,
  dns_provider: null,
  roles: [],
  score: 90,
  coverage: 1,
  score_change_1d: 0,
  risk: null,
  open_cases: 0,
  worst_severity: null,
  next_best_action: null,
  last_change_at: null,
};
const everything = { q: '', team: '', tier: '', tenant: '', band: '' };
const names = (items: readonly DomainSummary[]): string[] => items.map(({ domain }) => domain);

const items: readonly DomainSummary[] = [
  plain,
  { ...plain, domain: 'b.example', score: 19.9, score_change_1d: -30, team: 'web' },
  { ...plain, domain: 'c.example', score: null, coverage: 0 },
  { ...plain, domain: 'd.example', score: 80, worst_severity: 'high', open_cases: 1, tenant: 'other' },
];

test('orders: worst open case first, unknown scores last, ties by name', () => {
  assert.deepEqual(names(shownDomains(items, everything, 'urgency')), [
    'd.example',
    'b.example',
    'a.example',
    'c.example',
  ]);
  assert.deepEqual(names(shownDomains(items, everything, 'score')), [
    'b.example',
    'd.example',
    'a.example',
    'c.example',
  ]);
  assert.deepEqual(names(shownDomains(items, everything, 'fall'))[0], 'b.example');
});

test('filters: words, team, tenant, band of scores, unknown scores', () => {
  assert.deepEqual(names(shownDomains(items, { ...everything, q: 'B.EX web' }, 'name')), ['b.example']);
  assert.deepEqual(names(shownDomains(items, { ...everything, tenant: 'other' }, 'name')), ['d.example']);
  assert.deepEqual(names(shownDomains(items, { ...everything, band: '80' }, 'name')), [
    'a.example',
    'd.example',
  ]);
  assert.deepEqual(names(shownDomains(items, { ...everything, band: 'unknown' }, 'name')), ['c.example']);
  assert.deepEqual(names(shownDomains(items, { ...everything, band: 'nonsense' }, 'name')), []);
});

test('health: each domain in one band, drills and closed cases do not count', () => {
  const one = { case_id: '1', state: 'open', severity: 'critical', drill: false } as CaseSummary;
  const health = fleetHealth(items, [one, { ...one, drill: true }, { ...one, state: 'closed' }], []);
  assert.deepEqual(health.bands, [1, 0, 0, 0, 2, 1]);
  assert.deepEqual(names(health.falling), ['b.example']);
  assert.equal(health.openCases.length, 1);
  assert.equal(health.known, 0.75);
});
