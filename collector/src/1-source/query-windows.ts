/**
 * Counts queries into windows per watched domain before anything enters the log. Pure and bounded: what does not fit into a
 * limit is counted under `overflow`, never dropped unseen. Feeds: dnstap, and every query log after parsing.
 */

/** One query with its answer. `answers` absent: not read. Networks are prefixes, never single addresses. */
export interface QueryObservation {
  readonly atMs: number;
  /** Canonical name. */
  readonly name: string;
  readonly type: string;
  readonly rcode: string;
  readonly kind: 'resolver_log' | 'authoritative_log';
  readonly clientNetwork?: string;
  readonly answerNetwork?: string;
  readonly answers?: readonly string[];
}

/** Limits per window. */
export interface QueryWindowLimits {
  readonly windowMs: number;
  readonly domainsMax: number;
  readonly networksMax: number;
  readonly answerSetsMax: number;
}

/** A window of one domain, ready to be a raw record (media type query-window+json). */
export type QueryWindowDocument = Readonly<Record<string, unknown>> & {
  readonly domain: string;
  readonly count: number;
};

/** The counter of one sensor. */
export interface QueryWindows {
  /** Takes one observation; false: its name belongs to no watched domain. Late ones go into the running window. */
  observe(observation: QueryObservation): boolean;
  /** Begin of the running window, epoch milliseconds; undefined when nothing was counted since the last one. */
  readonly startedMs: number | undefined;
  /** True when the running window is over at `nowMs`. */
  isDue(nowMs: number): boolean;
  /** Ends the running window and gives its documents, sorted by domain. */
  flush(nowMs: number): QueryWindowDocument[];
  /** Observations that no domain was found or no room was left for, since the start. */
  readonly unwatched: number;
  readonly overflowed: number;
}

interface Window {
  count: number;
  kind: QueryObservation['kind'];
  readonly byRcode: Map<string, number>;
  readonly byType: Map<string, number>;
  readonly byClient: Map<string, number>;
  readonly byAnswer: Map<string, number>;
  readonly answers: Map<string, { name: string; type: string; values: readonly string[]; count: number }>;
  readonly overflow: Map<string, number>;
}

const codesMax = 64;

function bump(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function bumpBounded(
  map: Map<string, number>,
  key: string,
  max: number,
  overflow: Map<string, number>,
  what: string,
): void {
  if (map.has(key) || map.size < max) bump(map, key);
  else bump(overflow, what);
}

function plain(map: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A counter. `watchedDomain` gives the domain a name counts for, undefined for names nobody watches. */
export function queryWindows(
  sensor: string,
  limits: QueryWindowLimits,
  watchedDomain: (name: string) => string | undefined,
  formatTime: (ms: number) => string,
): QueryWindows {
  const windows = new Map<string, Window>();
  let startMs: number | undefined;
  /** No two windows begin at the same time, however late an observation is: their ids would be the same. */
  let nextStartMs = Number.NEGATIVE_INFINITY;
  let unwatched = 0;
  let overflowed = 0;

  function windowOf(domain: string, kind: QueryObservation['kind']): Window | undefined {
    let found = windows.get(domain);
    if (found !== undefined) return found;
    if (windows.size >= limits.domainsMax) return undefined;
    found = {
      count: 0,
      kind,
      byRcode: new Map(),
      byType: new Map(),
      byClient: new Map(),
      byAnswer: new Map(),
      answers: new Map(),
      overflow: new Map(),
    };
    windows.set(domain, found);
    return found;
  }

  function countAnswers(window: Window, observation: QueryObservation): void {
    if (observation.answers === undefined || observation.answers.length === 0) return;
    const key = `${observation.name}\t${observation.type}\t${observation.answers.join('\t')}`;
    const found = window.answers.get(key);
    if (found !== undefined) found.count++;
    else if (window.answers.size < limits.answerSetsMax)
      window.answers.set(key, {
        name: observation.name,
        type: observation.type,
        values: observation.answers,
        count: 1,
      });
    else bump(window.overflow, 'answers');
  }

  return {
    get startedMs() {
      return startMs;
    },
    get unwatched() {
      return unwatched;
    },
    get overflowed() {
      return overflowed;
    },
    observe(observation) {
      const domain = watchedDomain(observation.name);
      if (domain === undefined) {
        unwatched++;
        return false;
      }
      startMs ??= Math.max(Math.floor(observation.atMs / limits.windowMs) * limits.windowMs, nextStartMs);
      const window = windowOf(domain, observation.kind);
      if (window === undefined) {
        overflowed++;
        return true;
      }
      window.count++;
      bumpBounded(window.byRcode, observation.rcode, codesMax, window.overflow, 'rcodes');
      bumpBounded(window.byType, observation.type, codesMax, window.overflow, 'types');
      if (observation.clientNetwork !== undefined)
        bumpBounded(
          window.byClient,
          observation.clientNetwork,
          limits.networksMax,
          window.overflow,
          'client_networks',
        );
      if (observation.answerNetwork !== undefined)
        bumpBounded(
          window.byAnswer,
          observation.answerNetwork,
          limits.networksMax,
          window.overflow,
          'answer_networks',
        );
      countAnswers(window, observation);
      return true;
    },
    isDue: (nowMs) => startMs !== undefined && nowMs >= startMs + limits.windowMs,
    flush(nowMs) {
      if (startMs === undefined) return [];
      const from = startMs;
      const windowS = Math.max(limits.windowMs, nowMs - from) / 1000;
      startMs = undefined;
      nextStartMs = from + limits.windowMs;
      const documents = [...windows].map(([domain, window]) => ({
        sensor,
        kind: window.kind,
        domain,
        window_start: formatTime(from),
        window_s: windowS,
        count: window.count,
        by_rcode: plain(window.byRcode),
        by_type: plain(window.byType),
        by_client_network: plain(window.byClient),
        by_answer_network: plain(window.byAnswer),
        answers: [...window.answers.values()],
        overflow: plain(window.overflow),
      }));
      windows.clear();
      return documents.sort((a, b) => (a.domain < b.domain ? -1 : 1));
    },
  };
}

/** /24 of an IPv4 address, /48 of an IPv6 one, from raw octets; undefined for anything else. */
export function networkText(address: Uint8Array): string | undefined {
  if (address.length === 4) return `${address[0]}.${address[1]}.${address[2]}.0/24`;
  if (address.length !== 16) return undefined;
  const group = (at: number): string => ((address[at]! << 8) | address[at + 1]!).toString(16);
  return `${group(0)}:${group(2)}:${group(4)}::/48`;
}

/** The same from canonical text (RFC 5952). */
export function networkOfText(ip: string): string {
  if (!ip.includes(':')) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  const [before = '', after = ''] = ip.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [head, tail] = [groups(before), groups(after)];
  const zeros = ip.includes('::') ? Array<string>(8 - head.length - tail.length).fill('0') : [];
  return `${[...head, ...zeros, ...tail].slice(0, 3).join(':')}::/48`;
}
