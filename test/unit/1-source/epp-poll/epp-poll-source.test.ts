/** The EPP poll client against a registry on loopback that speaks TLS and frames as RFC 5734 says. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Surroundings } from '../../../../collector/src/contract/component.ts';
import { createOutgoingPolicy } from '../../../../collector/src/1-source/address-policy.ts';
import { eppFrame } from '../../../../collector/src/1-source/epp-poll/epp-frames.ts';
import { createEppPollSource } from '../../../../collector/src/1-source/epp-poll/epp-poll-source.ts';
import { createSecret } from '../../../../collector/src/leaf/secret.ts';
import { createRecorder, identityOf, runFor, textsOf } from '../api-fake.ts';
import { message, pem, startRegistry, type Registry } from './epp-registry.ts';

const password = 'SECRET-epp';

function source(registry: Registry, timeoutMs = 1000) {
  const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: [] });
  return (around: Surroundings) =>
    createEppPollSource(
      {
        identity: identityOf('epp-poll'),
        instance: 'reg/1',
        host: '127.0.0.1',
        port: registry.port,
        user: 'clid',
        password: createSecret(password),
        tls: { ca: pem?.cert ?? '' },
        timeoutMs,
      },
      policy,
      around,
    );
}

function skips(t: TestContext): boolean {
  if (pem === undefined) t.skip('the openssl command is not installed');
  return pem === undefined;
}

test('a queue is emptied in order; each message is acknowledged only when it is durable', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  registry.queue = ['12', '13&"'];
  registry.queue = ['12', '13'];
  const recorder = createRecorder();
  recorder.refuse = 1;
  const durable: number[] = [];
  registry.onAck = () => durable.push(recorder.records.length);
  await runFor(source(registry), recorder, 2);
  assert.deepEqual(textsOf(recorder), [message('12'), message('13')]);
  assert.deepEqual(durable, [1, 2]);
  assert.deepEqual(registry.queue, []);
  assert.equal(recorder.cursors.get('epp-poll-1'), '13');
  assert.equal(recorder.heartbeats, 1);
  const login = registry.heard[0] ?? '';
  for (const part of [
    '<clID>clid</clID>',
    `<pw>${password}</pw>`,
    'domain-1.0',
    'host-1.0',
    'changePoll-1.0',
  ])
    assert.ok(login.includes(part), part);
  assert.ok(registry.heard.at(-1)?.includes('<logout/>'));
  await registry.close();
});

test('a session cut between record and acknowledgement repeats one message with the same bytes', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  registry.queue = ['7'];
  registry.ackCode = 2400;
  const recorder = createRecorder();
  await runFor(source(registry), recorder, 1);
  registry.ackCode = 1000;
  await runFor(source(registry), recorder, 1);
  assert.deepEqual(textsOf(recorder), [message('7'), message('7')]);
  assert.deepEqual(registry.queue, []);
  await registry.close();
});

test('wrong credentials are told once and tried slowly; the password is nowhere', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  registry.loginCode = 2200;
  const recorder = createRecorder();
  const clock = await runFor(source(registry), recorder, 3);
  assert.deepEqual(clock.waits, [150_000, 300_000, 600_000]);
  assert.equal(recorder.log.filter((line) => line.startsWith('error')).length, 1);
  assert.equal(recorder.log.join().includes(password), false);
  await registry.close();
});

test('impossible lengths, hangs, foreign XML, document types and cut sessions are failures of the round', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  const huge = Buffer.alloc(4, 0xff);
  const doctype = eppFrame(`<!DOCTYPE epp [<!ENTITY a "b">]>${message('1')}`);
  const oddities = [huge, Buffer.alloc(4), eppFrame('<html/>'), eppFrame('<epp'), doctype, Buffer.from([0])];
  for (const odd of oddities) {
    registry.queue = ['1'];
    registry.instead = odd;
    const recorder = createRecorder();
    await runFor(source(registry, 200), recorder, 1);
    assert.deepEqual([recorder.records.length, recorder.log.length], [0, 1], recorder.log.join());
  }
  await registry.close();
});

test('a message that comes again after its acknowledgement ends the round instead of spinning', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  registry.queue = ['5', '5', '5'];
  const recorder = createRecorder();
  await runFor(source(registry), recorder, 1);
  assert.equal(recorder.records.length, 1);
  assert.ok(recorder.log.some((line) => line.includes('again after its acknowledgement')));
  await registry.close();
});

test('the outgoing policy holds for EPP, and a certificate nobody vouches for is refused', async (t) => {
  if (skips(t)) return;
  const registry = await startRegistry();
  const settings = {
    identity: identityOf('epp-poll'),
    instance: 'reg/1',
    host: '127.0.0.1',
    port: registry.port,
    user: 'clid',
    password: createSecret(password),
  };
  const around = { nowMs: () => 0, random: () => 0, log: () => {}, sleep: () => Promise.resolve() };
  const closed = createOutgoingPolicy({ allowNetworks: [], allowPlainHttp: [] });
  const refused = await createEppPollSource(settings, closed, around).probe(AbortSignal.timeout(2000));
  assert.ok(!refused.ok && refused.failure.message.includes('outgoing.allow_networks'));
  const openPolicy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: [] });
  const untrusted = await createEppPollSource(settings, openPolicy, around).probe(AbortSignal.timeout(2000));
  assert.ok(!untrusted.ok && untrusted.failure.message.includes('DEPTH_ZERO_SELF_SIGNED_CERT'));
  assert.equal(registry.heard.length, 0);
  await registry.close();
});
