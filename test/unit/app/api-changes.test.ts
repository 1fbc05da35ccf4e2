import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
const responder = tokenOf('acme', 'responder');
const approver = tokenOf('acme', 'approver');

before(async () => {
  running = await startCollector();
});
after(() => running.stop());

async function caseOf(domain: string): Promise<any> {
  await running.deliver('acme', {
    ...lockRemoved,
    domain,
    registrar_account: undefined,
    actor_id: `x:${domain}`,
  });
  return running.until(`a case about ${domain}`, async () => {
    const { body } = await running.call('GET', `/cases?domain=${domain}`, { token: responder });
    return body.items[0];
  });
}

async function read(id: string): Promise<any> {
  return (await running.call('GET', `/cases/${id}`, { token: responder })).body;
}

function post(path: string, token: string, body: unknown = {}) {
  return running.call('POST', path, { token, body });
}

test('a case from new to closed and back, with names in the story and the verdict in the precision', async () => {
  const { case_id: id } = await caseOf('shop.example');
  assert.equal((await post(`/cases/${id}/acknowledge`, responder)).status, 200);
  assert.equal((await post(`/cases/${id}/assign`, responder, { assignee: 'okta:jane@acme' })).status, 200);
  assert.equal((await post(`/cases/${id}/note`, responder, { text: 'called the registrar' })).status, 200);
  assert.equal((await post(`/cases/${id}/contain`, responder, { reason: 'locked again' })).status, 200);
  let { case: found } = await read(id);
  assert.equal(found.state, 'contained');
  assert.equal(found.assignee, 'okta:jane@acme');
  const story = found.timeline.map((line: { text: string }) => line.text).join('\n');
  for (const words of ['called the registrar', 'locked again', 'okta:responder-1@acme'])
    assert.ok(story.includes(words), words);
  assert.equal((await post(`/cases/${id}/acknowledge`, responder)).status, 409);
  assert.equal((await post(`/cases/${id}/close`, responder, { disposition: 'true_positive' })).status, 200);
  ({ case: found } = await read(id));
  assert.deepEqual([found.state, found.disposition], ['closed', 'true_positive']);
  const { body: rules } = await running.call('GET', '/rules/R02', { token: responder });
  assert.deepEqual(rules.rule.precision, { value: 1, samples: 1 });
  assert.equal((await post(`/cases/${id}/reopen`, responder, { reason: 'again' })).status, 200);
  assert.equal((await read(id)).case.state, 'reopened');
});

test('legal hold: approver puts, only an admin lifts', async () => {
  const { case_id: id } = await caseOf('shop.example');
  assert.equal((await post(`/cases/${id}/hold`, responder)).status, 403);
  assert.equal((await post(`/cases/${id}/hold`, approver, { reason: 'court order' })).status, 200);
  assert.equal((await read(id)).legal_hold, true);
  assert.equal((await post(`/cases/${id}/release`, approver)).status, 403);
  assert.equal((await post(`/cases/${id}/release`, tokenOf('acme', 'admin'))).status, 200);
  assert.equal((await read(id)).legal_hold, false);
});

test('a suppression waits for another person, hides, and ends', async () => {
  const scope = { scope: { domain: 'canary.example' }, reason: 'migration', ticket: 'CHG-7', owner: 'ops' };
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const bad = await post('/suppressions', responder, { ...scope, expires_at: '2020-01-01T00:00:00Z' });
  assert.equal(bad.status, 422);
  assert.match(bad.text, /past/);
  const made = await post('/suppressions', approver, { ...scope, expires_at: soon });
  assert.equal(made.status, 200);
  const { id } = made.body;
  const stateOf = async (): Promise<string> => {
    const { body } = await running.call('GET', '/suppressions', { token: responder });
    return body.items.find((one: { id: string }) => one.id === id).state;
  };
  assert.equal(await stateOf(), 'waiting');
  const own = await post(`/suppressions/${id}/approve`, approver);
  assert.equal(own.status, 409);
  assert.match(own.text, /own/);
  assert.equal((await post(`/suppressions/${id}/approve`, tokenOf('acme', 'approver', 2))).status, 200);
  assert.equal(await stateOf(), 'active');
  assert.equal((await running.call('DELETE', `/suppressions/${id}`, { token: responder })).status, 200);
  assert.equal(await stateOf(), 'ended');
  assert.equal((await running.call('DELETE', `/suppressions/${id}`, { token: responder })).status, 409);
});

