import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Bench,
  day,
  draft,
  event,
  evidence,
  hour,
  minute,
  movedDelegation,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const one = 'registrar-a/1';
const inventory: TestInventory = {
  domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments', registrar_account: one }],
  accounts: [{ id: one, tenant: 'acme', admins: ['okta:alice', 'okta:dora'] }],
  principals: [{ id: 'okta:dora', tenant: 'acme', aliases: ['dora@acme-corp.example'] }],
};

void test('title and summary say what, from what to what, by whom seen, meant or not, how bad', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const only = bench.only();
  assert.equal(only.title, 'Delegation of pay.example moved to ns1.evil.example, nobody approved it');
  assert.equal(only.kind, 'delegation');
  assert.equal(
    only.summary,
    'Delegation of pay.example moved to ns1.evil.example at 2026-11-21 08:00:00 UTC; ' +
      'before: ns1.provider-a.example, ns2.provider-a.example (R05, Delegation changed outside approval). Seen by the delegation probe. Nobody approved it; who did it is unknown. ' +
      'Critical: 1 finding, likely hostile (0.70). If hostile, web or mail traffic goes to somebody else.',
  );
  const claim = only.timeline.find((line) => line.kind === 'observation');
  assert.equal(
    claim?.text,
    'pay.example: delegation changed from ns1.provider-a.example, ns2.provider-a.example to ns1.evil.example, seen by the delegation probe, no approval found.',
  );
});

void test('a correlation without an actor of its own names who did the deed it tells of', () => {
  const bench = new Bench(inventory);
  bench.finding(
    movedDelegation('pay.example', 'ns1.evil.example', start, { actor_id: 'registrar-a:x' }),
    start,
  );
  assert.match(bench.only().summary, /Nobody approved it; done by registrar-a:x\./);
});

void test('the story before the first finding is told, the one of other names is not', () => {
  const bench = new Bench(inventory);
  const before = start - 2 * hour;
  const old = event(
    { event_type: 'registrar.domain.lock_disabled', domain: 'pay.example' },
    start - 73 * hour,
  );
  const unlock = event(
    { event_type: 'registrar.domain.lock_disabled', domain: 'pay.example', actor_id: 'registrar-a:x' },
    before,
  );
  const login = event(
    {
      event_type: 'registrar.session.login_succeeded',
      registrar_account: one,
      actor_id: 'registrar-a:x',
      source_ip: '203.0.113.9',
    },
    before,
  );
  const other = event({ event_type: 'dns.record.updated', domain: 'blog.example' }, before);
  bench.event(old, start - 73 * hour);
  for (const each of [unlock, login, other]) bench.event(each, before);
  const made = movedDelegation('pay.example', 'ns1.evil.example', start);
  bench.finding({ ...made, registrar_account: one }, start);
  const refs = bench.only().timeline.map((line) => line.ref);
  assert.ok(refs.includes(unlock.event_id) && refs.includes(login.event_id));
  assert.ok(!refs.includes(other.event_id) && !refs.includes(old.event_id));
  assert.ok(
    bench.only().timeline.some((line) => /login, from 203\.0\.113\.9, by registrar-a:x/.test(line.text)),
  );
  const times = bench.only().timeline.map((line) => line.at);
  assert.deepEqual(times, [...times].sort());
});

void test('later events join, are written out together, and stop when the case is quiet', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const revision = bench.only().revision;
  const seen = [5, 10, 15].map((s) =>
    event({ event_type: 'cert.issued', domain: 'pay.example', source_kind: 'ct_log' }, start + s * 1000),
  );
  seen.forEach((each, i) => assert.deepEqual(bench.event(each, start + (i + 1) * 5000).cases, []));
  bench.advance(start + 2 * minute);
  assert.equal(bench.only().revision, revision + 1, 'one revision for three events');
  assert.equal(bench.only().timeline.filter((line) => line.kind === 'certificate').length, 3);
  const late = event(
    { event_type: 'cert.issued', domain: 'pay.example', source_kind: 'ct_log' },
    start + 4 * day,
  );
  bench.event(late, start + 4 * day);
  bench.advance(start + 5 * day);
  assert.ok(!bench.only().timeline.some((line) => line.ref === late.event_id));
});

