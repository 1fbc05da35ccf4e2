/** Restoring records on real name servers: all or nothing, only over what was looked at, and never twice. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { createDnsUpdateExecutor } from '../../collector/src/8-sink/action/dns-update.ts';
import type { ActionTask, Before, Executor, FixedPlan } from '../../collector/src/8-sink/action/executor.ts';
import { canonicalRecordSet } from '../../collector/src/leaf/record-data.ts';
import { dynamicUpdate, hasProgram, startBind, startKnot, tsigSecret, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

const zone = 'shop.example';
const records = [
  '@ NS ns1',
  '@ NS ns2',
  'ns1 A 127.0.0.1',
  'ns2 A 127.0.0.2',
  '@ MX 10 mx.shop.example.',
  'www A 203.0.113.66',
  'www A 203.0.113.67',
  '@ TXT "v=spf1 +all"',
  'evil CNAME attacker.example.',
];

const plan: FixedPlan = {
  kind: 'set_records',
  zone,
  records: [
    { name: 'www.shop.example', type: 'A', values: ['192.0.2.1'], ttl: 120 },
    { name: zone, type: 'MX', values: ['10 mx.shop.example'] },
    { name: zone, type: 'TXT', values: [`"${'v=spf1 include:mail.example '.repeat(12)}-all"`] },
    { name: zone, type: 'CAA', values: ['0 issue "ca.example"', '0 iodef "mailto:sec@shop.example"'] },
    { name: 'evil.shop.example', type: 'CNAME', values: [] },
    { name: zone, type: 'NS', values: ['ns1.shop.example', 'ns3.shop.example'] },
    { name: 'ns3.shop.example', type: 'AAAA', values: ['2001:db8::53'] },
  ],
};

function executor(port: number, secret = tsigSecret, keyName = 'xfr-key'): Executor {
  const server = {
    address: '127.0.0.1',
    port,
    keyName,
    algorithm: 'hmac-sha256' as const,
    secret: Buffer.from(secret, 'base64'),
    timeoutMs: 3000,
  };
  return createDnsUpdateExecutor({ id: 'primary', server, ttl: 300, nowMs: () => Date.now() });
}

async function values(port: number, name: string, type: string): Promise<string[]> {
  const question = { name, type, recursionDesired: false, timeoutMs: 2000 };
  const reply = await askServer({ address: '127.0.0.1', port }, question);
  assert.ok(reply.ok);
  const found = reply.value.answers.filter((record) => record.type === type).map(({ data }) => data);
  return canonicalRecordSet(type, found);
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const task = (before: Before): ActionTask => ({ id: 'a-1', tenant: 'acme', caseId: 'case-1', plan, before });

async function exercise(port: number): Promise<void> {
  const primary = executor(port);
  const preview = await primary.preview(plan, signal());
  assert.ok(preview.ok, preview.ok ? '' : preview.failure.message);
  const { changes, before } = preview.value;
  assert.equal(changes.length, 6, changes.join('\n'));
  assert.match(
    changes[0] ?? '',
    /www\.shop\.example A: 203\.0\.113\.66, 203\.0\.113\.67 .* becomes 192\.0\.2\.1/,
  );
  assert.deepEqual(await values(port, 'www.shop.example', 'A'), ['203.0.113.66', '203.0.113.67'], 'dry run');

  const done = await primary.carryOut(task(before), signal());
  assert.ok(done.ok, done.ok ? '' : done.failure.message);
  assert.ok(plan.kind === 'set_records');
  for (const set of plan.records)
    assert.deepEqual(
      await values(port, set.name, set.type),
      canonicalRecordSet(set.type, set.values),
      `${set.name} ${set.type}`,
    );

  const serial = (await values(port, zone, 'SOA'))[0];
  const again = await primary.carryOut(task(before), signal());
  assert.ok(again.ok);
  assert.equal(again.value, 'everything was as wanted already');
  assert.equal((await values(port, zone, 'SOA'))[0], serial, 'a second run changes nothing');

  await dynamicUpdate(port, zone, [
    'update delete www.shop.example. A',
    'update add www.shop.example. 60 A 198.51.100.9',
  ]);
  const drifted = await primary.carryOut(task(before), signal());
  assert.ok(!drifted.ok);
  assert.match(drifted.failure.message, /198\.51\.100\.9 .*now/);
  assert.deepEqual(await values(port, 'www.shop.example', 'A'), ['198.51.100.9']);

  for (const [name, other] of [
    ['wrong secret', executor(port, Buffer.from('another secret').toString('base64'))],
    ['unknown key', executor(port, tsigSecret, 'nobody')],
  ] as const) {
    const refused = await other.preview(plan, signal());
    assert.ok(!refused.ok, name);
    assert.equal(refused.failure.code, 'unauthorised', `${name}: ${refused.failure.message}`);
  }
  const foreign = await primary.preview(
    {
      kind: 'set_records',
      zone: 'other.example',
      records: [{ name: 'other.example', type: 'A', values: [] }],
    },
    signal(),
  );
  assert.ok(!foreign.ok);
}

async function unreachable(): Promise<void> {
  const away = await executor(await freePort()).preview(plan, signal());
  assert.ok(!away.ok);
  assert.equal(away.failure.code, 'endpoint_unreachable');
}

function needs(t: TestContext, ...programs: string[]): boolean {
  const missing = programs.filter((program) => !hasProgram(program));
  if (missing.length > 0) t.skip(`${missing.join(', ')} not installed`);
  return missing.length === 0;
}

test('Knot', { timeout: 60_000 }, async (t) => {
  if (!needs(t, 'knotd', 'nsupdate')) return;
  const port = await freePort();
  const server = await startKnot(port, { [zone]: zoneText(zone, 1, records) }, undefined);
  t.after(() => server.stop());
  await exercise(port);
});

test('BIND', { timeout: 60_000 }, async (t) => {
  if (!needs(t, 'named', 'nsupdate')) return;
  const port = await freePort();
  const server = await startBind(
    port,
    { [zone]: zoneText(zone, 1, records) },
    'allow-update { key "xfr-key"; };',
  );
  t.after(() => server.stop());
  await exercise(port);
});

test('a key that may read but not update is found out by the dry run', { timeout: 60_000 }, async (t) => {
  if (!needs(t, 'named')) return;
  const port = await freePort();
  const server = await startBind(port, { [zone]: zoneText(zone, 1, records) }, 'allow-update { none; };');
  t.after(() => server.stop());
  const refused = await executor(port).preview(plan, signal());
  assert.ok(!refused.ok);
  assert.equal(refused.failure.code, 'unauthorised');
});

test('a server that is away', unreachable);
