/** Pages of lists. A cursor is the sort key of the last item seen, so pages stay right while items come and go. */

/** What was asked for. `after` is the key of the last item of the page before; '' for the first page. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

/** A page as the API answers it. */
export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
  readonly total: number;
}

const limitStandard = 50;
/** Most lines of one answer. */
export const limitMax = 2000;
const keyCharsMax = 2000;

/** Reads `cursor` and `limit`; undefined when one of them cannot be meant. */
export function pageRequest(query: URLSearchParams): PageRequest | undefined {
  const limitText = query.get('limit') ?? String(limitStandard);
  if (!/^\d{1,4}$/.test(limitText)) return undefined;
  const limit = Number(limitText);
  if (limit < 1 || limit > limitMax) return undefined;
  const cursor = query.get('cursor') ?? '';
  if (cursor.length > keyCharsMax || !/^[\w-]*$/.test(cursor)) return undefined;
  return { after: Buffer.from(cursor, 'base64url').toString('utf8'), limit };
}

/** Cursor of a key. */
export function cursorOf(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

/** The page of `items` after the cursor. `keyOf` gives unique keys; order is by key, code unit by code unit. */
export function pageOf<T, V>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
  view: (item: T) => V,
): Page<V> {
  const wanted = request.limit + 1;
  const first: { readonly item: T; readonly key: string }[] = [];
  // The smallest keys after the cursor, kept in order while going through the list once: sorting it all costs ten times more.
  for (const item of items) {
    const key = keyOf(item);
    if (request.after !== '' && key <= request.after) continue;
    if (first.length === wanted && key >= (first.at(-1)?.key ?? '')) continue;
    let from = 0;
    let to = first.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((first[middle]?.key ?? '') <= key) from = middle + 1;
      else to = middle;
    }
    first.splice(from, 0, { item, key });
    if (first.length > wanted) first.pop();
  }
  const shown = first.slice(0, request.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => view(item)),
    next_cursor: first.length > shown.length && last !== undefined ? cursorOf(last.key) : null,
    total: items.length,
  };
}

const timeMax = 9_999_999_999_999;

/** Part of a sort key that puts later times first; epoch milliseconds, unknown times last. */
export function newestFirst(timeMs: number): string {
  const known = Number.isFinite(timeMs) ? Math.min(Math.max(0, Math.trunc(timeMs)), timeMax) : 0;
  return String(timeMax - known).padStart(13, '0');
}
