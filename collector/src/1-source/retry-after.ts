/** The Retry-After header. */

const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const longestMs = 24 * 3600 * 1000;

/**
 * Milliseconds to wait from `nowMs`, at most a day, never negative; undefined when absent or unreadable. Both forms of
 * RFC 9110 section 10.2.3: seconds, or an IMF-fixdate.
 */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(trimmed)) return Math.min(Number(trimmed) * 1000, longestMs);
  const date = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(trimmed);
  if (date === null) return undefined;
  const [, day, name = '', year, hour, minute, second] = date;
  const at = months.indexOf(name);
  if (at < 0 || at % 3 !== 0) return undefined;
  const whenMs = Date.UTC(Number(year), at / 3, Number(day), Number(hour), Number(minute), Number(second));
  return Math.min(Math.max(whenMs - nowMs, 0), longestMs);
}
