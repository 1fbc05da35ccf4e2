import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { intentsFromSignedFile } from '../../../../collector/src/3-enrich/intent-import/signed-file.ts';
import { facts } from './import-harness.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signedFile(payload: unknown, header: object = { alg: 'EdDSA', kid: 'bob' }): string {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}\n`;
}

const check = (signed: string, signature: string): boolean =>
  verify(null, Buffer.from(signed), publicKey, Buffer.from(signature, 'base64url'));

const body = {
  version: 1,
  intents: [
    {
      id: 'M-1',
      tenant: 'acme',
      valid_from: '2026-11-21T12:00:00Z',
      valid_until: '2026-11-22T12:00:00Z',
      changes: [{ domain: 'pay.example', action: 'lock', new: 'disabled' }],
    },
  ],
};

void test('a signed file counts from the moment it reached us', () => {
  const outcome = intentsFromSignedFile(signedFile(body), facts, check);
  assert.ok(outcome.ok);
  assert.equal(outcome.value.intents[0]?.source, 'manual');
  assert.equal(outcome.value.intents[0]?.known_at, facts.knownAt);
});

void test('changed text, another key, another algorithm, another tenant: nothing counts', () => {
  const good = signedFile(body).trim();
  const [header = '', , signature = ''] = good.split('.');
  const other = { ...body, intents: [{ ...body.intents[0], tenant: 'rival' }] };
  for (const text of [
    `${header}.${part(other)}.${signature}`,
    signedFile(other),
    signedFile(body, { alg: 'none' }),
    signedFile(body, { alg: 'EdDSA', crit: ['exp'] }),
    signedFile({ version: 1, intents: [{}] }),
    'only.two',
    'a.b.c',
  ])
    assert.equal(intentsFromSignedFile(text, facts, check).ok, false, text.slice(0, 40));
  assert.equal(intentsFromSignedFile(good, facts, () => false).ok, false);
});
