import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, smallInventory } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';

function lookalike(event: CanonicalEvent): FeatureOf<'lookalike'> | undefined {
  return event.feature?.['lookalike'] as FeatureOf<'lookalike'> | undefined;
}

function run(event: CanonicalEvent): CanonicalEvent {
  const inventory = smallInventory({ domain: 'orgzone.example', approved: {} });
  return createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory }).event(event);
}

void test('a new registration that imitates one of ours scores with its age; our own name and strangers do not', () => {
  const registered = (domain: string) =>
    lookalike(
      run(
        eventOf({
          event_type: 'intel.domain.newly_registered',
          timestamp: day0,
          domain,
          source_kind: 'zone_feed',
        }),
      ),
    );
  const hit = registered('orgz0ne.example');
  assert.equal(hit?.target, 'orgzone.example');
  assert.ok((hit?.score ?? 0) >= 88);
  assert.equal(hit?.used_against_us, false);
  assert.equal(registered('orgzone.example'), undefined);
  assert.equal(registered('weather.example'), undefined);
});

void test('a lookalike as name server of our own delegation is used against us', () => {
  const event = run(
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: at(day0, 1),
      domain: 'orgzone.example',
      attribute: 'nameservers',
      old_value: ['ns1.orgzone.example'],
      old_known: true,
      new_value: ['ns1.orgz0ne.example', 'ns2.orgz0ne.example'],
    }),
  );
  assert.equal(lookalike(event)?.used_against_us, true);
  assert.equal(lookalike(event)?.target, 'orgzone.example');
});
