import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusals } from '../../../collector/src/7-case/lifecycle.ts';
import { readPrecision } from '../../../collector/src/7-case/precision.ts';
import { caseOfAction, isHeld, proposalsOfCase, stepsOfCase } from '../../../collector/src/7-case/readers.ts';
import type { Playbook } from '../../../collector/src/7-case/playbook.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import {
  Bench,
  day,
  draft,
  evidence,
  event,
  hour,
  minute,
  movedDelegation,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const inventory: TestInventory = {
  domains: ['pay.example', 'two.example', 'three.example'].map((domain) => ({
    domain,
    tenant: 'acme',
    tier: 0,
    owner: 'payments',
  })),
};

const playbook: Playbook = {
  id: 'PB2',
  title: 'DNS hijack',
  when: 'always',
  steps: [
    { id: 'look', mode: 'automatic', text: 'Compare {domain}.', destructive: false, facts: ['domain'] },
    { id: 'restore', mode: 'prepared', text: 'Restore {domain}.', destructive: true, facts: ['domain'] },
    { id: 'call', mode: 'manual', text: 'Call {owner_phone}.', destructive: false, facts: ['owner_phone'] },
  ],
};

function opened(): { bench: Bench; id: string } {
  const bench = new Bench(inventory, [playbook]);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  return { bench, id: bench.only().case_id };
}

void test('states follow each other, and what does not follow is written down', () => {
  const { bench, id } = opened();
  assert.equal(bench.only().state, 'new');
  bench.say('case.acknowledged', { case_id: id }, start + minute);
  bench.say('case.assigned', { case_id: id, assignee: 'okta:bob' }, start + 2 * minute);
  bench.say('case.contained', { case_id: id }, start + 3 * minute);
  assert.equal(bench.only().state, 'contained');
  assert.equal(bench.only().assignee, 'okta:bob');
  bench.say('case.acknowledged', { case_id: id }, start + 4 * minute);
  assert.equal(bench.only().state, 'contained');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('asked for state acknowledged')));
  bench.say(
    'case.closed',
    { case_id: id, disposition: 'true_positive', reason: 'restored' },
    start + 5 * minute,
  );
  assert.equal(bench.only().state, 'closed');
  assert.equal(bench.only().disposition, 'true_positive');
  assert.equal(bench.only().notify, 'none');
  bench.say('case.reopened', { case_id: id }, start + 6 * minute);
  assert.equal(bench.only().state, 'reopened');
  assert.equal(bench.only().disposition, null);
  bench.say('case.closed', { case_id: 'case-none' }, start + 7 * minute);
  assert.match(refusals(bench.state())[0]?.reasons[0] ?? '', /there is no case case-none/);
});

void test('dispositions make precision per detection, and can be corrected', () => {
  const { bench, id } = opened();
  bench.say('case.closed', { case_id: id, disposition: 'false_positive' }, start + minute);
  assert.deepEqual(readPrecision(bench.state()), [
    { detection: 'R05', true_positive: 0, false_positive: 1, benign_positive: 0, judged: 1, precision: 0 },
  ]);
  bench.say('case.disposition', { case_id: id, disposition: 'true_positive' }, start + 2 * minute);
  bench.say('case.disposition', { case_id: id, disposition: 'nonsense' }, start + 3 * minute);
  assert.equal(readPrecision(bench.state())[0]?.precision, 1);
  assert.equal(readPrecision(bench.state())[0]?.judged, 1);
});

void test('a true positive reopens for 14 days on the same domain', () => {
  const { bench, id } = opened();
  bench.say('case.closed', { case_id: id, disposition: 'true_positive' }, start + hour);
  const again = start + 13 * day;
  bench.finding(movedDelegation('pay.example', 'ns1.back.example', again), again);
  assert.equal(bench.only().state, 'reopened');
  bench.say('case.closed', { case_id: id, disposition: 'true_positive' }, again + hour);
  const late = again + hour + 15 * day;
  bench.finding(movedDelegation('pay.example', 'ns1.third.example', late), late);
  assert.equal(bench.standing().length, 2);
});

