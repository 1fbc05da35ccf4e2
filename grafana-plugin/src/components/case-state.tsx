import { t } from '@grafana/i18n';
import { StateChip } from './state-chip.tsx';

/** State of a case; one that nobody has taken up yet stands out. */
export function CaseState({ state }: { readonly state: string }) {
  if (state === 'new' || state === 'reopened')
    return <StateChip state={state} tone="bad" title={t('case-state.fresh', 'Nobody has taken it up yet')} />;
  if (state === 'closed' || state === 'contained') return <StateChip state={state} tone="good" />;
  return <StateChip state={state} {...(state === 'acknowledged' ? { tone: 'fair' as const } : {})} />;
}

/** What a closed case turned out to be. */
export function dispositionName(disposition: string): string {
  if (disposition === 'true_positive') return t('disposition.true', 'It was an attack');
  if (disposition === 'benign_positive') return t('disposition.benign', 'It happened, and was meant');
  return t('disposition.false', 'It did not happen so');
}