void test('password resets of an admin after the mail moved: the composite risk joins them to the case', () => {
  const bench = new Bench(inventory);
  const mx = evidence(
    {
      event_type: 'dnsquery.answer.changed',
      domain: 'pay.example',
      record_name: 'pay.example',
      record_type: 'MX',
      new_value: ['10 mx.evil.example'],
      source_kind: 'answer_probe',
    },
    start,
  );
  bench.finding(draft({ detection: 'C03', plane: 'dns' }, [mx]), start);
  const resets = [20, 27, 34].map((m) =>
    event(
      {
        event_type: 'identity.user.password_reset',
        source_kind: 'identity_log',
        identity: { target_user: 'dora@acme-corp.example' },
      },
      start + m * minute,
    ),
  );
  resets.forEach((each, i) => bench.event(each, start + (20 + 7 * i) * minute));
  const sums = [...bench.findings.values()].filter((each) => each.detection === 'S04');
  assert.equal(sums.length, 1, 'one composite finding for one story');
  const sum = sums[0];
  for (const each of resets) assert.ok(sum?.evidence_event_ids.includes(each.event_id));
  assert.equal(sum?.case_id, bench.only().case_id);
  assert.equal(bench.only().detections.join(), 'C03,S04');
  assert.match(bench.only().title, /^Answers for pay\.example MX changed to 10 mx\.evil\.example/);
});

void test('the risk of a domain can be read at any time: the numbers of 3.9, fading, and null where nothing speaks', () => {
  const bench = new Bench(inventory);
  assert.equal(bench.risk('pay.example', start), null);
  const unlock = evidence(
    { event_type: 'registrar.domain.lock_disabled', domain: 'pay.example', source_kind: 'rdap_poll' },
    start,
  );
  bench.finding(draft({ detection: 'R02', risk_points: 35, effect: 'weak' }, [unlock]), start);
  assert.equal(bench.risk('pay.example', start), 35, 'an unlock alone is worth its points');
  const moved = evidence(
    { event_type: 'dns.record.updated', domain: 'pay.example', source_kind: 'answer_probe' },
    start,
  );
  bench.finding(draft({ detection: 'C02', plane: 'dns', risk_points: 60, effect: 'red' }, [moved]), start);
  // 1 - 0.65 x 0.40 = 0.74; odds 2.846 x 1.5 for two planes = 4.269.
  assert.equal(bench.risk('pay.example', start), 81);
  // A day later both are worth half: 1 - 0.825 x 0.70 = 0.4225; odds 0.7316 x 1.5 = 1.0974.
  assert.equal(bench.risk('pay.example', start + 24 * hour), 52.3);
  assert.equal(bench.risk('shop.example', start), null);
});

void test('a combination counts only for members that nothing else speaks for', () => {
  const bench = new Bench(inventory);
  const unlock = evidence(
    { event_type: 'registrar.domain.lock_disabled', domain: 'pay.example', source_kind: 'rdap_poll' },
    start,
  );
  const code = evidence(
    { event_type: 'registrar.domain.auth_code_requested', domain: 'pay.example', source_kind: 'rdap_poll' },
    start,
  );
  bench.finding(draft({ detection: 'R04', risk_points: 40 }, [code]), start);
  assert.equal(bench.risk('pay.example', start), 40);
  // Nobody else speaks for the unlock: 1 - 0.6 x 0.4 = 0.76.
  bench.finding(draft({ detection: 'R01', risk_points: 60 }, [unlock, code]), start);
  assert.equal(bench.risk('pay.example', start), 76);
  // Now both members speak for themselves: 1 - 0.6 x 0.65 = 0.61.
  bench.finding(draft({ detection: 'R02', risk_points: 35 }, [unlock]), start);
  assert.equal(bench.risk('pay.example', start), 61);
});

void test('composite risk on one plane never pages', () => {
  const bench = new Bench(inventory);
  for (const [i, detection] of ['R10', 'R15', 'R18'].entries()) {
    const item = evidence(
      { event_type: 'registrar.domain.privacy_changed', domain: 'pay.example', source_kind: 'rdap_poll' },
      start + i,
    );
    bench.finding(
      draft({ detection, likelihood: 0.2, effect: 'weak', risk_points: 60 }, [item]),
      start + i * minute,
    );
  }
  const sum = [...bench.findings.values()].find((each) => each.detection === 'S04');
  assert.equal(sum?.severity, 'high');
  assert.ok(sum?.severity_terms.some((term) => term.endsWith('at most high')));
  assert.equal(bench.only().paged_at, null);
});

