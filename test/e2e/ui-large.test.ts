/** Fleet and queue of 20,000 domains and 1,000 open cases that came through the intake: drawn in part, walked and filtered whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFindings, picture } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';
import { startLargeWorld } from './large-world.ts';

const fixture = consoleFixture(() => startLargeWorld());
const { skip } = fixture;

test('20,000 domains: fewer than 100 rows in the document, the last one by one key', { skip }, async () => {
  const { page, faults } = await fixture.open('dark', 1400);
  const asked: string[] = [];
  page.on('request', (request) =>
    asked.push(new URL(request.url()).pathname + new URL(request.url()).search),
  );
  await page.goto(`${fixture.world.base}/fleet`);
  await page.getByText(/^20.000 domains$/).waitFor();
  assert.ok((await page.getByRole('row').count()) < 100);
  // The queue says which cases exist: the tiles count them all, and the worst domains stand first.
  await page
    .getByRole('row', { name: /Critical/ })
    .first()
    .waitFor();
  await picture(page, 'fleet-large');
  assert.deepEqual(await axeFindings(page), []);
  await page.keyboard.press('j');
  await page.keyboard.press('End');
  await page.locator('[data-row="19999"]:focus').waitFor();
  assert.ok((await page.getByRole('row').count()) < 100);
  await page.getByLabel('Search domains').fill('brand-19999');
  await page.getByText(/^1 of 20.000 domains$/).waitFor();
  assert.equal(await page.locator('[data-row]').count(), 1);
  // A score that changes meanwhile is a reason to read again; within one reading each page is asked for once.
  const readings: string[][] = [];
  for (const path of asked.filter((each) => each.startsWith('/api/v1/domains?')))
    if (!path.includes('cursor=')) readings.push([path]);
    else readings.at(-1)?.push(path);
  assert.ok(readings.length > 0);
  for (const pages of readings)
    assert.equal(new Set(pages).size, pages.length, 'no page of the list is asked for twice');
  assert.deepEqual(faults, []);
});

test('1,000 open cases: fewer than 100 rows in the document', { skip }, async () => {
  const { page, faults } = await fixture.open('light', 1400);
  await page.goto(`${fixture.world.base}/cases`);
  await page.getByText(/^1.000 of 1.000 cases shown$/).waitFor();
  assert.ok((await page.getByRole('row').count()) < 100);
  await page.keyboard.press('j');
  await page.keyboard.press('End');
  await page.locator('[data-row="999"]:focus').waitFor();
  assert.ok((await page.getByRole('row').count()) < 100);
  await picture(page, 'cases-large');
  assert.deepEqual(faults, []);
});