test('proposals: never one’s own approval, four eyes for destructive ones, no second word', async () => {
  const { case_id: id } = await caseOf('pay.example');
  const proposal = { what: 'restore the zone', destructive: true };
  const { body } = await post(`/cases/${id}/actions`, approver, proposal);
  const decide = (verb: string, n: number) =>
    post(`/actions/${body.id}/${verb}`, tokenOf('acme', 'approver', n));
  const own = await decide('approve', 1);
  assert.equal(own.status, 409);
  assert.match(own.text, /own proposal/);
  const alias = await post(`/actions/${body.id}/approve`, 'token-alias-0123456789abcdef');
  assert.equal(alias.status, 409, 'another name of the same person is the same person');
  assert.equal((await decide('approve', 2)).status, 200);
  assert.equal((await decide('approve', 2)).status, 409);
  let { proposals } = await read(id);
  assert.equal(proposals[0].state, 'proposed');
  assert.equal((await decide('approve', 3)).status, 200);
  ({ proposals } = await read(id));
  assert.equal(proposals[0].state, 'approved');
  assert.deepEqual(proposals[0].approvals, ['okta:approver-2@acme', 'okta:approver-3@acme']);
  assert.equal((await decide('reject', 2)).status, 200);
  assert.equal((await decide('approve', 2)).status, 409);
  assert.equal((await post('/actions/none/approve', approver)).status, 404);
});

test('a proposal in words: approved, carried out and seen by people, each refusal with its reason', async () => {
  const { case_id: id } = await caseOf('pay.example');
  const { body } = await post(`/cases/${id}/actions`, responder, {
    what: 'ask for the lock',
    destructive: false,
  });
  const say = (verb: string, token: string, more: unknown = {}) =>
    post(`/actions/${body.id}/${verb}`, token, more);
  const early = await say('executed', responder);
  assert.equal(early.status, 409);
  assert.match(early.text, /proposed, not approved/);
  assert.equal((await say('approve', approver)).status, 200);
  assert.equal((await say('executed', tokenOf('acme', 'viewer'))).status, 403);
  assert.equal((await say('executed', responder, { result: 'ticket R-77' })).status, 200);
  assert.equal((await say('executed', responder)).status, 409);
  const own = await say('confirmed', responder);
  assert.equal(own.status, 409);
  assert.match(own.text, /no independent witness/);
  assert.equal((await say('confirmed', tokenOf('acme', 'responder', 2))).status, 200);
  const { proposals } = await read(id);
  const found = proposals.find((one: { action_id: string }) => one.action_id === body.id);
  assert.deepEqual(
    [found.state, found.executed_by, found.result, found.approvals_needed, found.action],
    ['confirmed', 'okta:responder-1@acme', 'ticket R-77', 1, null],
  );
  assert.equal(Date.parse(found.expires_at) - found.proposed_at_ms, 86_400_000);
});

test('steps: what waits for an approval, or does not exist, is refused with the reason', async () => {
  const { case_id: id } = await caseOf('pay.example');
  const { playbook } = await read(id);
  const stepOf = (mode: string): string =>
    playbook.steps.find((one: { mode: string }) => one.mode === mode).id;
  const prepared = await post(`/cases/${id}/steps`, responder, { step: stepOf('prepared') });
  assert.equal(prepared.status, 409);
  assert.match(prepared.text, /needs an approval: propose it/);
  const unknown = await post(`/cases/${id}/steps`, responder, { step: 'dance' });
  assert.equal(unknown.status, 409);
  assert.match(unknown.text, /has no step dance/);
  const manual = stepOf('manual');
  assert.equal((await post(`/cases/${id}/steps`, responder, { step: manual, result: 'called' })).status, 200);
  const after = (await read(id)).playbook.steps.find((one: { id: string }) => one.id === manual);
  assert.equal(after.done.result, 'called');
});

