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

const DomainPage = lazy(() =>
  import('../pages/domain/domain-page.tsx').then(({ DomainPage: page }) => ({ default: page })),
);

const CoveragePage = lazy(() =>
  import('../pages/coverage/coverage-page.tsx').then(({ CoveragePage: page }) => ({ default: page })),
);

const RulesPage = lazy(() =>
  import('../pages/rules/rules-page.tsx').then(({ RulesPage: page }) => ({ default: page })),
);

const SuppressionsPage = lazy(() =>
  import('../pages/suppressions/suppressions-page.tsx').then(({ SuppressionsPage: page }) => ({
    default: page,
  })),
);

const AuditPage = lazy(() =>
  import('../pages/audit/audit-page.tsx').then(({ AuditPage: page }) => ({ default: page })),
);

const DomainByNamePage = lazy(() =>
  import('../pages/domain-by-name/domain-by-name-page.tsx').then(({ DomainByNamePage: page }) => ({
    default: page,
  })),
);

/** Every page. */
export const pageRoutes: readonly PageRoute[] = [
  { path: 'fleet', key: 'f', name: () => t('page.fleet', 'Fleet'), page: FleetPage },
  { path: 'domains/:tenant/:domain', name: () => t('page.domain', 'Domain'), page: DomainPage },
  { path: 'domains/:domain', name: () => t('page.domain', 'Domain'), page: DomainByNamePage },
  { path: 'cases', key: 'c', name: () => t('page.cases', 'Cases'), page: CasesPage },
  { path: 'cases/:id', name: () => t('page.case', 'Case'), page: CasePage },
  { path: 'coverage', key: 'o', name: () => t('page.coverage', 'Coverage'), page: CoveragePage },
  { path: 'rules', key: 'r', name: () => t('page.rules', 'Rules'), page: RulesPage },
  {
    path: 'suppressions',
    key: 's',
    name: () => t('page.suppressions', 'Suppressions'),
    page: SuppressionsPage,
  },
  { path: 'audit', key: 'a', name: () => t('page.audit', 'Audit'), page: AuditPage },
];
