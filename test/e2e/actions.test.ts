/**
 * From a hostile change to a restored zone: case, proposal with dry run, two approvals, the change on a real name server,
 * and the word of a witness; and the same with the process killed in the middle.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Compile } from 'typebox/compile';
import { ActionViewSchema } from '../../collector/src/contract/api.ts';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { startCollector, tokenOf } from '../unit/app/running-collector.ts';
import { actionProcess, moved } from './action-process.ts';
import { eventually } from './collector-process.ts';
import { hasProgram, startKnot, tsigSecret, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

async function addresses(port: number): Promise<string[]> {
  const question = { name: 'www.shop.example', type: 'A', recursionDesired: false, timeoutMs: 2000 };
  const reply = await askServer({ address: '127.0.0.1', port }, question);
  assert.ok(reply.ok);
  return reply.value.answers.map(({ data }) => data);
}

test(
  'a hostile record is put back on Knot after two approvals, and a probe confirms it',
  { timeout: 60_000 },
  async (t) => {
    if (!hasProgram('knotd')) {
      t.skip('knotd not installed');
      return;
    }
    const port = await freePort();
    const zone = 'shop.example';
    const records = ['@ NS ns1', 'ns1 A 127.0.0.1', 'www A 203.0.113.66', '@ MX 10 mx.a.example.'];
    const knot = await startKnot(port, { [zone]: zoneText(zone, 1, records) }, undefined);
    t.after(() => knot.stop());
    process.env['ZONEWARDEN_TEST_TSIG'] = tsigSecret;
    const running = await startCollector({
      extra: `actions:
  - {id: primary, kind: rfc2136, server: 127.0.0.1, port: ${port}, key_name: xfr-key, key_secret: {env: ZONEWARDEN_TEST_TSIG}}`,
    });
    t.after(() => running.stop());
    const responder = tokenOf('acme', 'responder');
    await running.deliver('acme', moved);
    const { case_id: caseId } = await running.until('a case', async () => {
      const { body } = await running.call('GET', '/cases', { token: responder });
      return body.items[0];
    });
    const plan = { executor: 'primary', kind: 'restore_approved', domain: zone };
    const foreign = await running.call('POST', `/cases/${caseId}/actions`, {
      token: responder,
      body: { plan: { ...plan, domain: 'not-ours.example' } },
    });
    assert.equal(foreign.status, 422);
    const made = await running.call('POST', `/cases/${caseId}/actions`, { token: responder, body: { plan } });
    assert.equal(made.status, 200, made.text);
    const { id } = made.body;
    const read = async () => (await running.call('GET', `/actions/${id}`, { token: responder })).body;
    const proposal = await read();
    assert.deepEqual(proposal.dry_run, ['www.shop.example A: 203.0.113.66 (TTL 3600) becomes 192.0.2.1']);
    assert.equal(proposal.destructive, true);
    assert.ok(Compile(ActionViewSchema).Check(proposal));
    const approve = (token: string) => running.call('POST', `/actions/${id}/approve`, { token, body: {} });
    assert.equal((await approve(responder)).status, 403);
    assert.equal((await approve(tokenOf('acme', 'approver', 1))).status, 200);
    await wait(700);
    assert.deepEqual(await addresses(port), ['203.0.113.66'], 'one pair of eyes changes nothing');
    assert.equal((await approve(tokenOf('acme', 'approver', 2))).status, 200);
    const done = await running.until('executed', async () => {
      const found = await read();
      assert.notEqual(found.state, 'failed', found.result);
      return found.state === 'executed' ? found : undefined;
    });
    assert.match(done.result, /becomes 192\.0\.2\.1/);
    assert.deepEqual(await addresses(port), ['192.0.2.1']);
    await running.deliver('acme', { ...moved, old_value: ['203.0.113.66'], new_value: ['192.0.2.1'] });
    const confirmed = await running.until('confirmed', async () => {
      const found = await read();
      return found.state === 'confirmed' ? found : undefined;
    });
    assert.equal(confirmed.confirmed_by, 'answer_probe');
    const { body } = await running.call('GET', `/cases/${caseId}`, { token: responder });
    assert.equal(body.proposals[0].state, 'confirmed');
    const story = body.case.timeline.map((line: { text: string }) => line.text).join('\n');
    for (const words of ['proposed:', 'approved once', 'executed:', 'confirmed by'])
      assert.ok(story.includes(words), words);
  },
);

const plan = { executor: 'dnsimple', kind: 'restore_approved', domain: 'shop.example' };

test(
  'an action whose process is killed between change and answer is made once',
  { timeout: 90_000 },
  async (t) => {
    const at = await actionProcess(t);
    const { call, fake } = at;
    await at.start();
    const caseId = await at.openedCase();
    const { id } = await call('POST', `/cases/${caseId}/actions`, 'responder', { plan });
    const changed = new Promise<void>((resolve) => {
      fake.heldAnswer = resolve;
    });
    for (const name of ['approver', 'second']) await call('POST', `/actions/${id}/approve`, name, {});
    await changed;
    await at.kill();
    assert.equal(fake.mutations, 1);
    fake.heldAnswer = undefined;

    await at.start();
    const action = await eventually('executed', async () => {
      const one = await call('GET', `/actions/${id}`, 'responder');
      return one.state === 'executed' ? one : undefined;
    });
    assert.equal(fake.mutations, 1, 'made once');
    assert.equal(action.attempts, 2);
    assert.deepEqual(
      fake.records.map(({ content }) => content),
      ['192.0.2.1'],
    );
    const { proposals } = await eventually('told', async () => {
      const read = await call('GET', `/cases/${caseId}`, 'responder');
      return read.proposals[0]?.state === 'executed' ? read : undefined;
    });
    assert.equal(proposals.length, 1);
    await at.stop();
  },
);

test(
  'killed between approval and execution: the next process makes it, once',
  { timeout: 90_000 },
  async (t) => {
    const at = await actionProcess(t);
    const { call, fake } = at;
    await at.start();
    const caseId = await at.openedCase();
    const { id } = await call('POST', `/cases/${caseId}/actions`, 'responder', { plan });
    fake.down = true;
    for (const name of ['approver', 'second']) await call('POST', `/actions/${id}/approve`, name, {});
    await at.kill();
    assert.equal(fake.mutations, 0, 'approved and not done');
    fake.down = false;
    await at.start();
    await eventually('executed', async () => {
      const { state } = await call('GET', `/actions/${id}`, 'responder');
      return state === 'executed' ? true : undefined;
    });
    // A third process finds nothing left to do.
    await at.kill();
    await at.start();
    await eventually('told', async () => {
      const read = await call('GET', `/cases/${caseId}`, 'responder');
      return read.proposals[0]?.state === 'executed' ? true : undefined;
    });
    assert.equal(fake.mutations, 1);
    await at.stop();
  },
);

test(
  'a role taken away counts at once: before the approval, and between approval and execution',
  { timeout: 90_000 },
  async (t) => {
    const at = await actionProcess(t);
    const { call, fake } = at;
    await at.start();
    const caseId = await at.openedCase();
    const { id } = await call('POST', `/cases/${caseId}/actions`, 'responder', { plan });
    await at.stop();
    await at.start({ responder: 'responder', approver: 'viewer', second: 'approver', third: 'approver' });
    await call('POST', `/actions/${id}/approve`, 'approver', {}, 403);
    fake.down = true;
    for (const name of ['second', 'third']) await call('POST', `/actions/${id}/approve`, name, {});
    await at.kill();
    fake.down = false;
    await at.start({ responder: 'responder', approver: 'approver', second: 'viewer', third: 'approver' });
    const ended = await eventually('an end', async () => {
      const one = await call('GET', `/actions/${id}`, 'responder');
      return ['executed', 'failed'].includes(one.state) ? one : undefined;
    });
    assert.equal(ended.state, 'failed');
    assert.match(ended.result, /okta:second@acme approved it and may not approve any more/);
    assert.equal(fake.mutations, 0);
    await eventually('a line in the case', async () => {
      const { case: found } = await call('GET', `/cases/${caseId}`, 'responder');
      return found.timeline.some(({ text }: { text: string }) => text.includes('may not approve any more'))
        ? true
        : undefined;
    });
    await at.stop();
  },
);
