import { expect, test } from './zonewarden.ts';

test('the fleet lists the domains of the demo; a filter stands in the address', async ({ open, page }) => {
  await open('/fleet');
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible();
  await expect(page.getByRole('row', { name: /example\.com.*Critical/ })).toBeVisible();
  await page.getByLabel('Search domains').fill('example.net');
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page).toHaveURL(/[?&]q=example\.net/);
});

test('a row leads to its domain, Grafana’s menu to every page', async ({ open, page }) => {
  await open('/fleet');
  await page
    .getByRole('row', { name: /example\.com/ })
    .getByRole('link', { name: 'example.com' })
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'example.com' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Control score' }).first()).toBeVisible();
  for (const [path, title] of [
    ['/coverage', 'Coverage'],
    ['/rules', 'Rules'],
    ['/suppressions', 'Suppressions'],
    ['/audit', 'Audit'],
  ] as const) {
    await open(path);
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  }
});

test('the fleet has no serious accessibility finding', async ({ open, page, scanForA11yViolations }) => {
  await open('/fleet');
  await expect(page.getByRole('row', { name: /example\.com/ })).toBeVisible();
  const found = await scanForA11yViolations({ options: { runOnly: ['wcag2a', 'wcag2aa'] } });
  const ours = found.violations.filter(
    ({ impact, nodes }) =>
      (impact === 'serious' || impact === 'critical') &&
      nodes.some(({ html }) => html.includes('data-row') || html.includes('data-table')),
  );
  expect(ours).toEqual([]);
});
