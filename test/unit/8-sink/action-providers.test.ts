import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { signAws } from '../../../collector/src/8-sink/action/aws-signature.ts';
import { createCloudflareExecutor } from '../../../collector/src/8-sink/action/cloudflare.ts';
import { createDnsimpleExecutor } from '../../../collector/src/8-sink/action/dnsimple.ts';
import type { Before, Executor, FixedPlan } from '../../../collector/src/8-sink/action/executor.ts';
import { createRoute53Executor } from '../../../collector/src/8-sink/action/route53.ts';
import { createSoarWebhookExecutor } from '../../../collector/src/8-sink/action/soar-webhook.ts';
import { fakeCloudflare, fakeDnsimple, fakeRoute53, loopbackHttp, type Fake } from './provider-fakes.ts';

const zone = 'shop.example';
const longText = `"${'v=spf1 include:mail.example '.repeat(12)}-all"`;
const plan: FixedPlan = {
  kind: 'set_records',
  zone,
  records: [
    { name: `www.${zone}`, type: 'A', values: ['192.0.2.1'] },
    { name: zone, type: 'MX', values: ['10 mx1.mail.example', '20 mx2.mail.example'], ttl: 600 },
    { name: zone, type: 'TXT', values: [longText] },
    { name: zone, type: 'CAA', values: ['0 issue "ca.example"'] },
    { name: `evil.${zone}`, type: 'CNAME', values: [] },
  ],
};
const signal = (): AbortSignal => AbortSignal.timeout(5000);

function run(executor: Executor, before: Before, what: FixedPlan = plan) {
  return executor.carryOut({ id: 'a-1', tenant: 'acme', caseId: 'case-1', plan: what, before }, signal());
}

/** What every provider must do, over a zone whose `www` and `evil` an attacker has set. */
async function exercise(executor: Executor, fake: Fake, change: (content: string) => void): Promise<void> {
  const preview = await executor.preview(plan, signal());
  assert.ok(preview.ok, preview.ok ? '' : preview.failure.message);
  assert.equal(preview.value.changes.length, 5, preview.value.changes.join('\n'));
  assert.equal(fake.mutations, 0, 'a dry run changes nothing');
  const { before } = preview.value;

  fake.failNext = 503;
  const later = await run(executor, before);
  assert.ok(!later.ok);
  assert.equal(later.failure.code, 'endpoint_unreachable');
  fake.failNext = 429;
  const throttled = await run(executor, before);
  assert.equal(throttled.ok ? '' : throttled.failure.code, 'endpoint_throttled');
  assert.equal(fake.mutations, 0);

  fake.loseAnswer = true;
  const lost = await run(executor, before);
  assert.equal(lost.ok ? '' : lost.failure.code, 'endpoint_unreachable');
  assert.equal(fake.mutations, 1, 'the change was made, the answer was lost');
  const again = await run(executor, before);
  assert.ok(again.ok, again.ok ? '' : again.failure.message);
  assert.equal(again.value, 'everything was as wanted already');
  assert.equal(fake.mutations, 1, 'nothing is done twice');

  const check = await executor.preview(plan, signal());
  assert.ok(check.ok);
  assert.deepEqual(check.value.changes, []);
  change('198.51.100.9');
  const drifted = await run(executor, before);
  assert.ok(!drifted.ok);
  assert.equal(drifted.failure.code, 'endpoint_refused');
  assert.match(drifted.failure.message, /198\.51\.100\.9 .*now/);
  assert.equal(fake.mutations, 1);

  const lock: FixedPlan = { kind: 'lock_transfer', domain: zone };
  const lockPreview = await executor.preview(lock, signal());
  assert.ok(lockPreview.ok, lockPreview.ok ? '' : lockPreview.failure.message);
  assert.equal(lockPreview.value.changes.length, 1);
  assert.ok((await run(executor, lockPreview.value.before, lock)).ok);
  assert.equal(fake.locked, true);
  const locked = await run(executor, lockPreview.value.before, lock);
  assert.equal(locked.ok && locked.value, 'the transfer lock was on already');
  assert.equal(fake.mutations, 2);
}

function setWww(fake: Fake, name: string): (content: string) => void {
  return (content) => {
    fake.records.find((one) => one.name === name && one.type === 'A')!.content = content;
  };
}

async function opened(t: TestContext, made: Promise<Fake>): Promise<Fake> {
  const fake = await made;
  t.after(() => fake.close());
  return fake;
}

test('DNSimple', async (t) => {
  const fake = await opened(t, fakeDnsimple('1010', 'secret', zone));
  fake.records.push(
    { id: '1', name: 'www', type: 'A', content: '203.0.113.66', ttl: 60 },
    { id: '2', name: 'www', type: 'A', content: '203.0.113.67', ttl: 60 },
    { id: '3', name: 'www', type: 'A', content: '203.0.113.68', ttl: 60 },
    { id: '4', name: '', type: 'MX', content: 'mx1.mail.example', ttl: 3600, priority: 10 },
    { id: '5', name: '', type: 'TXT', content: 'v=spf1 +all', ttl: 60 },
    { id: '6', name: 'evil', type: 'CNAME', content: 'attacker.example', ttl: 60 },
  );
  const settings = { id: 'dnsimple', account: '1010', url: fake.url, ttl: 300, http: loopbackHttp };
  await exercise(createDnsimpleExecutor({ ...settings, token: 'secret' }), fake, setWww(fake, 'www'));
  assert.deepEqual(
    fake.records
      .filter(({ type }) => type === 'MX')
      .map(({ content, priority, ttl }) => [priority, content, ttl]),
    [
      [10, 'mx1.mail.example', 600],
      [20, 'mx2.mail.example', 600],
    ],
  );
  const wrong = await createDnsimpleExecutor({ ...settings, token: 'wrong' }).preview(plan, signal());
  assert.equal(wrong.ok ? '' : wrong.failure.code, 'unauthorised');
});

