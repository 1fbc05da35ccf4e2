import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Directive, Message } from '../../../collector/src/contract/step.ts';
import { confirmedSpan } from '../../../collector/src/leaf/confirmed-case.ts';

function verdict(type: Directive['type'], data: Record<string, unknown>): Message {
  const timeMs = Date.parse('2026-11-21T12:00:00Z');
  return {
    kind: 'directive',
    id: 'd',
    timeMs,
    ingestMs: timeMs,
    tenant: 'acme',
    directive: { type, tenant: 'acme', by: 'okta:bob', data },
  };
}

void test('a true positive spans from three days before the case to the verdict', () => {
  const data = { disposition: 'true_positive', opened_at: '2026-11-20T00:00:00Z' };
  const span = { fromMs: Date.parse('2026-11-17T00:00:00Z'), untilMs: Date.parse('2026-11-21T12:00:00Z') };
  assert.deepEqual(confirmedSpan(verdict('case.disposition', data)), span);
  assert.deepEqual(confirmedSpan(verdict('case.closed', data)), span);
});

void test('other verdicts, other words and missing times forget nothing', () => {
  assert.equal(
    confirmedSpan(
      verdict('case.closed', { disposition: 'false_positive', opened_at: '2026-11-20T00:00:00Z' }),
    ),
    undefined,
  );
  assert.equal(
    confirmedSpan(verdict('case.note', { disposition: 'true_positive', opened_at: '2026-11-20T00:00:00Z' })),
    undefined,
  );
  assert.equal(confirmedSpan(verdict('case.closed', { disposition: 'true_positive' })), undefined);
});
