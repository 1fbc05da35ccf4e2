/** What led to a confirmed case teaches no baseline (detection reference 3: no slow poisoning), whenever the verdict comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { confirmedCases, hostileSpans } from '../../../collector/src/5-feature/confirmed-cases.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';
import type { Directive } from '../../../collector/src/contract/step.ts';
import { annotateOperator } from '../../../collector/src/engine/annotate-operator.ts';
import { at, createHarness, eventOf, ms, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-01-05T00:00:00.000Z';
const dayMinutes = 1440;
const annotators = [...ledgerAnnotators, ...featureAnnotators];
const alice = 'okta:alice@acme.example';
const openedAt = at(day0, 200 * dayMinutes);
const closedAt = at(day0, 202 * dayMinutes);
const about = {
  case_id: 'case-1',
  opened_at: openedAt,
  domains: ['pay.example'],
  accounts: ['registrar-a/4711'],
  actors: [alice],
};

function fleet(): Inventory {
  const { principals: _usual, ...inventory } = smallInventory({ approved: {} });
  const domains = Array.from({ length: 4 }, (_, i) => ({
    domain: `d${String(i)}.example`,
    tenant: 'acme',
    tier: 2,
    registrar_account: 'registrar-a/4711',
  }));
  return {
    ...inventory,
    principals: [{ id: alice, tenant: 'acme' }],
    domains: [...(inventory.domains ?? []), ...domains],
  };
}

type Fields = Partial<CanonicalEvent> & { event_type: string };

const audit = { source_kind: 'registrar_audit', acquisition: 'push', actor_id: alice } as const;

function login(country: string, asn: number, lat = 52.4, lon = 4.9): Fields {
  return {
    ...audit,
    event_type: 'registrar.session.login_succeeded',
    registrar_account: 'registrar-a/4711',
    source_ip: '192.0.2.1',
    auth_method: 'sso',
    enrich: { source: { country, asn, lat, lon, radius_km: 10 } },
  };
}

function record(name: string, value: string, transaction: string): Fields {
  return {
    event_type: 'dns.record.updated',
    source_kind: 'dns_provider_audit',
    acquisition: 'push',
    domain: 'pay.example',
    record_name: name,
    record_type: 'A',
    new_value: [value],
    transaction_id: transaction,
  };
}

function delegation(domain: string, server: string): Fields {
  return {
    event_type: 'registrar.domain.nameservers_changed',
    domain,
    attribute: 'nameservers',
    new_value: [server],
  };
}

const unlock = (domain: string, value: 'enabled' | 'disabled'): Fields => ({
  ...audit,
  event_type: `registrar.domain.lock_${value}`,
  domain,
  attribute: 'lock',
  new_value: value,
});

const certificate = (spki: string, serial: string): Fields => ({
  event_type: 'cert.issued',
  source_kind: 'ct_log',
  domain: 'pay.example',
  cert: { names: ['pay.example'], issuer_cn: 'Free CA', serial, spki_sha256: spki },
});

const queries = (count: number, networks: Record<string, number>): Fields => ({
  event_type: 'dnsquery.volume.observed',
  source_kind: 'resolver_log',
  domain: 'pay.example',
  query: { window_s: 300, count },
  enrich: { destinations: { by_asn: networks } },
});

const token: Fields = {
  ...audit,
  event_type: 'registrar.account.api_token_created',
  registrar_account: 'registrar-a/4711',
};

type Act = readonly [minute: number, fields: Fields];

/** 223 quiet days. Every day: a login, queries; now and then a change of each kind, of another domain, too. */
function quietActs(): Act[] {
  const acts: Act[] = [];
  for (let day = 0; day < 223; day++) {
    const start = day * dayMinutes;
    acts.push([start + 540, login('NL', 64496)]);
    for (const minute of [5, 10, 15]) acts.push([start + minute, queries(100, { '64496': 100 })]);
    if (day % 10 === 2)
      acts.push([start + 600, record(`w${String(day)}.pay.example`, '192.0.2.20', `t${day}`)]);
    if (day % 20 === 2)
      acts.push([start + 610, delegation('d0.example', `ns${String(day)}.elsewhere.example`)]);
    if (day % 20 === 3)
      acts.push([start + 615, unlock('d1.example', day % 40 === 3 ? 'disabled' : 'enabled')]);
    if (day % 30 === 4) acts.push([start + 620, token]);
  }
  const seen = {
    ...delegation('pay.example', 'ns1.own.example'),
    event_type: 'registrar.domain.state_observed',
  };
  acts.push([1, seen], [dayMinutes + 700, certificate('own-key', 'a')]);
  acts.push([0, { ...record('www.pay.example', '192.0.2.1', 'w0'), event_type: 'dns.record.created' }]);
  acts.push([100 * dayMinutes, record('www.pay.example', '192.0.2.2', 'w1')]);
  acts.push([199 * dayMinutes, record('www.pay.example', '203.0.113.66', 'w2')]);
  return acts;
}

