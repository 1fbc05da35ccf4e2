import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoverageView, RuleView, SharedValue } from '../src/api/shapes.ts';
import {
  domainsSharing,
  newlyShared,
  sharedApproval,
  sharedKey,
  sharedSentence,
} from '../src/model/shared-values.ts';
import { actionText } from '../src/pages/audit/audit-model.ts';
import { termText } from '../src/pages/case/case-model.ts';
import { missedBy, missedKinds } from '../src/pages/coverage/coverage-model.ts';
import { approvalMark, isCurve, signalName } from '../src/pages/domain/domain-model.ts';
import { scopeText } from '../src/pages/suppressions/suppressions-model.ts';

const kind = (source_kind: string, alive: boolean) => ({ source_kind, alive }) as CoverageView;
const rule = (health: RuleView['health'], ...requires_sources: string[]) =>
  ({ health, requires_sources }) as Partial<RuleView> as RuleView;

test('coverage: what rules miss, what would help most first; the collector hears itself', () => {
  const kinds = [kind('ct_log', true), kind('rdap_poll', false)];
  assert.deepEqual(missedBy(rule('degraded', 'ct_log', 'rdap_poll', 'answer_probe', 'pipeline'), kinds), [
    'rdap_poll',
    'answer_probe',
  ]);
  const rules = [
    rule('ok', 'ct_log'),
    rule('degraded', 'ct_log', 'rdap_poll'),
    rule('degraded', 'ct_log', 'rdap_poll'),
    rule('blind', 'answer_probe'),
  ];
  assert.deepEqual(missedKinds(rules, kinds), [
    { kind: 'answer_probe', silent: false, blind: 1, degraded: 0 },
    { kind: 'rdap_poll', silent: true, blind: 0, degraded: 2 },
  ]);
});

const shared: SharedValue = {
  tenant: 'acme',
  kind: 'address',
  value: '203.0.113.80',
  domains: 8,
  names: ['a.example', 'b.example'],
  first_seen: '2026-11-21T08:00:00.000Z',
  approved: 0,
  text: '',
};

test('shared values: a sentence, whose approval, which are news, and whose they are', () => {
  const nowMs = Date.parse('2026-11-21T08:14:00.000Z');
  assert.equal(sharedSentence(shared), '8 domains now have 203.0.113.80');
  assert.equal(sharedApproval(shared), 'approved for none of them');
  assert.equal(sharedApproval({ ...shared, approved: 3 }), 'approved for 3 of 8');
  const person = { ...shared, kind: 'actor', value: 'okta:casey' };
  assert.equal(sharedSentence(person), '8 domains were changed by okta:casey without approval');
  assert.equal(sharedApproval(person), undefined);
  const old = { ...shared, value: 'old', first_seen: '2026-11-01T08:00:00.000Z' };
  assert.deepEqual(newlyShared([shared, { ...shared, approved: 8 }, old], nowMs), [shared]);
  assert.deepEqual(
    [...(domainsSharing([shared], sharedKey(shared)) ?? [])],
    ['acme/a.example', 'acme/b.example'],
  );
  assert.equal(domainsSharing([shared], 'acme/address:192.0.2.9'), undefined);
});

test('words: audit actions, terms, scopes, signals, approvals', () => {
  assert.equal(actionText('collector.started'), 'Collector started');
  assert.equal(actionText('POST /cases/{id}/note'), 'POST /cases/{id}/note');
  assert.equal(termText('S 0.75'), 'together 0.75 of 1');
  assert.equal(termText('first-seen network or country x1.3'), 'first-seen network or country × 1.3');
  assert.equal(scopeText({ cidr: '192.0.2.0/24' }), 'Network 192.0.2.0/24');
  assert.equal(scopeText({ rule: 'R05' }), 'Detection R05');
  assert.equal(signalName('R05'), 'R05');
  assert.equal(signalName('registrar.domain.lock_disabled'), 'Transfer lock removed');
  assert.deepEqual(approvalMark('pending'), { text: 'approval pending', tone: 'fair' });
  assert.deepEqual(approvalMark('rejected'), { text: 'approval refused', tone: 'bad' });
});

test('a curve needs five minutes', () => {
  assert.equal(isCurve([]), false);
  assert.equal(isCurve([0, 299_999]), false);
  assert.equal(isCurve([0, 300_000]), true);
});
