/** How often a case is written again: at once for what somebody acts on, seldom for more of the same. */
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
} from './keeper-harness.ts';

const inventory = {
  domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments' }],
};

function changedAt(bench: Bench, atMs: number): string {
  const one = event({ event_type: 'dns.record.updated', domain: 'pay.example' }, atMs);
  bench.event(one, atMs);
  return one.event_id;
}

void test('an event a minute for a day: soon told at first, then gathered, never one revision each', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const opened = bench.only().revision;
  const third = [1, 2, 3].map((m) => changedAt(bench, start + m * minute)).at(-1);
  bench.advance(start + 4 * minute);
  assert.ok(
    bench.only().timeline.some(({ ref }) => ref === third),
    'within a minute while the case is new',
  );
  for (let m = 5; m <= 1_440; m++) changedAt(bench, start + m * minute);
  bench.advance(start + day + hour);
  // 50 lines of a kind: at most 4 in the first 4 minutes, then each quarter of an age; 1,389 more: when their number doubles.
  const revisions = bench.only().revision - opened;
  assert.ok(revisions >= 10 && revisions <= 4 + 12 + 12, `${revisions} revisions`);
  const omitted = bench.only().timeline.find(({ text }) => text.includes('further events'));
  assert.ok(Number(omitted?.text.split(' ')[0]) >= 1_389 / 2, omitted?.text);
});

void test('a case that has listened for two days: what comes is told within ten minutes', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const late = changedAt(bench, start + 2 * day);
  bench.advance(start + 2 * day + 10 * minute);
  assert.ok(bench.only().timeline.some(({ ref }) => ref === late));
});

const account = 'registrar-a/1';
const many = Array.from({ length: 400 }, (_, i) => `name-${i}.example`);
const large = {
  domains: [
    ...many.map((domain) => ({ domain, tenant: 'acme', tier: 2, owner: 'web', registrar_account: account })),
    { domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments', registrar_account: account },
  ],
  accounts: [{ id: account, tenant: 'acme' }],
};

/** Contact data of a name of the account changed, as R10 tells it; one finding more of the kind the case has already. */
function contactChanged(bench: Bench, domain: string, atMs: number): string {
  const what = { event_type: 'registrar.domain.contact_changed', domain, registrar_account: account };
  const seen = evidence({ ...what, source_kind: 'registrar_audit', actor_id: 'registrar-a:mallory' }, atMs);
  const one = draft({ detection: 'R10', registrar_account: account, actor_id: 'registrar-a:mallory' }, [
    seen,
  ]);
  bench.finding(one, atMs);
  return one.finding_id;
}

void test('a case of many findings: the first ones each at once, hundreds of the same kind a revision a minute or fewer', () => {
  const bench = new Bench(large);
  const ids = many.slice(0, 10).map((domain, i) => contactChanged(bench, domain, start + i * 1_000));
  assert.equal(bench.only().finding_ids.filter((id) => ids.includes(id)).length, 10, 'told one by one');
  for (const [i, domain] of many.entries())
    if (i >= 10) ids.push(contactChanged(bench, domain, start + i * 1_000));
  const { revision } = bench.only();
  // 16 or so at once, then in 400 s one in each minute and what raises the case or its leading finding.
  assert.ok(revision <= 40, `${revision} revisions for 400 findings in seven minutes`);
  bench.advance(start + 400_000 + 10 * minute);
  const told = bench.only();
  assert.deepEqual(
    ids.filter((id) => !told.finding_ids.includes(id)),
    [],
    'nothing stays untold',
  );
  assert.equal(told.domains.length, 400);
});

void test('a case of many findings: what somebody acts on is told at once', () => {
  const bench = new Bench(large);
  for (const [i, domain] of many.slice(0, 60).entries()) contactChanged(bench, domain, start + i * 1_000);
  const atMs = start + 61_000;
  const before = bench.only();
  const waiting = contactChanged(bench, 'name-100.example', atMs);
  assert.equal(bench.only().revision, before.revision, 'one more of the same waits');
  const moved = movedDelegation('pay.example', 'ns1.evil.example', atMs + 1_000);
  bench.finding({ ...moved, registrar_account: account, actor_id: 'registrar-a:mallory' }, atMs + 1_000);
  const raised = bench.only();
  assert.ok(raised.finding_ids.includes(moved.finding_id), 'another kind of attack does not wait');
  assert.ok(raised.finding_ids.includes(waiting), 'and takes along what waited');
  contactChanged(bench, 'name-101.example', atMs + 2_000);
  const word = { case_id: raised.case_id };
  bench.say('case.acknowledged', word, atMs + 3_000);
  assert.ok(bench.only().domains.includes('name-101.example'), 'a word of a person does not wait');
});
