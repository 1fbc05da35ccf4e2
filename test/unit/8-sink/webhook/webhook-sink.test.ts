import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { signedHeaders, webhookKey } from '../../../../collector/src/8-sink/webhook/signature.ts';
import { createWebhookSink } from '../../../../collector/src/8-sink/webhook/webhook-sink.ts';
import { recordingServer } from '../recording-server.ts';
import { atMs, sampleCase, sampleFinding, sampleScore, signalOf } from '../sample-signals.ts';

const never = new AbortController().signal;

test('signatures are those of the Standard Webhooks reference', () => {
  const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  assert.deepEqual(
    signedHeaders(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}'),
    {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  );
});

test('a delivery is one signed POST whose id and body stay the same when it is repeated', async (t) => {
  const server = await recordingServer(t, (_request, response, index) => {
    response.writeHead(index === 0 ? 503 : 204, index === 0 ? { 'retry-after': '2' } : {});
    response.end();
  });
  let nowMs = atMs;
  const sink = createWebhookSink({
    id: 'soar',
    url: `${server.url}/hook?x=1`,
    accepts: ['case'],
    shape: 'json',
    secret: 'a plain secret',
    headers: { authorization: 'Bearer t' },
    timeoutMs: 500,
    around: { nowMs: () => nowMs },
  });
  const signal = signalOf('case', sampleCase(), 'case-1.0');
  assert.deepEqual(await sink.write([signal], never), {
    status: 'retryable',
    code: 'endpoint_unreachable',
    message: 'endpoint answered 503',
    afterMs: 2_000,
  });
  nowMs += 10_000;
  assert.deepEqual(await sink.write([signal], never), { status: 'delivered' });
  const [first, second] = server.requests;
  assert.equal(first?.path, '/hook?x=1');
  assert.equal(first.headers['authorization'], 'Bearer t');
  assert.equal(first.headers['webhook-id'], 'case-1.0');
  assert.equal(second?.headers['webhook-id'], 'case-1.0');
  assert.equal(second.body, first.body);
  assert.equal(second.headers['webhook-timestamp'], String(Math.floor(atMs / 1000) + 10));
  const expected = createHmac('sha256', 'a plain secret')
    .update(`case-1.0.${second.headers['webhook-timestamp']}.${second.body}`)
    .digest('base64');
  assert.equal(second.headers['webhook-signature'], `v1,${expected}`);
  assert.deepEqual(JSON.parse(first.body), {
    type: 'zonewarden.case',
    timestamp: '2026-03-04T05:06:07.089Z',
    data: sampleCase(),
  });
});

test('an endpoint that hangs, is away or redirects', async (t) => {
  const server = await recordingServer(t, (_request, response, index) => {
    if (index === 1) {
      response.writeHead(302, { location: 'http://169.254.169.254/' });
      response.end();
    }
  });
  const options = {
    id: 'x',
    accepts: ['case'],
    shape: 'json',
    timeoutMs: 150,
    around: { nowMs: () => 0 },
  } as const;
  const sink = createWebhookSink({ ...options, url: server.url });
  const hanging = await sink.write([signalOf('case', sampleCase())], never);
  assert.ok(hanging.status === 'retryable' && hanging.code === 'endpoint_timeout', JSON.stringify(hanging));
  const moved = await sink.write([signalOf('case', sampleCase())], never);
  assert.ok(moved.status === 'rejected', 'redirects are not followed');
  assert.equal(server.requests.length, 2);
  const away = await createWebhookSink({ ...options, url: 'http://127.0.0.1:1' }).write(
    [signalOf('case', sampleCase())],
    never,
  );
  assert.ok(away.status === 'retryable' && away.code === 'endpoint_unreachable');
});

test('a probe is told apart from a case, and a refused body still proves the way', async (t) => {
  let status = 400;
  const server = await recordingServer(t, (_request, response) => {
    response.statusCode = status;
    response.end();
  });
  const sink = createWebhookSink({
    id: 'x',
    url: `${server.url}/?token=secret`,
    accepts: [],
    shape: 'ocsf',
    timeoutMs: 500,
    around: { nowMs: () => 0 },
  });
  assert.equal((await sink.probe(never)).ok, true);
  assert.equal((JSON.parse(server.requests[0]?.body ?? '') as { type: string }).type, 'zonewarden.probe');
  status = 401;
  const refused = await sink.probe(never);
  assert.ok(
    !refused.ok && refused.failure.code === 'unauthorised' && !refused.failure.path.includes('secret'),
  );
});

test('what is less severe than asked for is not sent', async (t) => {
  const server = await recordingServer(t, (_request, response) => response.end());
  const sink = createWebhookSink({
    id: 'x',
    url: server.url,
    accepts: ['finding', 'case', 'score'],
    shape: 'json',
    timeoutMs: 500,
    minimumSeverity: 'high',
    around: { nowMs: () => 0 },
  });
  const batch = [
    signalOf('case', sampleCase({ severity: 'medium', severity_history: [] }), 'medium'),
    signalOf('case', sampleCase({ severity: 'low' }), 'was high before'),
    signalOf('case', sampleCase({ severity: 'high' }), 'high'),
    signalOf('finding', sampleFinding({ severity: 'critical' }), 'critical'),
    signalOf('score', sampleScore(), 'score'),
  ];
  assert.deepEqual(await sink.write(batch, never), { status: 'delivered' });
  assert.deepEqual(
    server.requests.map((request) => request.headers['webhook-id']),
    ['was high before', 'high', 'critical', 'score'],
  );
});
