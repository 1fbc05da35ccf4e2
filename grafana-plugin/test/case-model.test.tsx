import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case, CaseDetail, CaseSummary, Evidence, Finding, Status } from '../src/api/shapes.ts';
import { approvalOf, changeStories, decidingFinding, witnessKinds } from '../src/model/changes.ts';
import {
  approvalRefusal,
  moves,
  nextStep,
  playbookView,
  proposalViews,
  rejectRefusal,
  relatedCases,
} from '../src/pages/case/case-model.ts';
import { plannedChange } from '../src/pages/case/planned-change.ts';
import { proposalBody, type ProposalDraft } from '../src/pages/case/proposal-body.ts';
import { casesBesideSeverity, orderedCases } from '../src/pages/cases/cases-model.ts';

const at = '2026-11-21T08:00:00.000Z';

function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    event_id: 'e1',
    event_type: 'registrar.domain.nameservers_changed',
    timestamp: at,
    ingested_at: at,
    source_kind: 'registrar_audit',
    source_system: 'x',
    confidence: 1,
    approval_state: 'not_found',
    domain: 'pay.example',
    ...more,
  };
}

function finding(more: Partial<Finding>): Finding {
  return {
    finding_id: 'f',
    severity: 'high',
    severity_score: 0.5,
    state: 'open',
    first_seen: at,
    detection: 'R05',
    evidence: [],
    ...more,
  } as Finding;
}

const user = (id: string, ...roles: Status['user']['roles'][number][]): Pick<Status, 'user'> => ({
  user: { id, roles, verified: true },
});

test('one change with two witnesses is one story: both witnesses, the value either knows, the actor either names', () => {
  const [story, ...rest] = changeStories([
    finding({
      evidence: [evidence({ change_fact_id: 'c', new_value: ['ns.evil.example'], actor_id: 'unknown' })],
    }),
    finding({
      severity: 'critical',
      evidence: [
        evidence({
          event_id: 'e2',
          change_fact_id: 'c',
          source_kind: 'delegation_probe',
          old_value: ['ns1.a.example'],
          actor_id: 'okta:eve@acme.example',
        }),
      ],
    }),
  ]);
  assert.equal(rest.length, 0);
  assert.deepEqual(story?.witnesses, ['delegation_probe', 'registrar_audit']);
  assert.deepEqual([story?.old, story?.next], [['ns1.a.example'], ['ns.evil.example']]);
  assert.equal(story?.actor, 'okta:eve@acme.example');
  assert.equal(story?.severity, 'critical');
});

test('retracted findings and conclusions of the collector tell no change', () => {
  const stories = changeStories([
    finding({ state: 'retracted', evidence: [evidence()] }),
    finding({ evidence: [evidence({ event_type: 'derived.churn.anomaly', source_kind: 'pipeline' })] }),
  ]);
  assert.deepEqual(stories, []);
  assert.deepEqual(witnessKinds(stories), []);
});

test('one change that nobody approved outweighs approved ones', () => {
  const both = changeStories([
    finding({ evidence: [evidence({ new_value: 1, approval_state: 'approved' })] }),
    finding({ evidence: [evidence({ event_id: 'e2', new_value: 2 })] }),
  ]);
  assert.equal(approvalOf(both), 'not_found');
  assert.equal(approvalOf(both.filter(({ approval }) => approval === 'approved')), 'approved');
  assert.equal(approvalOf([]), 'not_checked');
});

test('what decides: severity, then score, then who was first; suppressed ones decide nothing', () => {
  const found = decidingFinding([
    finding({ finding_id: 'a', severity_score: 0.9 }),
    finding({ finding_id: 'b', severity: 'critical', severity_score: 0.7 }),
    finding({
      finding_id: 'c',
      severity: 'critical',
      severity_score: 0.8,
      first_seen: '2026-11-21T08:00:05.000Z',
    }),
    finding({ finding_id: 'd', severity: 'critical', severity_score: 0.8 }),
    finding({ finding_id: 'e', severity: 'critical', severity_score: 1, state: 'suppressed' }),
  ]);
  assert.equal(found?.finding_id, 'd');
});

