/** Credentials in raw text are blanked; the hash stays that of the bytes received. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { awsCloudtrail } from '../../../collector/src/2-normalise/aws-cloudtrail/index.ts';
import { dnsimple } from '../../../collector/src/2-normalise/dnsimple.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { redactText } from '../../../collector/src/2-normalise/raw-redaction.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };

test('members of JSON, of JSON inside JSON, and elements of XML', () => {
  assert.equal(redactText('{"token" : "a\\"b\\\\","x":1}', ['token']).text, '{"token" : "***","x":1}');
  assert.equal(
    redactText('{"e":"{\\"token\\":\\"abc\\",\\"x\\":1}"}', ['token']).text,
    '{"e":"{\\"token\\":\\"***\\",\\"x\\":1}"}',
  );
  assert.equal(
    redactText('<d:authInfo><d:pw roid="x">2fooBAR</d:pw></d:authInfo><pw/>', ['pw']).text,
    '<d:authInfo><d:pw roid="x">***</d:pw></d:authInfo><pw/>',
  );
  assert.deepEqual(redactText('{"token":null,"my_token":"x","tokens":"y"}', ['token']), {
    text: '{"token":null,"my_token":"x","tokens":"y"}',
    redactions: [],
  });
});

const nasty = fc.string({ unit: fc.constantFrom('"', '\\', 'a', '\n', '<', '\u2028', '{') });

test('whatever a credential holds, it is gone and the JSON around it still reads', () => {
  fc.assert(
    fc.property(nasty, nasty, (secret, other) => {
      const value = { token: secret, other, deep: [{ token: secret }] };
      const { text, redactions } = redactText(JSON.stringify(value), ['token']);
      assert.deepEqual(JSON.parse(text), { token: '***', other, deep: [{ token: '***' }] });
      assert.deepEqual(redactions, ['token']);
      const inside = redactText(JSON.stringify({ inner: JSON.stringify(value) }), ['token']).text;
      const { inner } = JSON.parse(inside) as { inner: string };
      assert.deepEqual(JSON.parse(inner), { token: '***', other, deep: [{ token: '***' }] });
    }),
  );
});

function eventOf(source: 'dnsimple' | 'aws-cloudtrail', body: unknown) {
  const bytes = Buffer.from(JSON.stringify(body));
  const record = {
    tenant: 'acme',
    source,
    receivedAtMs: 1_795_260_000_000,
    contentType: 'application/json',
    verified: true,
    bytes,
  };
  const outcome = normaliseRecord(
    record,
    source === 'dnsimple' ? dnsimple : awsCloudtrail,
    record.receivedAtMs,
    context,
  );
  assert.ok(outcome.ok);
  const [event] = outcome.value.events;
  assert.ok(event !== undefined);
  return { event, bytes };
}

test('dnsimple: the invitation token of account.user_invite is nowhere in the event', () => {
  const secret = 'eb5763dc-canary';
  const { event, bytes } = eventOf('dnsimple', {
    name: 'account.user_invite',
    api_version: 'v2',
    request_identifier: 'r1',
    data: { user_invitation: { id: 3523, email: 'x@acme.example', token: secret } },
    account: { id: 1, display: 'acme', identifier: 'acme' },
    actor: { id: '1', entity: 'user', pretty: 'a@acme.example' },
  });
  assert.equal(JSON.stringify(event).includes(secret), false);
  assert.deepEqual(event.raw.redactions, ['token']);
  assert.equal(event.raw.sha256, context.sha256(bytes));
  assert.equal(event.raw.size, bytes.length);
});

test('cloudtrail: session token and secret key of an STS answer are nowhere in the event, its key id is', () => {
  const { event } = eventOf('aws-cloudtrail', {
    eventID: 'e1',
    eventTime: '2026-11-20T12:00:00Z',
    eventSource: 'sts.amazonaws.com',
    eventName: 'AssumeRole',
    userIdentity: { type: 'IAMUser', userName: 'x' },
    responseElements: {
      credentials: { accessKeyId: 'ASIA1', sessionToken: 'canary-1', secretAccessKey: 'canary-2' },
    },
  });
  const text = JSON.stringify(event);
  assert.deepEqual([text.includes('canary'), text.includes('ASIA1')], [false, true]);
  assert.deepEqual(event.raw.redactions, ['secretAccessKey', 'sessionToken']);
});
