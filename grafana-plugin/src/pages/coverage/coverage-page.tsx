/** Coverage: what can be seen now, and which rules do not see because of what cannot. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Link } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { Coverage, CoverageView, DomainCoverage, SourceView } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { domainPath } from '../../app/paths.ts';
import { useUrlState } from '../../app/url-state.ts';
import { PlainTable, type PlainColumn } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { count, duration, witnessName } from '../../model/words.ts';
import { BlindRules } from './blind-rules.tsx';
import { UnreadableRecords } from './unreadable-records.tsx';
import { mostBlindFirst } from './coverage-model.ts';

function alive(is: boolean) {
  return is ? (
    <StateChip state={t('coverage.alive', 'alive')} tone="good" />
  ) : (
    <StateChip state={t('coverage.silent', 'silent')} tone="bad" />
  );
}

function minutes(value: number): string {
  return value > 0
    ? t('coverage.minutes', '{{minutes}} min', { minutes: Math.round(value) })
    : t('coverage.none', 'none');
}

/** Which configured sources are silent while others of their kind may live; empty when none is. */
function silentWords(silent: readonly string[]): string {
  return silent.length === 0
    ? ''
    : t('coverage.silent-sources', 'silent: {{sources}}', { sources: silent.join(', ') });
}

const kindColumns = (): readonly PlainColumn<CoverageView>[] => [
  { title: t('coverage.kind', 'Witness'), cell: ({ source_kind: kind }) => witnessName(kind) },
  {
    title: t('coverage.state', 'State'),
    cell: ({ alive: lives, silent_sources: silent }) =>
      lives && silent.length > 0 ? (
        <StateChip state={t('coverage.partly', 'partly silent')} tone="fair" title={silentWords(silent)} />
      ) : (
        alive(lives)
      ),
  },
  { title: t('coverage.last', 'Last sign'), cell: (kind) => <TimeAgo at={kind.last_seen} /> },
  {
    title: t('coverage.since', 'Silent since'),
    cell: (kind) => <TimeAgo at={kind.silent_since} fallback="–" />,
  },
  {
    title: t('coverage.expected', 'Expected'),
    cell: (kind) =>
      kind.interval_ms > 0
        ? t('coverage.every', 'every {{time}}', { time: duration(kind.interval_ms) })
        : '–',
  },
  { title: t('coverage.blind', 'Blind in 24 h'), cell: (kind) => minutes(kind.blind_minutes_24h) },
];

const sourceColumns = (): readonly PlainColumn<SourceView>[] => [
  {
    title: t('coverage.source', 'Source'),
    cell: ({ id, feed, tenant }) => (
      <>
        {id}
        <small>
          {feed} · {tenant}
        </small>
      </>
    ),
  },
  { title: t('coverage.state', 'State'), cell: (source) => alive(source.alive) },
  { title: t('coverage.last', 'Last sign'), cell: (source) => <TimeAgo at={source.last_sign_at} /> },
  { title: t('coverage.records', 'Records'), cell: (source) => count(source.records) },
  { title: t('coverage.rejected', 'Unreadable'), cell: (source) => count(source.rejected) },
  { title: t('coverage.duplicates', 'Known already'), cell: (source) => count(source.duplicates) },
  {
    title: t('coverage.gaps', 'Gaps'),
    cell: ({ gaps, gap_minutes: lost }) =>
      gaps > 0 ? `${count(gaps)} (${minutes(lost)})` : t('coverage.none', 'none'),
  },
];

/** Those that do not see first, in one line; the whole list to hover. */
function Watching({ kinds }: { kinds: DomainCoverage['kinds'] }) {
  const styles = useStyles2(getStyles);
  if (kinds.length === 0) return <StateChip state={t('coverage.nobody', 'nobody')} tone="bad" />;
  const groups = [
    [t('coverage.is-silent', 'silent'), 'bad', kinds.filter(({ state }) => state === 'silent')],
    [t('coverage.is-stale', 'stale'), 'fair', kinds.filter(({ state }) => state === 'stale')],
    [t('coverage.partly', 'partly silent'), 'fair', kinds.filter(({ state }) => state === 'partial')],
    [t('coverage.is-live', 'live'), 'good', kinds.filter(({ state }) => state === 'live')],
  ] as const;
  const all = kinds
    .map(
      ({ source_kind: kind, state, blind_minutes_24h: blind, silent_sources: silent }) =>
        `${witnessName(kind)}: ${[state, silentWords(silent)].filter((words) => words !== '').join(', ')}; ${t('coverage.blind', 'Blind in 24 h')}: ${minutes(blind)}`,
    )
    .join('\n');
  return (
    <div className={styles.watching} title={all}>
      {groups.map(([state, tone, own]) =>
        own.length === 0 ? null : (
          <span key={state}>
            <StateChip state={`${own.length} ${state}`} tone={tone} />{' '}
            <span className={styles.dim}>
              {own.map(({ source_kind: kind }) => witnessName(kind)).join(', ')}
            </span>
          </span>
        ),
      )}
    </div>
  );
}