const playbook = {
  id: 'PB1',
  title: 'Transfer',
  when: 'A lock is gone.',
  steps: [
    {
      id: 'snapshot',
      mode: 'automatic',
      text: 'Look at {domain}.',
      done: {
        step: 'snapshot',
        mode: 'automatic',
        done_at_ms: 1_795_879_035_080,
        by: 'system',
        result: 'nothing',
      },
    },
    { id: 'call', mode: 'manual', text: 'Call {owner_phone}.', done: null },
    { id: 'lock', mode: 'prepared', text: 'Lock {domain}.', destructive: true, done: null },
  ],
};
const actions = [
  '[done 2026-11-28 15:17:15 UTC] Look at pay.example.',
  '[manual] Call (owner phone: not in the inventory).',
  '[needs approval] Lock pay.example.',
  '[proposed 1] Lock it (by okta:a, 0 of 2 approvals)',
];

test('steps speak of this case, say which fact is missing, and the next one is a person’s', () => {
  const view = playbookView({ case: { actions }, playbook } as unknown as CaseDetail);
  assert.deepEqual(
    view?.steps.map(({ text }) => text),
    ['Look at pay.example.', 'Call (owner phone: not in the inventory).', 'Lock pay.example.'],
  );
  assert.equal(view?.steps[0]?.doneAt, '2026-11-28T15:17:15.080Z');
  assert.deepEqual(
    view?.steps.map(({ factMissing }) => factMissing),
    [false, true, false],
  );
  assert.equal(nextStep(view)?.id, 'call');
  assert.equal(playbookView({ case: { actions }, playbook: null } as unknown as CaseDetail), undefined);
});

test('four eyes: not without the role, not a program, not one’s own, not twice', () => {
  const [proposal] = proposalViews({
    proposals: [
      {
        action_id: '1',
        what: 'x',
        destructive: true,
        proposed_by: 'okta:a',
        approvals: ['okta:b'],
        state: 'proposed',
      },
    ],
  } as unknown as CaseDetail);
  assert.ok(proposal);
  assert.equal(proposal.approvalsNeeded, 2);
  assert.equal(approvalRefusal(proposal, user('okta:c', 'responder')), 'role');
  assert.equal(approvalRefusal(proposal, user('service:bot', 'approver')), 'program');
  assert.equal(approvalRefusal(proposal, user('okta:a', 'admin')), 'own');
  assert.equal(approvalRefusal(proposal, user('okta:b', 'approver')), 'again');
  assert.equal(approvalRefusal(proposal, user('okta:c', 'approver')), undefined);
  assert.equal(approvalRefusal(proposal, undefined), 'role');
  assert.equal(rejectRefusal(user('okta:a', 'approver')), undefined);
});

test('the desk that carries out knows the state better than the stream; waiting ones come first', () => {
  const views = proposalViews({
    proposals: [
      { action_id: '1', state: 'approved', action: { state: 'failed' } },
      { action_id: '2', state: 'proposed' },
    ],
  } as unknown as CaseDetail);
  assert.deepEqual(
    views.map(({ id, state }) => [id, state]),
    [
      ['2', 'proposed'],
      ['1', 'failed'],
    ],
  );
});

test('what can be done follows from the state', () => {
  const of = (state: Case['state']): string =>
    Object.entries(moves({ state }))
      .filter(([, can]) => can)
      .map(([name]) => name)
      .join(' ');
  assert.equal(of('new'), 'acknowledge contain close open');
  assert.equal(of('contained'), 'close open');
  assert.equal(of('closed'), 'reopen');
  assert.equal(of('merged'), '');
});

test('a dry run line is read as before and after, another sentence stays one', () => {
  assert.deepEqual(plannedChange('www.shop.example A: 203.0.113.66 (TTL 3600) becomes 192.0.2.1'), {
    object: 'www.shop.example A',
    before: '203.0.113.66 (TTL 3600)',
    after: '192.0.2.1',
  });
  assert.equal(plannedChange('the transfer lock is on already'), undefined);
});

const draft: ProposalDraft = {
  kind: 'words',
  what: ' call them ',
  destructive: false,
  step: '',
  domain: '',
  executor: '',
  name: '',
  type: 'A',
  values: '',
};

