import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import { concernsSomebody, sharedTenant } from '../../../collector/src/3-enrich/tenant.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';

const inventory = createInventoryIndex({
  version: 1,
  domains: [
    { domain: 'ours.example', tenant: 'acme' },
    { domain: 'theirs.example', tenant: 'zeta' },
  ],
});

test('a feed that names everybody concerns a tenant by its domains alone, whoever subscribed to it', () => {
  const asked = (tenant: string, source: SourceName, domain: string): boolean =>
    concernsSomebody({ domain }, { tenant, source }, inventory);
  assert.equal(asked('acme', 'zonestream', 'ours.example'), true);
  assert.equal(asked('acme', 'zonestream', 'stranger.example'), false);
  assert.equal(asked('acme', 'zonestream', 'theirs.example'), false);
  assert.equal(asked('acme', 'certstream', 'stranger.example'), false);
  assert.equal(concernsSomebody({}, { tenant: 'acme', source: 'zonestream' }, inventory), false);
  assert.equal(asked(sharedTenant, 'zonestream', 'theirs.example'), true);
  assert.equal(asked(sharedTenant, 'ct', 'stranger.example'), false);
  // What a registrar or a watcher of one's own names says is about its tenant, known or not.
  assert.equal(asked('acme', 'ct', 'stranger.example'), true);
  assert.equal(asked('acme', 'dnsimple', 'stranger.example'), true);
  assert.equal(concernsSomebody({}, { tenant: 'acme', source: 'okta' }, inventory), true);
});
