import assert from 'node:assert/strict';
import { test } from 'node:test';
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
});
