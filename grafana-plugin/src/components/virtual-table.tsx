/** A table that draws only the rows in view: 20,000 rows scroll like 20. Rows have one height. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

/** One column. `width` is a track of a CSS grid, such as `minmax(160px, 2fr)`. */
export interface Column<T> {
  readonly id: string;
  readonly title: ReactNode;
  readonly width: string;
  readonly cell: (item: T) => ReactNode;
  /** Direction this column is sorted in now; absent: not the sorted one. */
  readonly sorted?: 'ascending' | 'descending';
  /** Makes the title a button. */
  readonly onSort?: () => void;
}

interface VirtualTableProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (item: T) => string;
  /** Enter on a row. */
  readonly open?: (item: T) => void;
  readonly rowHeightPx?: number;
  /** Colour of the edge of a row; absent: none. */
  readonly edge?: (item: T) => string | undefined;
  /** Space that the page keeps for other things; the table takes the rest of the window, at least 320 px. */
  readonly offsetPx?: number;
}

/** Arrows, j and k move between rows, Home and End to the ends, Enter opens. */
export function VirtualTable<T>(props: VirtualTableProps<T>) {
  const { label, items, columns, keyOf, open, rowHeightPx = 48, edge, offsetPx = 120 } = props;
  const styles = useStyles2(getStyles);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const wantsFocus = useRef(false);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: 8,
    initialRect: { width: 1200, height: 800 },
  });
  const current = Math.min(active, Math.max(0, items.length - 1));
  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${current}"]`);
    if (row === null || row === undefined) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, to));
    wantsFocus.current = true;
    rows.scrollToIndex(next);
    setActive(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = items[current];
    if (event.key === 'ArrowDown' || event.key === 'j') move(current + 1);
    else if (event.key === 'ArrowUp' || event.key === 'k') move(current - 1);
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(items.length - 1);
    else if (
      event.key === 'Enter' &&
      item !== undefined &&
      event.target instanceof HTMLElement &&
      event.target.dataset['row'] !== undefined
    )
      open?.(item);
    else return;
    event.preventDefault();
  };
  const template = columns.map(({ width }) => width).join(' ');
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      style={{ maxHeight: `max(320px, calc(100vh - ${offsetPx}px))` }}
      role="table"
      aria-label={label}
      aria-rowcount={items.length + 1}
      onKeyDown={onKeyDown}
      data-table
    >
      <div role="rowgroup" className={styles.head}>
        <div role="row" className={styles.row} style={{ gridTemplateColumns: template }} aria-rowindex={1}>
          {columns.map(({ id, title, sorted, onSort }) => (
            <div key={id} role="columnheader" aria-sort={sorted} className={styles.cell}>
              {onSort === undefined ? (
                title
              ) : (
                <button
                  type="button"
                  className={cx(styles.sort, sorted !== undefined && styles.sorted)}
                  onClick={onSort}
                >
                  {title}
                  <span aria-hidden="true">
                    {sorted === undefined ? '' : sorted === 'ascending' ? '↑' : '↓'}
                  </span>
                </button>
              )}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          const color = edge?.(item);
          return (
            <div
              key={keyOf(item)}
              role="row"
              aria-rowindex={index + 2}
              data-row={index}
              tabIndex={index === current ? 0 : -1}
              className={cx(styles.row, styles.bodyRow)}
              style={{
                gridTemplateColumns: template,
                height: rowHeightPx,
                transform: `translateY(${start}px)`,
                boxShadow: color === undefined ? undefined : `inset 3px 0 0 ${color}`,
              }}
              onFocus={() => setActive(index)}
            >
              {columns.map(({ id, cell }) => (
                <div key={id} role="cell" className={styles.cell}>
                  {cell(item)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroller: css({
    overflow: 'auto',
    position: 'relative',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
  }),
  head: css({
    position: 'sticky',
    top: 0,
    zIndex: 1,
    background: theme.colors.background.secondary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
    minWidth: 'fit-content',
  }),
  row: css({ display: 'grid', minWidth: 960, alignItems: 'center', minHeight: 32 }),
  bodyRow: css({
    position: 'absolute',
    top: 0,
    left: 0,
    width: '100%',
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    '&:hover': { background: theme.colors.action.hover },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  cell: css({ padding: '0 10px', minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' }),
  sort: css({
    all: 'unset',
    cursor: 'pointer',
    display: 'inline-flex',
    gap: 4,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
  sorted: css({ color: theme.colors.text.primary, fontWeight: theme.typography.fontWeightMedium }),
});
