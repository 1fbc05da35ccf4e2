import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, severityOfScore } from '../../../collector/src/7-case/severity.ts';
import type { Evidence, FindingContext } from '../../../collector/src/contract/finding.ts';
import type { Effect } from '../../../collector/src/contract/severity.ts';
import { draft, evidence, start } from './keeper-harness.ts';

interface Given {
  readonly type?: string;
  readonly likelihood: number;
  readonly effect?: Effect;
  readonly tier?: number;
  readonly detection?: string;
  readonly item?: Partial<Evidence>;
  readonly more?: readonly (Partial<Evidence> & { event_type: string })[];
  readonly context?: Partial<FindingContext>;
  readonly approvedLater?: boolean;
}

function judged(given: Given) {
  const items = [
    evidence({ event_type: given.type ?? 'cert.issued', domain: 'pay.example', ...given.item }, start),
    ...(given.more ?? []).map((each) => evidence({ domain: 'pay.example', ...each }, start)),
  ];
  const made = draft(
    { detection: given.detection ?? 'X01', likelihood: given.likelihood, effect: given.effect ?? 'red' },
    items,
    given.context,
  );
  return judge(made, {
    ...(given.tier === undefined ? {} : { tier: given.tier }),
    ...(given.approvedLater === undefined ? {} : { approvedLater: given.approvedLater }),
  });
}

void test('thresholds of S are inclusive at their lower end', () => {
  const rows = [
    [1_000_000, 'critical'],
    [600_000, 'critical'],
    [599_999, 'high'],
    [350_000, 'high'],
    [349_999, 'medium'],
    [150_000, 'medium'],
    [149_999, 'low'],
    [50_000, 'low'],
    [49_999, 'informational'],
    [0, 'informational'],
  ] as const;
  for (const [micro, expected] of rows) assert.equal(severityOfScore(micro), expected, String(micro));
});

void test('S is likelihood times tier times effect', () => {
  // tier factors 1, 0.8, 0.5, 0.4 and unknown 1, worked out by hand on L = 0.5, effect red
  assert.equal(judged({ likelihood: 0.5, tier: 0 }).score, 0.5);
  assert.equal(judged({ likelihood: 0.5, tier: 1 }).score, 0.4);
  assert.equal(judged({ likelihood: 0.5, tier: 2 }).score, 0.25);
  assert.equal(judged({ likelihood: 0.5, tier: 3 }).score, 0.2);
  const unknown = judged({ likelihood: 0.5 });
  assert.equal(unknown.score, 0.5);
  assert.ok(unknown.terms.some((term) => term.startsWith('tier unknown x1')));
  const byEffect = { own: 0.5, red: 0.5, imp: 0.45, weak: 0.35, vis: 0.25, cos: 0.1 } as const;
  for (const [effect, score] of Object.entries(byEffect))
    assert.equal(judged({ likelihood: 0.5, tier: 0, effect: effect as Effect }).score, score, effect);
});

void test('the catalogue lands where the rubric puts it', () => {
  // R05 0.7 red: tier 0 critical, tier 1 0.56 high, tier 2 0.35 exactly high, tier 3 0.28 medium
  const r05 = (tier: number) => judged({ likelihood: 0.7, tier }).severity;
  assert.deepEqual([0, 1, 2, 3].map(r05), ['critical', 'high', 'high', 'medium']);
  // R02 0.5 weak tier 0: 0.35 high; T01 0.85 imp tier 1: 0.612 critical; R17 0.55 weak tier 0: 0.385 high
  assert.equal(judged({ likelihood: 0.5, effect: 'weak', tier: 0 }).severity, 'high');
  assert.equal(judged({ likelihood: 0.85, effect: 'imp', tier: 1 }).score, 0.612);
  assert.equal(judged({ likelihood: 0.85, effect: 'imp', tier: 1 }).severity, 'critical');
  assert.equal(judged({ likelihood: 0.55, effect: 'weak', tier: 0 }).severity, 'high');
  // R13 0.2 own tier 1: 0.16 medium; tier 2: 0.1 low; P03 0.2 vis tier 3: 0.04 informational
  assert.equal(judged({ likelihood: 0.2, effect: 'own', tier: 1 }).severity, 'medium');
  assert.equal(judged({ likelihood: 0.2, effect: 'own', tier: 2 }).severity, 'low');
  assert.equal(judged({ likelihood: 0.2, effect: 'vis', tier: 3 }).severity, 'informational');
});

