/** One value on several domains within days: what a sweep through a portfolio looks like. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useState } from 'react';
import type { SharedValue } from '../../api/shapes.ts';
import { TimeAgo } from '../../components/time-text.tsx';
import { toneColor } from '../../components/tone.ts';
import { sharedApproval, sharedKey, sharedKindName, sharedSentence } from '../../model/shared-values.ts';
import { count } from '../../model/words.ts';

const shownAtFirst = 3;

function Row({ item, on, pick }: { item: SharedValue; on: boolean; pick: () => void }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const approval = sharedApproval(item);
  return (
    <li>
      <button type="button" className={cx(styles.row, on && styles.on)} aria-pressed={on} onClick={pick}>
        <span className={styles.kind}>{sharedKindName(item.kind)}</span>
        <span className={styles.sentence}>{sharedSentence(item)}</span>
        <span className={styles.dim}>
          {t('shared.first-seen', 'first seen')} <TimeAgo at={item.first_seen} />
          {approval === undefined ? null : (
            <>
              {' · '}
              <span style={item.approved === 0 ? { color: toneColor(theme, 'bad') } : undefined}>
                {approval}
              </span>
            </>
          )}
        </span>
        <span className={styles.way}>
          {on ? t('shared.all-domains', 'Show all domains') : t('shared.show', 'Show these')}
        </span>
      </button>
    </li>
  );
}

/** Draws nothing when there is no news. `onPick` gets the key of a value, or nothing to show every domain again. */
export function NewlyShared({
  items,
  picked,
  onPick,
}: {
  readonly items: readonly SharedValue[];
  readonly picked: string;
  readonly onPick: (key: string) => void;
}) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  if (items.length === 0) return null;
  const shown = all ? items : items.filter((item, at) => at < shownAtFirst || sharedKey(item) === picked);
  return (
    <section aria-labelledby="fleet-shared" className={styles.section}>
      <h2 id="fleet-shared" className={styles.title}>
        {t('shared.title', 'New on several domains, 7 days')}
      </h2>
      <ul className={styles.list}>
        {shown.map((item) => {
          const key = sharedKey(item);
          const on = key === picked;
          return <Row key={key} item={item} on={on} pick={() => onPick(on ? '' : key)} />;
        })}
      </ul>
      {items.length > shown.length ? (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          {t('shared.more', 'and {{number}} more', { number: count(items.length - shown.length) })}
        </button>
      ) : null}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({ marginBottom: theme.spacing(2) }),
  title: css({
    margin: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: 500,
    color: theme.colors.text.secondary,
  }),
  list: css({
    margin: '6px 0 0',
    padding: 0,
    listStyle: 'none',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
    '& li:not(:first-child)': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
  row: css({
    all: 'unset',
    boxSizing: 'border-box',
    width: '100%',
    cursor: 'pointer',
    display: 'flex',
    gap: theme.spacing(0.5, 1.5),
    alignItems: 'baseline',
    flexWrap: 'wrap',
    padding: '8px 12px',
    // A lighter background would leave the small text too little contrast.
    '&:hover > span:last-child': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  on: css({
    background: theme.colors.background.secondary,
    boxShadow: `inset 3px 0 0 ${theme.colors.primary.main}`,
  }),
  kind: css({
    minWidth: 104,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  sentence: css({ fontWeight: 500, flex: '1 1 320px', overflowWrap: 'anywhere' }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  way: css({ color: theme.colors.text.link, fontSize: theme.typography.bodySmall.fontSize }),
  more: css({
    all: 'unset',
    cursor: 'pointer',
    marginTop: 6,
    color: theme.colors.text.link,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
});
