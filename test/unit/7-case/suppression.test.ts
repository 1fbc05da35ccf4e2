import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusals } from '../../../collector/src/7-case/lifecycle.ts';
import { suppressionViews } from '../../../collector/src/7-case/readers.ts';
import { suppressions } from '../../../collector/src/7-case/suppression.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import {
  Bench,
  day,
  draft,
  event,
  evidence,
  hour,
  minute,
  movedDelegation,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const inventory: TestInventory = {
  domains: [
    { domain: 'pay.example', tenant: 'acme', tier: 0 },
    { domain: 'blog.example', tenant: 'acme', tier: 2 },
  ],
};

const usual = {
  suppression_id: 's-1',
  scope: { rule: 'T03' },
  reason: 'known team',
  ticket: 'CHG-1',
  owner: 'okta:dora',
  approver: 'okta:bob',
  expires_at: formatInstant(start + 10 * day),
};

function certificate(atMs: number, over: Partial<FindingDraft> = {}, ip?: string): FindingDraft {
  const item = evidence(
    {
      event_type: 'cert.issued',
      domain: 'pay.example',
      source_kind: 'ct_log',
      ...(ip === undefined ? {} : { source_ip: ip }),
    },
    atMs,
  );
  return draft({ detection: 'T03', likelihood: 0.8, effect: 'imp', plane: 'cert', ...over }, [item]);
}

function withSuppression(data: Record<string, unknown>): Bench {
  const bench = new Bench(inventory);
  bench.say('suppression.created', { ...usual, ...data }, start);
  return bench;
}

void test('a suppressed finding stays visible, opens no case, and is counted with what it would have done', () => {
  const bench = withSuppression({});
  assert.deepEqual(refusals(bench.state()), []);
  const made = certificate(start + hour);
  bench.finding(made, start + hour);
  const hidden = bench.findings.get(made.finding_id);
  assert.equal(hidden?.state, 'suppressed');
  assert.equal(hidden?.suppression_id, 's-1');
  assert.equal(hidden?.severity, 'critical', 'judged as if it were open');
  assert.equal(bench.standing().length, 0);
  bench.finding(certificate(start + 2 * hour, { likelihood: 0.3 }), start + 2 * hour);
  const [ledger] = suppressions(bench.state());
  assert.deepEqual([ledger?.hits, ledger?.wouldHavePaged, ledger?.regrets], [2, 1, 0]);
});

void test('P03 reports once per suppression and day what would have been high or critical', () => {
  const bench = withSuppression({});
  for (const after of [1, 2, 3]) bench.finding(certificate(start + after * hour), start + after * hour);
  bench.finding(certificate(start + 25 * hour), start + 25 * hour);
  bench.finding(certificate(start + 26 * hour, { likelihood: 0.2 }), start + 26 * hour);
  const reports = [...bench.findings.values()].filter((each) => each.detection === 'P03');
  assert.deepEqual(
    reports.map((each) => [each.evidence.length, each.severity]),
    [
      [3, 'low'],
      [1, 'low'],
    ],
  );
  assert.equal(bench.standing().length, 0, 'a report is no case');
});

void test('what has an override is never hidden; one approver never hides the control plane', () => {
  const bench = withSuppression({ scope: { domain: 'pay.example' } });
  const delegation = movedDelegation('pay.example', 'ns1.evil.example', start + hour);
  bench.finding(delegation, start + hour);
  assert.equal(bench.findings.get(delegation.finding_id)?.state, 'open');
  assert.notEqual(bench.only().paged_at, null);
  const tier2 = withSuppression({ scope: { domain: 'blog.example' } });
  const plain = movedDelegation('blog.example', 'ns1.new.example', start + hour);
  tier2.finding(plain, start + hour);
  assert.equal(tier2.findings.get(plain.finding_id)?.state, 'open', 'delegation, one approver');
  const four = withSuppression({ scope: { domain: 'blog.example' }, second_approver: 'okta:carol' });
  four.finding(plain, start + hour);
  assert.equal(four.findings.get(plain.finding_id)?.state, 'suppressed');
});

void test('it ends by itself, and by word', () => {
  const bench = withSuppression({});
  const after = certificate(start + 10 * day + minute);
  bench.finding(after, start + 10 * day + minute);
  assert.equal(bench.findings.get(after.finding_id)?.state, 'open');
  assert.equal(suppressions(bench.state())[0]?.ended, true);
  const second = withSuppression({});
  second.say('suppression.expired', { suppression_id: 's-1' }, start + minute);
  const early = certificate(start + hour);
  second.finding(early, start + hour);
  assert.equal(second.findings.get(early.finding_id)?.state, 'open');
});

void test('actor and network scopes', () => {
  const actor = withSuppression({ scope: { actor: 'okta:erin' } });
  const hers = certificate(start + hour, { actor_id: 'okta:erin' });
  const his = certificate(start + hour, { actor_id: 'okta:frank' });
  actor.finding(hers, start + hour);
  actor.finding(his, start + hour);
  assert.equal(actor.findings.get(hers.finding_id)?.state, 'suppressed');
  assert.equal(actor.findings.get(his.finding_id)?.state, 'open');
  const network = withSuppression({ scope: { cidr: '192.0.2.0/24' } });
  const inside = certificate(start + hour, {}, '192.0.2.77');
  const outside = certificate(start + hour, {}, '198.51.100.7');
  const nowhere = certificate(start + hour);
  for (const each of [inside, outside, nowhere]) network.finding(each, start + hour);
  const state = (each: FindingDraft) => network.findings.get(each.finding_id)?.state;
  assert.deepEqual([inside, outside, nowhere].map(state), ['suppressed', 'open', 'open']);
});

