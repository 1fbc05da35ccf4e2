import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { enrichEvent } from '../../../collector/src/3-enrich/index.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import { mmdb as database } from './mmdb-bytes.ts';
import { networkFactsOf, networkView } from '../../../collector/src/3-enrich/network.ts';

test('country and AS from two files; what no file has is unknown', () => {
  const view = networkView([
    { name: 'country.mmdb', bytes: database(203, { country: { iso_code: 'NL' } }) },
    {
      name: 'asn.mmdb',
      bytes: database(203, {
        autonomous_system_number: 64_500,
        autonomous_system_organization: 'Example Net',
      }),
    },
  ]);
  assert.ok(view.ok, JSON.stringify(view));
  const facts = view.value.facts('203.0.113.7');
  assert.equal(facts?.['country'], 'NL');
  assert.equal(facts?.['asn'], 64_500);
  assert.equal(facts?.['as_org'], 'Example Net');
  assert.equal(facts?.['source'], 'country.mmdb');
  assert.equal(view.value.facts('198.51.100.1'), undefined);
  assert.equal(view.value.facts('2001:db8::1'), undefined);
  assert.equal(view.value.facts('AWS Internal'), undefined);
});

test('a file that is not MMDB is refused by name', () => {
  const view = networkView([{ name: 'x.mmdb', bytes: Buffer.from('hello') }]);
  assert.equal(view.ok ? '' : view.failure.path, 'x.mmdb');
});

test('a damaged file knows less, and takes nothing from the other files', () => {
  const sound = { name: 'asn.mmdb', bytes: database(203, { autonomous_system_number: 64_500 }) };
  const whole = database(203, { country: { iso_code: 'NL' } });
  const metadataAt = whole.indexOf('MaxMind.com') - 3;
  let opened = 0;
  for (let at = 0; at < metadataAt; at++)
    for (const damage of [0x00, 0xff, (whole[at] ?? 0) ^ 0x20]) {
      const bytes = Buffer.from(whole);
      bytes[at] = damage;
      const view = networkView([{ name: 'country.mmdb', bytes }, sound]);
      assert.ok(view.ok, `byte ${at}`);
      assert.equal(view.value.facts('203.0.113.7')?.['asn'], 64_500, `byte ${at} is ${damage}`);
      opened++;
    }
  assert.ok(opened > 200);
  for (let at = metadataAt; at < whole.length; at++)
    for (const damage of [0x00, 0xff]) {
      const bytes = Buffer.from(whole);
      bytes[at] = damage;
      const view = networkView([{ name: 'country.mmdb', bytes }]);
      if (view.ok) view.value.facts('203.0.113.7');
      else assert.match(view.failure.message, /^country\.mmdb is not an MMDB file/);
    }
});

test('the three vendors in our words', () => {
  assert.deepEqual(networkFactsOf({ country: 'NL', asn: 'AS64500', as_name: 'Example Net' }), {
    country: 'NL',
    asn: 64_500,
    as_org: 'Example Net',
  });
  assert.deepEqual(networkFactsOf({ country: 'Netherlands', country_code: 'NL', lat: '52.4', lng: '4.9' }), {
    country: 'NL',
    lat: 52.4,
    lon: 4.9,
  });
  assert.deepEqual(
    networkFactsOf({
      country: { iso_code: 'NL' },
      location: { latitude: 52, longitude: 5, accuracy_radius: 20 },
    }),
    { country: 'NL', lat: 52, lon: 5, radius_km: 20 },
  );
  // GeoIP2 Enterprise and DB-IP's location and network in one file.
  assert.deepEqual(
    networkFactsOf({
      country: { iso_code: 'NL' },
      traits: { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Net' },
    }),
    { country: 'NL', asn: 64_500, as_org: 'Example Net' },
  );
});

test('networks of name servers: distinct origins, anycast only when every address is', () => {
  const view = (facts: Record<string, Record<string, unknown>>) => ({
    facts: (ip: string) => facts[ip],
  });
  const event = {
    event_id: 'a'.repeat(26),
    event_type: 'registrar.domain.state_observed',
    actor_id: 'unknown',
    tenant: 'acme',
    domain: 'pay.example',
    attribute: 'nameserver_addresses',
    new_value: ['ns1.pay.example 192.0.2.1', 'ns2.pay.example 198.51.100.1'],
  } as unknown as CanonicalEvent;
  const inventory = createInventoryIndex({ version: 1 });
  const target = (facts: Record<string, Record<string, unknown>>) =>
    enrichEvent(event, inventory, view(facts)).enrich?.['target'];
  assert.deepEqual(target({ '192.0.2.1': { asn: 64_497 }, '198.51.100.1': { asn: 64_496, anycast: true } }), {
    asns: [64_496, 64_497],
  });
  assert.deepEqual(
    target({ '192.0.2.1': { asn: 64_496, anycast: true }, '198.51.100.1': { asn: 64_496, anycast: true } }),
    { asns: [64_496], anycast: true },
  );
  assert.equal(target({}), undefined);
  assert.equal(networkFactsOf({ traits: { is_anycast: true } })['anycast'], true);
  assert.equal(networkFactsOf({ is_anycast: 'false' })['anycast'], undefined);
});

test('answers of a query window: per origin, approved by address and by prefix', () => {
  const asns: Record<string, number> = {
    '192.0.2.0': 64_496,
    '192.0.2.10': 64_496,
    '198.51.100.0': 64_497,
    '2001:db8:5::': 64_497,
    '203.0.113.0': 64_511,
  };
  const view = {
    facts: (ip: string) => (asns[ip] === undefined ? undefined : { asn: asns[ip] }),
  };
  const event = {
    event_id: 'a'.repeat(26),
    event_type: 'dnsquery.volume.observed',
    actor_id: 'unknown',
    tenant: 'acme',
    domain: 'pay.example',
    source: {
      by_answer_network: {
        '192.0.2.0/24': 80,
        '198.51.100.0/24': 5,
        '2001:db8:5::/48': 4,
        '203.0.113.0/24': 11,
        '10.0.0.0/24': 2,
      },
    },
  } as unknown as CanonicalEvent;
  const inventory = (cidr: string) =>
    createInventoryIndex({
      version: 1,
      domains: [
        {
          domain: 'pay.example',
          tenant: 'acme',
          approved: {
            records: [{ name: 'pay.example', type: 'A', values: ['192.0.2.10'] }],
            providers: [{ kind: 'address', cidr }],
          },
        },
      ],
    });
  const destinations = (cidr: string, tables?: typeof view) =>
    enrichEvent(event, inventory(cidr), tables).enrich?.['destinations'];
  const byAsn = { '64496': 80, '64497': 9, '64511': 11 };
  assert.deepEqual(destinations('203.0.113.0/24', view), { by_asn: byAsn, approved_asns: [64_496, 64_511] });
  assert.deepEqual(destinations('10.9.0.0/16', view), { by_asn: byAsn, approved_asns: [64_496] });
  assert.equal(destinations('203.0.113.0/24'), undefined);
});
