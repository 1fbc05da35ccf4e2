import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MonitoredDomains, watchedDomains } from '../../../collector/src/app/monitored-domains.ts';
import { NetworkDatabases } from '../../../collector/src/app/network-databases.ts';
import { domainChecks } from '../../../collector/src/app/domain-checks.ts';
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';
import { mmdb } from '../3-enrich/mmdb-bytes.ts';

const inventory: Inventory = {
  version: 1,
  domains: [
    { domain: 'pay.example', tenant: 'acme', tier: 1, critical_hosts: ['www'] },
    {
      domain: 'pay.example',
      tenant: 'bank',
      tier: 0,
      critical_hosts: ['login'],
      approved: { mail: { dkim_selectors: ['s1'] } },
    },
    { domain: 'a.example', tenant: 'acme' },
  ],
};

test('a domain of two tenants is watched once, as the stricter of them needs it; an unknown tier is an ordinary one', () => {
  assert.deepEqual(watchedDomains(inventory), [
    { domain: 'a.example', tenants: ['acme'], tier: 2, criticalHosts: [], dkimSelectors: [] },
    {
      domain: 'pay.example',
      tenants: ['acme', 'bank'],
      tier: 0,
      criticalHosts: ['login', 'www'],
      dkimSelectors: ['s1'],
    },
  ]);
  assert.deepEqual(
    watchedDomains(inventory, 'acme').map(({ domain, tier }) => [domain, tier]),
    [
      ['a.example', 2],
      ['pay.example', 1],
    ],
  );
});

test('names are matched at label borders, per tenant; a new inventory is a new list', () => {
  let current = inventory;
  const domains = new MonitoredDomains(inventory, () => 0);
  domains.follow({ inventory: () => current, cases: () => [] });
  assert.equal(domains.domainOf('x.y.pay.example'), 'pay.example');
  assert.equal(domains.domainOf('xpay.example'), undefined);
  assert.equal(domains.domainOf('a.example', 'bank'), undefined);
  const before = domains.list();
  assert.equal(domains.list(), before, 'the same array while nothing changed');
  current = { version: 1, domains: [{ domain: 'new.example', tenant: 'acme' }] };
  assert.deepEqual(
    domains.list().map(({ domain }) => domain),
    ['new.example'],
  );
  assert.equal(domains.domainOf('pay.example'), undefined);
});

test('cases that have just changed make suspects for an hour; closed, low and old ones do not', () => {
  let nowMs = Date.UTC(2026, 10, 21, 12);
  const found = (fields: Partial<Case>): Case =>
    ({
      state: 'new',
      severity: 'high',
      drill: false,
      updated_at: '2026-11-21T11:50:00.000Z',
      domains: ['pay.example'],
      ...fields,
    }) as Case;
  const suspects = (cases: Case[]): string[] => {
    const domains = new MonitoredDomains(inventory, () => nowMs);
    domains.follow({ inventory: () => inventory, cases: () => cases });
    return [...domains.suspicions().keys()];
  };
  assert.deepEqual(suspects([found({})]), ['pay.example']);
  assert.deepEqual(suspects([found({ state: 'closed' })]), []);
  assert.deepEqual(suspects([found({ severity: 'low' })]), []);
  assert.deepEqual(suspects([found({ drill: true })]), []);
  nowMs += 3_600_000;
  assert.deepEqual(suspects([found({})]), []);
});

test('address databases are read again when they change; a damaged one keeps its last good version, an absent one is left out, both are said', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-mmdb-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'country.mmdb');
  const said: string[] = [];
  const around = {
    sleep: () => Promise.resolve(),
    log: (_: string, message: string) => void said.push(message),
  };
  const databases = new NetworkDatabases([path, join(directory, 'absent.mmdb')], around);
  writeFileSync(path, mmdb(192, { country: { iso_code: 'NL' } }));
  assert.equal(await databases.refresh(), true);
  assert.equal(databases.view?.facts('192.0.2.1')?.['country'], 'NL');
  assert.equal(await databases.refresh(), false);
  assert.ok(said.some((line) => line.includes('absent.mmdb')));
  writeFileSync(path, mmdb(192, { country: { iso_code: 'DE' } }));
  utimesSync(path, 1, 1);
  assert.equal(await databases.refresh(), true);
  assert.equal(databases.view?.facts('192.0.2.1')?.['country'], 'DE');
  writeFileSync(path, 'not a database');
  assert.equal(await databases.refresh(), true);
  assert.equal(databases.view?.facts('192.0.2.1')?.['country'], 'DE', 'what was read before is still true');
  assert.match(said.at(-2) ?? '', /not an MMDB file.*its last good version stays in use/);
  rmSync(path);
  assert.equal(await databases.refresh(), true);
  assert.equal(databases.view, undefined, 'taken away: unknown');
  writeFileSync(path, 'never a database');
  assert.equal(await databases.refresh(), true);
  assert.equal(databases.view, undefined, 'unknown, not wrong');
  assert.equal(new NetworkDatabases([], around).view, undefined);
});

test('checks of a domain: only sources that plan, never checked is stale without a time', () => {
  const plain = { identity: { id: 'x' } };
  const probe = {
    identity: { id: 'delegation' },
    kind: 'delegation',
    status: (domain: string) =>
      domain === 'pay.example'
        ? { nextCheckMs: 60_000, lastCheckedMs: undefined, staleSinceMs: 0 }
        : undefined,
  };
  const sources = [plain, probe] as unknown as Parameters<typeof domainChecks>[0];
  assert.deepEqual(domainChecks(sources, 'pay.example'), [
    {
      source: 'delegation',
      kind: 'delegation',
      next_check: '1970-01-01T00:01:00.000Z',
      last_checked: null,
      stale_since: null,
      stale: true,
    },
  ]);
  assert.deepEqual(domainChecks(sources, 'other.example'), []);
});
