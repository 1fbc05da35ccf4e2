import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useNowMs } from '../app/clock.ts';
import { duration, utc } from '../model/words.ts';
import { toneColor, type ScoreTone } from './tone.ts';

const urgentMs = 6 * 3_600_000;
const soonMs = 3 * 86_400_000;

/** How pressing the time that is left is. */
export function clockTone(deadline: string, nowMs: number): ScoreTone {
  const leftMs = Date.parse(deadline) - nowMs;
  if (!(leftMs > urgentMs)) return 'bad';
  return leftMs > soonMs ? 'good' : 'fair';
}

function leftText(deadline: string, nowMs: number): string {
  const leftMs = Date.parse(deadline) - nowMs;
  return leftMs > 0
    ? t('clock.left', '{{time}} left', { time: duration(leftMs) })
    : t('clock.over', 'over since {{time}}', { time: duration(leftMs) });
}

/** Time left until something is hard to undo, in one line of a list. */
export function ClockCell({ deadline, what }: { readonly deadline: string; readonly what: string }) {
  const nowMs = useNowMs();
  const theme = useTheme2();
  const tone = clockTone(deadline, nowMs);
  return (
    <time
      dateTime={deadline}
      title={`${what}, ${utc(deadline)}`}
      style={{ color: toneColor(theme, tone === 'good' ? 'fair' : tone), fontVariantNumeric: 'tabular-nums' }}
    >
      <span aria-hidden="true">◷ </span>
      {leftText(deadline, nowMs)}
    </time>
  );
}

/** The clock of a case in full: how long, until what, and who says so. */
export function ClockBanner({
  deadline,
  what,
  basis,
}: {
  readonly deadline: string;
  readonly what: string;
  readonly basis: string;
}) {
  const nowMs = useNowMs();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const color = toneColor(theme, clockTone(deadline, nowMs) === 'bad' ? 'bad' : 'fair');
  return (
    <section
      className={styles.banner}
      style={{ borderLeftColor: color }}
      aria-label={t('clock.label', 'Time that is left')}
    >
      <strong className={styles.left} style={{ color }}>
        <span aria-hidden="true">◷ </span>
        {leftText(deadline, nowMs)}
      </strong>
      <span>
        {t('clock.until', 'Until {{time}}: {{what}}.', { time: utc(deadline), what })}{' '}
        <span className={styles.dim}>{t('clock.basis', 'Source: {{basis}}', { basis })}</span>
      </span>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  banner: css({
    display: 'flex',
    gap: theme.spacing(2),
    alignItems: 'center',
    flexWrap: 'wrap',
    padding: theme.spacing(1, 1.5),
    marginBottom: theme.spacing(1.5),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderLeft: '3px solid',
    borderRadius: theme.shape.radius.default,
    '& > span': { flex: 1, minWidth: 260 },
  }),
  left: css({
    fontSize: theme.typography.h4.fontSize,
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
  }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
