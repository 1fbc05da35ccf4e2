import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { casePath, domainPath, pagePath } from '../../app/paths.ts';
import { ScoreBar, ScoreChange } from '../../components/score.tsx';
import { SeverityBadge, severityCounts } from '../../components/severity-badge.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { scoreTone, severityColor, toneColor } from '../../components/tone.ts';
import { count, percent, witnessName } from '../../model/words.ts';
import { scoreBands, type FleetHealth } from './fleet-model.ts';

function Tile({
  title,
  alarm,
  children,
}: {
  title: string;
  alarm?: string | undefined;
  children: ReactNode;
}) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.tile} style={alarm === undefined ? undefined : { borderTopColor: alarm }}>
      <h2 className={styles.tileTitle}>{title}</h2>
      {children}
    </section>
  );
}

function Cases({ health }: { health: FleetHealth }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const counts = severityCounts(health.openCases);
  const worst = counts[0]?.[0];
  return (
    <Tile
      title={t('fleet.open-cases', 'Open cases')}
      alarm={worst === undefined ? undefined : severityColor(theme, worst)}
    >
      <Link to={pagePath('cases')} className={styles.big}>
        {count(health.openCases.length)}
      </Link>
      <div className={styles.chips}>
        {counts.length === 0 ? (
          <span className={styles.dim}>{t('fleet.no-cases', 'Nothing waits for a person.')}</span>
        ) : null}
        {counts.map(([severity, number]) => (
          <Link key={severity} to={pagePath('cases', { severity })}>
            <SeverityBadge severity={severity} count={number} />
          </Link>
        ))}
      </div>
    </Tile>
  );
}

function Scores({
  health,
  band,
  onBand,
}: {
  health: FleetHealth;
  band: string;
  onBand: (band: string) => void;
}) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const most = Math.max(1, ...health.bands);
  const names = [...scoreBands.map(([from]) => String(from)), 'unknown'];
  return (
    <Tile title={t('fleet.scores', 'Control scores')}>
      <div className={styles.histogram} role="group" aria-label={t('fleet.scores-filter', 'Filter by score')}>
        {health.bands.map((number, at) => {
          const name = names[at] as string;
          const range = scoreBands[at];
          const text =
            range === undefined
              ? t('fleet.no-score', 'none')
              : range[1] > 100
                ? `${range[0]}+`
                : `${range[0]}–${range[1] - 1}`;
          const color =
            range === undefined ? theme.colors.text.disabled : toneColor(theme, scoreTone(range[0]));
          return (
            <button
              key={name}
              type="button"
              className={cx(styles.band, band === name && styles.bandOn)}
              aria-pressed={band === name}
              title={t('fleet.band', 'Score {{range}}: {{number}} domains', { range: text, number })}
              onClick={() => onBand(band === name ? '' : name)}
            >
              <span className={styles.bandCount}>{number === 0 ? '' : count(number)}</span>
              <span
                style={{ height: Math.max(number === 0 ? 1 : 3, (number / most) * 40), background: color }}
                className={styles.bandFill}
              />
              <span className={styles.bandName}>{text}</span>
            </button>
          );
        })}
      </div>
    </Tile>
  );
}

function Ranking({
  title,
  items,
  none,
  value,
}: {
  title: string;
  items: FleetHealth['worst'];
  none: string;
  value: (item: FleetHealth['worst'][number]) => ReactNode;
}) {
  const styles = useStyles2(getStyles);
  return (
    <Tile title={title}>
      {items.length === 0 ? <span className={styles.dim}>{none}</span> : null}
      <ol className={styles.ranking}>
        {items.map((item) => (
          <li key={`${item.tenant}/${item.domain}`}>
            <Link to={domainPath(item.tenant, item.domain)}>{item.domain}</Link>
            {value(item)}
          </li>
        ))}
      </ol>
    </Tile>
  );
}

function Coverage({ health }: { health: FleetHealth }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const { blind, kinds, known } = health;
  return (
    <Tile
      title={t('fleet.blind', 'Coverage holes')}
      alarm={blind.length === 0 ? undefined : toneColor(theme, 'fair')}
    >
      <Link to={pagePath('coverage')} className={styles.big}>
        {blind.length}
        <small> {t('fleet.of-kinds', 'of {{kinds}} kinds of source silent', { kinds })}</small>
      </Link>
      <ul className={styles.plain}>
        {blind.slice(0, 2).map(({ source_kind: kind, silent_since: since }) => (
          <li key={kind}>
            <span aria-hidden="true" style={{ color: toneColor(theme, 'fair') }}>
              ▲{' '}
            </span>
            {witnessName(kind)}{' '}
            <span className={styles.dim}>
              {since === null ? t('fleet.never-heard', 'never heard') : <TimeAgo at={since} />}
            </span>
          </li>
        ))}
      </ul>
      {known === undefined ? null : (
        <span className={styles.dim}>
          {t('fleet.known', '{{share}} of all controls known on average', { share: percent(known) })}
        </span>
      )}
    </Tile>
  );
}

