/** The story as a list: what a screen reader reads, and where evidence opens. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import type { Finding, TimelineEntry } from '../../api/shapes.ts';
import { KindSign, kindName } from '../../components/kind-sign.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { severityColor } from '../../components/tone.ts';
import { clockTime, planeName, safe, utc } from '../../model/words.ts';
import { EvidencePanel } from './evidence-panel.tsx';
import { FindingBody } from './finding-list.tsx';

const withEvidence = new Set<TimelineEntry['kind']>([
  'claim',
  'observation',
  'identity',
  'certificate',
  'blind',
]);

interface Listed {
  readonly selected: string;
  readonly onSelect: (ref: string) => void;
}

function Behind({ entry, finding }: { entry: TimelineEntry; finding: Finding | undefined }) {
  if (finding !== undefined) return <FindingBody finding={finding} />;
  if (withEvidence.has(entry.kind)) return <EvidencePanel id={entry.ref} />;
  return (
    <p>
      <code>{safe(entry.ref)}</code>
    </p>
  );
}

function Line({
  entry,
  finding,
  selected,
  onSelect,
}: Listed & { entry: TimelineEntry; finding: Finding | undefined }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const own = useRef<HTMLLIElement>(null);
  const open = selected === entry.ref;
  const opens = finding !== undefined || withEvidence.has(entry.kind);
  useEffect(() => {
    if (open) own.current?.scrollIntoView({ block: 'nearest' });
  }, [open]);
  const words = (
    <>
      <time dateTime={entry.at} title={utc(entry.at)} className={styles.time}>
        {clockTime(entry.at)}
      </time>
      <span
        className={styles.sign}
        style={entry.severity === undefined ? undefined : { color: severityColor(theme, entry.severity) }}
      >
        <KindSign kind={entry.kind} />
      </span>
      <span className={styles.said}>
        <span className={styles.text}>{safe(entry.text)}</span>
        <span className={styles.about}>
          {entry.severity === undefined ? null : <SeverityBadge severity={entry.severity} />}
          {planeName(entry.plane)} · {kindName(entry.kind)}
          {entry.earliest === undefined || entry.earliest === entry.at
            ? ''
            : ` · ${t('timeline.earliest', 'not before {{time}}', { time: utc(entry.earliest) })}`}
        </span>
      </span>
      {opens ? <Icon name={open ? 'angle-down' : 'angle-right'} /> : <span />}
    </>
  );
  return (
    <li ref={own} className={cx(styles.line, open && styles.lineOpen)}>
      {opens ? (
        <button
          type="button"
          className={cx(styles.row, styles.button)}
          aria-expanded={open}
          onClick={() => onSelect(open ? '' : entry.ref)}
        >
          {words}
        </button>
      ) : (
        <div className={styles.row}>{words}</div>
      )}
      {open ? (
        <div className={styles.behind}>
          <Behind entry={entry} finding={finding} />
        </div>
      ) : null}
    </li>
  );
}

/** One list a day. */
export function TimelineList({
  entries,
  findings,
  ...listed
}: Listed & { readonly entries: readonly TimelineEntry[]; readonly findings: readonly Finding[] }) {
  const styles = useStyles2(getStyles);
  const byId = new Map(findings.map((finding) => [finding.finding_id, finding]));
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const day = entry.at.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return (
    <>
      {[...days].map(([day, lines]) => (
        <div key={day}>
          <h3 className={styles.day}>{day}</h3>
          <ol className={styles.list}>
            {lines.map((entry) => (
              <Line
                key={`${entry.kind} ${entry.ref}`}
                entry={entry}
                finding={entry.kind === 'finding' ? byId.get(entry.ref) : undefined}
                {...listed}
              />
            ))}
          </ol>
        </div>
      ))}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  day: css({
    margin: theme.spacing(1.5, 0, 0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: 500,
    color: theme.colors.text.secondary,
  }),
  list: css({ margin: 0, padding: 0, listStyle: 'none' }),
  line: css({
    borderTop: `1px solid ${theme.colors.border.weak}`,
    contentVisibility: 'auto',
    containIntrinsicSize: 'auto 52px',
  }),
  lineOpen: css({ background: theme.colors.background.secondary }),
  row: css({
    display: 'grid',
    gridTemplateColumns: '72px 18px minmax(0, 1fr) 18px',
    gap: 8,
    padding: '7px 6px',
    alignItems: 'start',
  }),
  button: css({
    background: 'none',
    border: 0,
    width: '100%',
    textAlign: 'left',
    cursor: 'pointer',
    color: 'inherit',
    '&:hover': { background: theme.colors.background.secondary },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  time: css({ fontFamily: theme.typography.fontFamilyMonospace, color: theme.colors.text.secondary }),
  sign: css({ color: theme.colors.text.secondary, lineHeight: '20px' }),
  said: css({ display: 'grid', gap: 2, minWidth: 0 }),
  text: css({ overflowWrap: 'anywhere' }),
  about: css({
    display: 'flex',
    gap: 6,
    flexWrap: 'wrap',
    alignItems: 'center',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  behind: css({ padding: '4px 12px 12px 112px', '@media (max-width: 700px)': { paddingLeft: 12 } }),
});
