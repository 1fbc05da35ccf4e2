import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { framingOf } from '../../../../collector/src/app/body-framings.ts';
import { createIngestRouter } from '../../../../collector/src/1-source/webhook/ingest-handler.ts';
import {
  createWebhookSource,
  type WebhookSettings,
} from '../../../../collector/src/1-source/webhook/webhook-source.ts';
import type { Intake, Surroundings } from '../../../../collector/src/contract/component.ts';
import type { HttpRequest } from '../../../../collector/src/contract/http.ts';
import type { RawRecord } from '../../../../collector/src/contract/raw-record.ts';
import { createSecret } from '../../../../collector/src/leaf/secret.ts';

const surroundings: Surroundings = {
  nowMs: () => 0,
  random: () => 0.5,
  sleep: async () => {},
  log: () => {},
};

interface FakeIntake extends Intake {
  readonly records: RawRecord[];
  fail: Error | undefined;
  hold: Promise<void> | undefined;
}

function fakeIntake(): FakeIntake {
  const records: RawRecord[] = [];
  return {
    records,
    fail: undefined,
    hold: undefined,
    async accept(batch) {
      await this.hold;
      if (this.fail !== undefined) throw this.fail;
      records.push(...batch);
    },
    cursor: () => undefined,
    heartbeat: () => {},
    gap: () => {},
  };
}

function settings(fields: Partial<WebhookSettings>): WebhookSettings {
  return {
    identity: { tenant: 'acme', id: 'hook', feed: 'webhook', kind: 'registrar_audit', intervalMs: 60_000 },
    feed: 'webhook',
    scheme: 'hmac',
    schemeSettings: { secret: createSecret('key'), header: 'x-signature', idHeader: 'x-id' },
    bodyBytesMax: 1000,
    acceptCompressed: false,
    ratePerSecond: 100,
    ...fields,
  };
}

function request(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  fields: Partial<HttpRequest> = {},
): HttpRequest {
  return {
    method: 'POST',
    path: '/ingest/hook',
    query: new URLSearchParams(),
    headers,
    body: Buffer.from(body),
    remoteAddress: '127.0.0.1',
    receivedAtMs: 1000,
    ...fields,
  };
}

function signed(body: string | Uint8Array): string {
  return createHmac('sha256', 'key').update(body).digest('hex');
}

function open(fields: Partial<WebhookSettings> = {}) {
  const source = createWebhookSource(settings(fields), surroundings);
  const intake = fakeIntake();
  const stop = new AbortController();
  void source.run(intake, stop.signal);
  return { source, intake, stop };
}

test('a signed delivery is stored as it came and then answered 200', async () => {
  const { source, intake } = open();
  const answer = await source.deliver(
    request('{"a":1}', {
      'x-signature': signed('{"a":1}'),
      'x-id': 'd1',
      'content-type': 'application/json',
    }),
    '',
  );
  assert.equal(answer.status, 200);
  const [record] = intake.records;
  assert.ok(record);
  assert.equal(Buffer.from(record.bytes).toString(), '{"a":1}');
  assert.deepEqual(
    { ...record, bytes: undefined },
    {
      tenant: 'acme',
      source: 'webhook',
      receivedAtMs: 1000,
      contentType: 'application/json',
      verified: true,
      bytes: undefined,
      meta: { delivery: 'd1' },
    },
  );
});

test('a configured mapping travels with the record', async () => {
  const { source, intake } = open({ meta: { mapping: '{"id":"/uid"}' } });
  await source.deliver(request('x', { 'x-signature': signed('x') }), '');
  assert.deepEqual(intake.records[0]?.meta, { mapping: '{"id":"/uid"}' });
});

