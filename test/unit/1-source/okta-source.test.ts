import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOktaSource } from '../../../collector/src/1-source/okta/okta-source.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';
import {
  createRecorder,
  identityOf,
  runFor,
  startFake,
  startMs,
  textsOf,
  type Fake,
  type FakeAnswer,
  type FakeCall,
} from './api-fake.ts';

const secret = 'SECRET-okta-token';
const source = (fake: Fake) => (around: Parameters<typeof createOktaSource>[2]) =>
  createOktaSource(
    { identity: identityOf('okta'), baseUrl: fake.url, apiToken: createSecret(secret) },
    fake.client,
    around,
  );

/** Pages by `after`: the log as a list of pages; the page behind the end is empty and links to itself, as Okta does. */
function log(pages: readonly (readonly unknown[])[]): (call: FakeCall) => FakeAnswer {
  return ({ url }) => {
    const at = Number(url.searchParams.get('after') ?? '0');
    const next = Math.min(at + 1, pages.length);
    return {
      headers: {
        link: `<${url.origin}${url.pathname}?self>; rel="self", <${url.origin}${url.pathname}?after=${next}>; rel="next"`,
      },
      body: pages[at] ?? [],
    };
  };
}

test('follows next links only, keeps the bytes, sends the token, waits when caught up', async () => {
  const fake = await startFake(log([[{ uuid: 'a', n: 1 }, { uuid: 'b' }], [{ uuid: 'c' }]]));
  const recorder = createRecorder();
  const clock = await runFor(source(fake), recorder, 2);
  assert.deepEqual(textsOf(recorder), ['{"uuid":"a","n":1}', '{"uuid":"b"}', '{"uuid":"c"}']);
  assert.equal(recorder.records[0]?.source, 'okta');
  assert.equal(recorder.records[0]?.verified, true);
  assert.equal(fake.calls[0]?.headers.authorization, `SSWS ${secret}`);
  assert.equal(fake.calls[0]?.url.searchParams.get('sortOrder'), 'ASCENDING');
  assert.equal(fake.calls[0]?.url.searchParams.has('until'), false);
  assert.deepEqual(clock.waits, [60_000, 60_000]);
  assert.equal(recorder.heartbeats, 2);
  await fake.close();
});

test('a restart continues at the stored link; late records of an older time still come', async () => {
  const pages: unknown[][] = [[{ uuid: 'a' }]];
  const fake = await startFake((call) => log(pages)(call));
  const recorder = createRecorder();
  await runFor(source(fake), recorder, 1);
  pages.push([{ uuid: 'late', published: '2020-01-01T00:00:00.000Z' }]);
  await runFor(source(fake), recorder, 1);
  assert.deepEqual(textsOf(recorder), [
    '{"uuid":"a"}',
    '{"uuid":"late","published":"2020-01-01T00:00:00.000Z"}',
  ]);
  await fake.close();
});

test('rate limits are respected, faults retried with growing waits, and the cursor stays', async () => {
  const answers: FakeAnswer[] = [
    { status: 429, headers: { 'x-rate-limit-reset': '1795177845' }, body: { errorCode: 'E0000047' } },
    { status: 500, body: 'oops' },
    { status: 503, headers: { 'retry-after': '30' } },
    { body: '[{"uuid":"cut' },
    { body: [], headers: {} },
  ];
  let calls = 0;
  const fake = await startFake((call) => answers[calls++] ?? log([[{ uuid: 'a' }]])(call));
  const recorder = createRecorder();
  const clock = await runFor(source(fake), recorder, 6, 1_795_177_800_000);
  assert.deepEqual(clock.waits, [45_000, 1_000, 30_000, 4_000, 8_000, 60_000]);
  assert.deepEqual(textsOf(recorder), ['{"uuid":"a"}']);
  await fake.close();
});

test('a hang ends by time-out, a wrong token is an error line, and no secret is written anywhere', async () => {
  let calls = 0;
  const fake = await startFake((call) => {
    calls += 1;
    if (calls === 1) return undefined;
    return calls === 2 ? { status: 401, body: { errorSummary: secret } } : log([[{ uuid: 'a' }]])(call);
  }, 100);
  const recorder = createRecorder();
  await runFor(source(fake), recorder, 3);
  assert.equal(textsOf(recorder).length, 1);
  assert.equal(recorder.log.filter((line) => line.startsWith('error')).length, 1);
  assert.ok(!JSON.stringify([recorder.log, [...recorder.cursors]]).includes(secret));
  await fake.close();
});

test('links to another origin and to the same page are not followed', async () => {
  let calls = 0;
  const fake = await startFake(({ url }) => {
    calls += 1;
    const target = calls === 1 ? 'https://evil.example/api/v1/logs?after=1' : url.href;
    return { headers: { link: `<${target}>; rel="next"` }, body: [{ uuid: 'x' }] };
  });
  const recorder = createRecorder();
  await runFor(source(fake), recorder, 2);
  assert.equal(recorder.records.length, 0);
  assert.equal(recorder.cursors.size, 0);
  await fake.close();
});

test('a full disk pauses; the cursor moves with the records only', async () => {
  const fake = await startFake(log([[{ uuid: 'a' }]]));
  const recorder = createRecorder();
  recorder.refuse = 2;
  await runFor(source(fake), recorder, 3);
  assert.deepEqual(textsOf(recorder), ['{"uuid":"a"}']);
  assert.equal(recorder.cursors.size, 1);
  await fake.close();
});

/** Answers every link with a refusal and every request by time with an empty page at the end of the log. */
const refusesLinks = ({ url }: FakeCall): FakeAnswer =>
  url.searchParams.has('after')
    ? { status: 400, body: { errorCode: 'E0000031' } }
    : { headers: { link: `<${url.href}>; rel="next"` }, body: [] };

async function resumedAt(fake: Fake, link: string) {
  const recorder = createRecorder();
  recorder.cursors.set('okta-1', `${fake.url}/api/v1/logs?${link}`);
  await runFor(source(fake), recorder, 2);
  const asked = fake.calls
    .findLast((call) => call.url.searchParams.has('since'))
    ?.url.searchParams.get('since');
  return { asked, gaps: recorder.gaps };
}

test('a refused link: reading starts again where it stood, not a day ago', async () => {
  const fake = await startFake(refusesLinks);
  const tenDaysAgo = startMs - 10 * 86_400_000;
  const found = await resumedAt(fake, `since=2026-01-01T00:00:00.000Z&after=${tenDaysAgo}_1`);
  assert.equal(found.asked, new Date(tenDaysAgo - 86_400_000).toISOString());
  assert.deepEqual(found.gaps, []);
  const opaque = await resumedAt(fake, 'after=opaque');
  assert.ok(Math.abs(Date.parse(opaque.asked ?? '') - (startMs - 86_400_000)) < 60_000);
  await fake.close();
});

test('a refused link from before what the vendor keeps: the time in between is written down', async () => {
  const fake = await startFake(refusesLinks);
  const stoodMs = startMs - 100 * 86_400_000;
  const found = await resumedAt(fake, `after=${stoodMs}_1`);
  assert.equal(found.gaps.length, 1);
  assert.equal(found.gaps[0]?.fromMs, stoodMs);
  assert.equal(found.gaps[0]?.toMs, startMs - 90 * 86_400_000 + 60_000);
  await fake.close();
});
