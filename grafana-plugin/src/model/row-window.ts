/** Which rows of a long list are drawn, and how far to scroll to one. Rows have one height. */

const sparePx = 400;

/** Indexes to draw, in order: those in view with some around them, and always the row that has the focus. */
export function drawnRows(
  count: number,
  rowHeightPx: number,
  topPx: number,
  heightPx: number,
  focused: number,
): readonly number[] {
  const from = Math.max(0, Math.floor((topPx - sparePx) / rowHeightPx));
  const to = Math.min(count, Math.ceil((topPx + heightPx + sparePx) / rowHeightPx));
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, row) => from + row);
  if (focused < 0 || focused >= count || (focused >= from && focused < to)) return rows;
  return focused < from ? [focused, ...rows] : [...rows, focused];
}

/** Scroll position that shows a row whole, moving as little as possible. `roomPx`: height of the box below its head. */
export function scrollFor(index: number, rowHeightPx: number, topPx: number, roomPx: number): number {
  const startPx = index * rowHeightPx;
  if (startPx < topPx) return startPx;
  return Math.max(topPx, startPx + rowHeightPx - roomPx);
}