test('a repeated delivery is answered 200 and stored once, also while the first is still being written', async () => {
  const { source, intake } = open();
  let release = (): void => {};
  intake.hold = new Promise((resolve) => (release = resolve));
  const one = request('x', { 'x-signature': signed('x'), 'x-id': 'd1' });
  const both = Promise.all([source.deliver(one, ''), source.deliver(one, '')]);
  release();
  assert.deepEqual(
    (await both).map((answer) => answer.status),
    [200, 200],
  );
  const later = await source.deliver({ ...one, receivedAtMs: 1000 + 3600_000 }, '');
  assert.match(String(later.body), /repeated/);
  assert.equal(intake.records.length, 1);
});

test('2xx only after the record is durable; a full disk gives 503 with Retry-After and the repeat is taken', async () => {
  const { source, intake } = open();
  let release = (): void => {};
  intake.hold = new Promise((resolve) => (release = resolve));
  let answered = false;
  const pending = source
    .deliver(request('x', { 'x-signature': signed('x'), 'x-id': 'd' }), '')
    .then((answer) => {
      answered = true;
      return answer;
    });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  intake.fail = Object.assign(new Error('full'), { code: 'disk_full' });
  release();
  const refused = await pending;
  assert.equal(refused.status, 503);
  assert.equal(refused.headers?.['retry-after'], '30');
  intake.fail = undefined;
  const taken = await source.deliver(request('x', { 'x-signature': signed('x'), 'x-id': 'd' }), '');
  assert.equal(taken.status, 200);
  assert.equal(intake.records.length, 1);
});

test('a wrong signature is 401 and leaves nothing behind', async () => {
  const { source, intake } = open();
  for (const headers of [{}, { 'x-signature': signed('y') }, { 'x-signature': 'zz' }])
    assert.equal((await source.deliver(request('x', headers as Record<string, string>), '')).status, 401);
  assert.equal(intake.records.length, 0);
});

test('an unsigned delivery is a hint, behind its secret path', async () => {
  const { source, intake } = open({ scheme: 'none', schemeSettings: {}, pathSecret: createSecret('p4th') });
  assert.equal((await source.deliver(request('{}'), 'p4th')).status, 200);
  assert.equal(intake.records[0]?.verified, false);
  for (const rest of ['', 'p4t', 'p4thh', 'p4th/', 'P4TH'])
    assert.equal((await source.deliver(request('{}'), rest)).status, 404);
  assert.equal(intake.records.length, 1);
});

test('compressed bodies only where configured, and never more than the bound', async () => {
  const plain = open();
  const packed = gzipSync('{"a":1}');
  const headers = { 'x-signature': signed(packed), 'content-encoding': 'gzip' };
  assert.equal((await plain.source.deliver(request(packed, headers), '')).status, 415);
  const { source, intake } = open({ acceptCompressed: true, bodyBytesMax: 1_000_000 });
  assert.equal((await source.deliver(request(packed, headers), '')).status, 200);
  assert.equal(Buffer.from(intake.records[0]?.bytes ?? []).toString(), '{"a":1}');
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const bombed = await source.deliver(request(bomb, { ...headers, 'x-signature': signed(bomb) }), '');
  assert.equal(bombed.status, 413);
  const broken = await source.deliver(request('xx', { ...headers, 'x-signature': signed('xx') }), '');
  assert.equal(broken.status, 400);
});

test('size, method and rate are bounded', async () => {
  const { source } = open({ ratePerSecond: 3 });
  assert.equal((await source.deliver(request('x'.repeat(1001)), '')).status, 413);
  assert.equal((await source.deliver(request('x', {}, { method: 'DELETE' }), '')).status, 405);
  assert.equal((await source.deliver(request('x', {}, { method: 'GET' }), '')).status, 405);
  const statuses = [];
  for (let at = 0; at < 4; at++) statuses.push((await source.deliver(request('x'), '')).status);
  assert.deepEqual(statuses, [401, 401, 401, 429]);
  const proven = request('x', { 'x-signature': signed('x') });
  const taken = [];
  for (let at = 0; at < 4; at++) taken.push((await source.deliver(proven, '')).status);
  assert.deepEqual(
    taken,
    [200, 200, 200, 429],
    'strangers take nothing from the sender, and the sender has a bound',
  );
});