/** What the intruder did from a day before the case was opened until it was closed, and the value that stayed until later. */
function hostileActs(): Act[] {
  const start = 199 * dayMinutes;
  const acts: Act[] = [
    [start + 60, login('RO', 64666, 44.4, 26.1)],
    [start + 3 * dayMinutes - 60, login('RO', 64666, 44.4, 26.1)],
    [start - 70, certificate('evil-key', 'b')],
    [start - 60, certificate('evil-key', 'c')],
    [start + 95, delegation('pay.example', 'ns1.evil.example')],
    [start + 96, unlock('pay.example', 'disabled')],
  ];
  for (let i = 0; i < 20; i++) {
    acts.push([
      start + 100 + i / 10,
      record(`x${String(i)}.pay.example`, '203.0.113.9', `evil-${String(i)}`),
    ]);
    acts.push([start + 130 + i, token]);
  }
  for (const day of [199, 200, 201])
    for (const minute of [5, 10, 15])
      acts.push([day * dayMinutes + minute, queries(900, { '64496': 96, '64666': 4 })]);
  return acts;
}

const probes: readonly (readonly [FeatureGroup, Fields])[] = [
  ['certificate', certificate('evil-key', 'd')],
  ['novelty', login('RO', 64666, 44.4, 26.1)],
  ['account_churn', token],
  ['spike', record('probe.pay.example', '192.0.2.77', 'probe')],
  ['churn', record('probe2.pay.example', '192.0.2.77', 'probe2')],
  ['deviation', record('www.pay.example', '203.0.113.66', 'probe3')],
  ['cluster', delegation('d2.example', 'ns1.probe.example')],
  ['mass_unlock', unlock('d3.example', 'disabled')],
  ['volume', queries(100, { '64496': 96, '64666': 4 })],
  ['drift', queries(100, { '64496': 192, '64666': 8 })],
];

interface World {
  readonly hostile?: boolean;
  readonly restarts?: boolean;
  /** Words about the case, by the minute at which they are said. */
  readonly words?: readonly (readonly [minute: number, type: Directive['type'], disposition?: string])[];
}

const closed = [202 * dayMinutes, 'case.closed'] as const;
const confirmed = (minute: number) => [minute, 'case.disposition', 'true_positive'] as const;

function play({ hostile = true, restarts = false, words = [] }: World): Map<FeatureGroup, object> {
  const harness = createHarness(annotators, { inventory: fleet(), restarts });
  const acts = [...quietActs(), ...(hostile ? hostileActs() : [])];
  // The value of the case stood for two weeks, and the one before came back.
  if (hostile) acts.push([214 * dayMinutes, record('www.pay.example', '192.0.2.2', 'w3')]);
  const steps = [
    ...acts.map(([minute, fields]) => ({ minute, run: () => tell(harness, minute, fields) })),
    ...words.map(([minute, type, disposition]) => ({
      minute,
      run: () =>
        harness.directive(type, at(day0, minute), {
          ...about,
          ...(disposition === undefined ? {} : { disposition }),
        }),
    })),
  ].sort((a, b) => a.minute - b.minute);
  for (const { run } of steps) run();
  const end = 224 * dayMinutes;
  return new Map(
    probes.map(([group, fields], i) => {
      const event = tell(harness, end + 5 * (i + 1), fields);
      // How many logins there were is no baseline once there are enough of them.
      const { as_of: _when, ...rest } = (event.feature?.[group] ?? {}) as Record<string, unknown>;
      if (group === 'novelty') delete rest['n'];
      return [group, rest];
    }),
  );
}

/** The same act has the same id in every world. */
function tell(harness: Harness, minute: number, fields: Fields): CanonicalEvent {
  const event = eventOf({ ...fields, timestamp: at(day0, minute) });
  const id = `${fields.event_type}/${String(minute)}/${String(fields.domain)}/${String(fields.record_name)}`;
  return harness.event({ ...event, event_id: id });
}

function featureIn<G extends FeatureGroup>(found: ReadonlyMap<FeatureGroup, object>, group: G): FeatureOf<G> {
  return (found.get(group) ?? {}) as FeatureOf<G>;
}

const early = play({ words: [[closed[0], 'case.closed', 'true_positive']] });
const unjudged = play({ words: [closed] });
const peaceful = play({ hostile: false });

void test('without a verdict the intruder’s ways become usual', () => {
  assert.equal(featureIn(unjudged, 'novelty').country_new, false);
  assert.equal(featureIn(unjudged, 'deviation').baseline, 'learned');
  assert.equal(featureIn(unjudged, 'certificate').spki_known, true);
  assert.ok((featureIn(unjudged, 'spike').max ?? 0) >= 20);
  assert.equal(featureIn(unjudged, 'cluster').n, featureIn(peaceful, 'cluster').n! + 1);
  assert.equal(featureIn(unjudged, 'mass_unlock').n, featureIn(peaceful, 'mass_unlock').n! + 1);
});

