/** CloudTrail through SQS and S3 against a fake of both on loopback; the signature against the example AWS publishes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createCloudtrailQueueSource } from '../../../../collector/src/1-source/cloudtrail-queue/cloudtrail-queue-source.ts';
import { notifiedObjects } from '../../../../collector/src/1-source/cloudtrail-queue/notified-objects.ts';
import { signedHeaders } from '../../../../collector/src/1-source/cloudtrail-queue/signed-request.ts';
import { createSecret } from '../../../../collector/src/leaf/secret.ts';
import {
  createRecorder,
  identityOf,
  runFor,
  startFake,
  textsOf,
  type FakeAnswer,
  type FakeCall,
} from '../api-fake.ts';

const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: createSecret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
};

test('the signature is the one of the Signature Version 4 test suite (get-vanilla)', async () => {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, test suite 2015-08-30.
  const headers = await signedHeaders(
    { service: 'service' as 'sqs', method: 'GET', url: 'https://example.amazonaws.com/' },
    'us-east-1',
    keys,
    Date.UTC(2015, 7, 30, 12, 36, 0),
  );
  assert.equal(headers['x-amz-date'], '20150830T123600Z');
  assert.equal(
    headers['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

test('objects of every kind of notice; keys are decoded; what is no notice is said to be none', () => {
  const s3 = (key: string, eventName = 'ObjectCreated:Put') =>
    JSON.stringify({ Records: [{ eventName, s3: { bucket: { name: 'trail' }, object: { key } } }] });
  const found = [{ bucket: 'trail', key: 'AWSLogs/1/a b+c.json.gz' }];
  assert.deepEqual(notifiedObjects(s3('AWSLogs/1/a+b%2Bc.json.gz')), found);
  assert.deepEqual(notifiedObjects(JSON.stringify({ Type: 'Notification', Message: s3('x') })), [
    { bucket: 'trail', key: 'x' },
  ]);
  assert.deepEqual(
    notifiedObjects(JSON.stringify({ s3Bucket: 'trail', s3ObjectKey: ['AWSLogs/1/a b+c.json.gz'] })),
    found,
  );
  const bridge = {
    source: 'aws.s3',
    detail: { bucket: { name: 'trail' }, object: { key: 'AWSLogs/1/a b+c.json.gz' } },
  };
  assert.deepEqual(notifiedObjects(JSON.stringify(bridge)), found);
  assert.deepEqual(notifiedObjects('{"Event":"s3:TestEvent"}'), []);
  assert.deepEqual(notifiedObjects(s3('x', 'ObjectRemoved:Delete')), []);
  for (const bad of [
    '',
    '[]',
    '{}',
    s3('%zz'),
    '{"Records":[{}]}',
    '{"s3Bucket":"../x","s3ObjectKey":["k"]}',
  ])
    assert.equal(notifiedObjects(bad), undefined);
});

/** A queue and a bucket. Messages that are not deleted come again. */
function aws(messages: Map<string, string>, objects: Map<string, Uint8Array>) {
  const deleted: string[] = [];
  const answer = ({ method, url, headers, body }: FakeCall): FakeAnswer => {
    if (!(headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/'))
      return { status: 403 };
    if (method === 'GET') {
      const found = objects.get(decodeURIComponent(url.pathname));
      return found === undefined ? { status: 404 } : { body: found };
    }
    const target = headers['x-amz-target'];
    const wish = JSON.parse(body) as { QueueUrl: string; ReceiptHandle?: string };
    if (!wish.QueueUrl.endsWith('/123/trail')) return { status: 400 };
    if (target === 'AmazonSQS.DeleteMessage') {
      deleted.push(wish.ReceiptHandle ?? '');
      messages.delete((wish.ReceiptHandle ?? '').slice(2));
      return { body: {} };
    }
    const list = [...messages].map(([id, text]) => ({ MessageId: id, ReceiptHandle: `r-${id}`, Body: text }));
    return { body: list.length === 0 ? {} : { Messages: list } };
  };
  return { deleted, answer };
}

const notice = (key: string) => JSON.stringify({ s3Bucket: 'trail', s3ObjectKey: [key] });

async function start(
  messages: Map<string, string>,
  objects: Map<string, Uint8Array>,
  hook?: (call: FakeCall) => FakeAnswer,
) {
  const cloud = aws(messages, objects);
  const fake = await startFake((call) => hook?.(call) ?? cloud.answer(call));
  const build = (around: Parameters<typeof createCloudtrailQueueSource>[2]) =>
    createCloudtrailQueueSource(
      {
        identity: identityOf('aws-cloudtrail'),
        region: 'us-east-1',
        queueUrl: `${fake.url}/123/trail`,
        keys,
        s3Url: fake.url,
        buckets: ['trail'],
      },
      fake.client,
      around,
    );
  return { ...cloud, fake, build };
}

test('records of a file keep their bytes; the message goes only when they are durable', async () => {
  const file = gzipSync('{"Records":[{"eventID":"1","big":12345678901234567890},\n{"eventID":"2"}]}');
  const messages = new Map([['m1', notice('AWSLogs/a b.json.gz')]]);
  const { deleted, fake, build } = await start(messages, new Map([['/trail/AWSLogs/a b.json.gz', file]]));
  const recorder = createRecorder();
  recorder.refuse = 2;
  let deletedWhenStored = -1;
  const intake = {
    ...recorder.intake,
    accept: async (...given: Parameters<typeof recorder.intake.accept>) => {
      deletedWhenStored = deleted.length;
      await recorder.intake.accept(...given);
    },
  };
  await runFor(build, { ...recorder, intake }, 4);
  assert.deepEqual(textsOf(recorder), ['{"eventID":"1","big":12345678901234567890}', '{"eventID":"2"}']);
  assert.deepEqual([deletedWhenStored, deleted], [0, ['r-m1']]);
  await fake.close();
});

test('what cannot be read stays in the queue and costs its neighbours nothing', async () => {
  const good = gzipSync('{"Records":[{"eventID":"1"}]}');
  const messages = new Map([
    ['gone', notice('missing.gz')],
    ['odd', 'no notice'],
    ['else', JSON.stringify({ s3Bucket: 'other', s3ObjectKey: ['x'] })],
    ['cut', notice('cut.gz')],
    ['test', '{"Event":"s3:TestEvent"}'],
    ['good', notice('good.gz')],
  ]);
  const objects = new Map([
    ['/trail/good.gz', good],
    ['/trail/cut.gz', good.subarray(0, 20)],
  ]);
  const { deleted, fake, build } = await start(messages, objects);
  const recorder = createRecorder();
  await runFor(build, recorder, 1);
  assert.deepEqual(textsOf(recorder), ['{"eventID":"1"}']);
  assert.deepEqual(deleted, ['r-test', 'r-good']);
  assert.equal(recorder.log.filter((line) => line.includes('stays in the queue')).length >= 4, true);
  assert.equal(recorder.log.join().includes('wJalr'), false);
  await fake.close();
});

test('429, 5xx, hangs and garbage of the queue are waited out', async () => {
  const bad: FakeAnswer[] = [
    { status: 429, headers: { 'retry-after': '90' } },
    { status: 500 },
    undefined,
    { body: '{"Mess' },
  ];
  let calls = 0;
  const cloud = aws(
    new Map([['m', notice('k')]]),
    new Map([['/trail/k', gzipSync('{"Records":[{"eventID":"1"}]}')]]),
  );
  const fake = await startFake((call) => (calls++ < bad.length ? bad[calls - 1] : cloud.answer(call)), 200);
  const recorder = createRecorder();
  const clock = await runFor(
    (around) =>
      createCloudtrailQueueSource(
        {
          identity: identityOf('aws-cloudtrail'),
          region: 'us-east-1',
          queueUrl: `${fake.url}/123/trail`,
          keys,
          s3Url: fake.url,
        },
        fake.client,
        around,
      ),
    recorder,
    5,
  );
  assert.equal(clock.waits[0], 90_000);
  assert.equal(recorder.records.length, 1);
  await fake.close();
});