void test('merge and split by a person: the older survives, the separated never glue again', () => {
  const bench = new Bench(inventory);
  const by = (actor: string, domain: string, atMs: number) => ({
    ...movedDelegation(domain, `ns1.${actor}.example`, atMs),
    actor_id: actor,
  });
  const first = by('okta:a', 'pay.example', start);
  const second = by('okta:b', 'two.example', start + minute);
  bench.finding(first, start);
  bench.finding(second, start + minute);
  const [older, younger] = [...bench.cases.values()];
  bench.say('case.merge', { case_id: younger?.case_id, with: older?.case_id }, start + 2 * minute);
  const merged = bench.only();
  assert.equal(merged.case_id, older?.case_id);
  assert.equal(bench.cases.get(younger?.case_id ?? '')?.merged_into, older?.case_id);
  bench.say('case.note', { case_id: younger?.case_id, text: 'same hand' }, start + 3 * minute);
  assert.ok(
    bench.only().timeline.some((line) => line.text.includes('same hand')),
    'words reach the survivor',
  );
  bench.say('case.split', { case_id: merged.case_id, finding_ids: [second.finding_id] }, start + 4 * minute);
  assert.deepEqual(
    bench.standing().map((each) => each.domains),
    [['pay.example'], ['two.example']],
  );
  const both = draft({ detection: 'X03', domains: ['pay.example', 'two.example'] }, [
    ...first.evidence,
    ...second.evidence,
  ]);
  bench.finding(both, start + 5 * minute);
  assert.equal(bench.standing().length, 2, 'a person separated them');
  bench.say('case.split', { case_id: merged.case_id, finding_ids: ['none'] }, start + 6 * minute);
  assert.equal(bench.standing().length, 2);
});

void test('a proposal is approved within a day or never', () => {
  const { bench, id } = opened();
  const say = (type: 'action.proposed' | 'action.approved', by: string, atMs: number) =>
    bench.say(type, { case_id: id, action_id: 'act-1', what: 'lock it', destructive: false }, atMs, by);
  const day = 24 * 60 * minute;
  say('action.proposed', 'okta:alice', start);
  say('action.approved', 'okta:bob', start + day + 1);
  const refused = bench.only().timeline.at(-1)?.text ?? '';
  assert.match(refused, /it expired at .*24 hours after the proposal/);
  assert.equal(proposalsOfCase(bench.state(), id)[0]?.state, 'proposed');
  const other = opened();
  other.bench.say(
    'action.proposed',
    { case_id: other.id, action_id: 'act-2', what: 'lock it', destructive: false },
    start,
    'okta:alice',
  );
  other.bench.say('action.approved', { case_id: other.id, action_id: 'act-2' }, start + day, 'okta:bob');
  assert.equal(proposalsOfCase(other.bench.state(), other.id)[0]?.state, 'approved');
});

void test('in words: a person carries it out and somebody else saw it; with a plan neither is for people to say', () => {
  const { bench, id } = opened();
  const say = (type: Parameters<Bench['say']>[0], by: string, more: Record<string, unknown> = {}) => {
    bench.say(type, { case_id: id, action_id: 'act-1', ...more }, start + minute, by);
    return bench.only().timeline.at(-1)?.text ?? '';
  };
  const proposal = () => proposalsOfCase(bench.state(), id).at(-1);
  say('action.proposed', 'okta:alice', { what: 'restore it', destructive: false, step: 'restore' });
  say('action.approved', 'okta:bob');
  say('action.executed', 'service:ci');
  assert.equal(proposal()?.state, 'approved', 'a program carries nothing out by hand');
  say('action.executed', 'okta:alice', { result: 'by phone' });
  assert.deepEqual(
    [proposal()?.state, proposal()?.executed_by, proposal()?.result],
    ['executed', 'okta:alice', 'by phone'],
  );
  assert.deepEqual(
    stepsOfCase(bench.state(), id).map(({ step, mode, by }) => [step, mode, by]),
    [['restore', 'prepared', 'okta:alice']],
  );
  say('action.confirmed', 'okta:alice');
  assert.equal(proposal()?.state, 'executed', 'nobody is their own witness');
  say('action.confirmed', 'okta:bob');
  assert.equal(proposal()?.state, 'confirmed');

  say('action.proposed', 'okta:alice', { action_id: 'act-2', what: 'x', destructive: false, plan: {} });
  say('action.approved', 'okta:bob', { action_id: 'act-2' });
  say('action.executed', 'okta:bob', { action_id: 'act-2' });
  assert.equal(proposal()?.state, 'approved', 'a word would stop the collector from doing it');
  say('action.executed', 'system', { action_id: 'act-2' });
  say('action.confirmed', 'okta:carol', { action_id: 'act-2' });
  assert.equal(proposal()?.state, 'executed', 'a source confirms what the collector did');
});

