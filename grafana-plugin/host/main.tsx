/** The console: a small host for the plugin, with the real Grafana libraries and without a Grafana server. */
import { ThemeContext, type AppPlugin, type AppRootProps } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import {
  config,
  locationService,
  setAppEvents,
  setBackendSrv,
  setEchoSrv,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginLinksHook,
  setTemplateSrv,
} from '@grafana/runtime';
import { EventBusSrv } from '@grafana/data';
import { GlobalStyles, ModalsProvider, PortalContainer } from '@grafana/ui';
import { Suspense, useEffect, useState, type ComponentType } from 'react';
import { createRoot } from 'react-dom/client';
import { Navigate, Route, Router, Routes } from 'react-router-dom';
// Not exported from the package's root; the relative path leads to the same instance of the module.
import { setPluginPage } from '../../node_modules/@grafana/runtime/dist/esm/components/PluginPage.mjs';
import plugin from '../src/plugin.json';
import { backend } from './backend.ts';
import { Chrome } from './chrome.tsx';
import { shareModules, type SystemLoader } from './shared-modules.ts';
import { followSystemTheme } from './theme.ts';

declare const System: SystemLoader;

const home = `/a/${plugin.id}`;

function prepare(): void {
  setBackendSrv(backend);
  setAppEvents(new EventBusSrv());
  setEchoSrv({
    addBackend: () => undefined,
    addEvent: () => undefined,
    flush: () => undefined,
    onInteraction: () => () => undefined,
  });
  setTemplateSrv({
    getVariables: () => [],
    replace: (text?: string) => text ?? '',
    containsTemplate: () => false,
    updateTimeRange: () => undefined,
  });
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: null, isLoading: false }));
  setPluginPage(({ children }: { children?: React.ReactNode }) => <>{children}</>);
}

type HostLocation = ReturnType<typeof locationService.getLocation>;

const history = locationService.getHistory();

function App({ Root }: { readonly Root: ComponentType<AppRootProps> }) {
  const [location, setLocation] = useState(history.location);
  useEffect(() => history.listen((next: HostLocation) => setLocation(next)), []);
  const props = {
    basename: home,
    path: location.pathname,
    query: {},
    onNavChanged: () => undefined,
    meta: {},
  } as unknown as AppRootProps;
  return (
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <ModalsProvider>
        <Router
          location={location}
          navigator={history as unknown as React.ComponentProps<typeof Router>['navigator']}
        >
          <Chrome>
            <Suspense fallback={null}>
              <Routes>
                <Route path={`${home}/*`} element={<Root {...props} />} />
                <Route path="*" element={<Navigate to={home} replace />} />
              </Routes>
            </Suspense>
          </Chrome>
        </Router>
      </ModalsProvider>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

async function start(): Promise<void> {
  prepare();
  followSystemTheme();
  await initPluginTranslations('grafana', []);
  shareModules(System);
  const loaded = (await System.import(`/public/plugins/${plugin.id}/module.js`)) as { plugin: AppPlugin };
  const { root } = loaded.plugin;
  if (root === undefined) throw new Error('the plugin has no root page');
  createRoot(document.getElementById('reactRoot') as HTMLElement).render(
    <App Root={root as ComponentType<AppRootProps>} />,
  );
}

start().catch((error: unknown) => {
  const place = document.querySelector('.host-wait');
  if (place !== null) place.textContent = `The console could not start: ${String(error)}`;
  throw error;
});