test('split and merge', async () => {
  await caseOf('pay.example');
  const { case_id: id } = await caseOf('shop.example');
  const whole = (await read(id)).case;
  assert.ok(whole.finding_ids.length > 1);
  const moved = { finding_ids: [whole.finding_ids.at(-1)] };
  assert.equal((await post(`/cases/${id}/split`, responder, whole)).status, 400);
  assert.equal((await post(`/cases/${id}/split`, responder, { finding_ids: whole.finding_ids })).status, 409);
  assert.equal((await post(`/cases/${id}/split`, responder, moved)).status, 200);
  assert.ok(!(await read(id)).case.finding_ids.includes(moved.finding_ids[0]));
  const { body } = await running.call('GET', '/findings?limit=500', { token: responder });
  const other = body.items.find(
    (one: { finding_id: string }) => one.finding_id === moved.finding_ids[0],
  ).case_id;
  assert.notEqual(other, id);
  assert.equal((await post(`/cases/${id}/merge`, responder, { with: id })).status, 409);
  assert.equal((await post(`/cases/${id}/merge`, responder, { with: other })).status, 200);
  const states = [(await read(id)).case, (await read(other)).case];
  const merged = states.find(({ state }) => state === 'merged');
  const survivor = states.find(({ state }) => state !== 'merged');
  assert.equal(merged.merged_into, survivor.case_id);
});

test('an intent names object and value, comes from somebody else, and is listed', async () => {
  const change = { domain: 'shop.example', action: 'record', name: 'www.shop.example', type: 'A' };
  const open = await post('/intents', approver, { changes: [change] });
  assert.equal(open.status, 422);
  assert.match(open.text, /time span approves nothing/);
  const wrong = await post('/intents', approver, {
    changes: [{ ...change, name: 'www.pay.example', new: ['192.0.2.77'] }],
  });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /\/changes\/0\/name: is not inside shop\.example/);
  const body = { id: 'CHG-1', requested_by: 'okta:jane@acme', changes: [{ ...change, new: ['192.0.2.77'] }] };
  assert.equal(
    (await post('/intents', approver, { ...body, requested_by: 'okta:approver-1@acme' })).status,
    409,
  );
  assert.equal((await post('/intents', approver, body)).status, 200);
  assert.equal((await post('/intents', approver, body)).status, 409);
  const { body: list } = await running.call('GET', '/intents?domain=shop.example', { token: responder });
  assert.equal(list.items[0].id, 'CHG-1');
  assert.equal(list.items[0].approved_by, 'okta:approver-1@acme');
});

test('a record that could not be read is listed and read again', async () => {
  const rule = tokenOf('acme', 'rule_editor');
  await running.deliver('acme', { event_type: 'registrar.domain.lock_disabled', domain: 'not a name' });
  const letter = await running.until('a letter', async () => {
    const { body } = await running.call('GET', '/quarantine?state=open', { token: responder });
    return body.items[0];
  });
  assert.equal(letter.code, 'bad_domain_name');
  assert.match(letter.beginning, /not a name/);
  const foreign = await running.call('GET', '/quarantine', { token: tokenOf('beta', 'responder') });
  assert.deepEqual(foreign.body.items, []);
  assert.equal((await post(`/quarantine/${letter.id}/redrive`, responder)).status, 403);
  assert.equal((await post(`/quarantine/${letter.id}/redrive`, rule)).status, 200);
  const again = await running.until('open again', async () => {
    const { body } = await running.call('GET', '/quarantine?state=open', { token: responder });
    return body.items[0];
  });
  assert.equal(again.id, letter.id);
});

test('every change is in the audit log with who, what and on what', async () => {
  const { body } = await running.call('GET', '/audit?limit=500', { token: tokenOf('acme', 'admin') });
  const said = new Set(body.items.map((one: { action: string }) => one.action));
  for (const action of [
    'POST /cases/{id}/acknowledge',
    'POST /cases/{id}/close',
    'POST /suppressions',
    'POST /suppressions/{id}/approve',
    'DELETE /suppressions/{id}',
    'POST /cases/{id}/actions',
    'POST /actions/{id}/approve',
    'POST /intents',
    'POST /quarantine/{id}/redrive',
    'GET /rules/{id}',
    'denied',
  ])
    assert.ok(said.has(action), action);
  const close = body.items.find((one: { action: string }) => one.action === 'POST /cases/{id}/close');
  assert.equal(close.by, 'okta:responder-1@acme');
  assert.match(close.object, /^case case-/);
  assert.deepEqual(close.detail, { disposition: 'true_positive' });
});
