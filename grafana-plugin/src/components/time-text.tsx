import { t } from '@grafana/i18n';
import { useTheme2 } from '@grafana/ui';
import { useNowMs } from '../app/clock.ts';
import { ago, utc } from '../model/words.ts';

/** How long ago, with the exact time to hover, and for machines. Null: `fallback`, usually "never". */
export function TimeAgo({
  at,
  fallback,
}: {
  readonly at: string | null | undefined;
  readonly fallback?: string;
}) {
  const nowMs = useNowMs();
  const theme = useTheme2();
  if (at === null || at === undefined || at === '')
    return <span style={{ color: theme.colors.text.secondary }}>{fallback ?? t('time.never', 'never')}</span>;
  return (
    <time dateTime={at} title={utc(at)} style={{ whiteSpace: 'nowrap' }}>
      {/* The clock ticks every five seconds: what came since then is no future. */}
      {ago(at, Math.max(nowMs, Date.now()))}
    </time>
  );
}

/** Exact time, UTC, with how long ago to hover. */
export function ExactTime({ at }: { readonly at: string }) {
  const nowMs = useNowMs();
  const theme = useTheme2();
  return (
    <time
      dateTime={at}
      title={ago(at, nowMs)}
      style={{ fontFamily: theme.typography.fontFamilyMonospace, whiteSpace: 'nowrap' }}
    >
      {utc(at)}
    </time>
  );
}
