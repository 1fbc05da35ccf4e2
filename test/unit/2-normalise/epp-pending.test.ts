/** Results of pending actions (RFC 5731 section 3.3): an action that came to nothing is no success, whatever its words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eppPoll } from '../../../collector/src/2-normalise/epp-poll/index.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

function message(kind: 'domain' | 'contact', result: string, text: string): Uint8Array {
  const named = kind === 'domain' ? 'name' : 'id';
  const space = `urn:ietf:params:xml:ns:${kind}-1.0`;
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1301"><msg>ack</msg></result>
<msgQ count="1" id="7"><qDate>2026-11-21T10:00:00Z</qDate><msg>${text}</msg></msgQ>
<resData><${kind}:panData xmlns:${kind}="${space}">
<${kind}:${named} paResult="${result}">pay.example</${kind}:${named}>
<${kind}:paTRID><clTRID>c</clTRID><svTRID>s</svTRID></${kind}:paTRID>
<${kind}:paDate>2026-11-21T09:00:00Z</${kind}:paDate></${kind}:panData></resData>
<trID><svTRID>t</svTRID></trID></response></epp>`);
}

function first(bytes: Uint8Array): unknown {
  const outcome = normaliseBytes(eppPoll, bytes, undefined, 'application/xml');
  assert.ok(outcome.ok);
  assert.equal(outcome.value.length, 1);
  return outcome.value[0];
}

void test('refused, as 0 or as false, is a failure, also where nobody says of what', () => {
  for (const result of ['0', 'false']) {
    assertHolds(
      first(message('domain', result, 'Pending action')),
      { event_type: 'other.activity', outcome: 'failure', domain: 'pay.example' },
      result,
    );
    assertHolds(
      first(message('domain', result, 'Restore of domain')),
      { event_type: 'registrar.domain.restored', outcome: 'failure', domain: 'pay.example' },
      result,
    );
    assertHolds(
      first(message('contact', result, 'Pending action')),
      { event_type: 'other.activity', outcome: 'failure' },
      result,
    );
  }
});

void test('done, as 1 or as true, is a success', () => {
  for (const result of ['1', 'true'])
    assertHolds(
      first(message('domain', result, 'Restore of domain')),
      { event_type: 'registrar.domain.restored', outcome: 'success' },
      result,
    );
});
