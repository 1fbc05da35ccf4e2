/** States, verdicts and revisions of a case over its life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusals } from '../../../collector/src/7-case/lifecycle.ts';
import { readPrecision } from '../../../collector/src/7-case/precision.ts';
import { isHeld } from '../../../collector/src/7-case/readers.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import {
  Bench,
  day,
  draft,
  evidence,
  event,
  hour,
  minute,
  movedDelegation,
  start,
} from './keeper-harness.ts';
import { inventory, opened } from './opened-case.ts';

void test('states follow each other, and what does not follow is written down', () => {
  const { bench, id } = opened();
  assert.equal(bench.only().state, 'new');
  bench.say('case.acknowledged', { case_id: id }, start + minute);
  bench.say('case.assigned', { case_id: id, assignee: 'okta:bob' }, start + 2 * minute);
  bench.say('case.contained', { case_id: id }, start + 3 * minute);
  assert.equal(bench.only().state, 'contained');
  assert.equal(bench.only().assignee, 'okta:bob');
  bench.say('case.acknowledged', { case_id: id }, start + 4 * minute);
  assert.equal(bench.only().state, 'contained');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('asked for state acknowledged')));
  bench.say(
    'case.closed',
    { case_id: id, disposition: 'true_positive', reason: 'restored' },
    start + 5 * minute,
  );
  assert.equal(bench.only().state, 'closed');
  assert.equal(bench.only().disposition, 'true_positive');
  assert.equal(bench.only().notify, 'none');
  bench.say('case.reopened', { case_id: id }, start + 6 * minute);
  assert.equal(bench.only().state, 'reopened');
  assert.equal(bench.only().disposition, null);
  bench.say('case.closed', { case_id: 'case-none' }, start + 7 * minute);
  assert.match(refusals(bench.state())[0]?.reasons[0] ?? '', /there is no case case-none/);
});

void test('dispositions make precision per detection, and can be corrected', () => {
  const { bench, id } = opened();
  bench.say('case.closed', { case_id: id, disposition: 'false_positive' }, start + minute);
  assert.deepEqual(readPrecision(bench.state()), [
    { detection: 'R05', true_positive: 0, false_positive: 1, benign_positive: 0, judged: 1, precision: 0 },
  ]);
  bench.say('case.disposition', { case_id: id, disposition: 'true_positive' }, start + 2 * minute);
  bench.say('case.disposition', { case_id: id, disposition: 'nonsense' }, start + 3 * minute);
  assert.equal(readPrecision(bench.state())[0]?.precision, 1);
  assert.equal(readPrecision(bench.state())[0]?.judged, 1);
});

void test('a true positive reopens for 14 days on the same domain', () => {
  const { bench, id } = opened();
  bench.say('case.closed', { case_id: id, disposition: 'true_positive' }, start + hour);
  const again = start + 13 * day;
  bench.finding(movedDelegation('pay.example', 'ns1.back.example', again), again);
  assert.equal(bench.only().state, 'reopened');
  bench.say('case.closed', { case_id: id, disposition: 'true_positive' }, again + hour);
  const late = again + hour + 15 * day;
  bench.finding(movedDelegation('pay.example', 'ns1.third.example', late), late);
  assert.equal(bench.standing().length, 2);
});

void test('severity of a case only rises; late approval lowers the finding by revision and stays visible', () => {
  const bench = new Bench(inventory);
  const made = movedDelegation('pay.example', 'ns1.new.example', start, { change_fact_id: 'fact-1' });
  bench.finding(made, start);
  const approved = event(
    {
      event_type: 'registrar.domain.nameservers_changed',
      domain: 'pay.example',
      change_fact_id: 'fact-1',
      approval_state: 'approved',
      change_request_id: 'CHG-9',
    },
    start + 5 * minute,
  );
  bench.event(approved, start + 5 * minute);
  const finding = bench.findings.get(made.finding_id);
  assert.equal(finding?.revision, 1);
  assert.equal(finding?.severity, 'low');
  assert.equal(finding?.state, 'open');
  assert.ok(finding?.severity_terms.includes('approved after the fact x0.15'));
  const only = bench.only();
  assert.equal(only.severity, 'critical');
  assert.notEqual(only.paged_at, null, 'a page is never taken back');
  assert.equal(only.notify, 'digest');
  assert.ok(
    only.timeline.some(
      (line) => line.kind === 'revision' && /critical became low, explained by CHG-9/.test(line.text),
    ),
  );
});

void test('a withdrawn "nobody explains it" retracts the finding and shows why', () => {
  const bench = new Bench(inventory);
  const item = evidence(
    {
      event_type: 'derived.attribution.missing',
      domain: 'pay.example',
      attribute: 'nameservers',
      source_kind: 'pipeline',
      change_fact_id: 'fact-2',
    },
    start,
  );
  const made = draft({ detection: 'R08', likelihood: 0.9 }, [item]);
  bench.finding(made, start);
  const withdrawn = event(
    {
      event_type: 'derived.attribution.missing',
      domain: 'pay.example',
      change_fact_id: 'fact-2',
      source_kind: 'pipeline',
      feature: { attribution: { missing: false, explained_by: 'audit-7' } },
    },
    start + 20 * minute,
  );
  bench.event(withdrawn, start + 20 * minute);
  assert.equal(bench.findings.get(made.finding_id)?.state, 'retracted');
  assert.equal(bench.only().notify, 'none');
  assert.ok(bench.only().timeline.some((line) => line.text.includes('withdrawn: explained by audit-7')));
  assert.equal(
    bench.finding(made, start + 21 * minute).findings.length,
    0,
    'the old statement again changes nothing',
  );
});

void test('redelivered findings and words change nothing', () => {
  const { bench, id } = opened();
  const made = movedDelegation('pay.example', 'ns1.evil.example', start);
  bench.finding(made, start + minute);
  const texts = new Map(bench.state().texts);
  assert.deepEqual(bench.finding(made, start + 2 * minute).cases, []);
  assert.deepEqual(new Map(bench.state().texts), texts);
  assert.equal(bench.only().case_id, id);
});

void test('a revised finding keeps its id and counts up', () => {
  const { bench } = opened();
  const made = movedDelegation('pay.example', 'ns1.evil.example', start + minute);
  bench.finding(made, start + minute);
  const more = evidence(
    { event_type: 'registrar.domain.nameservers_changed', domain: 'pay.example', source_kind: 'rdap_poll' },
    start + hour,
  );
  const revised = {
    ...made,
    evidence: [...made.evidence, more],
    evidence_event_ids: [...made.evidence_event_ids, more.event_id],
  };
  bench.finding(revised, start + hour, { late: true });
  assert.equal(bench.findings.get(made.finding_id)?.revision, 1);
  assert.ok(
    bench.only().timeline.some((line) => line.kind === 'revision' && line.text.includes('late evidence')),
  );
});

void test('the clock names what runs out and where the number comes from', () => {
  const bench = new Bench(inventory);
  const pending = evidence(
    { event_type: 'registrar.domain.transfer_requested', domain: 'pay.example', source_kind: 'epp_poll' },
    start,
  );
  bench.finding(draft({ detection: 'R01', effect: 'own' }, [pending]), start);
  assert.deepEqual(bench.only().clock?.deadline, formatInstant(start + 5 * day));
  assert.match(bench.only().clock?.basis ?? '', /ICANN Transfer Policy/);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start + hour), start + hour);
  assert.equal(
    bench.only().clock?.deadline,
    formatInstant(start + hour + 2 * day),
    'the nearest deadline counts',
  );
  bench.say('case.note', { case_id: bench.only().case_id, text: 'x' }, start + 3 * day);
  assert.equal(
    bench.only().clock?.deadline,
    formatInstant(start + 5 * day),
    'what has passed is not a clock',
  );
});

void test('a closed case is forgotten after 30 days with everything of it, unless it is under legal hold', () => {
  for (const held of [false, true]) {
    const { bench, id } = opened();
    if (held) bench.say('case.held', { case_id: id }, start + minute, 'okta:counsel');
    assert.equal(isHeld(bench.state(), id), held);
    bench.say('case.closed', { case_id: id, disposition: 'false_positive' }, start + hour);
    bench.advance(start + 32 * day);
    const left = [...bench.state().texts.keys()].filter((name) =>
      /^(case|story|find|link|mem|risk|expiry):/.test(name),
    );
    if (!held) assert.deepEqual(left, []);
    else {
      assert.ok(left.includes(`case:${id}`));
      bench.say('case.released', { case_id: id }, start + 40 * day, 'okta:counsel');
      bench.advance(start + 72 * day);
      assert.ok(!bench.state().texts.has(`case:${id}`));
    }
  }
});

void test('a case whose id has changed is found by its findings', () => {
  const { bench, id } = opened();
  const findings = bench.only().finding_ids;
  bench.say('case.acknowledged', { case_id: 'case-of-before', case_finding_ids: findings }, start + minute);
  assert.equal(bench.only().case_id, id);
  assert.equal(bench.only().state, 'acknowledged');
  bench.say('case.contained', { case_id: 'case-of-before', case_finding_ids: ['unknown', 7] }, start + hour);
  assert.equal(bench.only().state, 'acknowledged');
});
