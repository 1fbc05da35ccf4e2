/**
 * Takes the pictures that `plugin.json` names, of the demo in the console, into `grafana-plugin/src/img`.
 * Usage: node test/e2e/plugin-screenshots.ts (after npm run build; needs Chromium). Look at them before they are committed.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { browserSkip, openBrowser, openPage, settled, startDemo } from './console-browser.ts';

const folder = fileURLToPath(new URL('../../grafana-plugin/src/img/', import.meta.url));

/** What is in view, as WebP: a tenth of the size of PNG. */
async function keep(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  await writeFile(`${folder}screenshot-${name}.webp`, Buffer.from(data, 'base64'));
}

const reason = browserSkip();
if (reason !== false) throw new Error(reason);
const [demo, browser] = await Promise.all([startDemo(), openBrowser()]);
try {
  const { page } = await openPage(browser, demo.base, 'dark', 1400);
  await page.goto(`${demo.base}/cases`);
  const told = page.getByRole('row', { name: /Critical.*T01/ });
  await told.waitFor();
  const address = (await told.getByRole('link').first().getAttribute('href')) ?? '';
  await page.goto(`${demo.base}/fleet`);
  await settled(page, 'Fleet');
  await page.getByRole('row', { name: /example\.com.*Critical/ }).waitFor();
  await keep(page, 'fleet');
  await page.goto(`${demo.base}${address}`);
  await settled(page, /example\.com/);
  await page.getByRole('heading', { name: 'What to do next' }).waitFor();
  await keep(page, 'case');
  await page.goto(`${demo.base}/a/zonewarden-domains-app/domains/acme/example.com`);
  await settled(page, 'example.com');
  await keep(page, 'domain');
  await page.goto(`${demo.base}/coverage`);
  await settled(page, 'Coverage');
  await keep(page, 'coverage');
} finally {
  await browser.close();
  await demo.stop();
}
