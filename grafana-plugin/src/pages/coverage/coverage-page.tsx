/** Coverage: what can be seen now, and which rules do not see because of what cannot. */
import { css } from '@emotion/css';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Link } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { Coverage, CoverageView, DomainCoverage, RuleView, SourceView } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { domainPath, pagePath } from '../../app/paths.ts';
import { useUrlState } from '../../app/url-state.ts';
import { PlainTable, type PlainColumn } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { count, duration, witnessName } from '../../model/words.ts';
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

const kindColumns = (): readonly PlainColumn<CoverageView>[] => [
  { title: t('coverage.kind', 'Witness'), cell: ({ source_kind: kind }) => witnessName(kind) },
  { title: t('coverage.state', 'State'), cell: (kind) => alive(kind.alive) },
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

function useDomainColumns(): readonly Column<DomainCoverage>[] {
  const styles = useStyles2(getStyles);
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
      cell: ({ kinds }) =>
        kinds.length === 0 ? (
          <StateChip state={t('coverage.nobody', 'nobody')} tone="bad" />
        ) : (
          <span className={styles.chips}>
            {kinds.map(({ source_kind: kind, state, blind_minutes_24h: blind }) => (
              <StateChip
                key={kind}
                state={witnessName(kind)}
                tone={state === 'live' ? 'good' : state === 'stale' ? 'fair' : 'bad'}
                title={`${state}; ${t('coverage.blind', 'Blind in 24 h')}: ${minutes(blind)}`}
              />
            ))}
          </span>
        ),
    },
  ];
}

function ByDomain() {
  const reading = useRead<List<DomainCoverage>>({
    key: 'coverage/domains',
    load: (layer, signal, partly) => layer.domainCoverage({}, { signal, partly }),
    on: ['status'],
  });
  const columns = useDomainColumns();
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
            rowHeightPx={44}
            offsetPx={420}
          />
        )
      }
    </ReadingView>
  );
}

function BlindRules() {
  const reading = useRead<List<RuleView>>({
    key: 'coverage/rules',
    load: (layer, signal, partly) => layer.rules({}, { signal, partly }),
    // Every look is a line of the audit log: only a person asks again.
    on: [],
  });
  const blind = reading.value?.items.filter(({ health }) => health !== 'ok') ?? [];
  return (
    <ReadingView reading={reading}>
      {() =>
        blind.length === 0 ? (
          <p>{t('coverage.all-see', 'Every rule sees what it needs.')}</p>
        ) : (
          <PlainTable
            label={t('coverage.rules', 'Rules that do not see')}
            items={blind}
            keyOf={({ rule_id: id }) => id}
            columns={[
              {
                title: t('coverage.rule', 'Rule'),
                cell: ({ detection, title }) => (
                  <Link to={pagePath('rules', { q: detection })}>
                    {detection} {title}
                  </Link>
                ),
              },
              {
                title: t('coverage.health', 'Sees'),
                cell: ({ health }) => <StateChip state={health} tone={health === 'blind' ? 'bad' : 'fair'} />,
              },
              {
                title: t('coverage.needs', 'Needs'),
                cell: ({ requires_sources: needs }) => needs.map(witnessName).join(', '),
              },
            ]}
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
        <Section title={t('unreadable.title', 'Records that could not be read')}>
          <UnreadableRecords
            shown={state.unreadable !== ''}
            show={() => write({ unreadable: 'shown' }, { push: true })}
          />
        </Section>
        <Section title={t('coverage.rules', 'Rules that do not see')}>
          <BlindRules />
        </Section>
        <Section title={t('coverage.by-domain', 'Sources by domain')}>
          <ByDomain />
        </Section>
      </div>
    </PageFrame>
  );
}

const getStyles = () => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: 16 }),
  chips: css({ display: 'flex', gap: 4, flexWrap: 'wrap' }),
});
