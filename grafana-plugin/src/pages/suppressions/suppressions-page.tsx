/** Suppressions: what is hidden, until when, and what it would have woken somebody for. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import type { List, Problem } from '../../api/answer.ts';
import type { SilenceView, SuppressionView } from '../../api/shapes.ts';
import { useAnnounce } from '../../app/announcer.tsx';
import { useData, useRead, useStatus } from '../../app/data-context.tsx';
import { useChange } from '../../app/use-change.ts';
import { PageFrame } from '../../app/page-frame.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { PlainTable } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { may } from '../../model/roles.ts';
import { count } from '../../model/words.ts';
import { SuppressionDialog } from './suppression-dialog.tsx';
import { approvalRefusal, isOver, scopeText, stateTone } from './suppressions-model.ts';

function Acts({
  item,
  done,
  renew,
}: {
  item: SuppressionView;
  done: (problem: Problem | undefined) => void;
  renew: (item: SuppressionView) => void;
}) {
  const { layer } = useData();
  const status = useStatus();
  const announce = useAnnounce();
  const [busy, setBusy] = useState(false);
  if (!layer.writable) return null;
  const responder = may(status.value, 'responder')
    ? undefined
    : t('refusal.needs', 'It needs the role “{{role}}”.', { role: 'responder' });
  const again = (
    <GuardedButton size="sm" variant="secondary" fill="text" refusal={responder} onClick={() => renew(item)}>
      {t('suppressions.renew', 'Renew …')}
    </GuardedButton>
  );
  if (isOver(item)) return again;
  async function run(name: 'POST /suppressions/{id}/approve' | 'DELETE /suppressions/{id}', said: string) {
    setBusy(true);
    const answer = await layer.change(name, { id: item.id }, {});
    setBusy(false);
    if (answer.ok) announce(said);
    done(answer.ok ? undefined : answer);
  }
  return (
    <>
      {item.state === 'waiting' ? (
        <GuardedButton
          size="sm"
          refusal={approvalRefusal(item, status.value)}
          disabled={busy}
          onClick={() => void run('POST /suppressions/{id}/approve', t('suppressions.approved', 'Approved'))}
        >
          {t('suppressions.approve', 'Approve')}
        </GuardedButton>
      ) : null}{' '}
      <GuardedButton
        size="sm"
        variant="secondary"
        refusal={responder}
        disabled={busy}
        onClick={() => void run('DELETE /suppressions/{id}', t('suppressions.ended', 'Ended'))}
      >
        {t('suppressions.end', 'End')}
      </GuardedButton>{' '}
      {item.state === 'active' ? again : null}
    </>
  );
}

function Silences() {
  const reading = useRead<List<SilenceView>>({
    key: 'silences',
    load: (layer, signal, partly) => layer.silences({}, { signal, partly }),
    on: ['status'],
  });
  return (
    <ReadingView reading={reading} rows={2}>
      {({ items }) =>
        items.length === 0 ? (
          <p>{t('silences.none', 'No silence of our alerts is known.')}</p>
        ) : (
          <PlainTable
            label={t('silences.title', 'Silences outside')}
            items={items}
            keyOf={({ place, id }) => `${place}/${id}`}
            columns={[
              { title: t('silences.place', 'Where'), cell: ({ place }) => place },
              { title: t('silences.what', 'What'), cell: ({ matchers }) => matchers.join(', ') },
              {
                title: t('silences.who', 'By whom'),
                cell: ({ created_by: by, comment }) => (
                  <>
                    {by}
                    <small>{comment}</small>
                  </>
                ),
              },
              {
                title: t('silences.until', 'Until'),
                cell: ({ ends_at: at, long }) => (
                  <>
                    <TimeAgo at={at} />{' '}
                    {long ? <StateChip state={t('silences.long', 'long')} tone="fair" /> : null}
                  </>
                ),
              },
            ]}
          />
        )
      }
    </ReadingView>
  );
}

/** The page. */
export function SuppressionsPage() {
  const styles = useStyles2(getStyles);
  const { layer } = useData();
  const status = useStatus();
  const [problem, setProblem] = useState<Problem>();
  const [asked, setAsked] = useState<{ readonly renewed: SuppressionView | undefined }>();
  const reading = useRead<List<SuppressionView>>({
    key: 'suppressions',
    load: (layer, signal, partly) => layer.suppressions({}, { signal, partly }),
    on: ['finding', 'case', 'status'],
  });
  const done = (failed: Problem | undefined): void => {
    setProblem(failed);
    reading.reload();
  };
  const change = useChange(reading.reload);
  const ask = (renewed: SuppressionView | undefined): void => {
    change.forget();
    setAsked({ renewed });
  };
  return (
    <PageFrame
      title={t('page.suppressions', 'Suppressions')}
      about={t(
        'suppressions.about',
        'What is hidden, until when, and what it would have woken somebody for. Hidden findings stay in the record. A case offers to hide what it stands on.',
      )}
      actions={
        layer.writable ? (
          <GuardedButton
            size="sm"
            variant="secondary"
            icon="plus"
            refusal={
              may(status.value, 'responder')
                ? undefined
                : t('refusal.needs', 'It needs the role “{{role}}”.', { role: 'responder' })
            }
            onClick={() => ask(undefined)}
          >
            {t('suppressions.new', 'Suppress …')}
          </GuardedButton>
        ) : undefined
      }
    >
      <div className={styles.page}>
        {asked === undefined ? null : (
          <SuppressionDialog
            renewed={asked.renewed}
            tenants={status.value?.tenants ?? []}
            change={change}
            dismiss={() => setAsked(undefined)}
          />
        )}
        {problem === undefined ? null : <ErrorState problem={problem} />}
        <ReadingView reading={reading}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title={t('suppressions.none', 'Nothing is hidden')}>
                {t('suppressions.none-about', 'Every finding speaks.')}
              </EmptyState>
            ) : (
              <Section title={t('suppressions.list', 'Hidden here')}>
                <PlainTable
                  label={t('suppressions.list', 'Hidden here')}
                  items={items}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      title: t('suppressions.scope', 'What, and why'),
                      cell: (item) => (
                        <>
                          {scopeText(item.scope)}
                          <small>
                            {item.reason}
                            {item.ticket === null ? '' : ` · ${item.ticket}`}
                          </small>
                        </>
                      ),
                    },
                    {
                      title: t('suppressions.state', 'State'),
                      cell: (item) => <StateChip state={item.state} tone={stateTone(item)} />,
                    },
                    {
                      title: t('suppressions.who', 'By whom'),
                      cell: ({ owner, created_by: by, approver, approvals, approvals_needed: needed }) => (
                        <>
                          {owner}
                          <small>
                            {t('suppressions.set', 'set by {{by}}', { by })}
                            {needed > 0 ? ` · ${approvals}/${needed} ${approver ?? ''}` : ''}
                          </small>
                        </>
                      ),
                    },
                    {
                      title: t('suppressions.until', 'Until'),
                      cell: ({ expires_at: at }) => (
                        <TimeAgo at={at} fallback={t('suppressions.permanent', 'permanent')} />
                      ),
                    },
                    { title: t('suppressions.hits', 'Hidden'), cell: ({ hits }) => count(hits) },
                    {
                      title: t('suppressions.paged', 'Would have paged'),
                      cell: ({ would_have_paged: pages }) =>
                        pages > 0 ? <b>{count(pages)}</b> : t('suppressions.never', 'never'),
                    },
                    {
                      title: t('suppressions.regrets', 'Regrets'),
                      cell: ({ regrets }) =>
                        regrets > 0 ? <StateChip state={count(regrets)} tone="bad" /> : '0',
                    },
                    {
                      title: t('suppressions.act', 'Act'),
                      cell: (item) => <Acts item={item} done={done} renew={ask} />,
                    },
                  ]}
                />
              </Section>
            )
          }
        </ReadingView>
        <Section title={t('silences.title', 'Silences outside')}>
          <Silences />
        </Section>
      </div>
    </PageFrame>
  );
}

const getStyles = (_theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: 16 }),
});
