import assert from 'node:assert/strict';
import test from 'node:test';
import { runDetector } from '../../../collector/src/6-detect/detector-run.ts';
import { isFinding } from '../../../collector/src/contract/finding.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import { load, sha256 } from './rule-loading.ts';

const rule = `title: Delegation changed
id: 00000000-0000-4000-8000-000000000005
description: d
tags: [attack.t1584.001]
logsource: {product: test}
detection: {s: {event_type: registrar.domain.nameservers_changed}, condition: s}
zonewarden:
  detection: R05
  rule_version: 3
  likelihood: 0.7
  likelihood_degraded: 0.4
  effect: red
  plane: registrar
  risk_points: 60
  playbook: PB2
  group: [tenant, domain]
  requires_sources: [delegation_probe, registrar_audit]
  degraded: only one witness
  suppressible: false
`;

const event = {
  event_id: 'b'.repeat(26),
  event_type: 'registrar.domain.nameservers_changed',
  outcome: 'success',
  tenant: 'acme',
  timestamp: '2026-11-21T08:00:00.000Z',
  timestamp_earliest: '2026-11-21T07:59:00.000Z',
  ingested_at: '2026-11-21T08:00:01.000Z',
  source_kind: 'delegation_probe',
  source_system: 'delegation_probe',
  confidence: 0.95,
  actor_id: 'unknown',
  domain: 'pay.example',
  attribute: 'nameservers',
  old_value: ['ns1.provider-a.example'],
  new_value: ['ns1.stranger.example'],
  approval_state: 'not_found',
  enrich: { domain: { tier: 0, owner: 'payments', team: 'dns-ops' } },
  feature: { novelty: { asn_new: true }, mfa: { reset_72h: false }, intent: { window_only: true } },
} as unknown as CanonicalEvent;

function draftOf(candidate: CanonicalEvent, aliveKinds: string[]): FindingDraft {
  const [draft] = runDetector(load(rule).ruleSet, [candidate], { sha256, aliveKinds }).findings;
  assert.ok(draft !== undefined);
  return draft;
}

void test('a draft is a complete finding but for the judgement', () => {
  const draft = draftOf(event, ['delegation_probe', 'registrar_audit']);
  const judgement = {
    severity: 'high',
    severity_score: 0.7,
    severity_terms: [],
    overrides: [],
    state: 'open',
    case_id: null,
  };
  assert.ok(isFinding({ ...draft, ...judgement, revision: 0, preliminary: false }));
  assert.equal(draft.detection, 'R05');
  assert.equal(draft.rule_version, 3);
  assert.equal(draft.group_key, 'tenant=acme domain=pay.example');
  assert.deepEqual(
    [draft.owner, draft.team, draft.playbook, draft.suppressible],
    ['payments', 'dns-ops', 'PB2', false],
  );
  assert.equal(draft.evidence[0]?.earliest, '2026-11-21T07:59:00.000Z');
  assert.deepEqual(draft.degraded_reasons, []);
  assert.match(
    draft.summary,
    /ns1\.provider-a\.example -> ns1\.stranger\.example, actor unknown, seen by delegation_probe/,
  );
});

void test('context says what severity needs, and leaves out what is unknown', () => {
  const { context } = draftOf(event, []);
  assert.equal(context.tier, 0);
  assert.equal(context.first_seen_network_or_country, true);
  assert.equal(context.mfa_absent_or_reset, false);
  assert.equal(context.inside_window_only, true);
  assert.equal(context.known_deployment, undefined);
  assert.deepEqual(context.source_kinds, ['delegation_probe']);
  const bare = draftOf({ ...event, enrich: {}, feature: {} }, []);
  assert.equal(bare.context.tier, undefined);
  assert.equal(bare.context.first_seen_network_or_country, undefined);
});

void test('missing sources are named; a silent inside source lowers the likelihood', () => {
  const one = draftOf(event, ['delegation_probe']);
  assert.deepEqual(one.degraded_reasons, [
    'registrar_audit: this tenant has no such source',
    'only one witness',
  ]);
  assert.equal(one.likelihood, 0.7);
  const silent = draftOf({ ...event, feature: { attribution: { degraded: true } } }, [
    'delegation_probe',
    'registrar_audit',
  ]);
  assert.equal(silent.likelihood, 0.4);
});

void test('the id depends on rule, version, group and evidence alone', () => {
  const id = draftOf(event, []).finding_id;
  assert.match(id, /^[a-z2-7]{26}$/);
  assert.equal(
    draftOf({ ...event, ingested_at: '2026-11-22T00:00:00.000Z' }, ['registrar_audit']).finding_id,
    id,
  );
  assert.notEqual(draftOf({ ...event, event_id: 'c'.repeat(26) }, []).finding_id, id);
  assert.notEqual(draftOf({ ...event, tenant: 'other' }, []).finding_id, id);
});
