/** A table that draws only the rows in view: 20,000 rows scroll like 20. Rows have one height. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from 'react';
import { drawnRows, scrollFor } from '../model/row-window.ts';

/** One column. `width` is a track of a CSS grid, such as `minmax(160px, 2fr)`. */
export interface Column<T> {
  readonly id: string;
  readonly title: ReactNode;
  readonly width: string;
  readonly cell: (item: T) => ReactNode;
  /** Direction this column is sorted in now; absent: not the sorted one. */
  readonly sorted?: 'ascending' | 'descending';
  /** The column is left out while the table is narrower than this; what it says stands on the page of the row too. */
  readonly fromPx?: number;
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
  /** What is listed and in which order; another text: the list starts at its top again. */
  readonly order?: string;
}

interface Place {
  /** Row that has, or would get, the focus: its key, and where it stood when it got it. */
  readonly key: string | undefined;
  readonly index: number;
}

/** Size of the scrolling box and how far it is scrolled, in pixels. */
function useScroll(scroller: RefObject<HTMLDivElement | null>) {
  const [topPx, setTopPx] = useState(0);
  const [heightPx, setHeightPx] = useState(800);
  const [widthPx, setWidthPx] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const measure = (): void => {
      setHeightPx(box.clientHeight || 800);
      setWidthPx(box.clientWidth || Number.POSITIVE_INFINITY);
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    return () => watch.disconnect();
  }, [scroller]);
  return { topPx, heightPx, widthPx, setTopPx };
}

/** Index after a key, or undefined when the key moves nothing. */
function indexAfter(key: string, index: number, rowsOfPage: number, count: number): number | undefined {
  if (key === 'ArrowDown' || key === 'j') return index + 1;
  if (key === 'ArrowUp' || key === 'k') return index - 1;
  if (key === 'PageDown') return index + rowsOfPage;
  if (key === 'PageUp') return index - rowsOfPage;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}

/**
 * Arrows, j and k move between rows, PageUp and PageDown by what is in view, Home and End to the ends, Enter opens. The
 * row with the focus stays drawn when it is scrolled away, and keeps the focus when the list is sorted anew around it.
 */
export function VirtualTable<T>(props: VirtualTableProps<T>) {
  const { label, items, keyOf, open, rowHeightPx = 48, edge, offsetPx = 120, order = '' } = props;
  const styles = useStyles2(getStyles);
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>({ key: undefined, index: 0 });
  const focused = useRef(false);
  const { topPx, heightPx, widthPx, setTopPx } = useScroll(scroller);
  const columns = props.columns.filter(({ fromPx = 0 }) => widthPx >= fromPx);
  useLayoutEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
    setTopPx(0);
    setPlace({ key: undefined, index: 0 });
  }, [order, setTopPx]);
  const keyAt = (index: number): string | undefined => {
    const item = items[index];
    return item === undefined ? undefined : keyOf(item);
  };
  const moved =
    place.key === undefined || place.key === keyAt(place.index)
      ? -1
      : items.findIndex((item) => keyOf(item) === place.key);
  const current = moved >= 0 ? moved : Math.max(0, Math.min(place.index, items.length - 1));
  useLayoutEffect(() => {
    // The focus follows the place; it also comes back when its row was taken out of the list.
    const box = scroller.current;
    if (!focused.current || box === null) return;
    const { activeElement, body } = document;
    if (activeElement !== body && (activeElement?.closest('[data-row]') ?? null) === null) return;
    const row = box.querySelector<HTMLElement>(`[data-row="${current}"]`);
    if (row !== null && !row.contains(activeElement)) row.focus({ preventScroll: true });
  });
  const move = (to: number): void => {
    const box = scroller.current;
    if (box === null || items.length === 0) return;
    const index = Math.max(0, Math.min(items.length - 1, to));
    const roomPx = box.clientHeight - (head.current?.offsetHeight ?? 0);
    box.scrollTop = scrollFor(index, rowHeightPx, box.scrollTop, roomPx);
    focused.current = true;
    setTopPx(box.scrollTop);
    setPlace({ key: keyAt(index), index });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = items[current];
    const rowsOfPage = Math.max(1, Math.floor(heightPx / rowHeightPx) - 1);
    const to = indexAfter(event.key, current, rowsOfPage, items.length);
    if (to !== undefined) move(to);
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
      onScroll={({ currentTarget }) => setTopPx(currentTarget.scrollTop)}
      onBlur={({ relatedTarget }) => {
        focused.current = relatedTarget !== null && scroller.current?.contains(relatedTarget) === true;
      }}
      data-table
    >
      <div ref={head} role="rowgroup" className={styles.head}>
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
      <div role="rowgroup" style={{ height: items.length * rowHeightPx, position: 'relative' }}>
        {drawnRows(items.length, rowHeightPx, topPx, heightPx, current).map((index) => {
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
                transform: `translateY(${index * rowHeightPx}px)`,
                boxShadow: color === undefined ? undefined : `inset 3px 0 0 ${color}`,
              }}
              onFocus={() => {
                focused.current = true;
                setPlace({ key: keyOf(item), index });
              }}
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
  row: css({ display: 'grid', minWidth: 'min-content', alignItems: 'center', minHeight: 32 }),
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
