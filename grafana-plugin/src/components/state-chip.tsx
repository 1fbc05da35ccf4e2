import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { readable } from '../model/words.ts';
import { toneColor, type ScoreTone } from './tone.ts';

const signs: Readonly<Record<ScoreTone | 'plain', string>> = { good: '●', fair: '◐', bad: '▲', plain: '○' };

/** A state as word and sign. `tone` absent: a state that is neither good nor bad. */
export function StateChip({
  state,
  tone,
  title,
}: {
  readonly state: string;
  readonly tone?: ScoreTone;
  readonly title?: string;
}) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <span className={styles} title={title}>
      <span
        aria-hidden="true"
        style={{ color: tone === undefined ? theme.colors.text.secondary : toneColor(theme, tone) }}
      >
        {signs[tone ?? 'plain']}
      </span>
      {readable(state)}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: 5,
    padding: '0 8px',
    height: 20,
    borderRadius: theme.shape.radius.pill,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'nowrap',
  });
