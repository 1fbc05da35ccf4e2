/** The queue and the case in a real Chromium, on a collector that plays the demo; and the queue with a thousand open cases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings, picture, settled, startDemo, themes } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';

const fixture = consoleFixture(startDemo);
const { skip } = fixture;

/** Address of the demo's case once its story is told to the end. */
async function caseAddress(page: Page): Promise<string> {
  await page.goto(`${fixture.world.base}/cases`);
  await settled(page, 'Cases');
  const row = page.getByRole('row', { name: /Critical.*T01/ });
  await row.waitFor();
  return `${fixture.world.base}${(await row.getByRole('link').first().getAttribute('href')) ?? ''}`;
}

for (const theme of themes)
  test(`queue and case, ${theme}: six answers at the top, nothing broken`, { skip }, async () => {
    for (const width of [1400, 900]) {
      const { page, faults } = await fixture.open(theme, width);
      const address = await caseAddress(page);
      await picture(page, `cases-${theme}-${width}`);
      assert.deepEqual(await axeFindings(page), []);
      await page.goto(address);
      await settled(page, /example\.com/);
      const head = page.locator('main, body').first();
      for (const heading of [
        'What changed, from what to what',
        'Seen by whom',
        'Did anyone mean it?',
        'How bad',
        'What to do next',
      ]) {
        const box = await page.getByRole('heading', { name: heading }).boundingBox();
        assert.ok(box !== null && box.y < 900, `${heading} needs scrolling at ${width}`);
      }
      await head.getByText('Nobody approved it').first().waitFor();
      await page.getByText(/Source: ICANN Transfer Policy/).waitFor();
      // Seen by whom: both kinds of witness by name, and what nobody could see: planes and sources, each once.
      const seen = page.getByRole('region', { name: 'Seen by whom' });
      assert.match(
        await seen.innerText(),
        /from outside\s+Certificate Transparency, Registry \(EPP messages\)/,
      );
      assert.match(
        await seen.innerText(),
        /by our accounts\s+DNS provider audit log, Identity log, Registrar audit log/,
      );
      const reasons = seen.getByRole('listitem');
      await seen.getByText(/Nobody could see everything: \d+ reasons/).click();
      await reasons.getByText('nobody watches Mail, Queries').waitFor();
      const unseen = await reasons.allInnerTexts();
      assert.ok(unseen.length > 1, 'what rules lacked stands beside the planes nobody watches');
      assert.equal(new Set(unseen).size, unseen.length);
      assert.match(unseen[0] ?? '', /^not connected: .*Answer probe/);
      for (const reason of unseen) assert.doesNotMatch(reason, /_/, 'names, not identifiers');
      await picture(page, `case-unseen-${theme}-${width}`);
      await seen.getByText(/Nobody could see everything/).click();
      await picture(page, `case-${theme}-${width}`);
      assert.deepEqual(await axeFindings(page), []);
      assert.deepEqual(faults, []);
    }
  });

test(
  'a mark opens its line, the line its evidence and raw payload; the address keeps it',
  { skip },
  async () => {
    const { page } = await fixture.open('dark');
    await page.goto(await caseAddress(page));
    await page
      .getByRole('group', { name: /Timeline by plane/ })
      .getByRole('button', { name: /stated by an account.*record changed/ })
      .or(page.locator('[data-mark]').filter({ has: page.locator('sup') }))
      .first()
      .waitFor();
    await page
      .getByRole('listitem')
      .getByRole('button', { name: /transfer lock removed, by/ })
      .click();
    await page.getByText('Raw payload as received').waitFor();
    await page.getByText('transfer_lock_disable').first().waitFor();
    assert.notEqual(new URL(page.url()).searchParams.get('entry'), null);
    await picture(page, 'case-evidence');
    assert.deepEqual(await axeFindings(page), []);
    await page.reload();
    await page.getByText('Raw payload as received').waitFor();
  },
);