void test('nobody approves their own, destructive steps need two others, tokens never approve', () => {
  const { bench, id } = opened();
  const say = (
    type: Parameters<Bench['say']>[0],
    by: string,
    atMs: number,
    more: Record<string, unknown> = {},
  ) => bench.say(type, { case_id: id, action_id: 'act-1', ...more }, atMs, by);
  const last = () =>
    bench
      .only()
      .timeline.filter((line) => line.kind === 'action' || line.kind === 'person')
      .at(-1)?.text ?? '';
  say('action.proposed', 'okta:alice', start + minute, { what: 'restore the delegation', destructive: true });
  say('action.executed', 'okta:alice', start + 2 * minute);
  assert.match(last(), /proposed, not approved/);
  say('action.approved', 'okta:alice', start + 3 * minute);
  assert.match(last(), /nobody approves their own/);
  say('action.approved', 'token:ci', start + 4 * minute);
  assert.match(last(), /never a service token/);
  say('action.approved', 'okta:bob', start + 5 * minute);
  assert.match(last(), /1 more person/);
  say('action.approved', 'okta:bob', start + 6 * minute);
  assert.match(last(), /approved it before/);
  say('action.approved', 'okta:carol', start + 7 * minute);
  assert.match(last(), /approved: restore the delegation/);
  say('action.executed', 'system', start + 8 * minute, { step: 'restore' });
  say('action.confirmed', 'system', start + 9 * minute, { witness: 'delegation probe' });
  assert.match(last(), /confirmed by delegation probe/);
  bench.say('action.rejected', { action_id: 'act-1' }, start + 10 * minute, 'okta:bob');
  assert.match(last(), /confirmed already/);
  assert.match(bench.only().actions[1] ?? '', /^\[done 2026-/);
  assert.equal(
    bench.only().actions.at(-1),
    '[confirmed act-1] restore the delegation (by okta:alice, 2 of 2 approvals)',
  );
  assert.equal(caseOfAction(bench.state(), 'act-1'), id);
  assert.equal(proposalsOfCase(bench.state(), id).length, 1);
  assert.deepEqual(
    stepsOfCase(bench.state(), id).map((each) => each.step),
    ['restore'],
  );
});

void test('steps are listed with their facts, and done ones are marked', () => {
  const { bench, id } = opened();
  assert.deepEqual(bench.only().actions, [
    '[automatic] Compare pay.example.',
    '[needs approval] Restore pay.example.',
    '[manual] Call (owner phone: not in the inventory).',
  ]);
  assert.match(bench.only().summary, /Next: Restore pay\.example\./);
  bench.say('action.executed', { case_id: id, step: 'look', result: 'differs' }, start + minute, 'system');
  bench.say('action.executed', { case_id: id, step: 'restore' }, start + 2 * minute);
  bench.say('action.executed', { case_id: id, step: 'unheard' }, start + 3 * minute);
  assert.match(bench.only().actions[0] ?? '', /^\[done /);
  assert.equal(bench.only().actions[1], '[needs approval] Restore pay.example.');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('does not have')));
});

void test('severity of a case only rises; late approval lowers the finding by revision and stays visible', () => {
  const bench = new Bench(inventory);
  const made = movedDelegation('pay.example', 'ns1.new.example', start, { change_fact_id: 'fact-1' });
  bench.finding(made, start);
  const approved = event(
    {
      event_type: 'registrar.domain.nameservers_changed',
      domain: 'pay.example',
      change_fact_id: 'fact-1',
      approval_state: 'approved',
      change_request_id: 'CHG-9',
    },
    start + 5 * minute,
  );
  bench.event(approved, start + 5 * minute);
  const finding = bench.findings.get(made.finding_id);
  assert.equal(finding?.revision, 1);
  assert.equal(finding?.severity, 'low');
  assert.equal(finding?.state, 'open');
  assert.ok(finding?.severity_terms.includes('approved after the fact x0.15'));
  const only = bench.only();
  assert.equal(only.severity, 'critical');
  assert.notEqual(only.paged_at, null, 'a page is never taken back');
  assert.equal(only.notify, 'digest');
  assert.ok(
    only.timeline.some(
      (line) => line.kind === 'revision' && /critical became low, explained by CHG-9/.test(line.text),
    ),
  );
});

