/** The app: pages by address, each in its own boundary and its own chunk. */
import type { AppRootProps } from '@grafana/data';
import { initPluginTranslations, t } from '@grafana/i18n';
import { LinkButton } from '@grafana/ui';
import { Suspense } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { ErrorBoundary } from '../components/error-boundary.tsx';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { pluginId } from '../constants.ts';
import { Announcer } from './announcer.tsx';
import type { AppSettings } from '../settings/settings.ts';
import { DataProvider } from './data-context.tsx';
import { LayerChoice } from './layer-choice.tsx';
import { PageFrame } from './page-frame.tsx';
import { pagePath } from './paths.ts';
import { pageRoutes } from './routes.tsx';
import { Shortcuts } from './shortcuts.tsx';

/** Settles when texts can be drawn. */
export const ready = initPluginTranslations(pluginId);

function Missing({ title }: { readonly title: string }) {
  return (
    <PageFrame title={title}>
      <EmptyState
        title={t('page.missing', 'There is no such page')}
        action={<LinkButton href={pagePath('fleet')}>{t('page.to-fleet', 'To the fleet')}</LinkButton>}
      />
    </PageFrame>
  );
}

function Pages() {
  const { pathname } = useLocation();
  return (
    <ErrorBoundary place={pathname}>
      <Suspense fallback={<LoadingState />}>
        <Routes>
          {pageRoutes.map(({ path, page: Page, name }) => (
            <Route
              key={path}
              path={path}
              element={Page === undefined ? <Missing title={name()} /> : <Page />}
            />
          ))}
          <Route path="" element={<Navigate to={pagePath('fleet')} replace />} />
          <Route path="*" element={<Missing title={t('page.unknown', 'Unknown page')} />} />
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}

/** Root of the plugin. */
export function App({ meta }: AppRootProps<AppSettings>) {
  return (
    <Announcer>
      <LayerChoice settings={meta.jsonData ?? {}}>
        {(layer, notice) => (
          <DataProvider key={layer.kind} layer={layer} notice={notice}>
            <Shortcuts />
            <Pages />
          </DataProvider>
        )}
      </LayerChoice>
    </Announcer>
  );
}
