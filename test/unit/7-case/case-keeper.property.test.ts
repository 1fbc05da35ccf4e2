import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import { createCaseKeeper } from '../../../collector/src/7-case/case-keeper.ts';
import {
  Bench,
  TextState,
  day,
  draft,
  event,
  evidence,
  hour,
  minute,
  movedDelegation,
  plainRisk,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const names = ['a.example', 'b.example', 'c.example', 'd.example'];
const inventory: TestInventory = {
  domains: ['acme', 'other'].flatMap((tenant) =>
    names.map((domain, tier) => ({
      domain,
      tenant,
      tier,
      registrar_account: tier < 2 ? 'registrar-a/1' : undefined,
    })),
  ),
  accounts: [{ id: 'registrar-a/1', tenant: 'acme', admins: ['okta:alice'] }],
};

interface Act {
  readonly what: 'delegation' | 'contact' | 'event' | 'acknowledge' | 'close' | 'note' | 'cluster' | 'repeat';
  readonly name: number;
  readonly host: number;
  readonly gap: number;
}

const acts = fc.array(
  fc.record({
    what: fc.constantFrom<Act['what']>(
      'delegation',
      'contact',
      'event',
      'acknowledge',
      'close',
      'note',
      'cluster',
      'repeat',
    ),
    name: fc.nat(3),
    host: fc.nat(2),
    gap: fc.constantFrom(0, 1000, 5 * minute, 3 * hour, 2 * day, 20 * day),
  }),
  { maxLength: 25 },
);

/** Plays acts with ids that depend on their position only; returns everything said, as text. */
function play(
  bench: Bench,
  list: readonly Act[],
  tenant: string,
  between: (atMs: number) => void = () => undefined,
): string {
  let atMs = start;
  let last: FindingDraft | undefined;
  for (const [i, act] of list.entries()) {
    atMs += act.gap;
    between(atMs);
    const domain = names[act.name] as string;
    const id = `${i}`.padStart(3, '0');
    const fixed = { event_id: `e-${id}`, tenant };
    const made = (base: FindingDraft): FindingDraft => ({
      ...base,
      tenant,
      finding_id: `f-${id}`,
      evidence_event_ids: [`e-${id}`],
    });
    const known = [...bench.cases.values()].find((each) => each.tenant === tenant);
    if (act.what === 'delegation')
      last = made(movedDelegation(domain, `ns${act.host}.evil.example`, atMs, { event_id: `e-${id}` }));
    if (act.what === 'contact')
      last = made(
        draft({ detection: 'R10', likelihood: 0.4, effect: 'own' }, [
          evidence({ event_type: 'registrar.domain.contact_changed', domain, event_id: `e-${id}` }, atMs),
        ]),
      );
    if (act.what === 'cluster')
      last = made(
        draft({ detection: 'S03', effect: 'own', domains: names.slice(0, act.name + 1) }, [
          evidence({ event_type: 'derived.cluster.detected', event_id: `e-${id}` }, atMs),
        ]),
      );
    if (['delegation', 'contact', 'cluster', 'repeat'].includes(act.what) && last !== undefined)
      bench.finding(last, atMs);
    else if (act.what === 'event')
      bench.event(
        event({ ...fixed, event_type: 'dns.record.updated', domain, actor_id: 'okta:zed' }, atMs),
        atMs,
      );
    else if (act.what === 'acknowledge')
      bench.say('case.acknowledged', { case_id: known?.case_id ?? '' }, atMs, 'okta:alice', tenant);
    else if (act.what === 'close')
      bench.say(
        'case.closed',
        { case_id: known?.case_id ?? '', disposition: act.host === 0 ? 'true_positive' : 'false_positive' },
        atMs,
        'okta:alice',
        tenant,
      );
    else if (act.what === 'note')
      bench.say('case.note', { case_id: known?.case_id ?? '', text: id }, atMs, 'okta:alice', tenant);
  }
  return JSON.stringify(
    bench.log.filter((each) => each.tenant === tenant && each.findings.length + each.cases.length > 0),
  );
}

void test('the same input gives the same bytes, with the state as text between any two messages', () => {
  fc.assert(
    fc.property(acts, (list) => {
      assert.equal(play(new Bench(inventory), list, 'acme'), play(new Bench(inventory), list, 'acme'));
    }),
    { numRuns: 30, seed: 7 },
  );
});

void test('another tenant with equal names, ids and hosts changes no byte', () => {
  fc.assert(
    fc.property(acts, acts, (list, noise) => {
      const alone = play(new Bench(inventory), list, 'acme');
      const bench = new Bench(inventory);
      let i = 0;
      const together = play(bench, list, 'acme', (atMs) => {
        const act = noise[i++];
        if (act === undefined) return;
        const made = {
          ...movedDelegation(names[act.name] as string, `ns${act.host}.evil.example`, atMs, {
            event_id: `n-${i}`,
          }),
          tenant: 'other',
          finding_id: `f-${i}`,
        };
        bench.finding(made, atMs);
      });
      assert.equal(together, alone);
    }),
    { numRuns: 30, seed: 11 },
  );
});

void test('what must hold whatever happens', () => {
  fc.assert(
    fc.property(acts, (list) => {
      const bench = new Bench(inventory);
      const severities: Record<string, number> = {};
      const order = ['informational', 'low', 'medium', 'high', 'critical'];
      const paged = new Map<string, string>();
      play(bench, list, 'acme');
      for (const { cases } of bench.log)
        for (const each of cases) {
          const rank = order.indexOf(each.severity);
          assert.ok(rank >= (severities[each.case_id] ?? 0), 'severity only rises');
          severities[each.case_id] = rank;
          const before = paged.get(each.case_id);
          if (before !== undefined)
            assert.ok(each.paged_at !== null && each.paged_at <= before, 'a page is never taken back');
          if (each.paged_at !== null) paged.set(each.case_id, each.paged_at);
          assert.deepEqual(
            each.timeline.map((line) => line.at),
            each.timeline.map((line) => line.at).sort(),
          );
        }
      for (const finding of bench.findings.values()) {
        if (finding.case_id === null) continue;
        const home = bench.cases.get(finding.case_id);
        assert.ok(home?.finding_ids.includes(finding.finding_id), 'a finding and its case name each other');
        assert.notEqual(home?.state, 'merged');
      }
    }),
    { numRuns: 50, seed: 13 },
  );
});

void test('ten thousand open cases make no step touch more state', () => {
  const keeper = createCaseKeeper({ compositeRisk: plainRisk, playbooks: [] });
  const bench = new Bench();
  const probe = (state: TextState, domain: string): number => {
    state.commit();
    const step = (message: Parameters<typeof keeper.step>[1]) =>
      keeper.step(state, message, {
        nowMs: message.timeMs,
        watermarkMs: message.timeMs + 1,
        late: false,
        warmup: false,
        inventory: {
          version: '',
          domain: () => undefined,
          account: () => undefined,
          principal: () => undefined,
          domains: () => [],
          domainsOfAccount: () => [],
          accountsOfMailbox: () => [],
          tenantsOf: () => [],
          allDomains: () => [],
        },
        sources: { status: () => undefined, silentMs: () => 0, silentKinds: () => [], kinds: () => [] },
        sha256: (text) => bench.sha256(text),
      });
    const atMs = start + day;
    const made = movedDelegation(domain, `ns1.${domain}`, atMs, { event_id: `probe-${domain}` });
    step({
      kind: 'finding',
      timeMs: atMs,
      id: 'p',
      tenant: 'acme',
      ingestMs: atMs,
      draft: { ...made, finding_id: `probe-${domain}` },
    });
    const happening = event(
      { event_type: 'dns.record.updated', domain: `quiet-${domain}`, actor_id: 'okta:zed' },
      atMs,
    );
    step({ kind: 'event', timeMs: atMs, id: 'q', tenant: 'acme', ingestMs: atMs, event: happening });
    return state.touched;
  };
  const empty = probe(new TextState(), 'fresh.example');
  const full = new TextState();
  for (let i = 0; i < 10_000; i++) {
    full.texts.set(`case:x${i}`, '{}');
    full.texts.set(`link:real:domain:n${i}.example`, `["x${i}"]`);
    full.texts.set(`find:x${i}`, '{}');
  }
  assert.equal(probe(full, 'fresh.example'), empty);
  assert.ok(empty < 120, `state reads and writes for one finding and one event: ${empty}`);
});
