/**
 * Okta System Log poller (developer.okta.com/docs/reference/api/system-log, "polling requests").
 *
 * The request without `until` in ascending order filters on the time of persistence, so late records come too; only
 * the `next` link moves on. That link is the cursor.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { createSecret } from '../../leaf/secret.ts';
import { askApi, nextLink, sameOrigin } from '../api-answer.ts';
import { answerBytesMax } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import {
  createPagePoller,
  type Page,
  type PageReader,
  type PageResult,
  type PollerSettings,
} from '../page-poller.ts';

/** Settings. `baseUrl` is the organisation's own, e.g. `https://acme.okta.com`; the token needs the right to read the System Log. */
export interface OktaSettings extends Omit<PollerSettings, 'feed'> {
  readonly baseUrl: string;
  readonly apiToken: Secret;
  /** How far back a first start reads, milliseconds; absent: one hour. */
  readonly backfillMs?: number;
}

const retentionMs = 90 * 86_400_000;
/** Read again before the place where reading stood: a day also covers a link that does not tell it. */
const restartMarginMs = 86_400_000;

/**
 * Where a next link stands: its `after` begins with epoch milliseconds of persistence (`1627500044869_1`). Undefined when it does
 * not, for it is the vendor's own and may change.
 */
function linkTimeMs(link: string, nowMs: number): number | undefined {
  const found = /^(\d{13})(?:_|$)/.exec(new URL(link).searchParams.get('after') ?? '')?.[1];
  const ms = found === undefined ? undefined : Number(found);
  return ms === undefined || ms > nowMs + restartMarginMs ? undefined : ms;
}

/** Builds the running source. */
export function createOktaSource(
  settings: OktaSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  return createPagePoller(oktaReader(settings, client), { ...settings, feed: 'okta' }, around);
}

/** The reader alone: first page, next link, rate limits. */
export function oktaReader(settings: OktaSettings, client: OutgoingClient): PageReader {
  const authorization = createSecret(`SSWS ${settings.apiToken.reveal()}`);
  const since = (ms: number): string =>
    `${new URL('/api/v1/logs', settings.baseUrl).href}?since=${new Date(ms).toISOString()}&sortOrder=ASCENDING&limit=1000`;
  const ask = (url: string, nowMs: number, signal: AbortSignal) =>
    askApi(
      client,
      { url, headers: { authorization, accept: 'application/json' }, answerBytesMax, redirectsMax: 0 },
      nowMs,
      signal,
    );
  /** A link the vendor no longer takes: reading starts again where it stood, ids recognise what was taken. */
  const restarted = (link: string, nowMs: number): { restartAt: string; gap?: Page['gap'] } => {
    const stoodMs = linkTimeMs(link, nowMs);
    const oldestMs = nowMs - retentionMs + 60_000;
    const restartAt = since(Math.max(oldestMs, (stoodMs ?? nowMs) - restartMarginMs));
    return stoodMs === undefined || stoodMs >= oldestMs
      ? { restartAt }
      : { restartAt, gap: { fromMs: stoodMs, toMs: oldestMs, reason: 'the feed no longer keeps this time' } };
  };
  const read = async (position: string, nowMs: number, signal: AbortSignal): Promise<PageResult> => {
    const own = sameOrigin(position, settings.baseUrl);
    if (!own.ok)
      return {
        ok: false,
        failure: own.failure,
        restartAt: since(nowMs - (settings.backfillMs ?? 3_600_000)),
      };
    const answer = await ask(own.value, nowMs, signal);
    if (!answer.ok)
      return answer.status === 400 || answer.status === 404 || answer.status === 410
        ? { ...answer, ...restarted(own.value, nowMs) }
        : answer;
    const elements = jsonElements(answer.text);
    if (!elements.ok) return elements;
    const link = nextLink(answer.answer.headers['link']);
    const next = link === undefined ? undefined : sameOrigin(link, settings.baseUrl);
    if (next === undefined || !next.ok)
      return {
        ok: false,
        failure: next?.failure ?? {
          code: 'missing_field',
          path: '',
          message: 'the page of the System Log has no next link',
        },
      };
    const isSamePage = next.value === own.value;
    if (isSamePage && elements.value.length > 0)
      return {
        ok: false,
        failure: {
          code: 'endpoint_refused',
          path: '',
          message: 'the next link of the System Log leads to the same page',
        },
      };
    return {
      ok: true,
      value: { records: elements.value, next: next.value, more: elements.value.length > 0 },
    };
  };
  return {
    start: (nowMs) => since(nowMs - Math.min(settings.backfillMs ?? 3_600_000, retentionMs)),
    read,
    probe: async (nowMs, signal) => {
      const answer = await ask(since(nowMs), nowMs, signal);
      return answer.ok
        ? { ok: true, value: 'the System Log answers' }
        : { ok: false, failure: answer.failure };
    },
  };
}
