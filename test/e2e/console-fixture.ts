/** What every test of the console begins with: a collector, a browser, and their end. */
import { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { browserSkip, openBrowser, openPage, type Looked, type Theme } from './console-browser.ts';

/** What a test looks at. */
export interface ConsoleWorld {
  /** Address of the collector, without a slash at its end. */
  readonly base: string;
  readonly stop: () => Promise<void>;
}

/** Use inside of tests only: before them nothing runs yet. */
export interface ConsoleFixture<W extends ConsoleWorld> {
  /** Reason to skip by name, or false. */
  readonly skip: string | false;
  readonly world: W;
  readonly browser: Browser;
  /** A fresh page of its own context. */
  open(theme?: Theme, width?: number): Promise<Looked>;
  /** The same, led to a path. */
  openAt(path: string, theme?: Theme, width?: number): Promise<Page>;
}

/** Starts world and browser before the tests of the file, and ends both after them. */
export function consoleFixture<W extends ConsoleWorld>(start: () => Promise<W>): ConsoleFixture<W> {
  const skip = browserSkip();
  let world: W | undefined;
  let browser: Browser | undefined;
  before(async () => {
    if (skip !== false) return;
    [world, browser] = await Promise.all([start(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await world?.stop();
  });
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the fixture is ready inside of tests only');
    return value;
  };
  const open = (theme: Theme = 'dark', width?: number): Promise<Looked> =>
    openPage(present(browser), present(world).base, theme, width);
  return {
    skip,
    get world() {
      return present(world);
    },
    get browser() {
      return present(browser);
    },
    open,
    openAt: async (path, theme, width) => {
      const { page } = await open(theme, width);
      await page.goto(present(world).base + path);
      return page;
    },
  };
}
