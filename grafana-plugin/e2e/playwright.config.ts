/**
 * Specs against a running Grafana with the plugin and the demo: `docker compose up` gives both. What differs is in the
 * environment: GRAFANA_URL, GRAFANA_ADMIN_USER, GRAFANA_ADMIN_PASSWORD; CHROMIUM is a browser that is there already.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { viewer } from './specs/people.ts';

const authentication = join(dirname(createRequire(import.meta.url).resolve('@grafana/plugin-e2e')), 'auth');
const chromium = process.env['CHROMIUM'];
const administrator = process.env['GRAFANA_ADMIN_USER'] ?? 'admin';

export default defineConfig<PluginOptions>({
  testDir: './specs',
  fullyParallel: true,
  forbidOnly: process.env['CI'] !== undefined,
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1400, height: 900 },
    baseURL: process.env['GRAFANA_URL'] ?? 'http://localhost:3000',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    ...(chromium === undefined
      ? {}
      : { launchOptions: { executablePath: chromium, args: ['--no-sandbox'] } }),
  },
  projects: [
    { name: 'sign in', testDir: authentication, testMatch: /auth\.setup\.js$/ },
    {
      name: 'administrator',
      testIgnore: /viewer\.spec\.ts$/,
      dependencies: ['sign in'],
      use: { storageState: `playwright/.auth/${administrator}.json` },
    },
    {
      name: 'sign in as viewer',
      testDir: authentication,
      testMatch: /auth\.setup\.js$/,
      use: { user: viewer },
    },
    {
      name: 'viewer',
      testMatch: /viewer\.spec\.ts$/,
      dependencies: ['sign in as viewer'],
      use: { storageState: `playwright/.auth/${viewer.user}.json` },
    },
  ],
});
