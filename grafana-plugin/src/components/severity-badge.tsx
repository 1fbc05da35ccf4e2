import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { compareSeverityDown, severitiesDown } from '../model/words.ts';
import { severityColor } from './tone.ts';

/** Readable name of a severity. */
export function severityName(severity: string): string {
  if (severity === 'critical') return t('severity.critical', 'Critical');
  if (severity === 'high') return t('severity.high', 'High');
  if (severity === 'medium') return t('severity.medium', 'Medium');
  if (severity === 'low') return t('severity.low', 'Low');
  return t('severity.informational', 'Info');
}

/** Severity as colour, word, and number of bars: never colour alone. `count` stands behind the word. */
export function SeverityBadge({ severity, count }: { readonly severity: string; readonly count?: number }) {
  const styles = useStyles2(getStyles);
  const color = severityColor(useTheme2(), severity);
  const level =
    5 - severitiesDown.length + (severitiesDown.length - severitiesDown.indexOf(severity as never));
  return (
    <span className={styles.badge} style={{ color, borderColor: `${color}66`, background: `${color}1c` }}>
      <svg width="11" height="10" viewBox="0 0 11 10" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3}
            y={7 - bar * 2}
            width="2"
            height={3 + bar * 2}
            fill="currentColor"
            opacity={bar < level - 1 ? 1 : 0.28}
          />
        ))}
      </svg>
      {severityName(severity)}
      {count === undefined ? null : <b>{count}</b>}
    </span>
  );
}

/** How many there are of each severity, highest first. */
export function severityCounts(
  items: readonly { readonly severity: string }[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { severity } of items) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => compareSeverityDown(a, b));
}

const getStyles = (theme: GrafanaTheme2) => ({
  badge: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: 5,
    padding: '0 7px',
    height: 20,
    border: '1px solid',
    borderRadius: theme.shape.radius.default,
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    whiteSpace: 'nowrap',
  }),
});
