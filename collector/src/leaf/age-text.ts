/** How long ago something was, in words for people. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `just now`, `14 minutes ago`, `3 hours ago`, `5 days ago`. */
export function ageText(ageMs: number): string {
  const count = (unitMs: number, unit: string): string => {
    const n = Math.round(ageMs / unitMs);
    return `${n} ${unit}${n === 1 ? '' : 's'} ago`;
  };
  if (ageMs < minuteMs / 2) return 'just now';
  if (ageMs < 2 * hourMs) return count(minuteMs, 'minute');
  return ageMs < 2 * dayMs ? count(hourMs, 'hour') : count(dayMs, 'day');
}
