import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import {
  Bench,
  draft,
  evidence,
  hour,
  minute,
  movedDelegation,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const inventory: TestInventory = {
  domains: [
    { domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments', team: 'dns-ops' },
    { domain: 'park.example', tenant: 'acme', tier: 3, team: 'brand' },
  ],
};
const second = 1000;

void test('a critical finding pages at the ingest time of what completed it', () => {
  const bench = new Bench(inventory);
  const made = movedDelegation('pay.example', 'ns1.evil.example', start);
  bench.finding(made, start, { ingestMs: start + 22 * second });
  const only = bench.only();
  assert.equal(only.severity, 'critical');
  assert.equal(only.notify, 'page');
  assert.equal(only.paged_at, formatInstant(start + 22 * second));
  assert.equal(only.paged_by, made.finding_id);
  assert.equal(only.opened_at, only.paged_at);
  assert.equal(only.owner, 'payments');
  assert.equal(only.team, 'dns-ops');
});

void test('high pages through O6, any other high is a ticket', () => {
  const bench = new Bench(inventory);
  const claimed = evidence({ event_type: 'dns.zone.claimed_elsewhere', domain: 'park.example' }, start);
  bench.finding(draft({ detection: 'C08', likelihood: 0.85 }, [claimed]), start);
  assert.equal(bench.only().severity, 'high', '0.85 * 0.4 = 0.34, raised by O6');
  assert.notEqual(bench.only().paged_at, null);
  const other = new Bench(inventory);
  const token = evidence({ event_type: 'registrar.account.api_token_created', domain: 'pay.example' }, start);
  other.finding(draft({ detection: 'R17', likelihood: 0.55, effect: 'weak' }, [token]), start);
  assert.equal(other.only().severity, 'high');
  assert.equal(other.only().paged_at, null);
  assert.equal(other.only().notify, 'ticket');
});

void test('warm-up opens nothing and drills never page', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start, { warmup: true });
  assert.equal(bench.standing().length, 0);
  const made = movedDelegation('pay.example', 'ns1.drill.example', start + hour);
  bench.finding({ ...made, drill: true }, start + hour);
  const drill = bench.only();
  assert.equal(drill.drill, true);
  assert.ok(drill.title.startsWith('[DRILL] '));
  assert.equal(drill.paged_at, null);
  assert.equal(drill.notify, 'ticket');
  bench.finding(movedDelegation('pay.example', 'ns1.drill.example', start + 2 * hour), start + 2 * hour);
  assert.equal(bench.standing().length, 2, 'a real finding never joins a drill');
});

void test('a hint waits for a second witness, which then pages', () => {
  const bench = new Bench(inventory);
  const item = { confidence: 0.6, source_kind: 'registrar_notice_mail' };
  const hint = movedDelegation('pay.example', 'ns1.evil.example', start, item);
  bench.finding(hint, start);
  assert.equal(bench.only().severity, 'high', '0.7 * 0.8 = 0.56, O1');
  assert.equal(bench.only().paged_at, null, 'one unsure source never pages alone');
  assert.equal(bench.only().notify, 'ticket');
  const weak = evidence(
    {
      event_type: 'intel.user_report.received',
      domain: 'pay.example',
      source_kind: 'registrar_notice_mail',
      confidence: 0.6,
    },
    start,
  );
  bench.finding(draft({ detection: 'X02', likelihood: 0.3 }, [weak]), start + minute);
  assert.equal(bench.only().paged_at, null, 'a second hint of the same kind is no second witness');
  const sure = evidence({ event_type: 'cert.issued', domain: 'pay.example', source_kind: 'ct_log' }, start);
  bench.finding(draft({ detection: 'T03', likelihood: 0.4, effect: 'imp' }, [sure]), start + 2 * minute);
  assert.equal(bench.only().paged_by, hint.finding_id);
  assert.equal(bench.only().paged_at, formatInstant(start + 2 * minute + 30 * second));
});

void test('an unverified delivery is a hint whatever its confidence says', () => {
  const bench = new Bench(inventory);
  const made = movedDelegation('pay.example', 'ns1.evil.example', start);
  bench.finding({ ...made, context: { ...made.context, unverified: true } }, start);
  assert.equal(bench.only().severity, 'critical');
  assert.equal(bench.only().paged_at, null);
  bench.finding(
    movedDelegation('pay.example', 'ns1.evil.example', start, { source_kind: 'rdap_poll' }),
    start + minute,
  );
  assert.notEqual(bench.only().paged_at, null);
});

void test('the page is set once; of two completions the earlier arrival counts', () => {
  const bench = new Bench(inventory);
  const slow = movedDelegation('pay.example', 'ns1.evil.example', start, { source_kind: 'rdap_poll' });
  const fast = movedDelegation('pay.example', 'ns1.evil.example', start + minute);
  bench.finding(slow, start, { ingestMs: start + 9 * minute });
  bench.finding(fast, start + minute, { ingestMs: start + 2 * minute });
  assert.equal(bench.only().paged_by, fast.finding_id);
  assert.equal(bench.only().paged_at, formatInstant(start + 2 * minute));
  bench.finding(movedDelegation('pay.example', 'ns9.evil.example', start + hour), start + hour);
  assert.equal(bench.only().paged_by, fast.finding_id);
});

void test('a quiet acknowledged case speaks again when something page-worthy happens', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  bench.say('case.acknowledged', { case_id: bench.only().case_id }, start + hour);
  bench.finding(movedDelegation('pay.example', 'ns2.evil.example', start + 2 * hour), start + 2 * hour);
  assert.equal(bench.only().state, 'acknowledged', 'within the running work');
  const later = start + 15 * 24 * hour;
  bench.finding(movedDelegation('pay.example', 'ns3.evil.example', later), later);
  assert.equal(bench.only().state, 'reopened');
  assert.equal(bench.only().paged_at, formatInstant(start + 30 * second));
});
