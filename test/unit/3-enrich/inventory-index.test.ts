import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';

const inventory: Inventory = {
  version: 1,
  registrar_accounts: [{ id: 'reg/1', tenant: 'acme' }],
  principals: [
    { id: 'okta:ann@acme.example', tenant: 'acme', aliases: ['Ann@Acme.example', 'okta:bob@acme.example'] },
    { id: 'okta:bob@acme.example', tenant: 'acme' },
  ],
  domains: [
    { domain: 'b.example', tenant: 'acme', registrar_account: 'reg/1' },
    { domain: 'a.example', tenant: 'acme', registrar_account: 'reg/1' },
    { domain: 'a.example', tenant: 'zeta' },
  ],
};

test('look-ups are by tenant; lists are sorted', () => {
  const index = createInventoryIndex(inventory);
  assert.equal(index.domain('acme', 'a.example')?.registrar_account, 'reg/1');
  assert.equal(index.domain('zeta', 'a.example')?.registrar_account, undefined);
  assert.equal(index.domain('zeta', 'b.example'), undefined);
  assert.equal(index.account('zeta', 'reg/1'), undefined);
  assert.deepEqual(
    index.domains('acme').map((domain) => domain.domain),
    ['a.example', 'b.example'],
  );
  assert.deepEqual(
    index.domainsOfAccount('acme', 'reg/1').map((domain) => domain.domain),
    ['a.example', 'b.example'],
  );
  assert.deepEqual(index.tenantsOf('a.example'), ['acme', 'zeta']);
  assert.deepEqual(index.tenantsOf('c.example'), []);
  assert.deepEqual(index.domains('nobody'), []);
});

test('principals are found by id and alias, an id before any alias', () => {
  const index = createInventoryIndex(inventory);
  assert.equal(index.principal('acme', 'ann@acme.example')?.id, 'okta:ann@acme.example');
  assert.equal(index.principal('acme', 'okta:bob@acme.example')?.id, 'okta:bob@acme.example');
  assert.equal(index.principal('zeta', 'okta:bob@acme.example'), undefined);
});

test('names like those of Object.prototype are only names', () => {
  const index = createInventoryIndex({
    version: 1,
    domains: [{ domain: 'constructor', tenant: '__proto__' }],
  });
  assert.equal(index.domain('__proto__', 'constructor')?.tenant, '__proto__');
  assert.equal(index.domain('toString', 'valueOf'), undefined);
  assert.equal(index.principal('__proto__', 'constructor'), undefined);
});

test('the version is a function of the content alone', () => {
  const reordered = JSON.parse('{"domains":[{"tenant":"t","domain":"a.example"}],"version":1}') as Inventory;
  const straight: Inventory = { version: 1, domains: [{ domain: 'a.example', tenant: 't' }] };
  assert.equal(createInventoryIndex(reordered).version, createInventoryIndex(straight).version);
  assert.match(createInventoryIndex(straight).version, /^[0-9a-f]{16}$/);
  assert.notEqual(createInventoryIndex(straight).version, createInventoryIndex(inventory).version);
});

test('twenty thousand domains are indexed within two seconds', () => {
  const domains = Array.from({ length: 20_000 }, (_, at) => ({
    domain: `d${at}.example`,
    tenant: `t${at % 7}`,
  }));
  const start = performance.now();
  const index = createInventoryIndex({ version: 1, domains });
  const spent = performance.now() - start;
  assert.equal(index.domain('t3', 'd3.example')?.domain, 'd3.example');
  assert.ok(spent < 2000, `${spent} ms`);
});
