/** What of an RDAP answer may move by itself, for telling whether anything else did. */

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members that say nothing about the registration: terms of use, links, remarks of the server, redaction lists (RFC 9537). */
const passing: ReadonlySet<string> = new Set([
  'rdapConformance',
  'notices',
  'remarks',
  'links',
  'lang',
  'port43',
  'redacted',
]);

const depthMax = 32;

function isRefresh(item: unknown): boolean {
  return isRecord(item) && String(item['eventAction']).toLowerCase() === 'last update of rdap database';
}

function steady(value: unknown, depth: number): unknown {
  if (depth > depthMax) return null;
  if (Array.isArray(value))
    return (
      value
        .filter((item) => !isRefresh(item))
        .map((item) => JSON.stringify(steady(item, depth + 1)))
        // Order of sets in RDAP answers says nothing.
        .sort()
    );
  if (!isRecord(value)) return value;
  return Object.keys(value)
    .filter((key) => !passing.has(key))
    .sort()
    .map((key) => [key, steady(value[key], depth + 1)]);
}

/** Text that is equal for two answers about an unchanged registration; undefined when `text` is no JSON object. */
export function steadyText(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(body) ? JSON.stringify(steady(body, 0)) : undefined;
}
