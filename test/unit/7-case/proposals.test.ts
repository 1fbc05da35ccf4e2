/** Steps of a playbook, what is proposed for a case, who may approve it and who says that it is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseOfAction, proposalsOfCase, stepsOfCase } from '../../../collector/src/7-case/readers.ts';
import { type Bench, minute, start } from './keeper-harness.ts';
import { opened } from './opened-case.ts';

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