function domainColumns(): readonly Column<DomainCoverage>[] {
  return [
    {
      id: 'domain',
      title: t('coverage.domain', 'Domain'),
      width: 'minmax(180px, 1fr)',
      cell: ({ tenant, domain }) => <Link to={domainPath(tenant, domain)}>{domain}</Link>,
    },
    {
      id: 'tier',
      title: t('coverage.tier', 'Tier'),
      width: '70px',
      cell: ({ tier }) => tier ?? t('coverage.unknown', 'unknown'),
    },
    {
      id: 'kinds',
      title: t('coverage.witnesses', 'Who watches it'),
      width: 'minmax(320px, 3fr)',
      cell: ({ kinds }) => <Watching kinds={kinds} />,
    },
  ];
}

function ByDomain() {
  const reading = useRead<List<DomainCoverage>>({
    key: 'coverage/domains',
    load: (layer, signal, partly) => layer.domainCoverage({}, { signal, partly }),
    on: ['status'],
  });
  const columns = domainColumns();
  const sorted = useMemo(() => mostBlindFirst(reading.value?.items ?? []), [reading.value]);
  return (
    <ReadingView reading={reading}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title={t('coverage.no-domain', 'There are no domains yet')} />
        ) : (
          <VirtualTable
            label={t('coverage.by-domain', 'Sources by domain')}
            items={sorted}
            columns={columns}
            keyOf={({ tenant, domain }) => `${tenant}/${domain}`}
            rowHeightPx={40}
            offsetPx={420}
          />
        )
      }
    </ReadingView>
  );
}

/** The page. */
export function CoveragePage() {
  const styles = useStyles2(getStyles);
  const [state, write] = useUrlState({ unreadable: '' });
  const reading = useRead<Coverage>({
    key: 'coverage',
    load: (layer, signal) => layer.coverage({}, { signal }),
    on: ['status'],
  });
  return (
    <PageFrame
      title={t('page.coverage', 'Coverage')}
      about={t(
        'coverage.about',
        'What can be seen now. A silent source lowers coverage; it never quietly changes a score or an alert.',
      )}
    >
      <div className={styles.page}>
        <ReadingView reading={reading}>
          {({ kinds, sources }) => (
            <>
              <Section title={t('coverage.kinds', 'Kinds of witness')}>
                {kinds.length === 0 ? (
                  <EmptyState title={t('coverage.no-source', 'No source yet')}>
                    {t('coverage.connect', 'Connect one in the configuration of the collector.')}
                  </EmptyState>
                ) : (
                  <PlainTable
                    label={t('coverage.kinds', 'Kinds of witness')}
                    items={kinds}
                    columns={kindColumns()}
                    keyOf={({ source_kind: kind }) => kind}
                  />
                )}
              </Section>
              {sources.length === 0 ? null : (
                <Section title={t('coverage.sources', 'Sources')}>
                  <PlainTable
                    label={t('coverage.sources', 'Sources')}
                    items={sources}
                    columns={sourceColumns()}
                    keyOf={({ id, tenant }) => `${tenant}/${id}`}
                  />
                </Section>
              )}
            </>
          )}
        </ReadingView>
        <Section title={t('coverage.by-domain', 'Sources by domain')}>
          <ByDomain />
        </Section>
        <Section title={t('coverage.rules', 'Rules that do not see')}>
          <BlindRules kinds={reading.value?.kinds ?? []} />
        </Section>
        <Section title={t('unreadable.title', 'Records that could not be read')}>
          <UnreadableRecords
            shown={state.unreadable !== ''}
            show={() => write({ unreadable: 'shown' }, { push: true })}
          />
        </Section>
      </div>
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: 16 }),
  watching: css({
    display: 'flex',
    gap: 12,
    overflow: 'hidden',
    '& > span': { whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', flex: '0 1 auto' },
  }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
