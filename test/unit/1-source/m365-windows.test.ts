/** Microsoft 365 management activity against a fake of its API: content lists, blobs, subscriptions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecorder, runFor, startFake, textsOf } from './api-fake.ts';
import { bearer, m365, withTokens } from './window-builds.ts';

test('m365: blobs of a list page, repeated records once, expired content is a gap, the next page comes by header', async () => {
  const fake = await startFake(
    withTokens(({ url }) => {
      if (url.pathname.endsWith('/content')) {
        const isSecond = url.searchParams.get('nextPage') === '2';
        const uris = isSecond ? ['/blob/3'] : ['/blob/1', '/blob/2', '/blob/gone'];
        return {
          ...(isSecond ? {} : { headers: { nextpageuri: `${url.origin}${url.pathname}?nextPage=2` } }),
          body: uris.map((path) => ({ contentUri: `${url.origin}${path}`, contentId: path })),
        };
      }
      if (url.pathname === '/blob/gone') return { status: 404 };
      return {
        body:
          url.pathname === '/blob/1'
            ? [{ Id: 'a' }, { Id: 'b' }]
            : url.pathname === '/blob/2'
              ? [{ Id: 'b' }]
              : [{ Id: 'c' }, { Id: 'a' }],
      };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => m365(fake)(around), recorder, 1);
  assert.deepEqual(textsOf(recorder), ['{"Id":"a"}', '{"Id":"b"}', '{"Id":"c"}']);
  assert.equal(recorder.gaps.length, 1);
  await fake.close();
});

test('m365: without a subscription one is started; content at another origin is not fetched', async () => {
  let started = 0;
  const fake = await startFake(
    withTokens((call) => {
      if (call.url.pathname.endsWith('/start')) {
        started += 1;
        return { body: { status: 'enabled' } };
      }
      return started === 0
        ? { status: 400, body: { error: { code: 'AF20022' } } }
        : { body: [{ contentUri: 'https://evil.example/blob' }] };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => m365(fake)(around), recorder, 2);
  assert.equal(started, 1);
  assert.equal(recorder.records.length, 0);
  assert.ok(recorder.log.every((line) => !line.includes(bearer)));
  await fake.close();
});

test('m365: lists, next pages and blobs are asked for as the publisher', async () => {
  const fake = await startFake(
    withTokens(({ url }) => {
      if (url.pathname.startsWith('/blob/')) return { body: [{ Id: url.pathname }] };
      const isFirst = url.searchParams.get('nextPage') === null;
      return {
        ...(isFirst ? { headers: { nextpageuri: `${url.origin}${url.pathname}?nextPage=2` } } : {}),
        body: [{ contentUri: `${url.origin}/blob/${isFirst ? 1 : 2}` }],
      };
    }),
  );
  const recorder = createRecorder();
  await runFor((around) => m365(fake)(around), recorder, 1);
  const asked = fake.calls.filter((call) => call.method === 'GET');
  assert.equal(asked.length, 4);
  assert.deepEqual(
    asked.map((call) => call.url.searchParams.get('PublisherIdentifier')),
    ['dir', 'dir', 'dir', 'dir'],
  );
  await fake.close();
});
