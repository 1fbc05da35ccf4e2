/** Cloudflare's audit log (v1, v2) and Cert Spotter's issuances against fakes that page and throttle as documented. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import type { SourceRun, Surroundings } from '../../../collector/src/contract/component.ts';
import { createCertSpotterSource } from '../../../collector/src/1-source/cert-spotter/cert-spotter-source.ts';
import { createCloudflareAuditSource } from '../../../collector/src/1-source/cloudflare-audit/cloudflare-audit-source.ts';
import { ct } from '../../../collector/src/2-normalise/ct/index.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';
import {
  createRecorder,
  identityOf,
  runFor,
  startFake,
  textsOf,
  type Fake,
  type FakeCall,
} from './api-fake.ts';

const token = createSecret('SECRET-token');
const cloudflare =
  (fake: Fake, version: 'v1' | 'v2') =>
  (around: Surroundings): SourceRun =>
    createCloudflareAuditSource(
      { identity: identityOf('cloudflare-audit'), accountId: 'acc', token, version, apiUrl: fake.url },
      fake.client,
      around,
    );
const certSpotter =
  (fake: Fake, domains: readonly string[]) =>
  (around: Surroundings): SourceRun =>
    createCertSpotterSource(
      { identity: identityOf('ct'), domains, token, includeSubdomains: true, apiUrl: fake.url },
      fake.client,
      around,
    );

test('cloudflare v2: newest first by cursor, both ends of the window fixed, count is text', async () => {
  const fake = await startFake(({ url, headers }) => {
    if (headers.authorization !== 'Bearer SECRET-token') return { status: 403 };
    assert.equal(url.pathname, '/client/v4/accounts/acc/logs/audit');
    assert.ok(url.searchParams.has('since') && url.searchParams.has('before'), 'both are required');
    const page = url.searchParams.get('cursor');
    return page === null
      ? {
          body: {
            success: true,
            result: [{ id: '3' }, { id: '2' }],
            result_info: { count: '2', cursor: 'c2' },
          },
        }
      : { body: { success: true, result: [{ id: '1' }], result_info: { count: '1', cursor: '' } } };
  });
  const recorder = createRecorder();
  await runFor(cloudflare(fake, 'v2'), recorder, 1);
  assert.deepEqual(textsOf(recorder), ['{"id":"3"}', '{"id":"2"}', '{"id":"1"}']);
  const [first, second] = fake.calls;
  assert.equal(first?.url.searchParams.get('before'), second?.url.searchParams.get('before'));
  assert.equal(first?.url.searchParams.get('before'), '2026-11-20T12:00:00.000Z');
  await fake.close();
});

test('cloudflare v1: numbered pages end with one that is not full; items that shift are taken once', async () => {
  const log = Array.from({ length: 1500 }, (_, n) => ({ id: String(n) }));
  const fake = await startFake(({ url }) => {
    const page = Number(url.searchParams.get('page'));
    const from = (page - 1) * 1000;
    const result = log.slice(from, from + 1000);
    // Something new arrives between the pages: everything moves by one.
    if (page === 1) log.unshift({ id: 'new' });
    return { body: { success: true, result } };
  });
  const recorder = createRecorder();
  await runFor(cloudflare(fake, 'v1'), recorder, 2);
  assert.equal(recorder.records.length, new Set(textsOf(recorder)).size);
  assert.equal(recorder.records.length, 1501, 'the one that shifted in is found by the overlap');
  await fake.close();
});

test('cloudflare: 429 means blocked for five minutes, whatever Retry-After says', async () => {
  const fake = await startFake(() => ({ status: 429, headers: { 'retry-after': '1' } }));
  const recorder = createRecorder();
  const clock = await runFor(cloudflare(fake, 'v2'), recorder, 1);
  assert.deepEqual(clock.waits, [300_000]);
  await fake.close();
});

/** The API: ids ascend, two to a page, an empty page names the wait. */
function issuances(byDomain: Record<string, readonly string[]>) {
  return ({ url }: FakeCall) => {
    const all = byDomain[url.searchParams.get('domain') ?? ''] ?? [];
    const after = Number(url.searchParams.get('after') ?? '0');
    const page = all.filter((id) => Number(id) > after).slice(0, 2);
    const last = page.at(-1);
    return {
      headers: {
        'retry-after': page.length === 0 ? '1800' : '0',
        ...(last === undefined
          ? {}
          : { link: `<${url.pathname}?domain=${url.searchParams.get('domain')}&after=${last}>; rel="next"` }),
      },
      body: page.map((id) => ({ id, tbs_sha256: '00' })),
    };
  };
}