void test('a withdrawn "nobody explains it" retracts the finding and shows why', () => {
  const bench = new Bench(inventory);
  const item = evidence(
    {
      event_type: 'derived.attribution.missing',
      domain: 'pay.example',
      attribute: 'nameservers',
      source_kind: 'pipeline',
      change_fact_id: 'fact-2',
    },
    start,
  );
  const made = draft({ detection: 'R08', likelihood: 0.9 }, [item]);
  bench.finding(made, start);
  const withdrawn = event(
    {
      event_type: 'derived.attribution.missing',
      domain: 'pay.example',
      change_fact_id: 'fact-2',
      source_kind: 'pipeline',
      feature: { attribution: { missing: false, explained_by: 'audit-7' } },
    },
    start + 20 * minute,
  );
  bench.event(withdrawn, start + 20 * minute);
  assert.equal(bench.findings.get(made.finding_id)?.state, 'retracted');
  assert.equal(bench.only().notify, 'none');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('withdrawn: explained by audit-7')));
  assert.equal(
    bench.finding(made, start + 21 * minute).findings.length,
    0,
    'the old statement again changes nothing',
  );
});

void test('redelivered findings and words change nothing', () => {
  const { bench, id } = opened();
  const made = movedDelegation('pay.example', 'ns1.evil.example', start);
  bench.finding(made, start + minute);
  const texts = new Map(bench.state().texts);
  assert.deepEqual(bench.finding(made, start + 2 * minute).cases, []);
  assert.deepEqual(new Map(bench.state().texts), texts);
  assert.equal(bench.only().case_id, id);
});

void test('a revised finding keeps its id and counts up', () => {
  const { bench } = opened();
  const made = movedDelegation('pay.example', 'ns1.evil.example', start + minute);
  bench.finding(made, start + minute);
  const more = evidence(
    { event_type: 'registrar.domain.nameservers_changed', domain: 'pay.example', source_kind: 'rdap_poll' },
    start + hour,
  );
  const revised = {
    ...made,
    evidence: [...made.evidence, more],
    evidence_event_ids: [...made.evidence_event_ids, more.event_id],
  };
  bench.finding(revised, start + hour, { late: true });
  assert.equal(bench.findings.get(made.finding_id)?.revision, 1);
  assert.ok(
    bench.only().timeline.some((line) => line.kind === 'revision' && line.text.includes('late evidence')),
  );
});

void test('the clock names what runs out and where the number comes from', () => {
  const bench = new Bench(inventory);
  const pending = evidence(
    { event_type: 'registrar.domain.transfer_requested', domain: 'pay.example', source_kind: 'epp_poll' },
    start,
  );
  bench.finding(draft({ detection: 'R01', effect: 'own' }, [pending]), start);
  assert.deepEqual(bench.only().clock?.deadline, formatInstant(start + 5 * day));
  assert.match(bench.only().clock?.basis ?? '', /ICANN Transfer Policy/);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start + hour), start + hour);
  assert.equal(
    bench.only().clock?.deadline,
    formatInstant(start + hour + 2 * day),
    'the nearest deadline counts',
  );
  bench.say('case.note', { case_id: bench.only().case_id, text: 'x' }, start + 3 * day);
  assert.equal(
    bench.only().clock?.deadline,
    formatInstant(start + 5 * day),
    'what has passed is not a clock',
  );
});

function twoCases(): { bench: Bench; older: string; younger: string; findings: readonly string[] } {
  const bench = new Bench(inventory);
  const by = (actor: string, domain: string, atMs: number) => ({
    ...movedDelegation(domain, `ns1.${actor}.example`, atMs),
    actor_id: actor,
  });
  const first = by('okta:a', 'pay.example', start);
  const second = by('okta:b', 'two.example', start + minute);
  bench.finding(first, start);
  bench.finding(second, start + minute);
  const [older = '', younger = ''] = [...bench.cases.keys()];
  return { bench, older, younger, findings: [first.finding_id, second.finding_id] };
}

