/** Ids of records as the pollers need them: only to leave out what an overlapping window already gave. */

/** Text at a path of members in a JSON text; '' when it is not there or the text is no JSON. */
export function recordId(text: string, ...path: readonly string[]): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '';
  }
  for (const member of path) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Record<string, unknown>)[member];
  }
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
