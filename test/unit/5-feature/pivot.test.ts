/** Fleet pivot: every kind of value, the most telling one first, and the sentence in the case. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import { sharedValues } from '../../../collector/src/5-feature/pivot.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';
import { played } from '../../replay/whole-pipeline.ts';

const base = '2026-03-02T10:00:00.000Z';
const names = Array.from({ length: 8 }, (_, i) => `d${String(i)}.example`);

function fleet(): Inventory {
  const inventory = smallInventory();
  const [first] = inventory.domains ?? [];
  assert.ok(first !== undefined);
  return { ...inventory, domains: names.map((domain) => ({ ...first, domain, tier: 2 })) };
}

type Fields = Partial<CanonicalEvent> & { event_type: string };

/** The same happens to every domain, two minutes apart. */
function onAll(fields: (domain: string) => Fields): CanonicalEvent[] {
  return names.map((domain, i) => eventOf({ timestamp: at(base, i * 2), domain, ...fields(domain) }));
}

function shared(events: readonly CanonicalEvent[]) {
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory: fleet() });
  const last = events.map((event) => harness.event(event)).at(-1);
  return {
    values: sharedValues(harness.state('organisation', '')),
    feature: last?.feature?.['pivot'] as FeatureOf<'pivot'> | undefined,
  };
}

const delegation = (): Fields => ({
  event_type: 'registrar.domain.nameservers_changed',
  attribute: 'nameservers',
  old_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
  new_value: ['ns1.stranger.example'],
  old_known: true,
});

const kinds: readonly (readonly [kind: string, value: string, fields: (domain: string) => Fields])[] = [
  ['ns', 'ns1.stranger.example', delegation],
  [
    'address',
    '203.0.113.9',
    (domain) => ({
      event_type: 'dnsquery.answer.changed',
      source_kind: 'answer_probe',
      record_name: domain,
      record_type: 'A',
      new_value: ['203.0.113.9'],
      enrich: { target: { asns: [64511] } },
    }),
  ],
  [
    'network',
    'AS64511',
    (domain) => ({
      event_type: 'dnsquery.answer.changed',
      source_kind: 'answer_probe',
      record_name: domain,
      record_type: 'A',
      new_value: [`203.0.113.${domain.slice(1, 2)}`],
      enrich: { target: { asns: [64511] } },
    }),
  ],
  [
    'mx',
    'mx.stranger.example',
    (domain) => ({
      event_type: 'dns.record.updated',
      source_kind: 'dns_provider_audit',
      record_name: domain,
      record_type: 'MX',
      new_value: ['10 mx.stranger.example'],
    }),
  ],
  [
    'cname',
    'pages.stranger.example',
    (domain) => ({
      event_type: 'dns.record.updated',
      source_kind: 'dns_provider_audit',
      record_name: `www.${domain}`,
      record_type: 'CNAME',
      new_value: ['pages.stranger.example'],
    }),
  ],
  [
    'acme',
    'https://ca.example/acct/666',
    (domain) => ({
      event_type: 'cert.issued',
      source_kind: 'ct_log',
      cert: {
        acme_account_uri: 'https://ca.example/acct/666',
        names: [domain],
        serial: '1',
        spki_sha256: 'a',
      },
    }),
  ],
  [
    'account',
    'registrar-x/1',
    () => ({
      event_type: 'registrar.domain.account_moved',
      source_kind: 'registrar_audit',
      attribute: 'account',
      old_value: 'registrar-a/4711',
      new_value: 'registrar-x/1',
    }),
  ],
  [
    'actor',
    'registrar-a:mallory',
    () => ({
      event_type: 'registrar.domain.lock_disabled',
      source_kind: 'registrar_audit',
      acquisition: 'push',
      actor_id: 'registrar-a:mallory',
      actor_type: 'user',
      attribute: 'lock',
      new_value: 'disabled',
    }),
  ],
];

for (const [kind, value, fields] of kinds)
  test(`eight domains with one ${kind}: known with all names and since when`, () => {
    const { values, feature } = shared(onAll(fields));
    const found = values.find((each) => each.kind === kind && each.value === value);
    assert.equal(found?.domains, 8, JSON.stringify(values));
    assert.deepEqual(found?.names, names);
    assert.equal(found?.firstMs, ms(base));
    assert.equal(feature?.value, `${kind}:${value}`, 'the most telling value is the one shown');
    assert.equal(feature?.domains, 8);
    assert.equal(feature?.first_seen_min, 14);
  });

test('a domain that moved away is not counted any more', () => {
  const events = onAll(delegation);
  const back = eventOf({
    ...delegation(),
    timestamp: at(base, 60),
    domain: 'd0.example',
    old_value: ['ns1.stranger.example'],
    new_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
  });
  const found = shared([...events, back]).values.find(({ value }) => value === 'ns1.stranger.example');
  assert.equal(found?.domains, 7);
  assert.ok(!found?.names.includes('d0.example'));
});

test('the case tells how many names have the value and since when', async () => {
  const { cases } = await played({ inventory: fleet(), events: onAll(delegation) });
  const lines = cases.flatMap(({ timeline }) => timeline.map(({ text }) => text));
  assert.ok(
    lines.some((text) =>
      /delegation changed from .*, seen by .*\. 8 domains now have ns1\.stranger\.example \(first seen 14 minutes ago\)\.$/.test(
        text,
      ),
    ),
    lines.join('\n'),
  );
});

test('a fleet on one name server is counted once, however often it is looked at, and down when it moves', () => {
  const fleetNames = Array.from({ length: 300 }, (_, i) => `f${String(i)}.example`);
  const inventory = {
    ...fleet(),
    domains: fleetNames.map((domain) => ({ domain, tenant: 'acme', tier: 2 })),
  };
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory });
  const count = (value: string) =>
    sharedValues(harness.state('organisation', '')).find((each) => each.value === value)?.domains;
  const look = (round: number) => {
    for (const [i, domain] of fleetNames.entries())
      harness.event(
        eventOf({
          event_type: 'registrar.domain.state_observed',
          timestamp: at(base, round * 60 + i / 100),
          domain,
          attribute: 'nameservers',
          new_value: ['ns1.provider-a.example'],
        }),
      );
  };
  for (const round of [0, 1, 2]) look(round);
  assert.equal(count('ns1.provider-a.example'), 300);
  // The last fifty, of which nobody knows the names, move away; each is seen by two kinds of witness.
  for (const source_kind of ['delegation_probe', 'rdap_poll'] as const)
    for (const [i, domain] of fleetNames.slice(-50).entries())
      harness.event(
        eventOf({
          ...delegation(),
          old_value: ['ns1.provider-a.example'],
          timestamp: at(base, (source_kind === 'rdap_poll' ? 400 : 300) + i / 100),
          domain,
          source_kind,
        }),
      );
  assert.equal(count('ns1.provider-a.example'), 250);
  assert.equal(count('ns1.stranger.example'), 50);
});