test('before the start and after the stop a delivery is 503', async () => {
  const source = createWebhookSource(settings({}), surroundings);
  const one = request('x', { 'x-signature': signed('x') });
  assert.equal((await source.deliver(one, '')).status, 503);
  const stop = new AbortController();
  const run = source.run(fakeIntake(), stop.signal);
  assert.equal((await source.deliver(one, '')).status, 200);
  stop.abort();
  await run;
  assert.equal((await source.deliver(one, '')).status, 503);
});

test('paths lead to sources by id, and by feed where it is unambiguous', async () => {
  const sources = ['one', 'two', 'gh'].map((id) =>
    createWebhookSource(
      settings({
        identity: {
          tenant: 't',
          id,
          feed: id === 'gh' ? 'github-audit' : 'webhook',
          kind: 'registrar_audit',
          intervalMs: 1,
        },
        scheme: 'none',
        schemeSettings: {},
        bodyBytesMax: id === 'one' ? 10 : 20,
      }),
      surroundings,
    ),
  );
  for (const source of sources) void source.run(fakeIntake(), new AbortController().signal);
  const router = createIngestRouter(sources);
  const status = async (path: string) => (await router.handle(request('x', {}, { path }))).status;
  assert.equal(await status('/ingest/one'), 200);
  assert.equal(await status('/ingest/github-audit'), 200);
  assert.equal(await status('/ingest/gh'), 200);
  for (const path of [
    '/ingest/webhook',
    '/ingest/',
    '/ingest',
    '/ingest/one/x',
    '/other/one',
    '/ingest/__proto__',
    '/ingest//one',
  ])
    assert.equal(await status(path), 404, path);
  assert.equal(router.bodyBytesMax('/ingest/one'), 10);
  assert.equal(router.bodyBytesMax('/ingest/nobody'), 0);
});

test('Firehose: data of each record, its answer with the request id, and a broken neighbour', async () => {
  const { frame } = framingOf('aws-cloudtrail', 'firehose');
  const messages = { messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 1, message: '{}' }] };
  const body = {
    requestId: 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f',
    timestamp: 1_795_293_062_000,
    records: [
      { data: gzipSync(JSON.stringify(messages)).toString('base64') },
      { data: Buffer.from('{"eventName":"A"}{"eventName":"B"}\n').toString('base64') },
      { data: gzipSync('x'.repeat(1000)).subarray(0, 20).toString('base64') },
      { data: Buffer.from('client 192.0.2.1#53: query: a.example IN A\r\n\nsecond').toString('base64') },
      { date: 'none' },
    ],
  };
  const framed = await frame?.(Buffer.from(JSON.stringify(body)), 'application/json');
  assert.ok(framed?.ok);
  assert.deepEqual(
    framed.value.records.map((record) => [Buffer.from(record.bytes).toString(), record.contentType]),
    [
      [JSON.stringify(messages), 'application/json'],
      ['{"eventName":"A"}', 'application/json'],
      ['{"eventName":"B"}', 'application/json'],
      ['client 192.0.2.1#53: query: a.example IN A', 'text/plain'],
      ['second', 'text/plain'],
    ],
  );
  assert.deepEqual(
    framed.value.refused.map(({ code, path }) => [code, path]),
    [
      ['bad_wire_format', '/records/2/data'],
      ['missing_field', '/records/4/data'],
    ],
  );
  assert.deepEqual(framed.value.answer?.headers, { 'content-type': 'application/json' });
  assert.deepEqual(JSON.parse(String(framed.value.answer?.body)), {
    requestId: body.requestId,
    timestamp: body.timestamp,
  });
  const other = await frame?.(Buffer.from('{"records":[]}'), 'application/json');
  assert.ok(other !== undefined && !other.ok);
  assert.equal(other.failure.code, 'unsupported_format');
});