void test('a merge never hides an open incident in a closed case, nor loses a hold or a step', () => {
  const { bench, older, younger } = twoCases();
  bench.say('case.closed', { case_id: older, disposition: 'false_positive' }, start + hour);
  bench.say('case.held', { case_id: younger }, start + hour, 'okta:counsel');
  bench.say('action.executed', { case_id: younger, step: 'verify_owner' }, start + hour, 'okta:jane');
  bench.say('case.merge', { case_id: younger, with: older }, start + 2 * hour, 'okta:jane');
  const survivor = bench.cases.get(older);
  assert.equal(survivor?.state, 'reopened');
  assert.equal(survivor.disposition, null);
  assert.deepEqual(
    readPrecision(bench.state()).map(({ judged, false_positive: wrong }) => [judged, wrong]),
    [[0, 0]],
    'the verdict is taken back from the findings it was given for, and from no other',
  );
  assert.equal(bench.cases.get(younger)?.merged_into, older);
  assert.ok(isHeld(bench.state(), older), 'the hold moves with the evidence');
});

void test('two cases that become one are as far as the one that is less far', () => {
  const { bench, older, younger } = twoCases();
  bench.say('case.contained', { case_id: older }, start + hour);
  bench.say('case.merge', { case_id: older, with: younger }, start + 2 * hour);
  assert.equal(bench.only().state, 'acknowledged');
});

void test('a case taken out keeps hold, page and the lines its findings stand on', () => {
  const { bench, older, younger, findings } = twoCases();
  const pagedYounger = bench.cases.get(younger)?.paged_at;
  assert.notEqual(pagedYounger, null);
  bench.say('case.merge', { case_id: older, with: younger }, start + hour);
  bench.say('case.held', { case_id: older }, start + hour + minute, 'okta:counsel');
  bench.say('case.split', { case_id: older, finding_ids: [findings[0]] }, start + 2 * hour, 'okta:jane');
  const created = bench.standing().find(({ finding_ids: ids }) => ids.includes(findings[0] ?? ''));
  assert.notEqual(created?.case_id, older);
  assert.ok(isHeld(bench.state(), created?.case_id ?? ''));
  assert.notEqual(created?.paged_at, null, 'its finding woke somebody up');
  assert.ok(
    created?.timeline.some(({ kind, domain }) => kind !== 'finding' && domain === 'pay.example'),
    'the change itself is told in the new case',
  );
  assert.ok(!created?.timeline.some(({ kind, domain }) => kind !== 'finding' && domain === 'two.example'));
});

void test('a closed case is forgotten after 30 days with everything of it, unless it is under legal hold', () => {
  for (const held of [false, true]) {
    const { bench, id } = opened();
    if (held) bench.say('case.held', { case_id: id }, start + minute, 'okta:counsel');
    assert.equal(isHeld(bench.state(), id), held);
    bench.say('case.closed', { case_id: id, disposition: 'false_positive' }, start + hour);
    bench.advance(start + 32 * day);
    const left = [...bench.state().texts.keys()].filter((name) =>
      /^(case|story|find|link|mem|risk|expiry):/.test(name),
    );
    if (!held) assert.deepEqual(left, []);
    else {
      assert.ok(left.includes(`case:${id}`));
      bench.say('case.released', { case_id: id }, start + 40 * day, 'okta:counsel');
      bench.advance(start + 72 * day);
      assert.ok(!bench.state().texts.has(`case:${id}`));
    }
  }
});

void test('a case whose id has changed is found by its findings', () => {
  const { bench, id } = opened();
  const findings = bench.only().finding_ids;
  bench.say('case.acknowledged', { case_id: 'case-of-before', case_finding_ids: findings }, start + minute);
  assert.equal(bench.only().case_id, id);
  assert.equal(bench.only().state, 'acknowledged');
  bench.say('case.contained', { case_id: 'case-of-before', case_finding_ids: ['unknown', 7] }, start + hour);
  assert.equal(bench.only().state, 'acknowledged');
});
