/** The fleet page in a real Chromium, on a collector that plays the demo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFindings, picture, settled, startDemo, themes } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';

const fixture = consoleFixture(startDemo);
const { skip } = fixture;

for (const theme of themes)
  test(
    `fleet, ${theme}: health, the urgent case, every domain; no fault, nothing leaves the machine`,
    { skip },
    async () => {
      const { page, faults } = await fixture.open(theme);
      await page.goto(`${fixture.world.base}/`);
      await settled(page, 'Fleet');
      assert.equal(new URL(page.url()).pathname, '/a/zonewarden-domains-app/fleet');
      await page.getByRole('heading', { name: 'Needs a person now' }).waitFor();
      await page.getByRole('row', { name: /example\.com.*Critical/ }).waitFor();
      await picture(page, `fleet-${theme}`);
      assert.deepEqual(await axeFindings(page), []);
      assert.deepEqual(faults, []);
    },
  );

test('filters stand in the address and come back from it', { skip }, async () => {
  const { page } = await fixture.open('dark');
  await page.goto(`${fixture.world.base}/fleet?q=example.net`);
  await settled(page, 'Fleet');
  assert.equal(await page.getByRole('row').count(), 2);
  await page.keyboard.press('/');
  await page.keyboard.type('zzz');
  await page.getByText('No domain passes these filters').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('q'), 'zzz');
  await page.getByRole('button', { name: 'Clear filters' }).last().click();
  await page.getByRole('row', { name: /example\.org/ }).waitFor();
  assert.equal(new URL(page.url()).search, '');
});

test('keys: j into the list and down, Enter opens; g f comes back', { skip }, async () => {
  const { page } = await fixture.open('dark');
  await page.goto(`${fixture.world.base}/fleet?sort=name`);
  await settled(page, 'Fleet');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.locator('[data-row="1"]:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/domains\/acme\/example\.com$/);
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.waitForURL(/\/fleet$/);
});

test("the page follows the system's theme, but an open question stays as it is", { skip }, async () => {
  const { page, faults } = await fixture.open('dark');
  await page.goto(`${fixture.world.base}/fleet`);
  await settled(page, 'Fleet');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.clock.install();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.clock.runFor(3000);
  assert.ok(await dialog.isVisible(), 'an open question is not loaded away');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const loaded = page.waitForEvent('load');
  await page.clock.runFor(1000);
  await loaded;
  await settled(page, 'Fleet');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  assert.deepEqual(faults, []);
});
