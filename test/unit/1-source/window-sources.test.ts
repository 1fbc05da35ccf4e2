/** The pollers that read by overlapping windows, each against a fake of its vendor's API on loopback. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { entra as normaliser } from '../../../collector/src/2-normalise/entra/entra.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { createRecorder, runFor, startFake, startMs, textsOf, type FakeAnswer } from './api-fake.ts';
import { bearer, entra, github, google, m365, secret, withTokens, type Build } from './window-builds.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };

test('entra: windows with nextLink; overlap finds late records, and each only once', async () => {
  const log = [{ id: '3' }, { id: '2' }, { id: '1' }];
  const fake = await startFake(
    withTokens(({ url }) => {
      const skip = Number(url.searchParams.get('$skiptoken') ?? '0');
      const link =
        skip + 2 < log.length
          ? { '@odata.nextLink': `${url.origin}${url.pathname}?$skiptoken=${skip + 2}` }
          : {};
      return { body: { ...link, value: log.slice(skip, skip + 2) } };
    }),
  );
  const recorder = createRecorder();
  const clock = await runFor((around) => entra(fake)(around), recorder, 1);
  assert.deepEqual(textsOf(recorder), ['{"id":"3"}', '{"id":"2"}', '{"id":"1"}']);
  assert.deepEqual(clock.waits, [60_000]);
  const filter = fake.calls.find((call) => call.method === 'GET')?.url.searchParams.get('$filter');
  assert.equal(
    filter,
    'activityDateTime ge 2026-11-20T11:00:00.000Z and activityDateTime le 2026-11-20T12:00:00.000Z',
  );
  assert.equal(fake.calls[0]?.body.includes('grant_type=client_credentials'), true);
  await fake.close();
});

test('entra: a running source leaves out what the overlap repeats and takes what came late', async () => {
  const log: { id: string }[] = [{ id: '1' }];
  const fake = await startFake(
    withTokens(() => {
      const value = [...log];
      log.unshift({ id: `late-${log.length}` });
      return { body: { value } };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => entra(fake)(around), recorder, 3);
  assert.deepEqual(textsOf(recorder), ['{"id":"1"}', '{"id":"late-1"}', '{"id":"late-2"}']);
  await fake.close();
});

test('entra: pages that loop end the window and are told once; a stale link starts the window again', async () => {
  let calls = 0;
  const fake = await startFake(
    withTokens(({ url }) => {
      calls += 1;
      if (calls <= 2)
        return {
          body: {
            '@odata.nextLink': `${url.origin}/v1.0/auditLogs/directoryAudits?$skiptoken=loop`,
            value: [{ id: `p${calls}` }],
          },
        };
      if (calls === 3)
        return {
          body: {
            '@odata.nextLink': `${url.origin}/v1.0/auditLogs/directoryAudits?$skiptoken=old`,
            value: [{ id: 'p1' }],
          },
        };
      return url.searchParams.get('$skiptoken') === 'old'
        ? { status: 400 }
        : { body: { value: [{ id: 'p1' }, { id: 'end' }] } };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => entra(fake)(around), recorder, 3);
  assert.deepEqual(textsOf(recorder), ['{"id":"p1"}', '{"id":"end"}']);
  assert.ok(recorder.log.some((line) => line.includes('lead back')));
  await fake.close();
});

test('entra: a token refused before its time is renewed once; client credentials that are wrong need a person', async () => {
  let tokens = 0;
  const fake = await startFake((call) => {
    if (call.url.pathname.endsWith('/token')) {
      tokens += 1;
      if (tokens > 2) return { status: 400, body: { error: 'invalid_client', error_description: secret } };
      return { body: { access_token: `${bearer}${tokens}`, expires_in: 60 } };
    }
    return call.headers.authorization === `Bearer ${bearer}1`
      ? { status: 401 }
      : { body: { value: [{ id: 'x' }] } };
  });
  const recorder = createRecorder();
  await runFor((around) => entra(fake)(around), recorder, 3);
  assert.equal(textsOf(recorder).length, 1);
  assert.equal(recorder.log.filter((line) => line.startsWith('error')).length, 1);
  const written = JSON.stringify([recorder.log, [...recorder.cursors]]);
  assert.ok(!written.includes(secret) && !written.includes(bearer));
  await fake.close();
});

test('a restart inside a window continues at its page; what the overlap repeats makes no second event', async () => {
  const audit = (id: string) => ({
    id,
    activityDateTime: '2026-11-20T11:30:00Z',
    activityDisplayName: 'Add user',
    result: 'success',
  });
  let isDown = true;
  const fake = await startFake(
    withTokens(({ url }) => {
      if (url.searchParams.get('$skiptoken') !== '2')
        return {
          body: { '@odata.nextLink': `${url.origin}${url.pathname}?$skiptoken=2`, value: [audit('1')] },
        };
      return isDown ? { status: 500 } : { body: { value: [audit('2')] } };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => entra(fake)(around), recorder, 1);
  isDown = false;
  const before = fake.calls.length;
  await runFor((around) => entra(fake)(around), recorder, 1);
  assert.equal(
    fake.calls
      .slice(before)
      .find((call) => call.method === 'GET')
      ?.url.searchParams.get('$skiptoken'),
    '2',
  );
  await runFor((around) => entra(fake)(around), recorder, 1);
  const ids = recorder.records.flatMap((record) => {
    const outcome = normaliseRecord(record, normaliser, startMs, context);
    return outcome.ok ? outcome.value.events.map((event) => event.event_id) : ['dead'];
  });
  assert.deepEqual([ids.length, new Set(ids).size], [2, 2]);
  await fake.close();
});

test('a source away longer than the feed keeps records writes the loss down', async () => {
  const fake = await startFake(withTokens(() => ({ body: { value: [] } })));
  const recorder = createRecorder();
  const fromMs = startMs - 30 * 86_400_000;
  recorder.cursors.set('entra-1', JSON.stringify({ from: fromMs }));
  await runFor((around) => entra(fake)(around), recorder, 1);
  assert.equal(recorder.gaps.length, 1);
  assert.equal(recorder.gaps[0]?.fromMs, fromMs);
  assert.equal(recorder.gaps[0]?.toMs, startMs - 7 * 86_400_000 + 60_000);
  await fake.close();
});

test('github: Link pages in ascending order, 403 without remaining requests is a wait', async () => {
  let calls = 0;
  const fake = await startFake(({ url, headers }): FakeAnswer => {
    assert.equal(headers.authorization, `Bearer ${bearer}`);
    calls += 1;
    if (calls === 1)
      return {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(startMs / 1000 + 90) },
      };
    if (url.searchParams.get('after') === 'p2')
      return { body: '[{"_document_id":"b","n":12345678901234567890}]' };
    return {
      headers: { link: `<${url.origin}${url.pathname}?after=p2>; rel="next"` },
      body: [{ _document_id: 'a' }],
    };
  });
  const recorder = createRecorder();
  const clock = await runFor((around) => github(fake)(around), recorder, 2);
  assert.equal(clock.waits[0], 90_000);
  assert.deepEqual(textsOf(recorder), [
    '{"_document_id":"a"}',
    '{"_document_id":"b","n":12345678901234567890}',
  ]);
  assert.equal(fake.calls[1]?.url.searchParams.get('order'), 'asc');
  assert.match(
    fake.calls[1]?.url.searchParams.get('phrase') ?? '',
    /^created:2026-11-20T11:\d\d:\d\dZ\.\.2026-11-20T12:\d\d:\d\dZ$/,
  );
  await fake.close();
});

test('google: page tokens, time and qualifier together are the id, the assertion names the administrator', async () => {
  const item = (time: string) => ({ id: { time, uniqueQualifier: '-1' }, events: [] });
  const fake = await startFake(
    withTokens(({ url }) =>
      url.searchParams.get('pageToken') === 't2'
        ? { body: { items: [item('2026-11-20T11:00:00.000Z'), item('2026-11-20T10:00:00.000Z')] } }
        : {
            body: {
              kind: 'admin#reports#activities',
              nextPageToken: 't2',
              items: [item('2026-11-20T11:00:00.000Z')],
            },
          },
    ),
  );
  const recorder = createRecorder();
  await runFor((around) => google(fake)(around), recorder, 2);
  assert.equal(textsOf(recorder).length, 2);
  const assertion = new URLSearchParams(fake.calls[0]?.body).get('assertion') ?? '';
  assert.equal(decodeJwt(assertion).sub, 'admin@acme.example');
  assert.equal(fake.calls.filter((call) => call.url.pathname === '/token').length, 1);
  await fake.close();
});

test('google: an empty window has no items, and a quota refusal is a wait', async () => {
  let calls = 0;
  const fake = await startFake(
    withTokens(() => {
      calls += 1;
      return calls === 1
        ? { status: 403, body: { error: { errors: [{ reason: 'userRateLimitExceeded' }] } } }
        : { body: { kind: 'x' } };
    }),
  );
  const recorder = createRecorder();
  const clock = await runFor((around) => google(fake)(around), recorder, 2);
  assert.deepEqual(clock.waits, [60_000, 60_000]);
  assert.equal(recorder.heartbeats, 1);
  await fake.close();
});

test('refusals that pass are waits, whichever words a vendor has for them', async () => {
  const refusals: readonly (readonly [Build, unknown])[] = [
    [github, { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' }],
    [google, { error: { details: [{ reason: 'RATE_LIMIT_EXCEEDED' }] } }],
    [google, { error: { errors: [{ reason: 'dailyLimitExceeded' }] } }],
    [m365, { error: { code: 'AF429', message: 'Too many requests. Method=GetBlob' } }],
  ];
  for (const [build, body] of refusals) {
    const fake = await startFake(withTokens(() => ({ status: 403, body })));
    const recorder = createRecorder();
    const clock = await runFor((around) => build(fake)(around), recorder, 1);
    assert.deepEqual(clock.waits, [60_000]);
    assert.ok(recorder.log.every((line) => line.startsWith('warn')));
    await fake.close();
  }
});

test('every feed survives truncated JSON, faults and hangs, and reads on', async () => {
  const bodies = new Map<Build, unknown>([
    [entra, { value: [{ id: 'ok' }] }],
    [github, [{ _document_id: 'ok' }]],
    [google, { items: [{ id: { time: 't', uniqueQualifier: 'ok' } }] }],
  ]);
  for (const [build, body] of bodies) {
    let calls = 0;
    const fake = await startFake(
      withTokens(() => {
        calls += 1;
        if (calls === 1) return { body: '{"value":[{"id":' };
        if (calls === 2) return { status: 502 };
        return calls === 3 ? undefined : { body };
      }),
      100,
    );
    const recorder = createRecorder();
    const clock = await runFor((around) => build(fake)(around), recorder, 4);
    assert.deepEqual(clock.waits.slice(0, 3), [500, 1_000, 2_000]);
    assert.equal(recorder.records.length, 1);
    await fake.close();
  }
});

test('probes say what is wrong without a secret', async () => {
  const fake = await startFake(() => ({ status: 401, body: { message: bearer } }));
  for (const build of [entra, github, google, m365]) {
    const outcome = await build(fake)({
      nowMs: () => startMs,
      random: () => 0,
      log: () => {},
      sleep: async () => {},
    }).probe(new AbortController().signal);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, 'unauthorised');
    assert.ok(!outcome.failure.message.includes('SECRET'));
  }
  await fake.close();
});