test('Cloudflare', async (t) => {
  const fake = await opened(t, fakeCloudflare('acc', 'secret', zone));
  fake.records.push(
    { id: 'a', name: `www.${zone}`, type: 'A', content: '203.0.113.66', ttl: 60 },
    { id: 'b', name: zone, type: 'MX', content: 'mx1.mail.example', ttl: 3600, priority: 10 },
    { id: 'c', name: zone, type: 'TXT', content: '"v=spf1 +all"', ttl: 60 },
    { id: 'd', name: `evil.${zone}`, type: 'CNAME', content: 'attacker.example', ttl: 60 },
  );
  const settings = { id: 'cloudflare', account: 'acc', url: fake.url, ttl: 300, http: loopbackHttp };
  await exercise(
    createCloudflareExecutor({ ...settings, token: 'secret' }),
    fake,
    setWww(fake, `www.${zone}`),
  );
  const wrong = await createCloudflareExecutor({ ...settings, token: 'wrong' }).preview(plan, signal());
  assert.equal(wrong.ok ? '' : wrong.failure.code, 'unauthorised');
  const foreign: FixedPlan = { kind: 'set_records', zone: 'other.example', records: [] };
  const none = await createCloudflareExecutor({ ...settings, token: 'secret' }).preview(foreign, signal());
  assert.match(none.ok ? '' : none.failure.message, /sees 0 zones/);
});

test('Route 53', async (t) => {
  const fake = await opened(t, fakeRoute53('wJalrXUtnFEMI', zone));
  fake.records.push(
    { id: '', name: `www.${zone}`, type: 'A', content: '203.0.113.66', ttl: 60 },
    { id: '', name: zone, type: 'MX', content: '10 mx1.mail.example', ttl: 3600 },
    { id: '', name: zone, type: 'TXT', content: '"v=spf1 +all"', ttl: 60 },
    { id: '', name: `evil.${zone}`, type: 'CNAME', content: 'attacker.example', ttl: 60 },
  );
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' };
  const settings = {
    id: 'route53',
    url: fake.url,
    domainsUrl: fake.url,
    ttl: 300,
    http: loopbackHttp,
    nowMs: () => Date.now(),
  };
  await exercise(createRoute53Executor({ ...settings, credentials }), fake, setWww(fake, `www.${zone}`));
  const wrong = await createRoute53Executor({
    ...settings,
    credentials: { ...credentials, secretAccessKey: 'other' },
  }).preview(plan, signal());
  assert.equal(wrong.ok ? '' : wrong.failure.code, 'unauthorised');
});

// From the test suite AWS publishes for Signature Version 4: get-vanilla and get-vanilla-query-order-key-case.
test('AWS signatures are those of the published test suite', () => {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  };
  const atMs = Date.parse('2015-08-30T12:36:00Z');
  const base = { method: 'GET', service: 'service', region: 'us-east-1', headers: {}, body: '' };
  for (const [path, signature] of [
    ['/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ] as const) {
    const request = { ...base, url: `https://example.amazonaws.com${path}` };
    assert.equal(
      signAws(request, credentials, atMs)['authorization'],
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  }
});

test('a webhook is signed and carries the same id at every repetition', async (t) => {
  const got: { id: string; body: string; genuine: boolean }[] = [];
  const server = createServer((message, response) => {
    let body = '';
    message.on('data', (chunk: Buffer) => (body += chunk.toString()));
    message.on('end', () => {
      const header = (name: string): string => String(message.headers[name]);
      const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${body}`;
      const expected = `v1,${createHmac('sha256', 'shared').update(signed).digest('base64')}`;
      got.push({ id: header('webhook-id'), body, genuine: expected === header('webhook-signature') });
      response.writeHead(got.length === 1 ? 503 : 202).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/soar`;
  const soar = createSoarWebhookExecutor({
    id: 'soar',
    url,
    secret: 'shared',
    http: loopbackHttp,
    nowMs: () => 1_800_000_000_000,
  });
  const what: FixedPlan = { kind: 'notify', text: 'call the registry', data: { ticket: 7 } };
  const preview = await soar.preview(what, signal());
  assert.ok(preview.ok);
  assert.equal(got.length, 0);
  const first = await run(soar, preview.value.before, what);
  assert.equal(first.ok ? '' : first.failure.code, 'endpoint_unreachable');
  assert.ok((await run(soar, preview.value.before, what)).ok);
  assert.deepEqual(
    got.map(({ id, genuine }) => [id, genuine]),
    [
      ['a-1', true],
      ['a-1', true],
    ],
  );
  assert.deepEqual(JSON.parse(got[1]?.body ?? '').data, {
    action_id: 'a-1',
    tenant: 'acme',
    case_id: 'case-1',
    text: 'call the registry',
    data: { ticket: 7 },
  });
  assert.equal((await soar.preview(plan, signal())).ok, false);
});
