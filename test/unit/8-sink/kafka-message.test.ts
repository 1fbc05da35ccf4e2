import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../../collector/src/contract/component.ts';
import { deliveryOfFailure } from '../../../collector/src/8-sink/kafka/kafka-sink.ts';
import { signalKey, signalMessage } from '../../../collector/src/8-sink/kafka/signal-message.ts';

const finding: Signal = {
  kind: 'finding',
  key: 'f1.2',
  timeMs: Date.UTC(2026, 4, 1, 12),
  body: { finding_id: 'f1', revision: 2, tenant: 'acme', domain: 'example.com' },
};

test('a signal becomes a CloudEvent in binary mode under its domain', () => {
  assert.deepEqual(signalMessage(finding, 'zonewarden'), {
    topic: 'zonewarden.findings',
    key: 'acme|example.com',
    value: '{"finding_id":"f1","revision":2,"tenant":"acme","domain":"example.com"}',
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: 'f1.2',
      ce_source: 'urn:zonewarden:tenant:acme',
      ce_type: 'zonewarden.finding',
      ce_time: '2026-05-01T12:00:00.000Z',
      ce_subject: 'f1',
      ce_dataschema: 'urn:zonewarden:finding:1.0',
    },
  });
});

test('the key is the first domain of a case, and the tenant alone when there is none', () => {
  const key = (body: object) => signalKey({ ...finding, kind: 'case', body });
  assert.equal(key({ tenant: 'acme', domains: ['a.example', 'b.example'] }), 'acme|a.example');
  assert.equal(key({ tenant: 'acme', domains: [] }), 'acme|');
  assert.equal(key({ tenant: 'acme' }), 'acme|');
});

test('only a record that is too large is refused for good', () => {
  const of = (code: Parameters<typeof deliveryOfFailure>[0]['code']) =>
    deliveryOfFailure({ code, path: '', message: 'm' }, 3);
  assert.deepEqual(of('too_large'), {
    status: 'rejected',
    code: 'too_large',
    message: 'm',
    rejectedCount: 3,
  });
  assert.equal(of('endpoint_unreachable').status, 'retryable');
  assert.deepEqual(of('unauthorised'), {
    status: 'retryable',
    code: 'unauthorised',
    message: 'm',
    afterMs: 30_000,
  });
});
