import { expect, test } from './zonewarden.ts';

test('settings are saved without the kept token, and every connection is tried', async ({
  configPage,
  page,
}) => {
  await expect(page.getByLabel('Address')).toHaveValue(/^https?:\/\//);
  const saved = configPage.waitForSettingsResponse();
  await page.getByRole('button', { name: 'Save and try' }).click();
  const sent: unknown = (await saved).request().postDataJSON();
  expect(sent).toHaveProperty('jsonData.collectorUrl');
  expect(sent).not.toHaveProperty('secureJsonData');
  await expect(page.getByText('The collector answers')).toBeVisible();
  await expect(page.getByText('The metrics can be read')).toBeVisible();
});

test('an address with a password in it cannot be saved', async ({ configPage, page }) => {
  await configPage.goto();
  await page.getByLabel('Address').fill('https://somebody:secret@collector:8470');
  await expect(page.getByText('Leave out user, password, query and fragment')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save and try' })).toBeDisabled();
});