void test('each modifier counts once, and likelihood never leaves 0..1', () => {
  const with_ = (context: Partial<FindingContext>) => judged({ likelihood: 0.5, tier: 0, context });
  assert.equal(with_({ approval_state: 'approved' }).score, 0.075);
  assert.equal(with_({ inside_window_only: true }).score, 0.35);
  assert.equal(with_({ known_deployment: true }).score, 0.1);
  assert.equal(with_({ first_seen_network_or_country: true }).score, 0.65);
  assert.equal(with_({ mfa_absent_or_reset: true }).score, 0.65);
  assert.equal(with_({ unattributed: true }).score, 0.7);
  // c = 0.72: factor 0.92; c = 0.8 and more: 1; c = 0.5 with two kinds: 0.7
  assert.equal(with_({ confidence: 0.72 }).score, 0.46);
  assert.equal(with_({ confidence: 0.8 }).score, 0.5);
  assert.equal(with_({ confidence: 0.5, source_kinds: ['a', 'b'] }).score, 0.35);
  // 0.9 * 1.4 * 1.3 = 1.638, clamped to 1 before tier and effect
  const clamped = judged({
    likelihood: 0.9,
    tier: 1,
    context: { unattributed: true, mfa_absent_or_reset: true },
  });
  assert.equal(clamped.score, 0.8);
  assert.ok(clamped.terms.includes('nobody on our side explains it x1.4'));
});

void test('window and deployment excuse neither delegation, DS, MX, lock nor transfer', () => {
  const types = [
    ['registrar.domain.nameservers_changed', {}],
    ['registrar.domain.ds_changed', {}],
    ['dns.record.updated', { record_type: 'MX', record_name: 'pay.example' }],
    ['registrar.domain.lock_disabled', {}],
    ['registrar.domain.transfer_requested', {}],
  ] as const;
  for (const [type, item] of types) {
    const context = { inside_window_only: true, known_deployment: true };
    assert.equal(judged({ likelihood: 0.5, tier: 2, type, item, context }).score, 0.25, type);
  }
});

void test('approval after the fact lowers and says so', () => {
  const late = judged({
    likelihood: 0.7,
    tier: 0,
    type: 'registrar.domain.nameservers_changed',
    approvedLater: true,
  });
  assert.equal(late.score, 0.105);
  assert.equal(late.severity, 'low');
  assert.ok(late.terms.includes('approved after the fact x0.15'));
  assert.deepEqual(late.overrides, []);
});

void test('O1: unapproved delegation, DS removal, MX or apex change on tier 0 or 1 is at least high', () => {
  const apex = { record_type: 'A', record_name: 'pay.example' };
  const rows = [
    ['registrar.domain.nameservers_changed', {}],
    ['registrar.domain.ds_removed', {}],
    ['registrar.domain.ds_changed', { old_value: ['1 13 2 AA'], new_value: ['2 13 2 BB'] }],
    ['dnsquery.answer.changed', { record_type: 'MX', record_name: 'pay.example' }],
    ['dns.record.updated', apex],
    ['derived.attribution.missing', { attribute: 'nameservers' }],
  ] as const;
  for (const [type, item] of rows)
    for (const tier of [0, 1]) {
      const verdict = judged({ likelihood: 0.1, tier, type, item: item as Partial<Evidence> });
      assert.equal(verdict.severity, 'high', `${type} tier ${tier}`);
      assert.deepEqual(verdict.overrides, ['O1'], type);
      const tier2 = judged({ likelihood: 0.1, tier: 2, type, item: item as Partial<Evidence> });
      assert.deepEqual(tier2.overrides, [], `${type} tier 2`);
    }
  const overlapping = { old_value: ['1 13 2 AA'], new_value: ['1 13 2 AA', '2 13 2 BB'] };
  const roll = judged({ likelihood: 0.1, tier: 0, type: 'registrar.domain.ds_changed', item: overlapping });
  assert.deepEqual(roll.overrides, []);
  const www = judged({
    likelihood: 0.1,
    tier: 0,
    type: 'dns.record.updated',
    item: { ...apex, record_name: 'www.pay.example' },
  });
  assert.deepEqual(www.overrides, []);
  const approved = { approval_state: 'approved' };
  const meant = judged({
    likelihood: 0.7,
    tier: 0,
    type: 'registrar.domain.nameservers_changed',
    item: approved,
    context: approved,
  });
  assert.deepEqual(meant.overrides, []);
  assert.equal(meant.severity, 'low');
});

