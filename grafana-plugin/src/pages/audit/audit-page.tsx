/** Audit: who looked at what and changed what, in a chain that shows where it was touched. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, FilterInput, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import type { AuditPage as AuditLines } from '../../api/data-layer.ts';
import type { AuditEntry, AuditVerification } from '../../api/shapes.ts';
import { useData, useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { useUrlState } from '../../app/url-state.ts';
import { PlainTable, type PlainColumn } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState } from '../../components/states.tsx';
import { ExactTime, TimeAgo } from '../../components/time-text.tsx';
import { count, safe } from '../../model/words.ts';
import { actionText } from './audit-model.ts';

const defaults = { q: '' };
const pageLines = '200';

const columns = (): readonly PlainColumn<AuditEntry>[] => [
  { title: t('audit.line', 'Line'), cell: ({ index }) => index },
  { title: t('audit.when', 'When'), cell: ({ at }) => <ExactTime at={at} /> },
  { title: t('audit.who', 'Who'), cell: ({ by }) => safe(by) },
  {
    title: t('audit.what', 'Did'),
    cell: ({ action, object }) => (
      <>
        {actionText(action)}
        {action.endsWith(object) ? null : <small>{safe(object)}</small>}
      </>
    ),
  },
  { title: t('audit.tenant', 'Tenant'), cell: ({ tenant }) => tenant },
  { title: t('audit.hash', 'Hash'), cell: ({ hash }) => <code title={hash}>{hash.slice(0, 16)}</code> },
];

/** Is the log whole? The collector reads all of it and says so. */
function Verification() {
  const styles = useStyles2(getStyles);
  const reading = useRead<AuditVerification>({
    key: 'audit/verification',
    load: (layer, signal) => layer.auditVerification({ signal }),
    on: [],
  });
  const { value, problem, loading } = reading;
  return (
    <div className={styles.verification} role="status" data-verification>
      {value === undefined ? (
        problem === undefined ? (
          t('audit.verifying', 'Checking the whole log …')
        ) : (
          t('audit.not-verified', 'The log could not be checked: {{why}}', { why: problem.detail })
        )
      ) : (
        <>
          <StateChip
            state={value.ok ? t('audit.whole', 'whole') : t('audit.broken', 'broken')}
            tone={value.ok ? 'good' : 'bad'}
          />
          <span>
            {value.ok
              ? t(
                  'audit.verified',
                  '{{entries}} entries follow each other unbroken; signed up to entry {{signed}}.',
                  {
                    entries: count(value.entries),
                    signed: count(value.signed_entries),
                  },
                )
              : `${value.problems.slice(0, 3).map(safe).join('; ')}.`}{' '}
            {t('audit.checked', 'Checked')} <TimeAgo at={value.checked_at} />.
          </span>
        </>
      )}
      <Button size="sm" variant="secondary" fill="text" disabled={loading} onClick={reading.reload}>
        {t('audit.again', 'Check again')}
      </Button>
    </div>
  );
}

/** The page. */
export function AuditPage() {
  const styles = useStyles2(getStyles);
  const { layer } = useData();
  const [state, write] = useUrlState(defaults);
  const [older, setOlder] = useState<{ items: readonly AuditEntry[]; next: string | null }>();
  const [busy, setBusy] = useState(false);
  const reading = useRead<AuditLines>({
    key: 'audit',
    load: (asked, signal) => asked.auditPage({ limit: pageLines }, { signal }),
    on: [],
  });
  const all = useMemo(
    () => [...(reading.value?.items ?? []), ...(older?.items ?? [])],
    [reading.value, older],
  );
  const wanted = state.q.trim().toLowerCase();
  const shown = all.filter(({ by, action, object }) =>
    `${by} ${action} ${object}`.toLowerCase().includes(wanted),
  );
  const next = older === undefined ? (reading.value?.next ?? null) : older.next;

  async function readOlder(cursor: string): Promise<void> {
    setBusy(true);
    const answer = await layer.auditPage(
      { limit: pageLines, cursor },
      { signal: new AbortController().signal },
    );
    setBusy(false);
    if (!answer.ok) return;
    setOlder({ items: [...(older?.items ?? []), ...answer.value.items], next: answer.value.next });
  }

  return (
    <PageFrame
      title={t('page.audit', 'Audit')}
      about={t(
        'audit.about',
        'Every line carries the hash of the one before: a changed, missing or moved line breaks the chain, and zonewarden evidence verify names the first.',
      )}
    >
      <Verification />
      <div className={styles.search} data-search>
        <FilterInput
          aria-label={t('audit.search', 'Search the log')}
          placeholder={t('audit.search-hint', 'Search who, what, object ( / )')}
          value={state.q}
          escapeRegex={false}
          onChange={(q) => write({ q })}
        />
      </div>
      <ReadingView reading={reading} rows={10}>
        {({ total }) =>
          shown.length === 0 ? (
            <EmptyState
              title={
                all.length === 0
                  ? t('audit.none', 'No entry yet')
                  : t('audit.no-match', 'No line read so far fits the search')
              }
            >
              {all.length === 0
                ? t('audit.none-about', 'Views of evidence and all changes leave a line here.')
                : undefined}
            </EmptyState>
          ) : (
            <>
              <p className={styles.dim}>
                {t('audit.read', '{{read}} of {{total}} lines read', {
                  read: count(all.length),
                  total: count(total),
                })}
              </p>
              <PlainTable
                label={t('audit.list', 'Audit log')}
                items={shown}
                columns={columns()}
                keyOf={({ index }) => String(index)}
              />
              {next === null ? null : (
                <Button variant="secondary" disabled={busy} onClick={() => void readOlder(next)}>
                  {busy ? t('audit.reading', 'Reading') : t('audit.older', 'Older lines')}
                </Button>
              )}
            </>
          )
        }
      </ReadingView>
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  search: css({ maxWidth: 420, marginBottom: theme.spacing(1.5) }),
  verification: css({
    display: 'flex',
    gap: 8,
    flexWrap: 'wrap',
    alignItems: 'center',
    marginBottom: theme.spacing(1.5),
  }),
  dim: css({ color: theme.colors.text.secondary }),
});
