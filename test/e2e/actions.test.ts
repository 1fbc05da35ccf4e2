/**
 * From a hostile change to a restored zone: case, proposal with dry run, two approvals, the change on a real name server,
 * and the word of a witness; and the same with the process killed in the middle.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { ActionViewSchema } from '../../collector/src/contract/api.ts';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { startCollector, tokenOf } from '../unit/app/running-collector.ts';
import { fakeDnsimple } from '../unit/8-sink/provider-fakes.ts';
import { freePort, hasProgram, startKnot, tsigSecret, zoneText } from './dns-servers.ts';

const moved = {
  event_type: 'dns.record.updated',
  source_kind: 'answer_probe',
  domain: 'shop.example',
  record_name: 'www.shop.example',
  record_type: 'A',
  old_value: ['192.0.2.1'],
  new_value: ['203.0.113.66'],
};

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

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));

function start(config: string): Promise<{ child: ChildProcess; url: string }> {
  const env = { ...process.env, PROVIDER_TOKEN: 'secret', HOOK: 'hook-secret' };
  const child = spawn(process.execPath, [main, 'run', '--config', config], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const url = /listens on (\S+)/.exec(out)?.[1];
      if (url !== undefined) resolve({ child, url });
    });
    child.stderr?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${out}`)));
  });
}

async function eventually<T>(what: string, ready: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const found = await ready().catch(() => undefined);
    if (found !== undefined) return found;
    await wait(30);
  }
  throw new Error(`${what} did not happen`);
}

test(
  'an action whose process is killed between change and answer is made once',
  { timeout: 90_000 },
  async (t) => {
    const at = mkdtempSync(join(tmpdir(), 'zonewarden-action-'));
    t.after(() => rmSync(at, { recursive: true, force: true }));
    const fake = await fakeDnsimple('1010', 'secret', 'shop.example');
    t.after(() => fake.close());
    fake.records.push({ id: '1', name: 'www', type: 'A', content: '203.0.113.66', ttl: 60 });
    const people = ['responder', 'approver', 'second'];
    const config = join(at, 'zonewarden.yaml');
    writeFileSync(
      join(at, 'inventory.yaml'),
      `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
domains:
  - {domain: shop.example, tenant: acme, tier: 0, team: ops, critical_hosts: [www], approved: {records: [{name: www.shop.example, type: A, values: [192.0.2.1]}]}}
`,
    );
    writeFileSync(
      config,
      `version: 1
listen: 127.0.0.1:0
data: ${join(at, 'var')}
inventory: inventory.yaml
sources: [{id: hook, feed: webhook, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: HOOK}}}]
sinks: []
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
actions: [{id: dnsimple, kind: dnsimple, account: '1010', token: {env: PROVIDER_TOKEN}, url: '${fake.url}'}]
api:
  tokens:
${people.map((name) => `    - {id: ${name}, sha256: ${hash('sha256', `token-of-${name}`, 'hex')}, tenants: [acme], roles: [${name === 'responder' ? 'responder' : 'approver'}], user: 'okta:${name}@acme'}`).join('\n')}
`,
    );
    let { child, url } = await start(config);
    t.after(() => child.kill('SIGKILL'));
    const call = async (method: string, path: string, name: string, body?: unknown): Promise<any> => {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer token-of-${name}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
      return JSON.parse(text);
    };
    const ready = () =>
      eventually('ready', async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined));
    await ready();
    const body = JSON.stringify({ ...moved, id: 'e-1', timestamp: new Date().toISOString() });
    const signature = createHmac('sha256', 'hook-secret').update(body).digest('hex');
    const delivered = await fetch(`${url}/ingest/hook`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-signature': signature },
    });
    assert.equal(delivered.status, 200);
    const found = await eventually('a case', async () => (await call('GET', '/cases', 'responder')).items[0]);
    const plan = { executor: 'dnsimple', kind: 'restore_approved', domain: 'shop.example' };
    const { id } = await call('POST', `/cases/${found.case_id}/actions`, 'responder', { plan });
    const changed = new Promise<void>((resolve) => {
      fake.heldAnswer = resolve;
    });
    for (const name of ['approver', 'second']) await call('POST', `/actions/${id}/approve`, name, {});
    await changed;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(fake.mutations, 1);
    fake.heldAnswer = undefined;

    ({ child, url } = await start(config));
    await ready();
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
      const read = await call('GET', `/cases/${found.case_id}`, 'responder');
      return read.proposals[0]?.state === 'executed' ? read : undefined;
    });
    assert.equal(proposals.length, 1);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  },
);
