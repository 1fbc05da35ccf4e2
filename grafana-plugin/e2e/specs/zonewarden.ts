/** What every spec begins with: the pages of this plugin. */
import { test as base, expect, type AppConfigPage, type AppPage } from '@grafana/plugin-e2e';
import plugin from '../../src/plugin.json' with { type: 'json' };

/** Id of the plugin. */
export const pluginId = plugin.id;

interface Pages {
  /** The configuration page, open. */
  readonly configPage: AppConfigPage;
  /** Opens a page of the plugin by its path below the plugin's. */
  readonly open: (path: string) => Promise<AppPage>;
}

/** The test of plugin-e2e with the pages of this plugin. */
export const test = base.extend<Pages>({
  configPage: async ({ gotoAppConfigPage }, use) => use(await gotoAppConfigPage({ pluginId })),
  open: async ({ gotoAppPage }, use) => use((path) => gotoAppPage({ pluginId, path })),
});

export { expect };
