/** The event and the raw payload behind a line of the story, read when somebody opens it. Looking is audited. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, useStyles2 } from '@grafana/ui';
import type { EvidenceView } from '../../api/shapes.ts';
import { useRead, useStatus } from '../../app/data-context.tsx';
import { ErrorState, LoadingState } from '../../components/states.tsx';
import { ValueDiff } from '../../components/value-diff.tsx';
import { may } from '../../model/roles.ts';
import { byteSize, readable, safe, utc, valueLines, witnessName } from '../../model/words.ts';

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.split('\n').map(safe).join('\n');
  }
}

const toldElsewhere = new Set(['old_value', 'new_value', 'schema', 'source_kind', 'timestamp']);

function Facts({ event }: { event: Readonly<Record<string, unknown>> }) {
  const styles = useStyles2(getStyles);
  const rows = Object.entries(event).filter(
    ([name, value]) =>
      value !== null && value !== undefined && typeof value !== 'object' && !toldElsewhere.has(name),
  );
  return (
    <dl className={styles.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{readable(name)}</dt>
          <dd>
            <code>{valueLines(value).join(', ')}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Payload({ title, text, open }: { title: string; text: string; open?: boolean }) {
  const styles = useStyles2(getStyles);
  return (
    <details open={open}>
      <summary>{title}</summary>
      <div className={styles.payload}>
        <pre tabIndex={0} aria-label={title}>
          {text}
        </pre>
        <Button
          className={styles.copy}
          size="sm"
          variant="secondary"
          icon="copy"
          onClick={() => void navigator.clipboard.writeText(text)}
        >
          {t('evidence.copy', 'Copy')}
        </Button>
      </div>
    </details>
  );
}

function Shown({ view }: { view: EvidenceView }) {
  const styles = useStyles2(getStyles);
  const event = view.event as unknown as Readonly<Record<string, unknown>>;
  const at = event['timestamp'] ?? event['event_time'];
  const kind = event['source_kind'];
  const hasValue = event['old_value'] !== undefined || event['new_value'] !== undefined;
  return (
    <div className={styles.evidence}>
      <p>
        <b>{typeof kind === 'string' ? witnessName(kind) : null}</b>
        {typeof at === 'string' ? `, ${utc(at)}` : ''}
      </p>
      {hasValue ? <ValueDiff before={event['old_value']} after={event['new_value']} /> : null}
      <Facts event={event} />
      <Payload
        title={t('evidence.canonical', 'Canonical event')}
        text={JSON.stringify(view.event, null, 2)}
      />
      {view.raw_text !== null ? (
        <Payload title={t('evidence.raw', 'Raw payload as received')} text={pretty(view.raw_text)} open />
      ) : (
        <p className={styles.dim}>
          {view.raw_base64 === null
            ? t('evidence.raw-gone', 'The raw payload is no longer kept.')
            : t('evidence.raw-binary', 'The raw payload is binary, {{size}}. It is in the export.', {
                size: byteSize((view.raw_base64.length * 3) / 4),
              })}
        </p>
      )}
    </div>
  );
}

function Reading({ id }: { id: string }) {
  const reading = useRead<EvidenceView>({
    key: `evidence/${id}`,
    load: (layer, signal) => layer.evidence(id, { signal }),
    on: [],
  });
  if (reading.value !== undefined) return <Shown view={reading.value} />;
  if (reading.problem !== undefined) return <ErrorState problem={reading.problem} retry={reading.reload} />;
  return <LoadingState rows={2} />;
}

/** Evidence by event id, for those who may look at it. */
export function EvidencePanel({ id }: { readonly id: string }) {
  const styles = useStyles2(getStyles);
  const status = useStatus();
  if (status.value !== undefined && !may(status.value, 'responder'))
    return (
      <p className={styles.dim}>
        {t(
          'evidence.forbidden',
          'Raw payloads hold personal data and are for responders; your role shows people as pseudonyms.',
        )}
      </p>
    );
  return <Reading id={id} />;
}

const getStyles = (theme: GrafanaTheme2) => ({
  evidence: css({
    display: 'grid',
    gap: 8,
    minWidth: 0,
    '& p': { margin: 0 },
    '& summary': { cursor: 'pointer' },
  }),
  facts: css({
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(240px, 1fr))',
    gap: '2px 16px',
    fontSize: theme.typography.bodySmall.fontSize,
    '& > div': { display: 'flex', gap: 6, minWidth: 0, alignItems: 'baseline' },
    '& dt': { fontWeight: 400, color: theme.colors.text.secondary, whiteSpace: 'nowrap' },
    '& dd': { margin: 0, minWidth: 0 },
    '& code': {
      padding: 0,
      margin: 0,
      border: 0,
      background: 'none',
      color: theme.colors.text.primary,
      overflowWrap: 'anywhere',
      whiteSpace: 'normal',
    },
  }),
  payload: css({
    position: 'relative',
    '& pre': {
      margin: '6px 0 0',
      maxHeight: 340,
      overflow: 'auto',
      fontSize: 12,
      whiteSpace: 'pre-wrap',
      overflowWrap: 'anywhere',
      background: theme.colors.background.canvas,
      color: theme.colors.text.primary,
      border: `1px solid ${theme.colors.border.weak}`,
    },
  }),
  copy: css({ position: 'absolute', top: 12, right: 16 }),
  dim: css({ color: theme.colors.text.secondary, margin: 0 }),
});
