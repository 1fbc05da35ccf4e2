import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayDifference, type ComparedResult } from '../../../collector/src/host/replay-difference.ts';
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Finding } from '../../../collector/src/contract/finding.ts';

function finding(rule: string, more: Partial<Finding> = {}): Finding {
  return {
    finding_id: `${rule}-1`,
    tenant: 'acme',
    rule_id: rule,
    detection: rule,
    group_key: 'domain=pay.example',
    first_seen: '2026-11-21T08:00:00.000Z',
    severity: 'high',
    state: 'open',
    ...more,
  } as Finding;
}

function paged(title: string): Case {
  return {
    tenant: 'acme',
    title,
    domains: [title],
    opened_at: '2026-11-21T08:00:00.000Z',
    paged_at: '2026-11-21T08:01:00.000Z',
  } as unknown as Case;
}

const before: ComparedResult = {
  findings: [finding('R05'), finding('C02'), finding('Q01')],
  cases: [paged('a')],
};

void test('the same result differs in nothing', () => {
  const same = replayDifference(before, before);
  assert.equal(same.equal, true);
  assert.deepEqual(same.findings, { added: [], removed: [], changed: [] });
  assert.deepEqual(same.detections, {});
});

void test('a new version of a rule is the same statement: only its severity changed', () => {
  const after: ComparedResult = {
    findings: [finding('R05', { finding_id: 'other', severity: 'critical' }), finding('C02'), finding('T01')],
    cases: [paged('b'), paged('a')],
  };
  const difference = replayDifference(before, after);
  assert.equal(difference.equal, false);
  assert.deepEqual(
    difference.findings.changed.map(({ detection, before: was, after: is }) => [
      detection,
      was.severity,
      is.severity,
    ]),
    [['R05', 'high', 'critical']],
  );
  assert.deepEqual(
    difference.findings.added.map(({ detection }) => detection),
    ['T01'],
  );
  assert.deepEqual(
    difference.findings.removed.map(({ detection }) => detection),
    ['Q01'],
  );
  assert.deepEqual(difference.detections, { Q01: { before: 1, after: 0 }, T01: { before: 0, after: 1 } });
  assert.deepEqual(difference.pages, { before: 1, after: 2, added: ['b'], removed: [] });
});

void test('two statements of the same rule, group and moment are two', () => {
  const twice: ComparedResult = {
    findings: [finding('R05'), finding('R05', { finding_id: 'R05-2' })],
    cases: [],
  };
  assert.equal(replayDifference(twice, { findings: [finding('R05')], cases: [] }).findings.removed.length, 1);
});
