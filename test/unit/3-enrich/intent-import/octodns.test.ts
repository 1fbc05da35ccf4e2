import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentsFromOctodns } from '../../../../collector/src/3-enrich/intent-import/octodns.ts';
import { changesOf, facts, refusalsOf } from './import-harness.ts';

function plan(changes: readonly object[], target = 'route53'): string {
  return JSON.stringify({ [target]: { 'pay.example.': { changes, meta: null } } });
}

void test('create, update and delete name whole sets', () => {
  const outcome = intentsFromOctodns(
    plan([
      {
        type: 'create',
        name: 'api',
        record_type: 'A',
        new: { ttl: 300, values: ['192.0.2.2', '192.0.2.1'] },
      },
      {
        type: 'update',
        name: '',
        record_type: 'MX',
        existing: { ttl: 300, value: { preference: 10, exchange: 'mx1.mailhost.example.' } },
        new: { ttl: 60, values: [{ preference: 10, exchange: 'MX2.mailhost.example.' }] },
      },
      { type: 'delete', name: 'old', record_type: 'CNAME', existing: { ttl: 300, value: 'x.cdn.example.' } },
      {
        type: 'create',
        name: '_dmarc',
        record_type: 'TXT',
        new: { ttl: 300, value: 'v=DMARC1\\; p=reject' },
      },
    ]),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ action, name, type, new: value }) => [action, name, type, value]),
    [
      ['record', 'api.pay.example', 'A', ['192.0.2.1', '192.0.2.2']],
      ['record', 'pay.example', 'MX', ['10 mx2.mailhost.example']],
      ['ttl', 'pay.example', 'MX', 60],
      ['record', 'old.pay.example', 'CNAME', []],
      ['record', '_dmarc.pay.example', 'TXT', ['"v=DMARC1; p=reject"']],
    ],
  );
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('dynamic answers and plans without names are refused', () => {
  const outcome = intentsFromOctodns(
    plan([
      { type: 'create', new: { ttl: 300, value: '192.0.2.1' } },
      {
        type: 'create',
        name: 'geo',
        record_type: 'A',
        new: { ttl: 60, value: '192.0.2.1', dynamic: { pools: {} } },
      },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.equal(refusalsOf(outcome).length, 2);
});

void test('two providers that would answer differently approve neither answer', () => {
  const record = (value: string): object => ({
    changes: [{ type: 'create', name: 'api', record_type: 'A', new: { ttl: 300, value } }],
  });
  const outcome = intentsFromOctodns(
    JSON.stringify({
      a: { 'pay.example.': record('192.0.2.1') },
      b: { 'pay.example.': record('192.0.2.2') },
    }),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.match(refusalsOf(outcome).join(), /different values at different providers/);
});

void test('another kind of file is one failure', () => {
  for (const text of ['[]', '{"a": []}', '{"a": {"pay.example.": {}}}', '{'])
    assert.equal(intentsFromOctodns(text, facts).ok, false);
});

void test('only the TTL changes: only the TTL is approved; wildcard, apex and quotes are what they are in DNS', () => {
  const outcome = intentsFromOctodns(
    plan([
      {
        type: 'update',
        name: '*',
        record_type: 'A',
        existing: { ttl: 300, values: ['192.0.2.2', '192.0.2.1'] },
        new: { ttl: 60, values: ['192.0.2.1', '192.0.2.2'] },
      },
      {
        type: 'create',
        name: '@',
        record_type: 'TXT',
        new: { ttl: 300, values: ['say "hi"\\; back\\slash'] },
      },
    ]),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ action, name, type, new: value }) => [action, name, type, value]),
    [
      ['ttl', '*.pay.example', 'A', 60],
      ['record', 'pay.example', 'TXT', ['"say \\"hi\\"; back\\\\slash"']],
    ],
  );
  assert.deepEqual(refusalsOf(outcome), []);
});