void test('O2: unlock or transfer step on tier 0 from a new country or after a factor reset is critical', () => {
  const unlock = { type: 'registrar.domain.lock_disabled', likelihood: 0.2, effect: 'weak' as const };
  const newPlace = { first_seen_network_or_country: true };
  assert.equal(judged({ ...unlock, tier: 0, context: newPlace }).severity, 'critical');
  assert.deepEqual(judged({ ...unlock, tier: 0, context: newPlace }).overrides, ['O2']);
  assert.deepEqual(judged({ ...unlock, tier: 0, context: { mfa_reset_72h: true } }).overrides, ['O2']);
  assert.deepEqual(judged({ ...unlock, tier: 1, context: newPlace }).overrides, []);
  const onlyNetwork = { first_seen_network_or_country: true, first_seen_country: false };
  assert.deepEqual(judged({ ...unlock, tier: 0, context: onlyNetwork }).overrides, []);
  assert.deepEqual(judged({ ...unlock, tier: 0 }).overrides, []);
});

void test('O3: unlock plus transfer on tier 0 stays high even when approved, and lifts every ceiling', () => {
  const approved = { approval_state: 'approved' };
  const given = {
    type: 'registrar.domain.lock_disabled',
    likelihood: 0.7,
    effect: 'own' as const,
    item: approved,
    more: [{ event_type: 'registrar.domain.auth_code_requested', ...approved }],
    context: approved,
  };
  const verdict = judged({ ...given, tier: 0 });
  assert.equal(verdict.score, 0.105);
  assert.equal(verdict.severity, 'high');
  assert.deepEqual(verdict.overrides, ['O3']);
  assert.equal(judged({ ...given, tier: 1 }).severity, 'low');
  const weak = judged({
    ...given,
    tier: 0,
    context: { ...approved, confidence: 0.5, source_kinds: ['registrar_notice_mail'] },
  });
  assert.deepEqual(weak.overrides, ['O3', 'O5']);
  assert.equal(weak.severity, 'high');
});

void test('O4: a TTL-only change is at most low', () => {
  const verdict = judged({ likelihood: 0.9, tier: 0, type: 'dns.record.ttl_changed' });
  assert.equal(verdict.score, 0.9);
  assert.equal(verdict.severity, 'low');
  assert.deepEqual(verdict.overrides, ['O4']);
});

void test('O5: one source below 0.7 is at most medium, except through O1', () => {
  const hint = { confidence: 0.69, source_kinds: ['registrar_notice_mail'] };
  const verdict = judged({ likelihood: 0.9, tier: 0, context: hint });
  assert.equal(verdict.severity, 'medium');
  assert.deepEqual(verdict.overrides, ['O5']);
  assert.deepEqual(judged({ likelihood: 0.9, tier: 0, context: { ...hint, confidence: 0.7 } }).overrides, []);
  assert.deepEqual(
    judged({ likelihood: 0.9, tier: 0, context: { ...hint, source_kinds: ['a', 'b'] } }).overrides,
    [],
  );
  const delegation = judged({
    likelihood: 0.4,
    tier: 0,
    type: 'registrar.domain.nameservers_changed',
    context: hint,
  });
  assert.deepEqual(delegation.overrides, ['O1']);
  assert.equal(delegation.severity, 'high');
  const stranger = judged({ likelihood: 0.9, tier: 2, detection: 'R09', context: hint });
  assert.deepEqual(stranger.overrides, ['O5', 'O6']);
  assert.equal(stranger.severity, 'medium');
});

void test('O6: a stranger in control is at least high on every tier', () => {
  for (const detection of ['R09', 'Q03'])
    assert.equal(judged({ likelihood: 0.3, tier: 3, detection }).severity, 'high', detection);
  const claimed = judged({ likelihood: 0.3, tier: 3, detection: 'C08', type: 'dns.zone.claimed_elsewhere' });
  assert.deepEqual(claimed.overrides, ['O6']);
  const lame = judged({
    likelihood: 0.3,
    tier: 3,
    detection: 'C08',
    type: 'dns.zone.lame_delegation_detected',
  });
  assert.deepEqual(lame.overrides, []);
  assert.equal(judged({ likelihood: 0.3, tier: 3, type: 'registrar.domain.account_moved' }).severity, 'high');
});

