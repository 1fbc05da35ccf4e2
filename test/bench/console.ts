/**
 * The console in a real Chromium over 20,000 domains and 1,000 open cases: from the click on a link to the first useful view, with
 * nothing cached, and until everything is read.
 */
import type { Browser } from 'playwright-core';
import { browserSkip, openBrowser } from '../e2e/console-browser.ts';
import { startLargeWorld, type LargeWorld } from '../e2e/large-world.ts';
import { median, quantile, rounded, spreadOf, type Figure } from './figure.ts';

const goalMs = 2000;

interface Visit {
  readonly firstViewMs: number;
  readonly everythingMs: number;
  readonly rows: number;
}

/** Times of one visit in a browser that knows nothing of this address yet. */
async function visit(browser: Browser, world: LargeWorld, path: string, all: RegExp): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  try {
    const page = await context.newPage();
    const startMs = performance.now();
    await page.goto(world.base + path, { waitUntil: 'commit' });
    await page.locator('[data-row="0"]').waitFor();
    await page.getByText('Critical').first().waitFor();
    const firstViewMs = performance.now() - startMs;
    await page.getByText(all).waitFor();
    const everythingMs = performance.now() - startMs;
    return { firstViewMs, everythingMs, rows: await page.getByRole('row').count() };
  } finally {
    await context.close();
  }
}

/** First useful view and complete lists of fleet and cases. A machine without Chromium has no figures here. */
export async function* consoleFigures(rounds: number): AsyncGenerator<Figure> {
  const missing = browserSkip();
  if (missing !== false) throw new Error(`no figures of the console: ${missing}`);
  const world = await startLargeWorld();
  const browser = await openBrowser();
  try {
    for (const [name, path, all] of [
      ['console.fleet', '/fleet', /^20.000 domains$/],
      ['console.cases', '/cases', /^1.000 of 1.000 cases shown$/],
    ] as const) {
      const visits: Visit[] = [];
      for (let round = 0; round < rounds; round++) visits.push(await visit(browser, world, path, all));
      const first = visits.map(({ firstViewMs }) => firstViewMs);
      const value = rounded(median(first));
      const everything = Math.round(median(visits.map(({ everythingMs }) => everythingMs)));
      yield {
        name,
        value,
        unit: 'ms',
        floor: null,
        ratio: null,
        goal: goalMs,
        goalOf: 'value',
        held: value <= goalMs,
        spread: spreadOf(first),
        note: `first useful view, nothing cached; worst ${Math.round(quantile(first, 1))} ms; everything read after ${everything} ms; ${visits[0]?.rows} rows drawn; ${world.domains} domains, ${world.cases} open cases`,
      };
    }
  } finally {
    await browser.close();
    await world.stop();
  }
}