void test('after the verdict they are as strange as if they had never been met', () => {
  for (const group of ['novelty', 'certificate', 'cluster', 'mass_unlock'] as const)
    assert.deepEqual(early.get(group), peaceful.get(group), group);
  assert.equal(featureIn(early, 'novelty').country_new, true);
  const deviation = featureIn(early, 'deviation');
  assert.deepEqual([deviation.outside_approved, deviation.dev], [true, 0.8]);
  // Of the 30 days before the probe the four from three days before the case to its end are left out, with their transactions.
  const spike = featureIn(early, 'spike');
  assert.equal(spike.max, featureIn(peaceful, 'spike').max);
  assert.equal(featureIn(early, 'churn').threshold, 8);
  assert.equal(featureIn(early, 'volume').z, featureIn(peaceful, 'volume').z);
});

void test('a verdict counts the same however late it comes, and over restarts', () => {
  for (const [days, restarts] of [
    [202.001, true],
    [216.5, false],
    [222.9, false],
  ] as const)
    assert.deepEqual(play({ restarts, words: [closed, confirmed(days * dayMinutes)] }), early, `day ${days}`);
});

void test('a verdict that is taken back counts for nothing, a repeated one once', () => {
  const [first, second] = [205 * dayMinutes, 210 * dayMinutes];
  const takenBack = [second, 'case.disposition', 'false_positive'] as const;
  assert.deepEqual(play({ words: [closed, confirmed(first), takenBack] }), unjudged);
  assert.deepEqual(play({ words: [closed, confirmed(first), confirmed(second)] }), early);
});

const keeper = (scope: string) => confirmedCases.filter((each) => each.scope === scope);

void test('spans: three days before the opening until it is closed, or 30 days', () => {
  const harness = createHarness(keeper('domain'), { inventory: fleet() });
  const spans = () => hostileSpans(harness.state('domain', 'pay.example'));
  harness.directive('case.note', openedAt, { ...about, disposition: 'true_positive' });
  harness.directive('case.disposition', openedAt, { domains: ['pay.example'], disposition: 'true_positive' });
  assert.deepEqual(spans(), []);
  harness.directive('case.disposition', at(openedAt, 60), { ...about, disposition: 'true_positive' });
  const fromMs = ms(openedAt) - 3 * 86_400_000;
  assert.deepEqual(spans(), [{ fromMs, untilMs: ms(openedAt) + 30 * 86_400_000 }]);
  harness.directive('case.closed', closedAt, about);
  assert.deepEqual(spans(), [{ fromMs, untilMs: ms(closedAt) }]);
  harness.directive('case.disposition', at(closedAt, 60), { ...about, disposition: 'benign_positive' });
  assert.deepEqual(spans(), []);
});

void test('of too many cases those that nobody confirmed go first, counted', () => {
  const harness = createHarness(keeper('domain'), { inventory: fleet() });
  const close = (id: number, disposition: string) =>
    harness.directive('case.closed', at(openedAt, id), { ...about, case_id: String(id), disposition });
  close(0, 'true_positive');
  for (let id = 1; id <= 40; id++) close(id, 'false_positive');
  assert.equal(hostileSpans(harness.state('domain', 'pay.example')).length, 1);
  const cases = harness.state('domain', 'pay.example').get<{ list: unknown[]; evicted: number }>('confirmed');
  assert.deepEqual([cases?.list.length, cases?.evicted], [32, 9]);
});

void test('a verdict reaches the entities it names and the organisation, other words reach none', () => {
  const enrich = (event: CanonicalEvent): CanonicalEvent => event;
  const message = (type: Directive['type'], data: Record<string, unknown>) => ({
    kind: 'directive' as const,
    id: 'd',
    timeMs: 0,
    ingestMs: 0,
    tenant: 'acme',
    directive: { type, tenant: 'acme', by: 'okta:bob', data },
  });
  const keys = (scope: 'principal' | 'domain' | 'organisation', type: Directive['type'], data: object) =>
    annotateOperator(scope, confirmedCases, enrich).keysOf(message(type, { ...data }));
  const named = { domains: ['pay.example', 'pay.example'], actors: [alice] };
  assert.deepEqual(keys('principal', 'case.disposition', named), [`acme|${alice}`]);
  assert.deepEqual(keys('domain', 'case.closed', named), ['acme|pay.example']);
  assert.deepEqual(keys('organisation', 'case.closed', named), ['acme|']);
  assert.deepEqual(keys('domain', 'case.note', named), []);
  assert.deepEqual(keys('domain', 'case.closed', { domains: 'all' }), []);
});
