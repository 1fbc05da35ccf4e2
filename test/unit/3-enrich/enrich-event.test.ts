import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { enrichEvent, enrichForTenants, enrichers } from '../../../collector/src/3-enrich/index.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import { sharedTenant, tenantsOfEvent } from '../../../collector/src/3-enrich/tenant.ts';

const inventory = createInventoryIndex({
  version: 1,
  registrar_accounts: [
    { id: 'reg/1', tenant: 'acme', mfa: 'totp', event_feed: 'none', admins: ['okta:ann@acme.example'] },
  ],
  principals: [
    { id: 'okta:ann@acme.example', tenant: 'acme', aliases: ['reg:ann', 'ann@acme.example'] },
    { id: 'okta:cat@acme.example', tenant: 'acme' },
  ],
  domains: [
    {
      domain: 'pay.example',
      tenant: 'acme',
      tier: 0,
      owner: 'payments',
      registrar_account: 'reg/1',
      roles: ['web'],
    },
    { domain: 'both.example', tenant: 'acme', tier: 1 },
    { domain: 'both.example', tenant: 'zeta', tier: 3 },
  ],
});

/** One group under `enrich`; fails the test when it is absent. */
function group(event: CanonicalEvent | undefined, name: string): Record<string, unknown> {
  const found = event?.enrich?.[name];
  assert.ok(typeof found === 'object' && found !== null, name);
  return found as Record<string, unknown>;
}

function event(fields: Partial<CanonicalEvent>): CanonicalEvent {
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: 'a'.repeat(26),
    event_type: 'dns.record.updated',
    outcome: 'success',
    tenant: 'acme',
    timestamp: '2026-11-21T08:00:00.000Z',
    timestamp_precision: 's',
    observed_at: '2026-11-21T08:00:01.000Z',
    ingested_at: '2026-11-21T08:00:02.000Z',
    source_system: 'reg',
    source_kind: 'registrar_audit',
    acquisition: 'push',
    confidence: 0.9,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    raw: { sha256: '0'.repeat(64), size: 1 },
    ...fields,
  };
}

test('the domain brings its tier, owner and registrar account', () => {
  const { enrich } = enrichEvent(event({ domain: 'pay.example' }), inventory);
  assert.deepEqual(enrich, {
    domain: {
      tier: 0,
      owner: 'payments',
      roles: ['web'],
      registrar_account: 'reg/1',
      as_of: inventory.version,
      source: 'inventory',
    },
    registrar_account: { id: 'reg/1', mfa: 'totp', event_feed: 'none', admins: ['okta:ann@acme.example'] },
  });
});

test('an actor is found by id, alias or mail address; the original stays', () => {
  const byAlias = enrichEvent(
    event({ domain: 'pay.example', actor_id: 'reg:ann', actor_type: 'user' }),
    inventory,
  );
  assert.equal(byAlias.actor_id, 'reg:ann');
  assert.deepEqual(byAlias.enrich?.['actor'], {
    known: true,
    principal: 'okta:ann@acme.example',
    person: 'okta:ann@acme.example',
    is_admin: true,
  });
  const byMail = enrichEvent(
    event({ actor_id: 'reg:99', actor_email: 'Ann@acme.example', actor_type: 'user' }),
    inventory,
  );
  assert.deepEqual(byMail.enrich?.['actor'], {
    known: true,
    principal: 'okta:ann@acme.example',
    person: 'okta:ann@acme.example',
  });
  const notAdmin = enrichEvent(
    event({ registrar_account: 'reg/1', actor_id: 'okta:cat@acme.example' }),
    inventory,
  );
  assert.deepEqual(notAdmin.enrich?.['actor'], {
    known: true,
    principal: 'okta:cat@acme.example',
    person: 'okta:cat@acme.example',
    is_admin: false,
  });
  const stranger = enrichEvent(event({ actor_id: 'reg:mallory', actor_type: 'user' }), inventory);
  assert.deepEqual(stranger.enrich?.['actor'], { known: false, person: 'reg:mallory' });
});