void test('refused: too long, nobody responsible, own approval, control-plane rule with one approver', () => {
  const problems = (data: Record<string, unknown>, by = 'okta:alice') => {
    const bench = new Bench(inventory);
    bench.say('suppression.created', { ...usual, ...data }, start, by);
    assert.equal(suppressions(bench.state()).length, 0);
    return (refusals(bench.state())[0]?.reasons ?? []).map((each) => each.slice(0, each.indexOf(':')));
  };
  assert.deepEqual(problems({ expires_at: formatInstant(start + 31 * day) }), ['expires_at']);
  assert.deepEqual(problems({ expires_at: formatInstant(start - 1) }), ['expires_at']);
  assert.deepEqual(problems({ expires_at: 'tomorrow' }), ['expires_at']);
  assert.deepEqual(problems({ owner: '', reason: undefined }), ['reason', 'owner']);
  assert.deepEqual(problems({}, 'okta:bob'), ['approver']);
  assert.deepEqual(problems({ approver: 'token:ci' }), ['approver']);
  assert.deepEqual(problems({ scope: { rule: 'T03', domain: 'pay.example' } }), ['scope']);
  assert.deepEqual(problems({ scope: {} }), ['scope']);
  assert.deepEqual(problems({ second_approver: 'okta:bob' }), ['second_approver']);
});

void test('permanent ones and those of control-plane rules hide nothing until a second person approved', () => {
  const rows: readonly [Record<string, unknown>, FindingDraft][] = [
    [{ expires_at: null }, certificate(start + hour)],
    [{ scope: { rule: 'R05' } }, movedDelegation('blog.example', 'ns1.new.example', start + hour)],
  ];
  for (const [data, made] of rows) {
    const bench = withSuppression(data);
    assert.equal(suppressionViews(bench.state(), 'acme', start)[0]?.state, 'waiting');
    bench.say('suppression.approved', { suppression_id: 's-1' }, start + minute, 'okta:alice');
    bench.say('suppression.approved', { suppression_id: 's-1' }, start + minute, 'okta:bob');
    bench.say('suppression.approved', { suppression_id: 's-1' }, start + minute, 'token:ci');
    assert.equal(refusals(bench.state()).length, 3, 'creator, first approver, token');
    assert.equal(suppressionViews(bench.state(), 'acme', start)[0]?.state, 'waiting');
    bench.finding(made, start + hour);
    assert.equal(bench.findings.get(made.finding_id)?.state, 'open');
    bench.say('suppression.approved', { suppression_id: 's-1' }, start + 2 * hour, 'okta:carol');
    assert.equal(suppressionViews(bench.state(), 'acme', start)[0]?.state, 'active');
    const next = { ...made, finding_id: `${made.finding_id}-2` };
    bench.finding(next, start + 3 * hour);
    assert.equal(bench.findings.get(next.finding_id)?.state, 'suppressed');
    assert.equal(suppressionViews(bench.state(), 'acme', start)[0]?.approver, 'okta:bob, okta:carol');
  }
});

void test('one without any approval waits', () => {
  const bench = withSuppression({ approver: undefined });
  const made = certificate(start + hour);
  bench.finding(made, start + hour);
  assert.equal(bench.findings.get(made.finding_id)?.state, 'open');
});

void test('a Sigma filter hides like a suppression, a rule that may not be suppressed shows anyway', () => {
  const bench = new Bench(inventory);
  const filtered = { ...certificate(start), filtered_by: 'filter-7' };
  bench.finding(filtered, start);
  assert.equal(bench.findings.get(filtered.finding_id)?.suppression_id, 'filter-7');
  const never = { ...certificate(start + minute), filtered_by: 'filter-7', suppressible: false };
  bench.finding(never, start + minute);
  assert.equal(bench.findings.get(never.finding_id)?.state, 'open');
});

void test('hidden findings join an open case, still count, and turn into regrets when it was true', () => {
  const bench = withSuppression({});
  const hidden = certificate(start + hour);
  bench.finding(hidden, start + hour);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start + 2 * hour), start + 2 * hour);
  const { case_id, finding_ids, timeline } = bench.only();
  assert.ok(finding_ids.includes(hidden.finding_id));
  assert.ok(timeline.some((line) => line.text.includes('hidden by suppression s-1')));
  bench.say('case.closed', { case_id, disposition: 'true_positive' }, start + 3 * hour);
  assert.equal(suppressions(bench.state())[0]?.regrets, 1);
  bench.say('case.reopened', { case_id }, start + 4 * hour);
  assert.equal(suppressions(bench.state())[0]?.regrets, 0, 'the verdict was taken back');
  bench.say('case.closed', { case_id, disposition: 'true_positive' }, start + 5 * hour);
  assert.equal(
    suppressions(bench.state())[0]?.regrets,
    1,
    'one finding is one regret, however often it is judged',
  );
});

void test('a network scope knows the address from the remembered event when the finding does not carry it', () => {
  const bench = withSuppression({ scope: { cidr: '192.0.2.0/24' } });
  const login = event(
    { event_type: 'identity.session.login_succeeded', actor_id: 'okta:erin', source_ip: '192.0.2.9' },
    start + minute,
  );
  bench.event(login, start + minute);
  const item = evidence(
    { event_type: login.event_type, event_id: login.event_id, source_kind: 'identity_log' },
    start + minute,
  );
  const made = draft({ detection: 'I03', likelihood: 0.4, effect: 'weak', actor_id: 'okta:erin' }, [item]);
  bench.finding(made, start + 2 * minute);
  assert.equal(bench.findings.get(made.finding_id)?.state, 'suppressed');
});
