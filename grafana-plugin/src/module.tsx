import './public-path.ts';
import { AppPlugin, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { lazy, Suspense } from 'react';
import { caseOfAlert, domainOfPanel } from './extensions/links.ts';
import type { AppSettings } from './settings/settings.ts';

const App = lazy(() =>
  import('./app/app.tsx').then(({ ready, App: Root }) => ready.then(() => ({ default: Root }))),
);
const Settings = lazy(() =>
  Promise.all([import('./app/app.tsx'), import('./settings/settings-page.tsx')]).then(
    ([{ ready }, { SettingsPage }]) => ready.then(() => ({ default: SettingsPage })),
  ),
);

// Grafana waits for root pages itself, not for configuration pages.
function Configuration(properties: PluginConfigPageProps<AppPluginMeta<AppSettings>>) {
  return (
    <Suspense fallback={null}>
      <Settings {...properties} />
    </Suspense>
  );
}

/** What Grafana asks the module for; everything else is loaded when a page opens. */
export const plugin = new AppPlugin<AppSettings>()
  .setRootPage(App)
  .addConfigPage({ id: 'connection', title: 'Connection', icon: 'cog', body: Configuration })
  .addLink(caseOfAlert)
  .addLink(domainOfPanel);
