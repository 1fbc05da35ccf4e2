/** What a page shows when there is nothing, not yet, no more, or not for this person. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import type { Problem } from '../api/answer.ts';
import { utc } from '../model/words.ts';
import { unseen } from './tone.ts';

/** Nothing to show, said so that a person knows whether that is good. `action`: a way on. */
export function EmptyState({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>{title}</p>
      {children === undefined ? null : <div>{children}</div>}
      {action}
    </div>
  );
}

/** Grey shapes where the content will be. `done` and `total`: progress of long work. */
export function LoadingState({
  rows = 6,
  done,
  total,
}: {
  readonly rows?: number;
  readonly done?: number;
  readonly total?: number;
}) {
  const styles = useStyles2(getStyles);
  return (
    <div aria-busy="true">
      <p role="status" style={unseen}>
        {total === undefined || total === 0
          ? t('state.loading', 'Loading')
          : t('state.loading-progress', 'Loading, {{done}} of {{total}}', { done: done ?? 0, total })}
      </p>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles.bone} style={{ opacity: 1 - row / (rows + 1) }} />
      ))}
    </div>
  );
}

function titleOf({ kind }: Problem): string {
  if (kind === 'unreachable') return t('problem.unreachable', 'The collector cannot be reached');
  if (kind === 'unauthorised') return t('problem.unauthorised', 'The collector does not know who asks');
  if (kind === 'forbidden') return t('problem.forbidden', 'You may not see this');
  if (kind === 'missing') return t('problem.missing', 'There is no such thing');
  if (kind === 'conflict') return t('problem.conflict', 'Somebody else was faster');
  if (kind === 'refused') return t('problem.refused', 'The collector refused this');
  if (kind === 'unsupported') return t('problem.unsupported', 'Telemetry alone cannot tell');
  return t('problem.server', 'The collector failed');
}

function adviceOf({ kind }: Problem): string {
  if (kind === 'unreachable')
    return t(
      'problem.unreachable-advice',
      'Is it running, and is its address right? In Grafana the address stands on the configuration page of the plugin.',
    );
  if (kind === 'unauthorised')
    return t(
      'problem.unauthorised-advice',
      'Its token is missing or wrong. In Grafana it stands on the configuration page of the plugin; in the console, sign in with a token.',
    );
  if (kind === 'forbidden')
    return t('problem.forbidden-advice', 'Ask an administrator for the role that this page needs.');
  if (kind === 'missing')
    return t(
      'problem.missing-advice',
      'It may have been merged or removed, or belong to a tenant that you may not see.',
    );
  if (kind === 'conflict') return t('problem.conflict-advice', 'Read it again, then decide again.');
  if (kind === 'unsupported')
    return t(
      'problem.unsupported-advice',
      'This needs the API of the collector, which Grafana cannot reach at the moment.',
    );
  return t('problem.server-advice', 'Try again; if it stays, the log of the collector says why.');
}

/** A failed question: what, why, what to do. */
export function ErrorState({
  problem,
  retry,
  way,
}: {
  readonly problem: Problem;
  readonly retry?: () => void;
  readonly way?: ReactNode;
}) {
  const styles = useStyles2(getStyles);
  return (
    <Alert severity={problem.kind === 'missing' ? 'info' : 'error'} title={titleOf(problem)}>
      <p>
        {adviceOf(problem)} <span className={styles.dim}>{problem.detail}</span>
      </p>
      <div className={styles.ways}>
        {retry === undefined ? null : (
          <Button size="sm" variant="secondary" onClick={retry}>
            {t('problem.retry', 'Try again')}
          </Button>
        )}
        {way}
      </div>
    </Alert>
  );
}

/** What is shown is old: since when, and a button. */
export function StaleBanner({
  answeredMs,
  problem,
  retry,
}: {
  readonly answeredMs: number | undefined;
  readonly problem: Problem;
  readonly retry: () => void;
}) {
  return (
    <Alert
      severity="warning"
      title={t('state.stale', '{{what}}. What you see is from {{time}}.', {
        what: titleOf(problem),
        time: answeredMs === undefined ? '?' : utc(new Date(answeredMs).toISOString()),
      })}
    >
      {/* Alert would call its own button "Close alert". */}
      <Button size="sm" variant="secondary" onClick={retry}>
        {t('problem.retry', 'Try again')}
      </Button>
    </Alert>
  );
}

/** The person lacks a role. */
export function NoPermission({ role }: { readonly role: string }) {
  return (
    <EmptyState title={t('problem.forbidden', 'You may not see this')}>
      {t('state.needs-role', 'It needs the role “{{role}}”. Ask an administrator.', { role })}
    </EmptyState>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: 8,
    padding: theme.spacing(6, 2),
    color: theme.colors.text.secondary,
    textAlign: 'center',
  }),
  emptyTitle: css({ margin: 0, color: theme.colors.text.primary, fontSize: theme.typography.h5.fontSize }),
  bone: css({
    height: 36,
    marginBottom: 8,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
  }),
  dim: css({ color: theme.colors.text.secondary }),
  ways: css({ display: 'flex', gap: 8 }),
});
