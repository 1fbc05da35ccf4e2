/** Fleet: health of the portfolio, what needs a person, and every domain in one list. The pattern for other pages. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, FilterInput, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { CaseSummary, Coverage, DomainSummary, SharedValue } from '../../api/shapes.ts';
import { useNowMs } from '../../app/clock.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { domainPath, pagePath } from '../../app/paths.ts';
import { useUrlState } from '../../app/url-state.ts';
import { Pick } from '../../components/pick.tsx';
import { ScoreBar, ScoreChange } from '../../components/score.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { EmptyState, ErrorState, LoadingState, StaleBanner } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { severityColor } from '../../components/tone.ts';
import { VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { choices } from '../../model/choices.ts';
import { domainsSharing, newlyShared } from '../../model/shared-values.ts';
import { count } from '../../model/words.ts';
import { fleetHealth, shownDomains, type FleetOrder } from './fleet-model.ts';
import { FleetTiles, UrgentCases } from './fleet-tiles.tsx';
import { NewlyShared } from './newly-shared.tsx';

const unfiltered = { q: '', team: '', tier: '', tenant: '', band: '', shared: '' };
const defaults = { ...unfiltered, sort: 'urgency' };

function useColumns(order: string, sortBy: (order: FleetOrder) => void): readonly Column<DomainSummary>[] {
  const styles = useStyles2(getStyles);
  const sorted = (name: FleetOrder) => ({
    onSort: () => sortBy(name),
    ...(order === name ? { sorted: 'ascending' as const } : {}),
  });
  return [
    {
      id: 'domain',
      title: t('fleet.column-domain', 'Domain'),
      width: 'minmax(190px, 2fr)',
      ...sorted('name'),
      cell: ({ tenant, domain, tier }) => (
        <div className={styles.two}>
          <Link to={domainPath(tenant, domain)} className={styles.strong}>
            {domain}
          </Link>
          <small>
            {tier === null
              ? t('fleet.tier-unknown', 'tier unknown')
              : t('fleet.tier', 'tier {{tier}}', { tier })}{' '}
            · {tenant}
          </small>
        </div>
      ),
    },
    {
      id: 'score',
      title: t('fleet.column-score', 'Score'),
      width: 'minmax(130px, 1fr)',
      ...sorted('score'),
      cell: ({ score, coverage }) => <ScoreBar score={score} coverage={coverage} />,
    },
    {
      id: 'fall',
      title: t('fleet.column-change', '24 h'),
      width: '72px',
      ...sorted('fall'),
      cell: ({ score_change_1d: change }) => <ScoreChange points={change} />,
    },
    {
      id: 'cases',
      title: t('fleet.column-cases', 'Open cases'),
      width: '140px',
      ...sorted('urgency'),
      cell: ({ open_cases: number, worst_severity: worst, domain }) =>
        number === 0 || worst === null ? (
          <span className={styles.dim}>{t('fleet.none', 'none')}</span>
        ) : (
          <Link to={pagePath('cases', { domain })}>
            <SeverityBadge severity={worst} {...(number > 1 ? { count: number } : {})} />
          </Link>
        ),
    },
    {
      id: 'owner',
      title: t('fleet.column-owner', 'Owner'),
      width: 'minmax(110px, 1fr)',
      cell: ({ team, owner }) => (
        <div className={styles.two}>
          <span>
            {team ?? owner ?? <span className={styles.dim}>{t('fleet.nobody-named', 'nobody named')}</span>}
          </span>
          {team !== null && owner !== null ? <small>{owner}</small> : null}
        </div>
      ),
    },
    {
      id: 'registrar',
      title: t('fleet.column-registrar', 'Registrar, DNS'),
      width: 'minmax(130px, 1fr)',
      fromPx: 1080,
      cell: ({ registrar_account: account, dns_provider: provider }) => (
        <div className={styles.two}>
          <span>{account ?? <span className={styles.dim}>{t('fleet.unknown', 'unknown')}</span>}</span>
          <small>{provider ?? ''}</small>
        </div>
      ),
    },
    {
      id: 'changed',
      title: t('fleet.column-changed', 'Last change'),
      width: '118px',
      fromPx: 950,
      cell: ({ last_change_at: at }) => <TimeAgo at={at} />,
    },
    {
      id: 'next',
      title: t('fleet.column-next', 'Next best action'),
      width: 'minmax(180px, 2fr)',
      cell: ({ next_best_action: action }) =>
        action === null ? (
          <span className={styles.dim}>{t('fleet.nothing-open', 'nothing open')}</span>
        ) : (
          <span className={styles.clamp} title={action}>
            {action}
          </span>
        ),
    },
  ];
}

function Filters({
  items,
  state,
  write,
}: {
  items: readonly DomainSummary[];
  state: typeof defaults;
  write: (change: Partial<typeof defaults>) => void;
}) {
  const styles = useStyles2(getStyles);
  const teams = useMemo(() => choices(items, ({ team }) => team), [items]);
  const tiers = useMemo(() => choices(items, ({ tier }) => (tier === null ? null : String(tier))), [items]);
  const tenants = useMemo(() => choices(items, ({ tenant }) => tenant), [items]);
  const filtered = Object.keys(unfiltered).some((name) => state[name as keyof typeof unfiltered] !== '');
  return (
    <div className={styles.filters} role="search">
      <div className={styles.search} data-search>
        <FilterInput
          aria-label={t('fleet.search', 'Search domains')}
          placeholder={t('fleet.search-hint', 'Search name, owner, registrar, DNS ( / )')}
          value={state.q}
          escapeRegex={false}
          onChange={(q) => write({ q })}
        />
      </div>
      <Pick
        label={t('fleet.team', 'Team')}
        all={t('fleet.all-teams', 'All teams')}
        value={state.team}
        options={teams}
        onPick={(team) => write({ team })}
      />
      <Pick
        label={t('fleet.tier-filter', 'Tier')}
        all={t('fleet.all-tiers', 'All tiers')}
        value={state.tier}
        options={tiers}
        name={(tier) => t('fleet.tier', 'tier {{tier}}', { tier })}
        onPick={(tier) => write({ tier })}
      />
      {tenants.length > 1 ? (
        <Pick
          label={t('fleet.tenant', 'Tenant')}
          all={t('fleet.all-tenants', 'All tenants')}
          value={state.tenant}
          options={tenants}
          onPick={(tenant) => write({ tenant })}
        />
      ) : null}
      <Pick
        label={t('fleet.order', 'Order')}
        value={state.sort}
        options={orderOptions}
        name={orderName}
        onPick={(sort) => write({ sort })}
      />
      {filtered ? (
        <Button variant="secondary" fill="text" onClick={() => write(unfiltered)}>
          {t('fleet.clear', 'Clear filters')}
        </Button>
      ) : null}
    </div>
  );
}

const orders: readonly FleetOrder[] = ['urgency', 'score', 'fall', 'coverage', 'name'];

const orderOptions = orders.map((order) => [order] as const);

function orderName(order: string): string {
  if (order === 'score') return t('fleet.order-score', 'Lowest score first');
  if (order === 'fall') return t('fleet.order-fall', 'Falling fastest first');
  if (order === 'coverage') return t('fleet.order-coverage', 'Least known first');
  return order === 'name' ? t('fleet.order-name', 'By name') : t('fleet.order-urgency', 'Most urgent first');
}

/** The page. */
export function FleetPage() {
  const [state, write] = useUrlState(defaults);
  const navigate = useNavigate();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const domains = useRead<List<DomainSummary>>({
    key: 'fleet/domains',
    load: (layer, signal, partly) => layer.domains({ sort: 'risk' }, { signal, partly }),
    on: ['score', 'case', 'status'],
  });
  const cases = useRead<List<CaseSummary>>({
    key: 'fleet/cases',
    load: (layer, signal, partly) => layer.cases({ state: 'open' }, { signal, partly }),
    on: ['case'],
  });
  const coverage = useRead<Coverage>({
    key: 'fleet/coverage',
    load: (layer, signal) => layer.coverage({}, { signal }),
    on: ['status'],
  });
  const shared = useRead<List<SharedValue>>({
    key: 'fleet/shared',
    load: (layer, signal) => layer.sharedValues({}, { signal }),
    on: ['case', 'score'],
  });
  const nowMs = useNowMs();
  const items = domains.value?.items;
  const total = domains.value?.total ?? 0;
  const health = useMemo(
    () =>
      items === undefined
        ? undefined
        : fleetHealth(items, cases.value?.items ?? [], coverage.value?.kinds ?? []),
    [items, cases.value, coverage.value],
  );
  const shown = useMemo(() => {
    // Until the values are read, every domain is shown; a value that nobody shares any more shows none.
    const among =
      state.shared === '' || shared.value === undefined
        ? undefined
        : (domainsSharing(shared.value.items, state.shared) ?? new Set<string>());
    return shownDomains(items ?? [], state, state.sort as FleetOrder, among);
  }, [items, state, shared.value]);
  const columns = useColumns(state.sort, (sort) => write({ sort }));
  const partly = items !== undefined && items.length < total;
  const about =
    items === undefined
      ? undefined
      : partly
        ? t('fleet.about-partly', '{{shown}} of {{total}} domains read', {
            shown: count(items.length),
            total: count(total),
          })
        : shown.length === items.length
          ? total === 1
            ? t('fleet.about-one', '1 domain')
            : t('fleet.about', '{{total}} domains', { total: count(total) })
          : t('fleet.about-filtered', '{{shown}} of {{total}} domains', {
              shown: count(shown.length),
              total: count(total),
            });
  return (
    <PageFrame title={t('page.fleet', 'Fleet')} about={about}>
      {domains.problem === undefined ? null : items === undefined ? (
        <ErrorState problem={domains.problem} retry={domains.reload} />
      ) : (
        <StaleBanner answeredMs={domains.answeredMs} problem={domains.problem} retry={domains.reload} />
      )}
      {health === undefined || items === undefined ? (
        domains.problem === undefined && <LoadingState rows={8} />
      ) : (
        <>
          <UrgentCases health={health} />
          <NewlyShared
            items={newlyShared(shared.value?.items ?? [], nowMs)}
            picked={state.shared}
            onPick={(key) => write({ shared: key })}
          />
          <FleetTiles health={health} band={state.band} onBand={(band) => write({ band })} />
          <Filters items={items} state={state} write={write} />
          {shown.length === 0 ? (
            <EmptyState
              title={
                items.length === 0
                  ? t('fleet.empty', 'There are no domains yet')
                  : t('fleet.no-match', 'No domain passes these filters')
              }
              action={
                items.length === 0 ? undefined : (
                  <Button variant="secondary" onClick={() => write(unfiltered)}>
                    {t('fleet.clear', 'Clear filters')}
                  </Button>
                )
              }
            >
              {items.length === 0
                ? t('fleet.empty-advice', 'Name them in the inventory of the collector.')
                : undefined}
            </EmptyState>
          ) : (
            <div className={styles.list}>
              <VirtualTable
                label={t('fleet.list', 'Domains')}
                items={shown}
                columns={columns}
                keyOf={({ tenant, domain }) => `${tenant}/${domain}`}
                open={({ tenant, domain }) => navigate(domainPath(tenant, domain))}
                edge={({ worst_severity: worst }) =>
                  worst === null ? undefined : severityColor(theme, worst)
                }
                order={Object.values(state).join('|')}
              />
            </div>
          )}
        </>
      )}
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  filters: css({
    display: 'flex',
    gap: 8,
    flexWrap: 'wrap',
    marginBottom: theme.spacing(1.5),
    alignItems: 'center',
  }),
  search: css({ flex: '1 1 260px', maxWidth: 420 }),
  list: css({ minHeight: 200 }),
  strong: css({ fontWeight: 500 }),
  dim: css({ color: theme.colors.text.secondary }),
  two: css({
    display: 'flex',
    flexDirection: 'column',
    lineHeight: 1.35,
    '& > *': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
    '& small': { color: theme.colors.text.secondary },
  }),
  clamp: css({
    display: '-webkit-box',
    WebkitLineClamp: 2,
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    lineHeight: 1.35,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
