import assert from 'node:assert/strict';
import test from 'node:test';
import { detectionsPage } from '../../../collector/src/6-detect/detections-page.ts';
import { proveRules } from '../../../collector/src/6-detect/proof.ts';
import { coverageOf } from '../../../collector/src/6-detect/rule-coverage.ts';
import { fillRunbook, runbookFacts } from '../../../collector/src/6-detect/runbook.ts';
import type { Demonstration } from '../../../collector/src/6-detect/proof.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import type { SourcesView } from '../../../collector/src/contract/step.ts';
import { load } from './rule-loading.ts';

const text = `title: A | rule
id: 00000000-0000-4000-8000-000000000001
description: Says what it does.
logsource: {product: test}
detection: {s: {a: 1}, condition: s}
zonewarden: {detection: R99, requires_sources: [registrar_audit, rdap_poll], degraded: only polling}
`;
const { ruleSet } = load(text);
const [rule] = ruleSet.rules;
const day = 86_400_000;
const shown = (
  kind: Demonstration['kind'],
  atMs: number,
  passed = true,
  meaningHash?: string,
): Demonstration => ({
  detection: 'R99',
  kind,
  name: 'x',
  passed,
  atMs,
  ...(meaningHash === undefined ? {} : { meaningHash }),
});
const stateOf = (list: Demonstration[]) => proveRules(ruleSet, list, 100 * day, 30 * day)[0]?.state;

void test('proven, stale, never', () => {
  assert.equal(stateOf([]), 'never');
  assert.equal(stateOf([shown('synthetic_fixture', 99 * day)]), 'never');
  assert.equal(stateOf([shown('recorded_fixture', 99 * day)]), 'proven');
  assert.equal(stateOf([shown('drill', 60 * day)]), 'stale');
  assert.equal(stateOf([shown('drill', 60 * day), shown('incident', 99 * day)]), 'proven');
  assert.equal(stateOf([shown('drill', 90 * day), shown('drill', 99 * day, false)]), 'stale');
  assert.equal(stateOf([shown('drill', 90 * day, false), shown('drill', 99 * day)]), 'proven');
  assert.equal(stateOf([shown('drill', 99 * day, true, 'other meaning')]), 'stale');
  assert.equal(stateOf([shown('drill', 99 * day, true, rule?.meaningHash)]), 'proven');
});

void test('a rule whose sources are all gone is blind, not quiet', () => {
  const view = (alive: Record<string, boolean>): SourcesView => ({
    status: (_tenant, kind) =>
      Object.hasOwn(alive, kind) ? { kind, intervalMs: 1, alive: alive[kind] === true } : undefined,
    silentMs: () => 0,
    silentKinds: () => [],
    kinds: () => [],
  });
  assert.ok(rule !== undefined);
  const sight = (alive: Record<string, boolean>) => coverageOf(rule, view(alive), 'acme', 0);
  assert.equal(sight({ registrar_audit: true, rdap_poll: true }).sight, 'seeing');
  assert.deepEqual(sight({ registrar_audit: false, rdap_poll: true }).silent, ['registrar_audit']);
  assert.equal(sight({ rdap_poll: true }).sight, 'degraded');
  assert.equal(sight({ rdap_poll: true }).degraded, 'only polling');
  assert.equal(sight({ rdap_poll: false }).sight, 'blind');
  // What the collector says about itself needs no source that somebody configures.
  const own = { ...rule, meta: { ...rule.meta, requiresSources: ['pipeline' as const] } };
  assert.equal(coverageOf(own, view({}), 'acme', 0).sight, 'seeing');
  const both = {
    ...rule,
    meta: { ...rule.meta, requiresSources: ['pipeline' as const, 'rdap_poll' as const] },
  };
  assert.equal(coverageOf(both, view({}), 'acme', 0).sight, 'degraded');
});

void test('runbooks are filled with facts, which cannot add markup', () => {
  const finding = {
    summary: 'Moved',
    domains: ['pay.example'],
    degraded_reasons: [],
    context: { source_kinds: ['delegation_probe'] },
    evidence: [{ old_value: ['a'], new_value: ['[x](http://evil)'] }],
    first_seen: 't1',
    last_seen: 't2',
  } as unknown as FindingDraft;
  const filled = fillRunbook(
    runbookFacts.map((name) => `{{${name}}}`).join('\n') + '\n{{constructor}}',
    finding,
  );
  assert.ok(filled.includes('pay.example') && !filled.includes('{{'));
  assert.ok(!filled.includes('[x](http'));
  assert.ok(filled.endsWith('unknown'));
});

void test('the page lists every rule with its tests', () => {
  const page = detectionsPage(ruleSet, [
    {
      file: 'f',
      detection: 'R99',
      name: 'a is one',
      kind: 'fires',
      provenance: 'recorded',
      passed: true,
      message: '',
    },
  ]);
  assert.match(page, /\| R99 \| A \\\| rule \|.*\| 1 \(1\) \|/);
  assert.match(page, /Fires when: a is one\. Silent when: no test\./);
  assert.match(page, /Without all its sources: only polling/);
});
