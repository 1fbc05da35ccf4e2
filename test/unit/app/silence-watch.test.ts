import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { concernsUs } from '../../../collector/src/app/silence-watch.ts';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

const day = 86_400_000;
const token = 'glsa_of-a-service-account';
let grafana: Server;
let running: TestCollector;
let asked: string[];
let silences: object[];

function silence(id: string, days: number, matchers: object[], state = 'active'): object {
  const startsMs = Date.now();
  return {
    id,
    status: { state },
    createdBy: 'mallory',
    comment: 'noise',
    startsAt: new Date(startsMs).toISOString(),
    endsAt: new Date(startsMs + days * day).toISOString(),
    updatedAt: new Date(startsMs).toISOString(),
    matchers,
  };
}

const equals = (name: string, value: string) => ({ name, value, isRegex: false, isEqual: true });

before(async () => {
  asked = [];
  silences = [
    silence('long-of-a-domain', 90, [equals('domain', 'pay.example'), equals('tenant', 'acme')]),
    silence('short', 0.1, [equals('severity', 'critical')]),
    silence('of-somebody-else', 90, [equals('job', 'node')]),
    silence('over', 90, [equals('severity', 'critical')], 'expired'),
  ];
  grafana = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const known = request.url === '/api/alertmanager/grafana/api/v2/silences';
    const allowed = request.headers.authorization === `Bearer ${token}`;
    response.writeHead(known ? (allowed ? 200 : 401) : 404, { 'content-type': 'application/json' });
    response.end(known && allowed ? JSON.stringify(silences) : '{"message":"no"}');
  });
  await new Promise<void>((resolve) => grafana.listen(0, '127.0.0.1', resolve));
  const { port } = grafana.address() as AddressInfo;
  process.env['SILENCE_TEST_TOKEN'] = token;
  running = await startCollector({
    extra: `outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
silences:
  - {id: grafana, kind: grafana, url: 'http://127.0.0.1:${port}', token: {env: SILENCE_TEST_TOKEN}, interval_s: 5}`,
  });
});
after(async () => {
  delete process.env['SILENCE_TEST_TOKEN'];
  await running.stop();
  grafana.close();
});

test('silences of our alerts are listed, long ones marked, those of other alerts left out', async () => {
  const list = await running.until('silences', async () => {
    const { body } = await running.call('GET', '/silences', { token: tokenOf('acme', 'responder') });
    return body.items.length > 0 ? body.items : undefined;
  });
  assert.deepEqual(
    list.map(({ id, long }: { id: string; long: boolean }) => [id, long]),
    [
      ['long-of-a-domain', true],
      ['short', false],
    ],
  );
  assert.deepEqual(list[0].matchers, ['domain="pay.example"', 'tenant="acme"']);
  assert.equal(list[0].created_by, 'mallory');
  assert.equal(asked[0], `GET /api/alertmanager/grafana/api/v2/silences Bearer ${token}`);
  const { body } = await running.call('GET', '/silences', { token: tokenOf('acme', 'viewer') });
  assert.equal(body.items[0].created_by, '[withheld]');
});

test('a long one is a finding and an audit entry, once; a change of the silenced domain afterwards is P02', async () => {
  const found = await running.until('a finding', async () => {
    const { body } = await running.call('GET', '/findings?detection=P01', {
      token: tokenOf('acme', 'responder'),
    });
    return body.items[0];
  });
  assert.equal(found.detection, 'P01');
  await running.deliver('acme', { ...lockRemoved, domain: 'pay.example', registrar_account: undefined });
  await running.until('P02', async () => {
    const { body } = await running.call('GET', '/findings?detection=P02', {
      token: tokenOf('acme', 'responder'),
    });
    return body.items[0];
  });
  const none = await running.call('GET', '/findings?detection=P01', { token: tokenOf('beta', 'responder') });
  assert.equal(none.body.items.length, 0, 'the silence names the other tenant');
  await running.until('a second look', () => (asked.length > 1 ? true : undefined));
  const { body } = await running.call('GET', '/audit?action=silence.noticed', {
    token: 'token-everything-0123456789abcdef',
  });
  assert.equal(body.total, 1);
  assert.match(JSON.stringify(body.items[0].detail), /mallory/);
});

test('a suppression made here just before a change is P02 too', async () => {
  const made = await running.call('POST', '/suppressions', {
    token: tokenOf('beta', 'responder'),
    body: { scope: { domain: 'shop.example' }, reason: 'quiet', ticket: 'CHG-1', owner: 'ops' },
  });
  assert.equal(made.status, 200);
  await running.deliver('beta', lockRemoved);
  await running.until('P02', async () => {
    const { body } = await running.call('GET', '/findings?detection=P02', {
      token: tokenOf('beta', 'responder'),
    });
    return body.items[0];
  });
});

test('which matchers can fit an alert of ours', () => {
  const not = (name: string, value: string) => ({ name, value, isRegex: false, isEqual: false });
  const like = (name: string, value: string) => ({ name, value, isRegex: true, isEqual: true });
  for (const ours of [
    [equals('severity', 'high')],
    [like('alertname', '.+')],
    [equals('alertname', 'ZonewardenCase')],
    [equals('source', 'zonewarden')],
    [not('job', 'node')],
    [equals('job', '')],
    [like('source', 'zone.*')],
  ])
    assert.ok(concernsUs(ours), JSON.stringify(ours));
  for (const theirs of [
    [equals('job', 'node')],
    [equals('alertname', 'DiskFull')],
    [not('source', 'zonewarden')],
    [equals('severity', 'high'), equals('cluster', 'eu')],
    [like('namespace', 'kube-.+')],
  ])
    assert.ok(!concernsUs(theirs), JSON.stringify(theirs));
});
