import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { pointsLost, scoreOf } from '../../../collector/src/5-feature/control-score.ts';
import { featureAnnotators, readControlScore } from '../../../collector/src/5-feature/index.ts';
import { scoreRows } from '../../../collector/src/5-feature/score-components.ts';
import type { CanonicalEvent, EventValue } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import type { ScoreComponent } from '../../../collector/src/contract/score.ts';
import { at, createHarness, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';
import type { Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const annotators = [...ledgerAnnotators, ...featureAnnotators];

function state(
  minutes: number,
  what: { attribute?: string; record?: string; type?: string },
  value: EventValue,
  extra: Partial<CanonicalEvent> = {},
): CanonicalEvent {
  return eventOf({
    event_type: what.record === undefined ? 'registrar.domain.state_observed' : 'dnsquery.answer.observed',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    ...(what.attribute === undefined ? {} : { attribute: what.attribute }),
    ...(what.record === undefined ? {} : { record_name: what.record, record_type: what.type ?? 'TXT' }),
    new_value: value,
    source_kind: what.record === undefined ? 'rdap_poll' : 'answer_probe',
    ...extra,
  });
}

function full(domain: Partial<InventoryDomain> = {}): Harness {
  const harness = createHarness(annotators, {
    inventory: smallInventory({ roles: ['web', 'mail'], ...domain }),
    sources: [{ kind: 'rdap_poll', intervalMs: 3_600_000 }],
  });
  const locks = ['serverTransferProhibited', 'serverUpdateProhibited', 'serverDeleteProhibited'];
  const looks: CanonicalEvent[] = [
    state(0, { attribute: 'statuses' }, ['clientTransferProhibited', ...locks]),
    state(1, { attribute: 'nameservers' }, ['ns1.provider-a.example', 'ns2.provider-a.example']),
    state(2, { attribute: 'expiry' }, '2028-11-01T00:00:00.000Z'),
    state(3, { attribute: 'ds' }, ['1 13 2 AB']),
    state(4, { record: 'pay.example', type: 'CAA' }, [
      '0 issue "ca.example; accounturi=a"',
      '0 issuewild ";"',
      '0 iodef "mailto:x@acme-corp.example"',
    ]),
    state(5, { record: 'pay.example' }, ['"v=spf1 include:_spf.mailhost.example -all"']),
    state(6, { record: '_dmarc.pay.example' }, ['"v=DMARC1; p=reject"']),
  ];
  for (const look of looks) harness.event(look);
  return harness;
}

function read(harness: Harness, minutes: number, domain: Partial<InventoryDomain> = {}) {
  const entry = smallInventory({ roles: ['web', 'mail'], ...domain }).domains?.[0];
  assert.ok(entry !== undefined);
  return readControlScore(
    harness.state('domain', 'pay.example'),
    entry,
    harness.context(ms(at(day0, minutes))),
  );
}

void test('weights are those of 3.3 and add up to 100', () => {
  assert.deepEqual(
    scoreRows.map(([, weight]) => weight),
    [10, 15, 15, 10, 10, 10, 8, 6, 8, 4, 4],
  );
});

void test('a well kept domain scores 100; what is unknown lowers coverage only', () => {
  const score = read(full(), 10);
  assert.equal(score.score, 100);
  // Network diversity (4) is not known: 96 of 100.
  assert.equal(score.coverage, 0.96);
  const unknown = score.components.find(({ name }) => name === 'nameserver_diversity');
  assert.equal(unknown?.value, null);
  assert.equal(unknown?.known, false);
  const lock = score.components.find(({ name }) => name === 'transfer_lock');
  assert.deepEqual([lock?.source, lock?.as_of], ['rdap_poll', '2026-11-01T00:00:00.000Z']);
});

void test('nothing known: no score, no coverage; never zero', () => {
  const harness = createHarness(annotators, { inventory: { version: 1 } });
  const entry: InventoryDomain = { domain: 'new.example', tenant: 'acme' };
  const score = readControlScore(harness.state('domain', 'new.example'), entry, harness.context(ms(day0)));
  assert.equal(score.score, null);
  assert.equal(score.coverage, 0);
  assert.ok(score.next_best_action !== null);
  for (const { name, next_action: action } of score.components) assert.ok(action !== null, name);
});

void test('what nobody expects and no registry is known to offer is not held against a domain', () => {
  const component = (
    name: string,
    domain: Partial<InventoryDomain>,
    events: readonly CanonicalEvent[],
  ): ScoreComponent | undefined => {
    const full: InventoryDomain = { domain: 'pay.example', tenant: 'acme', ...domain };
    const harness = createHarness(annotators, { inventory: { version: 1, domains: [full] } });
    for (const event of events) harness.event({ ...event, domain: full.domain });
    const score = readControlScore(
      harness.state('domain', full.domain),
      full,
      harness.context(ms(at(day0, 60))),
    );
    return score.components.find((each) => each.name === name);
  };
  const bare = [state(0, { attribute: 'statuses' }, ['active']), state(1, { attribute: 'ds' }, [])];
  const of = (name: string, domain: Partial<InventoryDomain>, events = bare) => {
    const found = component(name, domain, events);
    return [found?.value, found?.applicable];
  };
  // DENIC knows no transfer lock: excluded, even where somebody expects one.
  assert.deepEqual(of('transfer_lock', { domain: 'pay.de' }), [null, false]);
  assert.deepEqual(of('transfer_lock', { domain: 'pay.de', expect: { transfer_lock: true } }), [null, false]);
  // Of Poland nobody knows: unknown, no points lost.
  assert.deepEqual(of('transfer_lock', { domain: 'pay.pl' }), [null, true]);
  assert.deepEqual(of('transfer_lock', { domain: 'pay.com' }), [0, true]);
  assert.deepEqual(of('transfer_lock', {}), [null, true]);
  assert.deepEqual(of('transfer_lock', { expect: { transfer_lock: true } }), [0, true]);
  assert.deepEqual(of('transfer_lock', { expect: { transfer_lock: false } }), [null, false]);
  assert.deepEqual(of('registry_lock', { domain: 'pay.com', expect: { registry_lock: false } }), [
    null,
    false,
  ]);
  assert.deepEqual(of('dnssec', { domain: 'pay.com' }), [0, true]);
  assert.deepEqual(of('dnssec', { expect: { dnssec: 'unsigned' } }), [null, false]);
  assert.deepEqual(of('dnssec', { expect: { dnssec: 'signed' } }), [0, true]);
  // What was there and went counts, whatever the inventory says.
  const locked = state(0, { attribute: 'statuses' }, ['clientTransferProhibited']);
  const opened = state(5, { attribute: 'statuses' }, ['active'], {
    event_type: 'registrar.domain.lock_disabled',
    old_value: ['clientTransferProhibited'],
    old_known: true,
  });
  assert.deepEqual(of('transfer_lock', {}, [locked, opened]), [0, true]);
  // A lock that is there exists, whatever a list of registries says; so does one that was taken away.
  assert.deepEqual(of('transfer_lock', { domain: 'pay.de' }, [locked]), [1, true]);
  assert.deepEqual(of('transfer_lock', { domain: 'pay.de' }, [locked, opened]), [0, true]);
  assert.deepEqual(of('transfer_lock', { expect: { transfer_lock: false } }, [locked, opened]), [0, true]);
});

void test('values of the components, by hand', () => {
  const value = (harness: Harness, name: string, domain: Partial<InventoryDomain> = {}, minutes = 10) =>
    read(harness, minutes, domain).components.find((component) => component.name === name)?.value;
  const weak = full();
  weak.event(
    state(7, { record: '_dmarc.pay.example' }, ['"v=DMARC1; p=none"'], {
      event_type: 'dnsquery.answer.changed',
    }),
  );
  // SPF 0.2 and DMARC none 0.1 of 0.8 that is known (no DKIM selector recorded).
  assert.equal(value(weak, 'mail_authentication'), 0.375);
  const one = full();
  one.event(
    state(7, { attribute: 'statuses' }, ['serverTransferProhibited'], {
      event_type: 'registrar.domain.registry_lock_disabled',
    }),
  );
  assert.equal(value(one, 'registry_lock', { expect: { registry_lock: true } }), 0.333333);
  const expired = full();
  // 52 days before the date, not confirmed: (52 - 14) / 76 = 0.5
  assert.equal(
    value(expired, 'renewal_horizon', {}, (ms('2028-11-01T00:00:00.000Z') - ms(day0)) / 60_000 - 52 * 1440),
    0.5,
  );
  assert.equal(value(full(), 'account_mfa'), 1);
  const moved = full();
  moved.event(state(7, { attribute: 'registrar' }, 'registrar-z'));
  assert.equal(value(moved, 'account_mfa'), null);
  const hijacked = full();
  hijacked.event(
    state(7, { attribute: 'nameservers' }, ['ns1.elsewhere.example'], {
      event_type: 'registrar.domain.nameservers_changed',
    }),
  );
  // exp(-1) right after one unapproved change
  const stability = value(hijacked, 'nameserver_stability', {}, 7);
  assert.ok(Math.abs((stability ?? 0) - 0.367879) < 1e-6);
  // (0 + 1) / (5 + 1)
  assert.equal(value(hijacked, 'change_approval'), 0.166667);
});

void test('a drop is stated once, with the components that fell', () => {
  const harness = full();
  const event = harness.event(
    state(20, { attribute: 'nameservers' }, ['ns1.elsewhere.example'], {
      event_type: 'registrar.domain.nameservers_changed',
    }),
  );
  const first = event.feature?.['score'] as FeatureOf<'score'>;
  // 10 * (1 - e^-1) + 10 * (1 - 1/6) over 96 = 15.26 points: no alert yet
  assert.equal(first.drop, false);
  assert.ok(Math.abs((first.drop_15m ?? 0) - 15.26) < 0.05, JSON.stringify(first));
  const second = harness.event(
    state(25, { attribute: 'statuses' }, ['ok'], { event_type: 'registrar.domain.lock_disabled' }),
  );
  const feature = second.feature?.['score'] as FeatureOf<'score'>;
  assert.equal(feature.drop, true);
  assert.ok(feature.components?.includes('transfer_lock'));
  const stated = () =>
    harness.derived.filter(({ draft }) => draft.event_type === 'derived.control_score.changed').length;
  assert.equal(stated(), 1);
  harness.event(state(30, { attribute: 'ds' }, [], { event_type: 'registrar.domain.ds_removed' }));
  assert.equal(stated(), 1);
});

void test('losing a source never moves the score: unknown components are left out of both sides', () => {
  const before = [1000, 1000, 0, 1000, 500, 1000, 1000, 1000, 1000, 1000, -1];
  assert.equal(pointsLost(before, before).points, 0);
  assert.equal(pointsLost(before, [-1, -1, 0, 1000, 500, -1, -1, -1, -1, -1, -1]).points, 0);
  assert.deepEqual(pointsLost([1000, -1], [0, 1000]), { points: 100, weight: 10 });
  const component = (value: number | null, applicable = true): ScoreComponent => ({
    name: 'x',
    weight: 50,
    value,
    known: value !== null,
    applicable,
    reason: '',
    source: null,
    as_of: null,
    next_action: null,
  });
  assert.deepEqual(scoreOf([component(1), component(null)]), { score: 100, coverage: 0.5 });
  assert.deepEqual(scoreOf([component(0.5), component(null, false)]), { score: 50, coverage: 0.5 });
});

void test('what the account itself states counts before the inventory; the recovery half needs an approved change', () => {
  const harness = full();
  const account = (minutes: number, type: string, extra: Partial<CanonicalEvent> = {}) =>
    harness.event(
      eventOf({
        event_type: type,
        timestamp: at(day0, minutes),
        registrar_account: 'registrar-a/4711',
        source_kind: 'registrar_audit',
        ...extra,
      }),
    );
  const component = (name: string, minutes: number) =>
    read(harness, minutes).components.find((each) => each.name === name);
  assert.equal(component('contact_hygiene', 20)?.value, 1);
  account(21, 'registrar.account.mfa_disabled');
  account(22, 'registrar.account.recovery_contact_changed');
  harness.event(state(23, { attribute: 'expiry' }, '2028-11-01T00:00:00.000Z'));
  assert.deepEqual(
    [component('account_mfa', 24)?.value, component('account_mfa', 24)?.source],
    [0, 'registrar account'],
  );
  assert.match(component('contact_hygiene', 24)?.reason ?? '', /not known when it was checked/u);
  harness.intent({
    id: 'CHG-7',
    tenant: 'acme',
    source: 'ticket',
    requested_by: 'okta:alice@acme.example',
    approved_by: 'okta:bob@acme.example',
    valid_from: at(day0, 25),
    valid_until: at(day0, 60),
    changes: [{ account: 'registrar-a/4711', action: 'contact_mailbox', new: 'changed' }],
  });
  account(30, 'registrar.account.recovery_contact_changed');
  account(31, 'registrar.account.mfa_enabled', { identity: { factor: 'totp' } });
  harness.event(state(32, { attribute: 'expiry' }, '2028-11-01T00:00:00.000Z'));
  assert.equal(component('account_mfa', 33)?.value, 0.67);
  assert.equal(component('contact_hygiene', 33)?.value, 1);
  assert.match(component('contact_hygiene', 33)?.reason ?? '', /checked within 180 days/u);
  // 181 days later the recovery half is gone, the mailbox half stays.
  assert.equal(component('contact_hygiene', 33 + 181 * 1440)?.value, 0.5);
});

void test('networks of the name servers: two 1, one anycast 0.5, one otherwise 0', () => {
  const value = (target: Record<string, unknown>) => {
    const harness = full();
    harness.event(
      state(8, { attribute: 'nameserver_addresses' }, ['ns1.provider-a.example 192.0.2.1'], {
        enrich: { target },
      }),
    );
    return read(harness, 10).components.find(({ name }) => name === 'nameserver_diversity')?.value;
  };
  assert.equal(value({ asns: [64496, 64497] }), 1);
  assert.equal(value({ asns: [64496], anycast: true }), 0.5);
  assert.equal(value({ asns: [64496] }), 0);
});

void test('a second factor that goes away counts for the names of the account at once', () => {
  const harness = createHarness(annotators, { inventory: smallInventory() });
  harness.event(
    eventOf({
      event_type: 'registrar.account.mfa_disabled',
      timestamp: '2026-11-01T00:00:00.000Z',
      source_kind: 'registrar_audit',
      registrar_account: 'registrar-a/4711',
    }),
  );
  const told = harness.derived.filter(({ draft }) => draft.event_type === 'derived.control_score.changed');
  assert.deepEqual(
    told.map(({ draft }) => [draft.domain, draft.feature?.['mfa']]),
    [['pay.example', { account_kind: 'none' }]],
  );
  harness.event(
    eventOf({
      event_type: 'registrar.account.mfa_disabled',
      timestamp: '2026-11-01T00:01:00.000Z',
      source_kind: 'registrar_audit',
      registrar_account: 'registrar-a/4711',
    }),
  );
  assert.equal(harness.derived.length, told.length, 'the same again is no news');
});
