/** A real Chromium on a real collector: starts both, opens pages in a theme, keeps pictures, asks axe. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('../../', import.meta.url));
const artifacts = join(root, 'test/.artifacts/ui');
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium of this machine, or undefined. */
export function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...places].find((path) => path !== '' && existsSync(path));
}

/** Reason to skip a browser test by name, or false. */
export function browserSkip(): string | false {
  if (chromiumPath() === undefined) return 'no chromium on this machine';
  return existsSync(join(root, 'grafana-plugin/dist-console/index.html'))
    ? false
    : 'the console is not built: npm run build';
}

/** Themes every page is looked at in. */
export const themes = ['dark', 'light'] as const;
/** One of them. */
export type Theme = (typeof themes)[number];

/** A page and what went wrong on it so far. */
export interface Looked {
  readonly page: Page;
  /** Errors of scripts, refused requests, requests that would have left the machine. */
  readonly faults: string[];
}

/** A browser for a whole test file; `close` it at the end. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath() as string,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
    ],
  });
}

/** A fresh page in a theme. Every fault is noted; `assert.deepEqual(faults, [])` at the end of a test. */
export async function openPage(browser: Browser, base: string, theme: Theme, width = 1440): Promise<Looked> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-US',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url()))
      faults.push(`left the machine: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  return { page, faults };
}

/** Keeps a picture where CI collects it. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(artifacts, { recursive: true });
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: false });
}

/** Serious findings of axe-core, each as one line. */
export async function axeFindings(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const session = await page.context().newCDPSession(page);
  // SystemJS has a global define that would swallow axe; evaluating over the protocol is no inline script of the page.
  await session.send('Runtime.evaluate', {
    expression: `{ const kept = globalThis.define; globalThis.define = undefined; ${source}; globalThis.define = kept; }`,
  });
  const found = await page.evaluate(async () => {
    const axe = (
      globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe;
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, failureSummary }) =>
            `${id}: ${html.slice(0, 160)} ${failureSummary.replaceAll('\n', ' ').slice(0, 240)}`,
        ),
      );
  });
  return found;
}

/** Waits until the heading of a page stands and nothing is busy. */
export async function settled(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  const busy = page.locator('[aria-busy="true"]');
  while ((await busy.count()) > 0) await busy.first().waitFor({ state: 'detached' });
  assert.equal(await page.locator('h1').count(), 1, 'one heading of the first level');
}

/** A collector that plays the demo, in a process of its own on a free port. `stop` waits for its end. */
export async function startDemo(): Promise<{ readonly base: string; readonly stop: () => Promise<void> }> {
  const main = join(root, 'collector/src/cli/main.ts');
  const child = spawn(process.execPath, [main, 'run', '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const base = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /console\s+(http:\/\/\S+?)\/\s/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    void ended.then(() => reject(new Error(`the collector ended before it listened: ${said}`)));
  });
  return {
    base,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
