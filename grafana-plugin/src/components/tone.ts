/** Colours with a meaning. Each pair was chosen for a contrast of at least 4.5 on Grafana's page and card backgrounds. */
import type { GrafanaTheme2 } from '@grafana/data';
import type { Severity } from '../api/shapes.ts';

const severityColors: Readonly<Record<'dark' | 'light', Readonly<Record<Severity, string>>>> = {
  dark: { critical: '#ff7a97', high: '#ff9e5e', medium: '#e8c252', low: '#80b5f2', informational: '#a4b1bc' },
  light: {
    critical: '#b3123f',
    high: '#a83f00',
    medium: '#755400',
    low: '#2c62a8',
    informational: '#586673',
  },
};

const stateColors = {
  dark: { good: '#6fcf91', fair: '#e8c252', bad: '#ff7a97' },
  light: { good: '#1d6e3c', fair: '#755400', bad: '#b3123f' },
} as const;

/** Colour of a severity; unknown words are drawn as informational. */
export function severityColor(theme: GrafanaTheme2, severity: string): string {
  const colors = severityColors[theme.isDark ? 'dark' : 'light'];
  return colors[severity as Severity] ?? colors.informational;
}

/** How good a score is. */
export type ScoreTone = 'good' | 'fair' | 'bad';

/** From 80 good, from 50 fair, below bad. */
export function scoreTone(score: number): ScoreTone {
  if (score >= 80) return 'good';
  return score >= 50 ? 'fair' : 'bad';
}

/** Colour of good, fair, bad. */
export function toneColor(theme: GrafanaTheme2, tone: ScoreTone): string {
  return stateColors[theme.isDark ? 'dark' : 'light'][tone];
}

/** Hides from the eye, not from a screen reader. */
export const unseen = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
} as const;
