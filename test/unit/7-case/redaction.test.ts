import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactCase, redactFinding } from '../../../collector/src/7-case/redaction.ts';
import { isCase } from '../../../collector/src/contract/case.ts';
import { isFinding } from '../../../collector/src/contract/finding.ts';
import { Bench, draft, event, evidence, minute, start } from './keeper-harness.ts';

function told(): Bench {
  const bench = new Bench({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
  const login = event(
    {
      event_type: 'identity.session.login_succeeded',
      domain: 'pay.example',
      actor_id: 'okta:carol',
      source_ip: '203.0.113.77',
      identity: { target_user: 'dora@corp.example' },
    },
    start,
  );
  bench.event(login, start);
  const contact = evidence(
    {
      event_type: 'registrar.domain.contact_changed',
      domain: 'pay.example',
      attribute: 'contact.admin',
      actor_id: 'okta:carol',
      source_ip: '203.0.113.77',
      old_value: ['email=domains@corp.example'],
      new_value: ['email=box@mail.example', 'name=Mallory'],
    },
    start,
  );
  const apex = evidence(
    {
      event_type: 'dns.record.updated',
      domain: 'pay.example',
      record_name: 'pay.example',
      record_type: 'A',
      new_value: ['203.0.113.9'],
    },
    start,
  );
  bench.finding(
    draft({ detection: 'R16', effect: 'own', actor_id: 'okta:carol', summary: 'by okta:carol' }, [
      contact,
      apex,
    ]),
    start + minute,
  );
  bench.say('case.assigned', { case_id: bench.only().case_id, assignee: 'okta:bob' }, start + 2 * minute);
  return bench;
}

void test('no person, mail address, source address or contact data is left, record data stays', () => {
  const bench = told();
  const digest = (text: string): string => bench.sha256(text);
  const plain = JSON.stringify([bench.only(), [...bench.findings.values()]]);
  for (const secret of ['okta:carol', 'okta:bob', 'dora@corp.example', '203.0.113.77', 'Mallory'])
    assert.ok(plain.includes(secret), `the test needs ${secret} before`);
  const hidden = redactCase(bench.only(), digest);
  const findings = [...bench.findings.values()].map((each) => redactFinding(each, digest));
  assert.ok(isCase(hidden));
  for (const each of findings) assert.ok(isFinding(each));
  assert.ok(!JSON.stringify(bench.only()).includes('Mallory'), 'contact data is never in the story');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('contact data changed in email, name')));
  const text = JSON.stringify([hidden, findings]);
  for (const secret of [
    'carol',
    'okta:bob',
    'okta:alice',
    'dora@',
    '203.0.113.77',
    'box@',
    'domains@',
    'Mallory',
  ])
    assert.ok(!text.includes(secret), secret);
  assert.ok(text.includes('203.0.113.9'), 'the address a name points to is what the case is about');
  assert.equal(hidden.actors[0], findings[0]?.actor_id, 'one person, one pseudonym');
  assert.deepEqual(redactCase(hidden, digest), hidden);
  const elsewhere = redactCase({ ...bench.only(), tenant: 'other' }, digest);
  assert.notEqual(elsewhere.actors[0], hidden.actors[0]);
});

void test('the old addresses of a record are record data, not somebody’s address', () => {
  const bench = new Bench({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
  const olds = [
    ['192.0.2.1'],
    ['192.0.2.1', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
  ];
  for (const [at, old] of olds.entries()) {
    const moved = evidence(
      {
        event_id: `moved-${at}`,
        event_type: 'dns.record.updated',
        domain: 'pay.example',
        record_name: 'pay.example',
        record_type: 'A',
        old_value: old,
        new_value: ['203.0.113.9'],
      },
      start,
    );
    bench.finding(draft({ detection: 'C02', effect: 'red' }, [moved]), start + at * minute);
  }
  const told = (shown: ReturnType<Bench['only']>): string[] => shown.timeline.map(({ text }) => text);
  const plain = told(bench.only());
  assert.ok(plain.some((text) => text.includes('from 192.0.2.1')));
  assert.deepEqual(told(redactCase(bench.only(), (text) => bench.sha256(text))), plain);
});
