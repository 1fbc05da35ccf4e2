/** A domain whose tenant the link does not name, as links of alerts and dashboards: leads on, or offers what there is. */
import { t } from '@grafana/i18n';
import { LinkButton } from '@grafana/ui';
import { Link, Navigate, useParams } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { DomainSummary } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { domainPath, pagePath } from '../../app/paths.ts';
import { ReadingView } from '../../components/reading-view.tsx';
import { EmptyState } from '../../components/states.tsx';

/** The page. */
export function DomainByNamePage() {
  const { domain = '' } = useParams();
  const reading = useRead<List<DomainSummary>>({
    key: `domains-named/${domain}`,
    load: (layer, signal, partly) => layer.domains({ q: domain }, { signal, partly }),
    on: [],
  });
  const found = reading.value?.items.filter((item) => item.domain === domain) ?? [];
  const only = found.length === 1 ? found[0] : undefined;
  if (only !== undefined) return <Navigate to={domainPath(only.tenant, only.domain)} replace />;
  return (
    <PageFrame title={domain}>
      <ReadingView reading={reading}>
        {() =>
          found.length === 0 ? (
            <EmptyState
              title={t('named.none', 'This domain is not watched')}
              action={<LinkButton href={pagePath('fleet')}>{t('page.to-fleet', 'To the fleet')}</LinkButton>}
            >
              {t(
                'named.none-about',
                'It is not in the inventory, or belongs to a tenant that you may not see.',
              )}
            </EmptyState>
          ) : (
            <ul>
              {found.map(({ tenant }) => (
                <li key={tenant}>
                  <Link to={domainPath(tenant, domain)}>
                    {domain} · {tenant}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </ReadingView>
    </PageFrame>
  );
}
