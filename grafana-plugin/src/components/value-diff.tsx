import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { valueLines } from '../model/words.ts';
import { toneColor } from './tone.ts';

interface ValueDiffProps {
  /** Undefined: not known. Null or nothing: there was none. */
  readonly before: unknown;
  readonly after: unknown;
  /** What the sides are called; absent: before and after. */
  readonly names?: readonly [string, string];
}

function Lines({
  value,
  others,
  sign,
  className,
}: {
  value: unknown;
  others: ReadonlySet<string>;
  sign: string;
  className: string;
}) {
  if (value === undefined) return <i>{t('value.unknown', 'not known')}</i>;
  const lines = valueLines(value);
  if (lines.length === 0) return <i>{t('value.nothing', 'nothing')}</i>;
  return (
    <>
      {lines.map((line) => (
        <code key={line} className={others.has(line) ? undefined : className}>
          {others.has(line) ? '' : `${sign} `}
          {line}
        </code>
      ))}
    </>
  );
}

/** From what to what, item by item: what went and what came is marked by sign and colour, what stayed is plain. */
export function ValueDiff({ before, after, names }: ValueDiffProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.diff}>
      <div className={styles.side}>
        <span className={styles.label}>{names?.[0] ?? t('value.before', 'before')}</span>
        <Lines value={before} others={new Set(valueLines(after))} sign="−" className={styles.went} />
      </div>
      <span aria-hidden="true" className={styles.arrow}>
        →
      </span>
      <div className={styles.side}>
        <span className={styles.label}>{names?.[1] ?? t('value.after', 'after')}</span>
        <Lines value={after} others={new Set(valueLines(before))} sign="+" className={styles.came} />
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  diff: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(72px, auto) auto minmax(72px, 1fr)',
    gap: 12,
    alignItems: 'start',
    justifyContent: 'start',
  }),
  side: css({
    display: 'flex',
    flexDirection: 'column',
    gap: 2,
    minWidth: 0,
    '& i': { fontStyle: 'normal', color: theme.colors.text.secondary },
    '& code': {
      margin: 0,
      padding: '0 4px',
      background: 'none',
      border: 0,
      width: 'fit-content',
      overflowWrap: 'anywhere',
      color: theme.colors.text.primary,
    },
  }),
  label: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  arrow: css({ alignSelf: 'end', color: theme.colors.text.secondary }),
  went: css({ '&&': { color: toneColor(theme, 'bad'), background: `${toneColor(theme, 'bad')}1a` } }),
  came: css({ '&&': { color: toneColor(theme, 'good'), background: `${toneColor(theme, 'good')}1a` } }),
});