test('one person under the names of several feeds, and the person something happened to', () => {
  const actorOf = (fields: Partial<CanonicalEvent>) =>
    group(enrichEvent(event({ actor_type: 'user', ...fields }), inventory), 'actor');
  for (const id of ['google:Ann@acme.example', 'm365:ann@acme.example', 'ANN@acme.example'])
    assert.equal(actorOf({ actor_id: id })['principal'], 'okta:ann@acme.example', id);
  assert.equal(actorOf({ actor_id: 'google:Kim@else.example' })['person'], 'kim@else.example');
  assert.equal(
    actorOf({ actor_id: 'reg:4711', actor_email: 'Kim@else.example' })['person'],
    'kim@else.example',
  );
  const reset = event({
    event_type: 'identity.user.mfa_reset',
    actor_id: 'okta:helpdesk-3',
    actor_type: 'user',
    identity: { target_user: 'Ann@acme.example' },
  });
  assert.deepEqual(enrichEvent(reset, inventory).enrich?.['subject'], {
    principal: 'okta:ann@acme.example',
    person: 'okta:ann@acme.example',
  });
  const byLogin = (actor_id: string, target_user: string) =>
    group(enrichEvent({ ...reset, actor_id, identity: { target_user } }, inventory), 'subject');
  // Named by a login alone: who acts under it in the same realm, known or not.
  assert.equal(byLogin('reg:helpdesk', 'ann')['principal'], 'okta:ann@acme.example');
  assert.equal(byLogin('github:helpdesk', 'kim')['person'], 'github:kim');
  assert.equal(byLogin('unknown', 'kim')['person'], 'kim');
  const own = { ...reset, actor_id: 'reg:ann' };
  delete own.identity;
  assert.equal(group(enrichEvent(own, inventory), 'subject')['principal'], 'okta:ann@acme.example');
  assert.equal(
    enrichEvent({ ...own, event_type: 'dns.record.updated' }, inventory).enrich?.['subject'],
    undefined,
  );
});

test('an actor who names nobody gets no facts: unknown is not a stranger', () => {
  assert.equal(enrichEvent(event({}), inventory).enrich, undefined);
  assert.equal(enrichEvent(event({ actor_id: 'system', actor_type: 'system' }), inventory).enrich, undefined);
});

test('what the source gave is never overwritten', () => {
  const given = event({
    domain: 'pay.example',
    enrich: { domain: { tier: 9, note: 'x' }, actor: 'kept', mine: 1 },
  });
  const before = structuredClone(given);
  const enriched = enrichEvent({ ...given, actor_id: 'reg:ann' }, inventory);
  assert.deepEqual(given, before);
  assert.equal(group(enriched, 'domain')['tier'], 9);
  assert.equal(group(enriched, 'domain')['owner'], 'payments');
  assert.equal(enriched.enrich?.['actor'], 'kept');
  assert.equal(enriched.enrich?.['mine'], 1);
});

test('a missing domain is taken from the record name, then the zone', () => {
  assert.equal(enrichEvent(event({ record_name: 'www.pay.example' }), inventory).domain, 'pay.example');
  assert.equal(enrichEvent(event({ zone: 'www.shop.co.uk' }), inventory).domain, 'shop.co.uk');
  assert.equal(
    enrichEvent(event({ domain: 'given.www.pay.example' }), inventory).domain,
    'given.www.pay.example',
  );
});

test('events of shared feeds belong to every tenant that has the domain', () => {
  const shared = event({ tenant: sharedTenant, record_name: 'www.both.example' });
  assert.deepEqual(tenantsOfEvent(shared, inventory), ['acme', 'zeta']);
  const copies = enrichForTenants(shared, inventory);
  assert.deepEqual(
    copies.map((copy) => [copy.tenant, copy.domain, group(copy, 'domain')['tier']]),
    [
      ['acme', 'both.example', 1],
      ['zeta', 'both.example', 3],
    ],
  );
  assert.deepEqual(enrichForTenants(event({ tenant: sharedTenant, domain: 'other.example' }), inventory), []);
  assert.equal(
    enrichForTenants(event({ tenant: 'zeta', domain: 'pay.example' }), inventory)[0]?.enrich,
    undefined,
  );
});

test('network facts come from the given tables', () => {
  const network = { facts: (ip: string) => (ip === '192.0.2.1' ? { country: 'NL', asn: 64496 } : undefined) };
  const near = enrichEvent(event({ source_ip: '192.0.2.1' }), inventory, network);
  assert.deepEqual(near.enrich?.['source'], { country: 'NL', asn: 64496 });
  assert.equal(enrichEvent(event({ source_ip: '192.0.2.2' }), inventory, network).enrich, undefined);
});

test('enrichers own distinct groups', () => {
  assert.equal(new Set(enrichers.map((one) => one.group)).size, enrichers.length);
});

test('an event about an unknown domain costs about a microsecond at most', () => {
  const unknown = event({ domain: 'nobody.example' });
  for (let round = 0; round < 50_000; round++) enrichEvent(unknown, inventory);
  const rounds = 200_000;
  const start = performance.now();
  for (let round = 0; round < rounds; round++) assert.ok(enrichEvent(unknown, inventory) === unknown);
  const eachUs = ((performance.now() - start) * 1000) / rounds;
  // The machine is shared, so the bound is loose; alone it takes about a tenth of it.
  assert.ok(eachUs < 5, `${eachUs} us`);
});
