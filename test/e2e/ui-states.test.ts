/** The collector ends while pages are open and comes back; a fleet without domains. Real processes, a real Chromium. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  deliverPatiently,
  eventually,
  startCollector,
  untilReady,
  type CollectorProcess,
} from './collector-process.ts';
import { moved } from './action-process.ts';
import { axeFindings, picture, settled, themes } from './console-browser.ts';
import { consoleFixture, type ConsoleWorld } from './console-fixture.ts';
import { freePort } from './free-port.ts';

const patient = { timeout: 60_000 };

interface EndingWorld extends ConsoleWorld {
  readonly caseId: string;
  readonly end: () => Promise<void>;
  readonly startAgain: () => Promise<void>;
}

/** One domain with a case, on an address that stays the same over restarts. */
async function startEndingWorld(domains: string): Promise<EndingWorld> {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-states-'));
  writeFileSync(
    join(at, 'inventory.yaml'),
    `version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\ndomains: ${domains}\n`,
  );
  const config = join(at, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:${await freePort()}
data: ${join(at, 'var')}
inventory: inventory.yaml
sources: [{id: hook, feed: webhook, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: HOOK}}}]
sinks: []
`,
  );
  const start = async (): Promise<CollectorProcess> => {
    const started = await startCollector(['--config', config], { HOOK: 'hook-secret' });
    await untilReady(started.url);
    return started;
  };
  let collector: CollectorProcess | undefined = await start();
  const base = collector.url;
  let caseId = '';
  if (domains !== '[]') {
    const event = { ...moved, id: 'e-1', timestamp: new Date().toISOString() };
    await deliverPatiently(base, 'hook', 'hook-secret', JSON.stringify(event));
    caseId = await eventually('a case', async () => {
      const answer = await fetch(`${base}/api/v1/cases`);
      return ((await answer.json()) as { items: { case_id: string }[] }).items[0]?.case_id;
    });
  }
  const end = async (): Promise<void> => {
    await collector?.end('SIGTERM');
    collector = undefined;
  };
  return {
    base,
    caseId,
    end,
    startAgain: async () => {
      collector = await start();
    },
    stop: async () => {
      await end();
      rmSync(at, { recursive: true, force: true });
    },
  };
}

const ending = consoleFixture(() =>
  startEndingWorld(
    '[{domain: shop.example, tenant: acme, tier: 0, team: ops, critical_hosts: [www], approved: {records: [{name: www.shop.example, type: A, values: [192.0.2.1]}]}}]',
  ),
);
const empty = consoleFixture(() => startEndingWorld('[]'));

test(
  'the collector ends: every page keeps what it read, says how old it is, and lives again when it is back',
  { skip: ending.skip },
  async () => {
    const { world } = ending;
    const plans = [
      ['/fleet', 'Fleet', 'shop.example'],
      ['/domains/acme/shop.example', 'shop.example', 'Control score'],
      ['/cases', 'Cases', 'www.shop.example'],
      [`/cases/${world.caseId}`, /shop\.example/, 'What to do next'],
      ['/coverage', 'Coverage', 'Kinds of witness'],
      ['/suppressions', 'Suppressions', 'Nothing is hidden'],
    ] as const;
    const opened = [];
    for (const [at, [path, title, kept]] of plans.entries()) {
      const theme = themes[at % themes.length] ?? 'dark';
      const page = await ending.openAt(`/a/zonewarden-domains-app${path}`, theme, at % 3 === 0 ? 900 : 1400);
      await settled(page, title);
      await page.getByText(/^●\s*Live$/).waitFor(patient);
      opened.push({ page, title, kept, name: `stale-${path.split('/')[1]}-${at}-${theme}` });
    }
    await world.end();
    for (const { page, title, kept, name } of opened) {
      await page.bringToFront();
      await page.getByText(/^▲\s*Not connected$/).waitFor(patient);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.getByText(kept).first().waitFor();
      await page
        .getByText(/What you see is from/)
        .first()
        .waitFor(patient);
      await page.getByRole('button', { name: 'Try again' }).first().waitFor();
      await picture(page, name);
      assert.deepEqual(await axeFindings(page), [], name);
    }
    await world.startAgain();
    for (const { page, kept } of opened) {
      await page.bringToFront();
      await page.getByText(/^●\s*Live$/).waitFor(patient);
      await page
        .getByText(/What you see is from/)
        .first()
        .waitFor({ state: 'detached', ...patient });
      await page.getByText(kept).first().waitFor();
      await page.context().close();
    }
  },
);

test(
  'a page that never got an answer says what to do, and its button leads on once there is one',
  { skip: ending.skip },
  async () => {
    for (const theme of themes) {
      const { page } = await ending.open(theme, 1400);
      await page.route(/\/api\/v1\//, (route) => route.abort('connectionrefused'));
      await page.goto(`${ending.world.base}/cases`);
      await page.getByText('The collector cannot be reached').first().waitFor(patient);
      await picture(page, `unreachable-${theme}`);
      assert.deepEqual(await axeFindings(page), []);
      await page.unroute(/\/api\/v1\//);
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByRole('row', { name: /www\.shop\.example/ }).waitFor(patient);
      await page.context().close();
    }
  },
);

test('a fleet without domains says what to do, on every page', { skip: empty.skip }, async () => {
  for (const theme of themes) {
    const { page, faults } = await empty.open(theme, 1400);
    for (const [path, title, said] of [
      ['fleet', 'Fleet', 'There are no domains yet'],
      ['cases', 'Cases', 'Nothing waits for a person'],
      ['coverage', 'Coverage', 'There are no domains yet'],
      ['suppressions', 'Suppressions', 'Nothing is hidden'],
    ] as const) {
      await page.goto(`${empty.world.base}/${path}`);
      await settled(page, title);
      await page.getByText(said).first().waitFor();
      await picture(page, `empty-${path}-${theme}`);
      assert.deepEqual(await axeFindings(page), [], path);
    }
    assert.deepEqual(faults, []);
    await page.context().close();
  }
});