/** Health of the portfolio at a glance. */
export function FleetTiles(props: {
  readonly health: FleetHealth;
  readonly band: string;
  readonly onBand: (band: string) => void;
}) {
  const { health } = props;
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.tiles}>
      <Cases health={health} />
      <Scores {...props} />
      <Ranking
        title={t('fleet.worst', 'Lowest scores')}
        items={health.worst}
        none={t('fleet.no-scores', 'No score yet.')}
        value={({ score, coverage }) => <ScoreBar score={score} coverage={coverage} />}
      />
      <Ranking
        title={t('fleet.falling', 'Falling fastest, 24 h')}
        items={health.falling}
        none={t('fleet.none-falls', 'No score fell in the last 24 hours.')}
        value={({ score_change_1d: change }) => <ScoreChange points={change} />}
      />
      <Coverage health={health} />
    </div>
  );
}

/** The cases that cannot wait. */
export function UrgentCases({ health }: { readonly health: FleetHealth }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  if (health.urgent.length === 0) return null;
  return (
    <section aria-labelledby="fleet-urgent" className={styles.urgent}>
      <h2 id="fleet-urgent" className={styles.tileTitle}>
        {t('fleet.urgent', 'Needs a person now')}
      </h2>
      <ul className={styles.urgentList}>
        {health.urgent.map((item) => (
          <li key={item.case_id} style={{ borderLeftColor: severityColor(theme, item.severity) }}>
            <SeverityBadge severity={item.severity} />
            <Link to={casePath(item.case_id)}>{item.title}</Link>
            <span className={styles.dim}>
              {item.assignee ?? t('fleet.nobody', 'nobody has it')} · <TimeAgo at={item.opened_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tiles: css({
    display: 'grid',
    gap: theme.spacing(1.5),
    gridTemplateColumns: 'repeat(5, minmax(0, 1fr))',
    marginBottom: theme.spacing(2),
    // Five tiles in two full rows, or one below the other: no hole at the end.
    '@media (max-width: 1260px)': {
      gridTemplateColumns: 'repeat(6, minmax(0, 1fr))',
      '& > *': { gridColumn: 'span 2' },
      '& > :nth-child(n + 4)': { gridColumn: 'span 3', minHeight: 96 },
    },
    '@media (max-width: 640px)': {
      gridTemplateColumns: 'minmax(0, 1fr)',
      '& > :nth-child(n)': { gridColumn: 'auto' },
    },
  }),
  tile: css({
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderTop: `2px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(1.25, 1.5),
    minHeight: 124,
    minWidth: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: 6,
  }),
  tileTitle: css({
    margin: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: 500,
    color: theme.colors.text.secondary,
  }),
  big: css({
    fontSize: 28,
    lineHeight: 1.1,
    fontWeight: 500,
    color: theme.colors.text.primary,
    '& small': {
      fontSize: theme.typography.bodySmall.fontSize,
      fontWeight: 400,
      color: theme.colors.text.secondary,
    },
    '&:hover': { textDecoration: 'underline' },
  }),
  chips: css({ display: 'flex', gap: 6, flexWrap: 'wrap' }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  histogram: css({ display: 'flex', gap: 4, alignItems: 'stretch', flex: 1 }),
  band: css({
    all: 'unset',
    cursor: 'pointer',
    flex: 1,
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'flex-end',
    alignItems: 'stretch',
    textAlign: 'center',
    borderRadius: 3,
    '&:hover': { background: theme.colors.action.hover },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
  bandOn: css({ background: theme.colors.action.selected }),
  bandFill: css({ borderRadius: '2px 2px 0 0', margin: '0 3px' }),
  bandCount: css({ fontSize: 12, fontVariantNumeric: 'tabular-nums' }),
  bandName: css({
    fontSize: 11,
    color: theme.colors.text.secondary,
    borderTop: `1px solid ${theme.colors.border.medium}`,
    paddingTop: 2,
  }),
  ranking: css({
    margin: 0,
    padding: 0,
    listStyle: 'none',
    '& li': {
      display: 'grid',
      gridTemplateColumns: 'minmax(0, 1fr) auto',
      gap: 8,
      alignItems: 'center',
      lineHeight: '26px',
    },
    '& a': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
    '& li > span > span:nth-of-type(2)': { width: 64 },
  }),
  plain: css({ margin: 0, padding: 0, listStyle: 'none' }),
  urgent: css({ marginBottom: theme.spacing(2) }),
  urgentList: css({
    margin: '6px 0 0',
    padding: 0,
    listStyle: 'none',
    display: 'grid',
    gap: 6,
    '& li': {
      display: 'flex',
      gap: 10,
      alignItems: 'center',
      flexWrap: 'wrap',
      padding: '8px 12px',
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderLeft: '3px solid',
      borderRadius: theme.shape.radius.default,
    },
    '& li > a': { fontWeight: 500, flex: 1, minWidth: 200 },
  }),
});