void test('blind spans stand in the story of the cases of their time', () => {
  const bench = new Bench(inventory);
  const silence = event(
    { event_type: 'pipeline.source.silent', source_kind: 'rdap_poll', source_instance: 'rdap-1' },
    start - hour,
  );
  bench.event(silence, start - hour);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  assert.ok(
    bench
      .only()
      .timeline.some(
        (line) =>
          line.kind === 'blind' && line.text.endsWith('and it is still silent.') && line.until === undefined,
      ),
  );
  bench.event(
    event(
      { event_type: 'pipeline.source.recovered', source_kind: 'rdap_poll', source_instance: 'rdap-1' },
      start + 20 * minute,
    ),
    start + 20 * minute,
  );
  bench.say('case.note', { case_id: bench.only().case_id, text: 'seen' }, start + hour);
  assert.ok(
    bench
      .only()
      .timeline.some(
        (line) =>
          line.kind === 'blind' &&
          line.text.includes('until 2026-11-21 08:20:00 UTC, 80 minutes') &&
          line.until === '2026-11-21T08:20:00.000Z',
      ),
  );
});

void test('of several sources of a kind only those that speak about the case are missed in it', () => {
  const bench = new Bench(inventory);
  const fallSilent = (source_kind: 'rdap_poll' | 'registrar_audit', source_instance: string) =>
    bench.event(
      event({ event_type: 'pipeline.source.silent', source_kind, source_instance }, start - hour),
      start - hour,
    );
  fallSilent('rdap_poll', 'rdap-1');
  fallSilent('rdap_poll', 'rdap-2');
  fallSilent('registrar_audit', 'registrar-a');
  const moved = movedDelegation('pay.example', 'ns1.evil.example', start);
  const heard_sources = ['delegation_probe/probe', 'rdap_poll/rdap-1'];
  bench.finding({ ...moved, context: { ...moved.context, heard_sources } }, start);
  const blind = bench.only().timeline.filter(({ kind }) => kind === 'blind');
  // Nobody of the registrar ever spoke about it: whoever could have is missed.
  const named = new Set(blind.map(({ text }) => /\((.*?)\)/u.exec(text)?.[1]));
  assert.deepEqual(named, new Set(['rdap-1', 'registrar-a']));
});

void test('a flood of events of one kind is counted, not listed', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  for (let i = 0; i < 80; i++)
    bench.event(event({ event_type: 'dns.record.updated', domain: 'pay.example' }, start + i), start + i);
  bench.advance(start + hour);
  const lines = bench.only().timeline.filter((line) => line.text.includes('record changed'));
  assert.equal(lines.length, 50);
  assert.ok(bench.only().timeline.some((line) => line.text.startsWith('30 further events')));
});

void test('values from outside cannot restyle or break a line', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil\u202e\n\u001b[31m.example', start), start);
  const only = bench.only();
  for (const text of [only.title, only.summary, ...only.timeline.map((line) => line.text)])
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    assert.doesNotMatch(text, /[\u0000-\u001f\u202e]/);
});

void test('notifications and words stand in the story', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const { case_id } = bench.only();
  bench.say('case.notified', { case_id, receiver: 'dns-ops on call' }, start + minute, 'system');
  bench.say('case.note', { case_id, text: 'calling the registrar' }, start + 2 * minute);
  const kinds = bench.only().timeline.map((line) => line.kind);
  assert.ok(kinds.includes('notification') && kinds.includes('person'));
});

void test('a case led by a conclusion tells what was seen, when it happened', () => {
  const bench = new Bench(inventory);
  const fact = {
    domain: 'pay.example',
    change_fact_id: 'fact-9',
    old_value: ['12345 13 2 AB'],
    new_value: [],
  };
  const seen = evidence({ event_type: 'registrar.domain.ds_removed', ...fact }, start);
  bench.finding(draft({ detection: 'R06', likelihood: 0.5, effect: 'weak' }, [seen]), start);
  const concluded = evidence(
    { event_type: 'derived.attribution.missing', attribute: 'ds', source_kind: 'pipeline', ...fact },
    start + 10 * minute,
  );
  bench.finding(draft({ detection: 'R08', likelihood: 0.9 }, [concluded]), start + 10 * minute);
  assert.equal(bench.only().title, 'DS of pay.example removed, nobody approved it');
  assert.match(
    bench.only().summary,
    /^DS of pay\.example removed at 2026-11-21 08:00:00 UTC; before: 12345 13 2 AB \(R08/,
  );
  assert.match(bench.only().summary, /Seen by the delegation probe/);
});
