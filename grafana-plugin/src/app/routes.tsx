/** Address to page. A new page: one line here, one in `plugin.json` when the menu shall show it. */
import { t } from '@grafana/i18n';
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/** One page. `path` is below the plugin's; `key` after `g` opens it. */
export interface PageRoute {
  readonly path: string;
  readonly key?: string;
  readonly name: () => string;
  /** Absent: the page is not there yet, and says so. */
  readonly page?: LazyExoticComponent<ComponentType>;
}

const FleetPage = lazy(() =>
  import('../pages/fleet/fleet-page.tsx').then(({ FleetPage: page }) => ({ default: page })),
);
const CasesPage = lazy(() =>
  import('../pages/cases/cases-page.tsx').then(({ CasesPage: page }) => ({ default: page })),
);
const CasePage = lazy(() =>
  import('../pages/case/case-page.tsx').then(({ CasePage: page }) => ({ default: page })),
);

/** Every page. */
export const pageRoutes: readonly PageRoute[] = [
  { path: 'fleet', key: 'f', name: () => t('page.fleet', 'Fleet'), page: FleetPage },
  { path: 'domains/:tenant/:domain', name: () => t('page.domain', 'Domain') },
  { path: 'cases', key: 'c', name: () => t('page.cases', 'Cases'), page: CasesPage },
  { path: 'cases/:id', name: () => t('page.case', 'Case'), page: CasePage },
  { path: 'coverage', key: 'o', name: () => t('page.coverage', 'Coverage') },
  { path: 'rules', key: 'r', name: () => t('page.rules', 'Rules') },
  { path: 'suppressions', key: 's', name: () => t('page.suppressions', 'Suppressions') },
  { path: 'audit', key: 'a', name: () => t('page.audit', 'Audit') },
];