test(
  'keys: arrows between marks and lanes, Enter opens, plus zooms in, all time comes back',
  { skip },
  async () => {
    const { page } = await fixture.open('dark');
    await page.goto(await caseAddress(page));
    await page.locator('[data-mark="0.0"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-mark="0.1"]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('[data-mark^="1."]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('[aria-expanded="true"]').waitFor();
    await page.locator('[data-mark^="1."]').first().focus();
    await page.keyboard.press('+');
    await page.getByText(/lines are hidden by the choice above/).waitFor();
    assert.notEqual(new URL(page.url()).searchParams.get('from'), null);
    await page.getByRole('button', { name: 'All time' }).click();
    await page.getByText(/lines are hidden by the choice above/).waitFor({ state: 'detached' });
  },
);

test('a case that is not there says so and leads to the queue', { skip }, async () => {
  const { page } = await fixture.open('light');
  await page.goto(`${fixture.world.base}/cases/case-that-never-was`);
  await page.getByText('There is no such thing').waitFor();
  await page.getByRole('link', { name: 'To the queue' }).click();
  await settled(page, 'Cases');
});

test('the evidence bundle is saved as a file', { skip }, async () => {
  const { page } = await fixture.open('dark');
  await page.goto(await caseAddress(page));
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export evidence' }).click();
  assert.match((await download).suggestedFilename(), /^case-.*-evidence\.json$/);
});

test(
  'a thousand open cases: drawn in part, walked by keys, filtered by severity in the address',
  { skip },
  async () => {
    const { page } = await fixture.open('dark');
    await page.goto(`${fixture.world.base}/cases`);
    await page.getByRole('row', { name: /Critical/ }).waitFor();
    // The line of this one collector, many times: what is measured is the page, not the demo.
    const answer = await page.request.get(`${fixture.world.base}/api/v1/cases`);
    const [line] = ((await answer.json()) as { items: object[] }).items;
    await page.route(/\/api\/v1\/cases\?/, async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get('cursor') ?? '0');
      const many = Array.from({ length: 500 }, (_, i) => ({
        ...line,
        case_id: `case-${from + i}`,
        title: `Case number ${from + i}`,
        severity: (from + i) % 2 === 0 ? 'high' : 'low',
      }));
      const next = from + 500 < 1500 ? String(from + 500) : null;
      await route.fulfill({ json: { items: many, next_cursor: next, total: 1500 } });
    });
    await page.goto(`${fixture.world.base}/cases`);
    await page.getByText(/^1.500 of 1.500 cases shown/).waitFor();
    assert.ok((await page.getByRole('row').count()) < 60, 'only what is in view is drawn');
    // Keys count from the first moment of a page: no pause before the first one.
    await page.keyboard.press('j');
    for (const [key, row] of [
      ['End', 1499],
      ['ArrowUp', 1498],
      ['Home', 0],
      ['ArrowDown', 1],
      ['j', 2],
      ['k', 1],
      ['End', 1499],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(`[data-row="${row}"]:focus`).waitFor();
      const [box, list] = await Promise.all([
        page.locator(`[data-row="${row}"]`).boundingBox(),
        page.locator('[data-table]').boundingBox(),
      ]);
      assert.ok(box !== null && list !== null);
      assert.ok(
        box.y >= list.y && box.y + box.height <= list.y + list.height + 1,
        `${key}: the row is in view`,
      );
    }
    await page.keyboard.press('PageUp');
    const above = Number(await page.locator('[data-row]:focus').getAttribute('data-row'));
    assert.ok(above < 1495 && above > 1470, `PageUp leads to row ${above}`);
    await page.keyboard.press('PageDown');
    await page.locator('[data-row="1499"]:focus').waitFor();
    // By wheel the row with the focus leaves the view, and the keys go on from it.
    await page.locator('[data-row="1498"]').hover();
    await page.mouse.wheel(0, -200_000);
    await page.locator('[data-row="3"]').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('[data-row="1498"]:focus').waitFor();
    assert.ok((await page.getByRole('row').count()) < 60, 'only what is in view is drawn');
    await page.getByRole('button', { name: /^High/ }).click();
    await page.getByText(/^750 of 1.500 cases shown/).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('severity'), 'high');
    await picture(page, 'cases-many');
  },
);
