/** Cases: the queue, most urgent first. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, FilterInput, LinkButton, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { CaseSummary } from '../../api/shapes.ts';
import { useRead, useStatus } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { casePath, pagePath } from '../../app/paths.ts';
import { useUrlState } from '../../app/url-state.ts';
import { CaseState, dispositionName } from '../../components/case-state.tsx';
import { ClockCell } from '../../components/case-clock.tsx';
import { Pick } from '../../components/pick.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { EmptyState, ErrorState, LoadingState, StaleBanner } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { severityColor } from '../../components/tone.ts';
import { VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { choices } from '../../model/choices.ts';
import { isOpenCase } from '../../model/open-case.ts';
import { count, severitiesDown } from '../../model/words.ts';
import { casesBesideSeverity, deadlineOf, orderedCases, personName } from './cases-model.ts';

const defaults = {
  q: '',
  state: 'open',
  severity: '',
  team: '',
  tenant: '',
  domain: '',
  who: '',
  sort: 'urgency',
};
type State = typeof defaults;
type Write = (change: Partial<State>) => void;

function Who({ item, me }: { item: CaseSummary; me: string | undefined }) {
  const styles = useStyles2(getStyles);
  const behind = [item.team, item.owner].filter((each) => each !== null).join(' · ');
  return (
    <div className={styles.two}>
      {item.assignee === null ? (
        <span className={styles.dim}>{t('cases.nobody', 'nobody has it')}</span>
      ) : (
        <span title={item.assignee}>
          {item.assignee === me ? t('cases.me', 'you') : personName(item.assignee)}
        </span>
      )}
      <small>{behind === '' ? t('cases.no-owner', 'no owner named') : behind}</small>
    </div>
  );
}

function Told({ item }: { item: CaseSummary }) {
  const styles = useStyles2(getStyles);
  if (item.paged_at !== null)
    return (
      <span>
        {t('cases.paged', 'paged')} <TimeAgo at={item.paged_at} />
      </span>
    );
  const words: Readonly<Record<string, string>> = {
    page: t('cases.told-page', 'page waits'),
    ticket: t('cases.told-ticket', 'ticket'),
    digest: t('cases.told-digest', 'daily digest'),
  };
  return <span className={styles.dim}>{words[item.notify] ?? t('cases.told-none', 'nobody')}</span>;
}

function useColumns(order: string, write: Write, me: string | undefined): readonly Column<CaseSummary>[] {
  const styles = useStyles2(getStyles);
  const sorted = (sort: string) => ({
    onSort: () => write({ sort }),
    ...(order === sort ? { sorted: 'ascending' as const } : {}),
  });
  return [
    {
      id: 'severity',
      title: t('cases.column-severity', 'Severity'),
      width: '112px',
      ...sorted('urgency'),
      cell: ({ severity }) => <SeverityBadge severity={severity} />,
    },
    {
      id: 'title',
      title: t('cases.column-case', 'Case'),
      width: 'minmax(260px, 4fr)',
      cell: ({ case_id: id, title, domains, drill, detections }) => (
        <div className={styles.two}>
          <Link to={casePath(id)} className={styles.strong} title={title}>
            {title}
          </Link>
          <small>
            {drill ? `${t('cases.drill', 'drill')} · ` : ''}
            {domains.slice(0, 3).join(', ')}
            {domains.length > 3
              ? ` ${t('cases.more-domains', 'and {{number}} more', { number: domains.length - 3 })}`
              : ''}{' '}
            · {detections.join(' ')}
          </small>
        </div>
      ),
    },
    {
      id: 'state',
      title: t('cases.column-state', 'State'),
      width: 'minmax(112px, 0.6fr)',
      cell: ({ state, disposition }) => (
        <span title={disposition === null ? undefined : dispositionName(disposition)}>
          <CaseState state={state} />
        </span>
      ),
    },
    {
      id: 'who',
      title: t('cases.column-who', 'Who has it'),
      width: 'minmax(120px, 1.2fr)',
      cell: (item) => <Who item={item} me={me} />,
    },
    {
      id: 'age',
      title: t('cases.column-age', 'Opened'),
      width: '96px',
      ...sorted('age'),
      cell: ({ opened_at: at }) => <TimeAgo at={at} />,
    },
    {
      id: 'clock',
      title: t('cases.column-clock', 'Clock'),
      width: '124px',
      ...sorted('clock'),
      cell: (item) => {
        const clock = deadlineOf(item);
        return clock === undefined || !isOpenCase(item) ? (
          <span className={styles.dim}>–</span>
        ) : (
          <ClockCell {...clock} />
        );
      },
    },
    {
      id: 'told',
      title: t('cases.column-told', 'Told'),
      width: '138px',
      fromPx: 1000,
      cell: (item) => <Told item={item} />,
    },
  ];
}

function SeverityFilter({
  items,
  severity,
  write,
}: {
  items: readonly CaseSummary[];
  severity: string;
  write: Write;
}) {
  const styles = useStyles2(getStyles);
  const counts = new Map(choices(items, (item) => item.severity));
  return (
    <div className={styles.severities} role="group" aria-label={t('cases.by-severity', 'Filter by severity')}>
      {severitiesDown.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={severity === each}
          className={cx(styles.severity, severity === each && styles.severityOn)}
          onClick={() => write({ severity: severity === each ? '' : each })}
        >
          <SeverityBadge severity={each} count={counts.get(each) ?? 0} />
        </button>
      ))}
    </div>
  );
}

const narrowing = ['q', 'severity', 'team', 'tenant', 'domain', 'who'] as const;
const wide: Partial<State> = { q: '', severity: '', team: '', tenant: '', domain: '', who: '' };

function Filters({ items, state, write }: { items: readonly CaseSummary[]; state: State; write: Write }) {
  const styles = useStyles2(getStyles);
  const teams = useMemo(() => choices(items, ({ team }) => team), [items]);
  const tenants = useMemo(() => choices(items, ({ tenant }) => tenant), [items]);
  const domains = useMemo(() => choices(items, (item) => item.domains), [items]);
  const states: Readonly<Record<string, string>> = {
    open: t('cases.state-open', 'Open'),
    new: t('cases.state-new', 'New'),
    acknowledged: t('cases.state-acknowledged', 'Acknowledged'),
    contained: t('cases.state-contained', 'Contained'),
    reopened: t('cases.state-reopened', 'Reopened'),
    closed: t('cases.state-closed', 'Closed'),
    all: t('cases.state-all', 'All states'),
  };
  const people: Readonly<Record<string, string>> = {
    me: t('cases.who-me', 'Mine'),
    nobody: t('cases.who-nobody', 'Nobody’s'),
  };
  return (
    <div className={styles.filters} role="search">
      <div className={styles.search} data-search>
        <FilterInput
          aria-label={t('cases.search', 'Search cases')}
          placeholder={t('cases.search-hint', 'Search title, domain, detection, person ( / )')}
          value={state.q}
          escapeRegex={false}
          onChange={(q) => write({ q })}
        />
      </div>
      <Pick
        label={t('cases.state', 'State')}
        value={state.state}
        width={16}
        options={Object.keys(states).map((each) => [each] as const)}
        name={(each) => states[each] ?? each}
        onPick={(each) => write({ state: each })}
      />
      <Pick
        label={t('cases.who', 'Who has it')}
        all={t('cases.anybody', 'Anybody’s')}
        value={state.who}
        width={15}
        options={[['me'], ['nobody']]}
        name={(each) => people[each] ?? each}
        onPick={(who) => write({ who })}
      />
      <Pick
        label={t('cases.team', 'Team')}
        all={t('cases.all-teams', 'All teams')}
        value={state.team}
        width={17}
        options={teams}
        onPick={(team) => write({ team })}
      />
      {tenants.length > 1 || state.tenant !== '' ? (
        <Pick
          label={t('cases.tenant', 'Tenant')}
          all={t('cases.all-tenants', 'All tenants')}
          value={state.tenant}
          width={17}
          options={tenants}
          onPick={(tenant) => write({ tenant })}
        />
      ) : null}
      <Pick
        label={t('cases.domain', 'Domain')}
        all={t('cases.all-domains', 'All domains')}
        value={state.domain}
        width={22}
        options={domains}
        onPick={(domain) => write({ domain })}
      />
      {narrowing.some((name) => state[name] !== '') ? (
        <Button variant="secondary" fill="text" onClick={() => write(wide)}>
          {t('cases.clear', 'Clear filters')}
        </Button>
      ) : null}
    </div>
  );
}

function NothingHere({ all, write }: { all: readonly CaseSummary[]; write: Write }) {
  return all.length > 0 ? (
    <EmptyState
      title={t('cases.no-match', 'No case passes these filters')}
      action={
        <Button variant="secondary" onClick={() => write(wide)}>
          {t('cases.clear', 'Clear filters')}
        </Button>
      }
    />
  ) : (
    <EmptyState
      title={t('cases.empty', 'No open case')}
      action={
        <LinkButton variant="secondary" href={pagePath('coverage')}>
          {t('cases.see-coverage', 'See whether all sources are alive')}
        </LinkButton>
      }
    >
      {t(
        'cases.empty-advice',
        'Nothing waits for a person. Approved changes open no case; they stand on the page of their domain.',
      )}
    </EmptyState>
  );
}

/** The page. */
export function CasesPage() {
  const theme = useTheme2();
  const navigate = useNavigate();
  const [state, write] = useUrlState(defaults);
  const status = useStatus();
  const me = status.value?.user.id;
  // Closed cases pile up over the years: they are asked for only when somebody wants to see them.
  const wanted = state.state === 'all' || state.state === 'closed' ? '' : 'open';
  const cases = useRead<List<CaseSummary>>({
    key: `cases/${wanted}`,
    load: (layer, signal, partly) => layer.cases({ state: wanted }, { signal, partly }),
    on: ['case'],
  });
  const items = cases.value?.items;
  const beside = useMemo(() => casesBesideSeverity(items ?? [], state, me), [items, state, me]);
  const shown = useMemo(
    () => orderedCases(beside, state.severity, state.sort),
    [beside, state.severity, state.sort],
  );
  const columns = useColumns(state.sort, write, me);
  const total = cases.value?.total ?? 0;
  const about =
    items === undefined
      ? undefined
      : items.length < total
        ? t('cases.about-partly', '{{read}} of {{total}} cases read', {
            read: count(items.length),
            total: count(total),
          })
        : t('cases.about', '{{shown}} of {{total}} cases shown', {
            shown: count(shown.length),
            total: count(items.length),
          });
  return (
    <PageFrame title={t('page.cases', 'Cases')} about={about}>
      {cases.problem === undefined ? null : items === undefined ? (
        <ErrorState problem={cases.problem} retry={cases.reload} />
      ) : (
        <StaleBanner answeredMs={cases.answeredMs} problem={cases.problem} retry={cases.reload} />
      )}
      {items === undefined ? (
        cases.problem === undefined && <LoadingState rows={8} />
      ) : (
        <>
          <SeverityFilter items={beside} severity={state.severity} write={write} />
          <Filters items={items} state={state} write={write} />
          {shown.length === 0 ? (
            <NothingHere all={items} write={write} />
          ) : (
            <VirtualTable
              label={t('cases.list', 'Cases')}
              items={shown}
              columns={columns}
              keyOf={({ case_id: id }) => id}
              open={({ case_id: id }) => navigate(casePath(id))}
              edge={(item) => (isOpenCase(item) ? severityColor(theme, item.severity) : undefined)}
              rowHeightPx={52}
              offsetPx={210}
              order={Object.values(state).join('|')}
            />
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
  search: css({ flex: '1 1 260px', maxWidth: 380 }),
  severities: css({ display: 'flex', gap: 6, flexWrap: 'wrap', marginBottom: theme.spacing(1.5) }),
  severity: css({
    all: 'unset',
    cursor: 'pointer',
    padding: 3,
    borderRadius: theme.shape.radius.default,
    '&:hover': { background: theme.colors.action.hover },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
  severityOn: css({
    background: theme.colors.action.selected,
    boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}`,
  }),
  strong: css({ fontWeight: 500 }),
  dim: css({ color: theme.colors.text.secondary }),
  two: css({
    display: 'flex',
    flexDirection: 'column',
    lineHeight: 1.35,
    '& > *': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
    '& small': { color: theme.colors.text.secondary },
  }),
});
