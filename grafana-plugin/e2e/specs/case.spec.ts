import { expect, test } from './zonewarden.ts';

const answers = [
  'What changed, from what to what',
  'Seen by whom',
  'Did anyone mean it?',
  'How bad',
  'What to do next',
];

test('from the queue to the case of the demo: six answers, evidence, a note', async ({ open, page }) => {
  await open('/cases');
  await page
    .getByRole('row', { name: /Critical.*T01/ })
    .getByRole('link')
    .first()
    .click();
  for (const name of answers) await expect(page.getByRole('heading', { name })).toBeVisible();
  await expect(page.getByText('Nobody approved it').first()).toBeVisible();
  await page
    .getByRole('listitem')
    .getByRole('button', { name: /transfer lock removed, by/ })
    .click();
  await expect(page.getByText('Raw payload as received')).toBeVisible();
  await expect(page).toHaveURL(/entry=/);
});
