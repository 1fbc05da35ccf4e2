/** What a filter can be set to. Pure. */

/** Values with how many items have each, in order. */
export function choices<T>(
  items: readonly T[],
  pick: (item: T) => string | readonly string[] | null,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const found = pick(item);
    if (found === null) continue;
    for (const value of typeof found === 'string' ? [found] : found)
      counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
