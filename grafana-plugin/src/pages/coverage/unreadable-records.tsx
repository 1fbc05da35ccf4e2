/** Records that could not be read: what was wrong with each, its bytes, and another try. Every look is in the audit log. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, useStyles2 } from '@grafana/ui';
import type { List } from '../../api/answer.ts';
import type { QuarantineView } from '../../api/shapes.ts';
import { useData, useRead, useStatus } from '../../app/data-context.tsx';
import { useChange } from '../../app/use-change.ts';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { PlainTable, type PlainColumn } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { ErrorState, NoPermission } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { may } from '../../model/roles.ts';
import { count, safe } from '../../model/words.ts';

function Payload({ item }: { item: QuarantineView }) {
  const styles = useStyles2(getStyles);
  if (item.beginning === null)
    return <>{t('unreadable.binary', '{{size}} bytes, no text', { size: count(item.size) })}</>;
  return (
    <details>
      <summary>{t('unreadable.payload', 'Payload, {{size}} bytes', { size: count(item.size) })}</summary>
      <pre
        className={styles.payload}
        tabIndex={0}
        aria-label={t('unreadable.payload-of', 'Payload of {{id}}', { id: item.id })}
      >
        {safe(item.beginning)}
      </pre>
    </details>
  );
}

function Records() {
  const status = useStatus();
  const { layer } = useData();
  const reading = useRead<List<QuarantineView>>({
    key: 'quarantine',
    load: (asked, signal, partly) => asked.quarantine({}, { signal, partly }),
    // Every look is a line of the audit log: only a person asks again.
    on: [],
  });
  const change = useChange(reading.reload);
  const refusal = may(status.value, 'rule_editor')
    ? undefined
    : t('refusal.needs', 'It needs the role “{{role}}”.', { role: 'rule_editor' });
  const columns: readonly PlainColumn<QuarantineView>[] = [
    {
      title: t('unreadable.source', 'Source'),
      cell: ({ source, tenant }) => (
        <>
          {source}
          <small>{tenant}</small>
        </>
      ),
    },
    { title: t('unreadable.received', 'Received'), cell: ({ received_at: at }) => <TimeAgo at={at} /> },
    {
      title: t('unreadable.why', 'Why not'),
      cell: ({ code, path, message }) => (
        <>
          {safe(message)}
          <small>
            {code}
            {path === '' ? '' : ` · ${safe(path)}`}
          </small>
        </>
      ),
    },
    { title: t('unreadable.what', 'What came'), cell: (item) => <Payload item={item} /> },
    {
      title: t('unreadable.state', 'State'),
      cell: ({ state }) => (
        <StateChip
          state={state}
          {...(state === 'open'
            ? { tone: 'bad' as const }
            : state === 'redriven'
              ? { tone: 'good' as const }
              : {})}
        />
      ),
    },
    {
      title: t('unreadable.act', 'Act'),
      cell: ({ id, state }) =>
        state === 'open' && layer.writable ? (
          <GuardedButton
            size="sm"
            variant="secondary"
            refusal={refusal}
            disabled={change.busy}
            onClick={() =>
              void change.run(
                'POST /quarantine/{id}/redrive',
                { id },
                {},
                t('unreadable.said', 'Read again.'),
              )
            }
          >
            {t('unreadable.redrive', 'Read again')}
          </GuardedButton>
        ) : null,
    },
  ];
  return (
    <ReadingView reading={reading} rows={2}>
      {({ items }) => (
        <>
          {change.problem === undefined ? null : <ErrorState problem={change.problem} />}
          {items.length === 0 ? (
            <p>{t('unreadable.none', 'Every record could be read.')}</p>
          ) : (
            <PlainTable
              label={t('unreadable.title', 'Records that could not be read')}
              items={items}
              columns={columns}
              keyOf={({ id }) => id}
            />
          )}
        </>
      )}
    </ReadingView>
  );
}

/** The list, once somebody who may see payloads asks for it. */
export function UnreadableRecords({ shown, show }: { readonly shown: boolean; readonly show: () => void }) {
  const status = useStatus();
  if (status.value !== undefined && !may(status.value, 'responder')) return <NoPermission role="responder" />;
  if (shown) return <Records />;
  return (
    <>
      <p>
        {t(
          'unreadable.about',
          'They are kept with their bytes and can be read again once their mapping is repaired. Payloads hold personal data: who looks is in the audit log.',
        )}
      </p>
      <Button size="sm" variant="secondary" onClick={show}>
        {t('unreadable.show', 'Show them')}
      </Button>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  payload: css({
    margin: '4px 0 0',
    maxHeight: 240,
    maxWidth: 560,
    fontSize: 12,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    color: theme.colors.text.primary,
  }),
});
