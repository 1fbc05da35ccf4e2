/** The firehose in front of the lookalike index: what must stay, and what must leave early. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imitatesSomebody, imitationsForTenants } from '../../../collector/src/app/lookalike-filter.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { eventOf } from '../4-ledger/stage-harness.ts';

const inventory = createInventoryIndex({
  version: 1,
  domains: [
    { domain: 'northbank.example', tenant: 'acme', tier: 0 },
    { domain: 'northbank.example', tenant: 'subsidiary' },
    { domain: 'paymaster.example', tenant: 'acme' },
  ],
});

function shared(fields: Partial<CanonicalEvent>): CanonicalEvent {
  return {
    ...eventOf({ event_type: 'intel.domain.newly_registered', timestamp: '2026-11-21T00:00:00.000Z' }),
    tenant: '*',
    ...fields,
  };
}

/** Name, and whether a finding is due when it was registered today. */
const registrations: readonly (readonly [string, boolean])[] = [
  ['n0rthbank.example', true],
  ['northbanк.example', true],
  [new URL('http://nørthbank.example').hostname, true],
  [new URL('http://northbαnk.example').hostname, true],
  [new URL('http://ոorthbank.example').hostname, true],
  ['northbamk.example', true],
  ['mortjbank.example', true],
  ['northbank.shop', true],
  ['northbank-login.com', true],
  ['secure-northbank.net', true],
  ['northbank-rewards.com', true],
  ['paymastr.com', true],
  ['payrnaster.example', true],
  ['northbank.example', false],
  ['mynorthbanktoday.com', false],
  ['northwind.example', false],
  ['southbank.example', true],
  ['paper.example', false],
  ['weather.example', false],
];

test('recall and precision on registrations: exactly the imitations stay', () => {
  for (const [domain, expected] of registrations)
    assert.equal(imitatesSomebody(shared({ domain }), inventory), expected, domain);
});

test('an imitation goes to every tenant that has the domain, with its own facts; strangers and tenants’ own events to nobody', () => {
  const hit = imitationsForTenants(shared({ domain: 'n0rthbank.example' }), inventory);
  assert.deepEqual(
    hit.map(({ tenant, domain }) => [tenant, domain]),
    [
      ['acme', 'n0rthbank.example'],
      ['subsidiary', 'n0rthbank.example'],
    ],
  );
  assert.deepEqual(imitationsForTenants(shared({ domain: 'weather.example' }), inventory), []);
  assert.deepEqual(
    imitationsForTenants({ ...shared({ domain: 'n0rthbank.example' }), tenant: 'acme' }, inventory),
    [],
  );
  assert.deepEqual(
    imitationsForTenants(
      shared({ event_type: 'registrar.domain.nameservers_changed', domain: 'n0rthbank.example' }),
      inventory,
    ),
    [],
  );
});

test('a certificate needs no registration: it adds its own points', () => {
  const certificate = (domain: string): CanonicalEvent =>
    shared({ event_type: 'cert.precert_logged', domain, cert: { names: [domain, `www.${domain}`] } });
  assert.equal(imitatesSomebody(certificate('northbank-rewards.com'), inventory), true);
  assert.equal(imitatesSomebody(certificate('mynorthbanktoday.com'), inventory), false);
  // Rules about our own certificates have nothing to say about a stranger's.
  assert.deepEqual(
    imitationsForTenants(certificate('n0rthbank.com'), inventory).map((event) => [
      event.event_type,
      event.event_type_original,
    ]),
    [
      ['intel.lookalike.found', 'cert.precert_logged'],
      ['intel.lookalike.found', 'cert.precert_logged'],
    ],
  );
});