test('a proposal is sent only when it is whole', () => {
  assert.deepEqual(proposalBody(draft), { what: 'call them', destructive: false });
  assert.equal(proposalBody({ ...draft, what: ' ' }), undefined);
  assert.equal(proposalBody({ ...draft, kind: 'lock_transfer' }), undefined);
  assert.deepEqual(
    proposalBody({
      ...draft,
      kind: 'set_records',
      what: '',
      step: 'fix',
      domain: 'shop.example',
      executor: 'primary',
      name: 'www.shop.example',
      values: '192.0.2.1\n\n 192.0.2.2 ',
    }),
    {
      destructive: false,
      step: 'fix',
      plan: {
        executor: 'primary',
        kind: 'set_records',
        zone: 'shop.example',
        records: [{ name: 'www.shop.example', type: 'A', values: ['192.0.2.1', '192.0.2.2'] }],
      },
    },
  );
});

function summary(id: string, more: Partial<CaseSummary> = {}): CaseSummary {
  return {
    case_id: id,
    tenant: 'acme',
    title: `case ${id}`,
    kind: 'transfer',
    severity: 'high',
    state: 'new',
    disposition: null,
    domains: ['pay.example'],
    detections: ['R05'],
    team: 'ops',
    owner: null,
    assignee: null,
    notify: 'page',
    opened_at: at,
    updated_at: at,
    paged_at: null,
    clock: null,
    drill: false,
    ...more,
  };
}
const everything = { q: '', state: 'open', severity: '', team: '', tenant: '', domain: '', who: '' };
const ids = (items: readonly CaseSummary[]): string[] => items.map(({ case_id: id }) => id);
const clock = (deadline: string) => ({ deadline, what: 'x', basis: 'y' });

test('the queue: open first, then severity, drills behind, then the clock that runs out first', () => {
  const items = [
    summary('closed', { state: 'closed', severity: 'critical' }),
    summary('high'),
    summary('drill', { severity: 'critical', drill: true }),
    summary('late', { severity: 'critical', clock: clock('2026-12-01T00:00:00.000Z') }),
    summary('soon', { severity: 'critical', clock: clock('2026-11-22T00:00:00.000Z') }),
    summary('none', { severity: 'critical' }),
  ];
  assert.deepEqual(ids(orderedCases(items, '', 'urgency')), [
    'soon',
    'late',
    'none',
    'drill',
    'high',
    'closed',
  ]);
  assert.deepEqual(ids(orderedCases(items, 'high', 'urgency')), ['high']);
  assert.deepEqual(ids(orderedCases(items, '', 'clock')).slice(0, 2), ['soon', 'late']);
});

test('filters: mine, nobody’s, domain, words in any order', () => {
  const items = [
    summary('mine', { assignee: 'okta:me' }),
    summary('other', { assignee: 'okta:you', domains: ['shop.example'] }),
    summary('free', { title: 'Lock of shop.example removed', state: 'reopened' }),
    summary('gone', { state: 'closed' }),
  ];
  const shown = (more: Partial<typeof everything>): string[] =>
    ids(casesBesideSeverity(items, { ...everything, ...more }, 'okta:me'));
  assert.deepEqual(shown({}), ['mine', 'other', 'free']);
  assert.deepEqual(shown({ who: 'me' }), ['mine']);
  assert.deepEqual(shown({ who: 'nobody' }), ['free']);
  assert.deepEqual(shown({ domain: 'shop.example' }), ['other']);
  assert.deepEqual(shown({ q: 'removed LOCK' }), ['free']);
  assert.deepEqual(shown({ state: 'all' }).length, 4);
});

test('related: a shared domain in the same tenant, open ones first, never itself', () => {
  const item = { ...summary('x'), merged_into: null } as unknown as Case;
  const related = relatedCases(item, [
    summary('x'),
    summary('closed', { state: 'closed', updated_at: '2026-11-22T00:00:00.000Z' }),
    summary('open'),
    summary('foreign', { tenant: 'beta' }),
    summary('far', { domains: ['other.example'] }),
  ]);
  assert.deepEqual(ids(related), ['open', 'closed']);
});
