/**
 * Cert Spotter issuances poller (sslmate.com/help/reference/ct_search_api_v1).
 *
 * Ids ascend per query, so the last id is the whole position of a domain. One source asks for several domains in turn;
 * an empty page ends the turn of a domain and says with Retry-After when to ask again.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { createSecret } from '../../leaf/secret.ts';
import { askApi, nextLink, sameOrigin, type ApiAnswer } from '../api-answer.ts';
import { answerBytesMax } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PageReader, type PageResult, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';

/** Settings. Without a token the quota is a few requests an hour. */
export interface CertSpotterSettings extends Omit<PollerSettings, 'feed'> {
  readonly domains: readonly string[];
  readonly token?: Secret | undefined;
  readonly includeSubdomains: boolean;
  /** Absent: https://api.certspotter.com. */
  readonly apiUrl?: string;
}

/** `turn`: index of the domain to ask next. `after`: last id taken per domain. `waitMs`: longest wait asked for in this round. */
interface Position {
  readonly turn: number;
  readonly waitMs: number;
  readonly after: Readonly<Record<string, string>>;
}

/** Builds the running source. Issuances are records of the feed `ct`. */
export function createCertSpotterSource(
  settings: CertSpotterSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  return createPagePoller(certSpotterReader(settings, client), { ...settings, feed: 'ct' }, around);
}

function certSpotterReader(settings: CertSpotterSettings, client: OutgoingClient): PageReader {
  const api = settings.apiUrl ?? 'https://api.certspotter.com';
  const headers = {
    accept: 'application/json',
    ...(settings.token === undefined
      ? {}
      : { authorization: createSecret(`Bearer ${settings.token.reveal()}`) }),
  };
  const ask = (url: string, nowMs: number, signal: AbortSignal): Promise<ApiAnswer> =>
    askApi(client, { url, headers, answerBytesMax, redirectsMax: 0 }, nowMs, signal);
  const addressOf = (domain: string, after: string | undefined): string => {
    const url = new URL('/v1/issuances', api);
    url.searchParams.set('domain', domain);
    url.searchParams.set('include_subdomains', String(settings.includeSubdomains));
    url.searchParams.set('match_wildcards', 'true');
    for (const field of ['dns_names', 'issuer']) url.searchParams.append('expand', field);
    if (after !== undefined) url.searchParams.set('after', after);
    return url.href;
  };
  // Ids ascend; a page that ends where this turn already was leads in a circle.
  const visited = new Set<string>();
  const read = async (cursor: string, nowMs: number, signal: AbortSignal): Promise<PageResult> => {
    const position = positionOf(cursor);
    const turn = position.turn < settings.domains.length ? position.turn : 0;
    const domain = settings.domains[turn] ?? '';
    const before = Object.hasOwn(position.after, domain) ? position.after[domain] : undefined;
    const answer = await ask(addressOf(domain, before), nowMs, signal);
    if (!answer.ok) return answer;
    const issuances = jsonElements(answer.text);
    if (!issuances.ok) return issuances;
    const after = lastId(issuances.value, answer, api);
    const isEnd = issuances.value.length === 0;
    if (!isEnd && (after === '' || after === before || visited.has(after))) return sameIdAgain;
    if (isEnd) visited.clear();
    else visited.add(after);
    const waitMs = Math.max(position.waitMs, isEnd ? (answer.answer.retryAfterMs ?? 0) : 0);
    const isLast = isEnd && turn === settings.domains.length - 1;
    const next: Position = {
      turn: isEnd ? (turn + 1) % settings.domains.length : turn,
      waitMs: isLast ? 0 : waitMs,
      after: after === '' ? position.after : { ...position.after, [domain]: after },
    };
    return {
      ok: true,
      value: {
        records: issuances.value,
        next: JSON.stringify(next),
        more: !isLast,
        ...(isLast ? { afterMs: waitMs } : {}),
      },
    };
  };
  return {
    start: () => JSON.stringify({ turn: 0, waitMs: 0, after: {} } satisfies Position),
    read,
    probe: async (nowMs, signal) => {
      const answer = await ask(addressOf(settings.domains[0] ?? '', undefined), nowMs, signal);
      return answer.ok ? { ok: true, value: 'Cert Spotter answers' } : { ok: false, failure: answer.failure };
    },
  };
}

const sameIdAgain: PageResult = {
  ok: false,
  failure: {
    code: 'endpoint_refused',
    path: '/id',
    message: 'a page of Cert Spotter ends with no id or with one asked for before',
  },
};

/** `after` of the Link header when the answer has one, else the id of the last issuance. */
function lastId(issuances: readonly string[], answer: ApiAnswer & { ok: true }, api: string): string {
  const link = nextLink(answer.answer.headers['link']);
  const next = link === undefined ? undefined : sameOrigin(link, api);
  const linked = next?.ok === true ? new URL(next.value).searchParams.get('after') : null;
  const last = issuances.at(-1);
  return last === undefined ? '' : (linked ?? recordId(last, 'id'));
}

function positionOf(cursor: string): Position {
  try {
    const value = JSON.parse(cursor) as Partial<Position> | null;
    const after: Record<string, string> = {};
    for (const [domain, id] of Object.entries(value?.after ?? {}))
      if (typeof id === 'string') after[domain] = id;
    const isIndex = Number.isSafeInteger(value?.turn) && (value?.turn ?? -1) >= 0;
    return { turn: isIndex ? (value?.turn ?? 0) : 0, waitMs: Number(value?.waitMs ?? 0) || 0, after };
  } catch {
    return { turn: 0, waitMs: 0, after: {} };
  }
}
