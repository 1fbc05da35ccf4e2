import { expect, pluginId, test } from './zonewarden.ts';

test('an alert instance leads to its case', async ({ page }) => {
  await page.goto('/alerting/grafana/zonewarden-case/view?tab=instances');
  await page.getByRole('button', { name: 'Actions' }).first().click();
  await page.getByRole('menuitem', { name: 'Open Zonewarden case' }).click();
  // Grafana asks whether in this tab or a new one.
  await page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/a/${pluginId}/cases/case-`));
  await expect(page.getByRole('heading', { name: 'What to do next' })).toBeVisible();
});

test('a panel of the domain dashboard leads to the domain', async ({ gotoDashboardPage, page }) => {
  await gotoDashboardPage({
    uid: 'zonewarden-domain',
    queryParams: new URLSearchParams({ 'var-domain': 'example.com' }),
  });
  const panel = page.getByTestId(/Panel header Risk/).first();
  await panel.hover();
  await panel.getByRole('button', { name: /Menu for panel/ }).click();
  await page.getByRole('menuitem', { name: 'Extensions' }).hover();
  await page.getByRole('menuitem', { name: 'Open Zonewarden domain' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'example.com' })).toBeVisible();
});
