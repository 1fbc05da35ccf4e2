/** Renewal: the component of the score by hand (3.3), dates that registries move by themselves, and notices nobody else gives (R13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators, readControlScore } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent, EventValue } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, ms, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-01-01T00:00:00.000Z';
const dayMinutes = 1440;
const annotators = [...ledgerAnnotators, ...featureAnnotators];

function observed(day: number, attribute: string, value: EventValue, extra: Partial<CanonicalEvent> = {}) {
  return eventOf({
    event_type: 'registrar.domain.state_observed',
    timestamp: at(day0, day * dayMinutes),
    domain: 'pay.example',
    attribute,
    new_value: value,
    source_kind: 'rdap_poll',
    ...extra,
  });
}

const date = (day: number): string => at(day0, day * dayMinutes);

function componentOf(harness: Harness, day: number) {
  const entry = smallInventory().domains?.[0];
  assert.ok(entry);
  const score = readControlScore(
    harness.state('domain', 'pay.example'),
    entry,
    harness.context(ms(date(day))),
  );
  const found = score.components.find(({ name }) => name === 'renewal_horizon');
  assert.ok(found);
  return found;
}

void test('one from 90 days on, linear to nothing at 14, one from 30 days on when auto-renew is confirmed', () => {
  const valueAt = (daysLeft: number, autoRenew: boolean) => {
    const harness = createHarness(annotators, { inventory: smallInventory() });
    harness.event(observed(0, 'expiry', date(daysLeft)));
    if (autoRenew)
      harness.event(
        observed(0, 'auto_renew', 'enabled', {
          event_type: 'registrar.domain.auto_renew_changed',
          source_kind: 'registrar_audit',
        }),
      );
    return componentOf(harness, 0).value;
  };
  assert.equal(valueAt(90, false), 1);
  // (89 - 14) / 76, (52 - 14) / 76, (30 - 14) / 76.
  assert.equal(valueAt(89, false), 0.986842);
  assert.equal(valueAt(52, false), 0.5);
  assert.equal(valueAt(30, false), 0.210526);
  assert.equal(valueAt(14, false), 0);
  assert.equal(valueAt(3, false), 0);
  assert.equal(valueAt(30, true), 1);
  assert.equal(valueAt(29, true), 0.197368);
});

function lapsed(): Harness {
  const harness = createHarness(annotators, { inventory: smallInventory() });
  harness.event(observed(0, 'expiry', date(100)));
  return harness;
}

const year = 365;

void test('a date that jumps at expiry is no payment, in the score as in the feature, without any status that says so', () => {
  const harness = lapsed();
  assert.equal(componentOf(harness, 9).value, 1);
  const jump = harness.event(observed(100.5, 'expiry', date(100 + year)));
  const expiry = jump.feature?.['expiry'] as FeatureOf<'expiry'>;
  assert.deepEqual([expiry.unpaid_auto_renew, expiry.expired, expiry.days_left], [true, true, -0.5]);
  const component = componentOf(harness, 101);
  assert.deepEqual([component.value, component.reason], [0, 'extended by the registry, not paid']);
});

void test('45 days later the name is still there: it was paid for, and the next year is watched like this one', () => {
  const harness = lapsed();
  harness.event(observed(100.5, 'expiry', date(100 + year)));
  assert.equal(componentOf(harness, 145).value, 0);
  assert.equal(componentOf(harness, 145.1).value, 1);
  const later = harness.event(observed(150, 'statuses', ['clientTransferProhibited']));
  const expiry = later.feature?.['expiry'] as FeatureOf<'expiry'>;
  assert.deepEqual([expiry.unpaid_auto_renew, expiry.expired, expiry.days_left], [false, false, 315]);
  harness.advance(ms(date(100 + year - 29)));
  const notices = harness.derived.filter(
    ({ draft }) => draft.event_type === 'registrar.domain.expiry_approaching',
  );
  assert.equal(notices.at(-1)?.draft.new_value, date(100 + year));
  assert.equal(notices.at(-1)?.atMs, ms(date(100 + year - 29.5)));
});

void test('a name that the registrar gave back is not paid for, however long its date stands', () => {
  const harness = lapsed();
  harness.event(observed(100.5, 'expiry', date(100 + year)));
  harness.event(observed(120, 'statuses', ['redemptionPeriod']));
  assert.equal(componentOf(harness, 146).value, 0);
});

void test('a renewal that is told as such is a payment at once', () => {
  const harness = lapsed();
  harness.event(
    observed(100.5, 'expiry', date(100 + year), {
      event_type: 'registrar.domain.renewed',
      source_kind: 'registrar_audit',
      acquisition: 'push',
    }),
  );
  assert.equal(componentOf(harness, 101).value, 1);
});

function renewed(day: number, extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return observed(day, 'expiry', date(100 + year), { event_type: 'registrar.domain.renewed', ...extra });
}

const grace = ['autoRenewPeriod', 'clientTransferProhibited'];

function expiryOf(event: CanonicalEvent): FeatureOf<'expiry'> {
  return event.feature?.['expiry'] as FeatureOf<'expiry'>;
}

void test('a registrar that says it renewed is believed through the grace period, which the registry grants everybody', () => {
  const harness = lapsed();
  harness.event(renewed(100.1, { source_kind: 'registrar_audit', acquisition: 'push' }));
  const status = harness.event(
    observed(100.2, 'statuses', grace, { event_type: 'registrar.domain.status_changed' }),
  );
  assert.deepEqual([expiryOf(status).unpaid_auto_renew, expiryOf(status).expired], [false, false]);
  assert.equal(expiryOf(harness.event(renewed(100.2))).unpaid_auto_renew, false);
  assert.equal(componentOf(harness, 101).value, 1);
});

void test('the word of the registrar ends a lapse that RDAP showed, with a date or without', () => {
  for (const value of [date(100 + year), undefined]) {
    const harness = lapsed();
    assert.equal(expiryOf(harness.event(renewed(100.5))).unpaid_auto_renew, true);
    harness.event(renewed(101, { source_kind: 'registrar_audit', new_value: value }));
    const later = harness.event(observed(102, 'statuses', grace));
    assert.deepEqual([expiryOf(later).unpaid_auto_renew, expiryOf(later).days_left], [false, year - 2]);
  }
});

void test('a poll that compares two looks calls the jump a renewal, and is not believed from the expiry on', () => {
  const late = expiryOf(lapsed().event(renewed(100.5)));
  assert.deepEqual([late.unpaid_auto_renew, late.expired, late.days_left], [true, true, -0.5]);
  const early = expiryOf(lapsed().event(renewed(99.5)));
  assert.deepEqual([early.unpaid_auto_renew, early.days_left], [false, year + 0.5]);
});

void test('the word of last year does not excuse the grace period of this one', () => {
  const harness = lapsed();
  harness.event(renewed(60, { source_kind: 'registrar_audit' }));
  harness.event(renewed(100 + year + 0.5, { new_value: date(100 + 2 * year) }));
  const status = harness.event(observed(100 + year + 1, 'statuses', grace));
  assert.equal(expiryOf(status).unpaid_auto_renew, true);
});
