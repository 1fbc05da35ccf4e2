/**
 * How long a change may take until the world can see it. Same rows as data/propagation.json, which names source and date of
 * each; a test holds the two together, because pure code may not read files. The longest suffix that fits counts.
 */

/** What becomes visible: at the parent, in RDAP, or at the zone's own name servers (the old TTL comes on top). */
export type Published = 'delegation' | 'registration' | 'records';

/** One row. `for`: a domain suffix, or for records the system that reported the change; `*`: all others. */
export interface Propagation {
  readonly what: Published;
  readonly for: string;
  readonly minutes: number;
}

/** All rows. */
export const propagation: readonly Propagation[] = [
  { what: 'delegation', for: '*', minutes: 60 },
  { what: 'delegation', for: 'de', minutes: 60 },
  { what: 'delegation', for: 'com', minutes: 60 },
  { what: 'delegation', for: 'net', minutes: 60 },
  { what: 'delegation', for: 'uk', minutes: 60 },
  { what: 'delegation', for: 'no', minutes: 165 },
  { what: 'delegation', for: 'at', minutes: 720 },
  { what: 'delegation', for: 'ch', minutes: 360 },
  { what: 'delegation', for: 'li', minutes: 360 },
  { what: 'registration', for: '*', minutes: 1440 },
  { what: 'records', for: '*', minutes: 10 },
  { what: 'records', for: 'aws', minutes: 10 },
];

const minuteMs = 60_000;
const rows = new Map(propagation.map((row) => [`${row.what}/${row.for}`, row.minutes * minuteMs]));

/** Milliseconds until a change of `what` about `name` (a domain, or the reporting system) is visible at the latest. */
export function propagationMs(what: Published, name: string): number {
  for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const found = rows.get(`${what}/${rest}`);
    if (found !== undefined) return found;
  }
  return rows.get(`${what}/*`) ?? 0;
}
