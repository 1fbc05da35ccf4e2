import { expect, pluginId, test } from './zonewarden.ts';

test('a viewer sees cases, may change nothing, and is not shown the audit log', async ({ open, page }) => {
  await open('/cases');
  await page
    .getByRole('row', { name: /Critical/ })
    .getByRole('link')
    .first()
    .click();
  await expect(page.getByText('You may look, not act.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Note …' })).toHaveAttribute('aria-disabled', 'true');
  const refused = await page.request.post(`/api/plugin-proxy/${pluginId}/api/v1/cases/any/note`, {
    data: { text: 'seen' },
  });
  expect(refused.status()).toBe(403);
  const audit = await page.request.get(`/api/plugin-proxy/${pluginId}/api/v1/audit`);
  expect(audit.status()).toBe(403);
});
