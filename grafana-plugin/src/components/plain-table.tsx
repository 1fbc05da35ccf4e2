/** A short table: every row is drawn. For long lists there is `VirtualTable`. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

/** One column of a short table. */
export interface PlainColumn<T> {
  readonly title: string;
  readonly cell: (item: T) => ReactNode;
}

/** Scrolls sideways where it does not fit. */
export function PlainTable<T>({
  label,
  items,
  columns,
  keyOf,
}: {
  readonly label: string;
  readonly items: readonly T[];
  readonly columns: readonly PlainColumn<T>[];
  readonly keyOf: (item: T) => string;
}) {
  const styles = useStyles2(getStyles);
  return (
    // A region that scrolls must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map(({ title, cell }) => (
                <td key={title}>{cell(item)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflowX: 'auto' }),
  table: css({
    width: '100%',
    '& th': {
      textAlign: 'left',
      fontWeight: 500,
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      padding: theme.spacing(0.5, 1.5, 0.5, 0),
      whiteSpace: 'nowrap',
    },
    '& td': {
      padding: theme.spacing(0.75, 1.5, 0.75, 0),
      borderTop: `1px solid ${theme.colors.border.weak}`,
      verticalAlign: 'top',
    },
    '& small': { display: 'block', color: theme.colors.text.secondary },
  }),
});