void test('too little history caps at medium, but not against O1', () => {
  assert.equal(judged({ likelihood: 0.9, tier: 0, context: { cap_medium: true } }).severity, 'medium');
  const type = 'registrar.domain.nameservers_changed';
  assert.equal(
    judged({ likelihood: 0.9, tier: 0, type, context: { cap_medium: true } }).severity,
    'critical',
  );
});

void test('every factor stands in the terms, in order', () => {
  const verdict = judged({
    likelihood: 0.7,
    tier: 1,
    type: 'registrar.domain.nameservers_changed',
    context: { unattributed: true, confidence: 0.75 },
  });
  // 0.7 * 1.4 = 0.98; * 0.95 = 0.931; * 0.8 = 0.7448
  assert.deepEqual(verdict.terms, [
    'likelihood 0.7',
    'nobody on our side explains it x1.4',
    'confidence 0.75 x0.95',
    'tier 1 x0.8',
    'effect red x1',
    'S 0.7448',
    'O1 unapproved delegation, DS removal, MX or apex change on tier 0/1: at least high',
  ]);
  assert.equal(verdict.severity, 'critical');
});

void test('a delegation change outside every change window weighs 1.2, other detections do not', () => {
  const context = { outside_window: true } as const;
  const type = 'registrar.domain.nameservers_changed';
  assert.equal(judged({ type, detection: 'R05', likelihood: 0.7, tier: 2, context }).score, 0.42);
  assert.equal(judged({ type, detection: 'R08', likelihood: 0.7, tier: 2, context }).score, 0.35);
  const approved = { outside_window: true, approval_state: 'approved' } as const;
  assert.equal(judged({ type, detection: 'R05', likelihood: 0.7, tier: 0, context: approved }).score, 0.105);
});

void test('an unapproved answer that is kept a minute weighs 1.2, unless it is approved after all', () => {
  const given = { type: 'dnsquery.answer.changed', likelihood: 0.5, tier: 2 } as const;
  assert.equal(judged({ ...given, context: { short_ttl: true } }).score, 0.3);
  assert.equal(judged({ ...given, context: {} }).score, 0.25);
  // 0.5 * 0.15 * 0.5
  assert.equal(judged({ ...given, context: { short_ttl: true }, approvedLater: true }).score, 0.0375);
});

void test('O1 leaves changes alone that stay inside an approved provider', () => {
  const item = { record_name: 'pay.example', record_type: 'A', approval_state: 'not_found' } as const;
  const given = { type: 'dnsquery.answer.changed', likelihood: 0.08, tier: 0, item } as const;
  assert.equal(judged(given).severity, 'high');
  const inside = judged({ ...given, context: { inside_provider: true } });
  assert.equal(inside.severity, 'low');
  assert.deepEqual(inside.overrides, []);
});

void test('overrides ask the importance of the very name that changed, not of its neighbours in the finding', () => {
  const tiers: Record<string, number> = { 'pay.example': 0, 'parked.example': 3 };
  const tierOf = (domain: string) => tiers[domain];
  const moved = (domain: string) =>
    evidence({ event_type: 'registrar.domain.nameservers_changed', domain, attribute: 'nameservers' }, start);
  const record = evidence(
    {
      event_type: 'dns.record.created',
      domain: 'pay.example',
      record_name: 'x.pay.example',
      record_type: 'TXT',
    },
    start,
  );
  const mixed = draft({ detection: 'I02', likelihood: 0.1 }, [record, moved('parked.example')]);
  assert.deepEqual(judge(mixed, { tier: 0, tierOf }).overrides, []);
  const real = draft({ detection: 'I02', likelihood: 0.1 }, [record, moved('pay.example')]);
  assert.deepEqual(judge(real, { tier: 0, tierOf }).overrides, ['O1']);
  const unknown = draft({ detection: 'I02', likelihood: 0.1 }, [moved('strange.example')]);
  assert.deepEqual(
    judge(unknown, { tier: 0, tierOf }).overrides,
    ['O1'],
    'unknown counts as the finding does',
  );
});