test('cert spotter: every domain to its end in turn, then the wait it asks for; a restart goes on after the last id', async () => {
  const fake = await startFake(issuances({ 'acme.example': ['1', '2', '3'], 'shop.example': ['7'] }));
  const recorder = createRecorder();
  const domains = ['acme.example', 'shop.example'];
  const clock = await runFor(certSpotter(fake, domains), recorder, 1);
  const ids = () => textsOf(recorder).map((text) => (JSON.parse(text) as { id: string }).id);
  assert.deepEqual(ids(), ['1', '2', '3', '7']);
  assert.deepEqual(clock.waits, [1_800_000]);
  assert.equal(recorder.heartbeats, 1);
  await runFor(certSpotter(fake, domains), recorder, 1);
  assert.deepEqual(ids(), ['1', '2', '3', '7']);
  assert.equal(fake.calls.at(-1)?.url.searchParams.get('after'), '7');
  await fake.close();
});

test('cert spotter: a page that ends with the id asked for is a loop, not a crash and not a second record', async () => {
  const fake = await startFake(() => ({ body: [{ id: '5' }] }));
  const recorder = createRecorder();
  await runFor(certSpotter(fake, ['acme.example']), recorder, 3);
  assert.equal(recorder.records.length, 1);
  assert.equal(recorder.log.filter((line) => line.includes('Cert Spotter')).length, 1);
  await fake.close();
});

test('cert spotter: an issuance becomes a certificate of its names, the same id for the same TBS', () => {
  const tbs = 'ab'.repeat(32);
  const issuance = {
    id: '99',
    tbs_sha256: tbs,
    cert_sha256: 'cd'.repeat(32),
    pubkey_sha256: 'ef'.repeat(32),
    dns_names: ['WWW.acme.co.uk', '*.acme.co.uk', 'shop.example'],
    issuer: { name: 'C=US, O="Let\'s Encrypt, Inc.", CN=R11', friendly_name: "Let's Encrypt" },
    not_before: '2026-11-20T10:00:00Z',
    not_after: '2027-02-18T10:00:00Z',
    revoked: false,
  };
  const record = {
    tenant: '*',
    source: 'ct' as const,
    receivedAtMs: Date.UTC(2026, 10, 20, 12),
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from(JSON.stringify(issuance)),
  };
  const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };
  const outcome = normaliseRecord(record, ct, record.receivedAtMs, context);
  assert.ok(outcome.ok);
  const [first, second] = outcome.value.events;
  assert.deepEqual([first?.domain, second?.domain], ['acme.co.uk', 'shop.example']);
  assert.equal(first?.event_type, 'cert.issued');
  assert.equal(first?.timestamp, '2026-11-20T12:00:00.000Z');
  assert.equal(first?.timestamp_precision, 'interval');
  assert.deepEqual(first?.cert, {
    tbs_sha256: tbs,
    spki_sha256: 'ef'.repeat(32),
    issuer_cn: 'R11',
    issuer_org: "Let's Encrypt, Inc.",
    not_before: '2026-11-20T10:00:00.000Z',
    not_after: '2027-02-18T10:00:00.000Z',
    is_precert: false,
    names: ['*.acme.co.uk', 'shop.example', 'www.acme.co.uk'],
  });
});
