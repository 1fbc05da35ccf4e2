/** Value of a record's own key; 0 when it has none. Keys come from outside, so `toString` and its like must not be found. */
export function ownNumber(record: Readonly<Record<string, number>>, key: string): number {
  return Object.hasOwn(record, key) ? (record[key] ?? 0) : 0;
}
