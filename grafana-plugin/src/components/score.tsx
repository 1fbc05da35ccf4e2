import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { scoreTone, toneColor } from './tone.ts';

interface ScoreProps {
  /** 0 to 100; null: not known. */
  readonly score: number | null;
  /** Share of what the score stands on that is known, 0 to 1. */
  readonly coverage: number;
}

function scoreText({ score, coverage }: ScoreProps): string {
  return score === null
    ? t('score.unknown', 'Score not known')
    : t('score.text', 'Score {{score}} of 100, {{share}} % of the controls known', {
        score: Math.round(score),
        share: Math.round(coverage * 100),
      });
}

/** Score as a number and a bar; the hatched rest is what nobody knows. */
export function ScoreBar(props: ScoreProps) {
  const { score, coverage } = props;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  if (score === null) return <span className={styles.unknown}>{t('score.none', 'not known')}</span>;
  return (
    <span className={styles.bar} role="img" aria-label={scoreText(props)} title={scoreText(props)}>
      <span className={styles.number} style={{ color: toneColor(theme, scoreTone(score)) }}>
        {Math.round(score)}
      </span>
      <span className={styles.track}>
        <span
          className={styles.fill}
          style={{ width: `${score}%`, background: toneColor(theme, scoreTone(score)) }}
        />
        <span className={styles.unseenPart} style={{ width: `${(1 - coverage) * 100}%` }} />
      </span>
    </span>
  );
}

const arcDegrees = 260;

function arc(radius: number, share: number): string {
  const start = ((270 - arcDegrees / 2) * Math.PI) / 180;
  const end = start + (arcDegrees * share * Math.PI) / 180;
  const point = (angle: number): string =>
    `${(60 + radius * Math.cos(angle)).toFixed(2)} ${(60 + radius * Math.sin(angle)).toFixed(2)}`;
  return `M ${point(start)} A ${radius} ${radius} 0 ${arcDegrees * share > 180 ? 1 : 0} 1 ${point(end)}`;
}

/** Score as a dial. The outer arc is the score, the thin inner one how much is known. */
export function ScoreDial({ size = 132, ...props }: ScoreProps & { readonly size?: number }) {
  const { score, coverage } = props;
  const theme = useTheme2();
  const color = score === null ? theme.colors.text.disabled : toneColor(theme, scoreTone(score));
  const line = { fill: 'none', strokeLinecap: 'round' as const };
  return (
    <svg width={size} height={size} viewBox="0 0 120 120" role="img" aria-label={scoreText(props)}>
      <path d={arc(52, 1)} stroke={theme.colors.border.medium} strokeWidth="9" {...line} />
      {score !== null && score > 0 ? (
        <path d={arc(52, score / 100)} stroke={color} strokeWidth="9" {...line} />
      ) : null}
      <path d={arc(43, 1)} stroke={theme.colors.border.weak} strokeWidth="2.5" {...line} />
      {coverage > 0 ? (
        <path
          d={arc(43, Math.min(1, coverage))}
          stroke={theme.colors.text.secondary}
          strokeWidth="2.5"
          {...line}
        />
      ) : null}
      <text
        x="60"
        y="68"
        textAnchor="middle"
        fill={color}
        fontSize="32"
        fontWeight="500"
        fontFamily={theme.typography.fontFamilyMonospace}
      >
        {score === null ? '?' : Math.round(score)}
      </text>
      <text x="60" y="98" textAnchor="middle" fill={theme.colors.text.secondary} fontSize="9.5">
        {t('score.known', '{{share}} % known', { share: Math.round(coverage * 100) })}
      </text>
    </svg>
  );
}

/** Points won or lost in a day, as sign and number. */
export function ScoreChange({ points }: { readonly points: number | null }) {
  const theme = useTheme2();
  if (points === null)
    return (
      <span
        style={{ color: theme.colors.text.secondary }}
        title={t('score.change-unknown', 'Nothing was known a day ago')}
      >
        –
      </span>
    );
  if (Math.abs(points) < 0.5) return <span style={{ color: theme.colors.text.secondary }}>±0</span>;
  const falls = points < 0;
  return (
    <span style={{ color: toneColor(theme, falls ? 'bad' : 'good'), fontVariantNumeric: 'tabular-nums' }}>
      {falls ? '▼' : '▲'}&nbsp;{Math.abs(Math.round(points))}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({ display: 'flex', alignItems: 'center', gap: 8 }),
  number: css({ width: 26, textAlign: 'right', fontWeight: 500, fontVariantNumeric: 'tabular-nums' }),
  track: css({
    position: 'relative',
    flex: 1,
    maxWidth: 110,
    height: 6,
    borderRadius: 3,
    overflow: 'hidden',
    background: theme.colors.border.medium,
  }),
  fill: css({ position: 'absolute', inset: '0 auto 0 0', borderRadius: 3 }),
  unseenPart: css({
    position: 'absolute',
    inset: '0 0 0 auto',
    background: `repeating-linear-gradient(135deg, ${theme.colors.background.primary} 0 2px, transparent 2px 4px)`,
  }),
  unknown: css({ color: theme.colors.text.secondary }),
});
