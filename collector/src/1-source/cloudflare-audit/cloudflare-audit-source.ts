/**
 * Cloudflare audit log poller, v2 (developers.cloudflare.com/fundamentals/account/account-security/audit-logs) and v1
 * (api.cloudflare.com, "List account audit logs").
 *
 * Both answer newest first, so pages move while they are read: a window with a fixed end is read to its last page, and
 * windows overlap. v2 carries no old and new values; v1 does and is to be retired.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { createSecret } from '../../leaf/secret.ts';
import { askApi } from '../api-answer.ts';
import { answerBytesMax } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';
import { createWindowReader, type WindowFeed, type WindowPage } from '../window-reader.ts';

/** Settings. The API token needs `Account Settings Read`. */
export interface CloudflareAuditSettings extends Omit<PollerSettings, 'feed'> {
  readonly accountId: string;
  readonly token: Secret;
  /** Absent: `v2`. */
  readonly version?: 'v1' | 'v2';
  /** Absent: https://api.cloudflare.com. */
  readonly apiUrl?: string;
  /** Absent: ten minutes. */
  readonly overlapMs?: number;
  /** Absent: one hour. */
  readonly backfillMs?: number;
}

/** The limit of 1,200 requests in five minutes, once passed, blocks for as long. */
const blockedMs = 300_000;
const pageSizes = { v1: 1000, v2: 1000 } as const;

/** Builds the running source. */
export function createCloudflareAuditSource(
  settings: CloudflareAuditSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  const reader = createWindowReader(cloudflareFeed(settings, client));
  return createPagePoller(reader, { ...settings, feed: 'cloudflare-audit' }, around);
}

function cloudflareFeed(settings: CloudflareAuditSettings, client: OutgoingClient): WindowFeed {
  const version = settings.version ?? 'v2';
  const account = `${settings.apiUrl ?? 'https://api.cloudflare.com'}/client/v4/accounts/${encodeURIComponent(settings.accountId)}`;
  const base = version === 'v2' ? `${account}/logs/audit` : `${account}/audit_logs`;
  const authorization = createSecret(`Bearer ${settings.token.reveal()}`);
  const overlapMs = settings.overlapMs ?? 600_000;
  return {
    overlapMs,
    windowMaxMs: overlapMs + 86_400_000,
    retentionMs: 540 * 86_400_000,
    backfillMs: settings.backfillMs ?? 3_600_000,
    first: (fromMs, toMs) => {
      const span = `since=${new Date(fromMs).toISOString()}&before=${new Date(toMs).toISOString()}`;
      return version === 'v2'
        ? `${base}?${span}&limit=${pageSizes.v2}`
        : `${base}?${span}&per_page=${pageSizes.v1}&page=1`;
    },
    page: async (link, nowMs, signal): Promise<WindowPage> => {
      if (!link.startsWith(`${base}?`))
        return {
          ok: false,
          status: 400,
          failure: { code: 'endpoint_refused', path: '', message: 'the stored page belongs to another feed' },
        };
      const headers = { authorization, accept: 'application/json' };
      const answer = await askApi(
        client,
        { url: link, headers, answerBytesMax, redirectsMax: 0 },
        nowMs,
        signal,
      );
      if (!answer.ok)
        return answer.status === 429
          ? { ...answer, afterMs: Math.max(answer.afterMs ?? 0, blockedMs) }
          : answer;
      const elements = jsonElements(answer.text, 'result');
      if (!elements.ok) return { ok: false, failure: elements.failure, status: 0 };
      const items = elements.value.map((text) => ({ id: recordId(text, 'id'), text }));
      return { ok: true, items, link: nextOf(version, link, items.length, answer.text) };
    },
  };
}

/** v2 gives a cursor; v1 has numbered pages, the last of which is not full. */
function nextOf(version: 'v1' | 'v2', link: string, count: number, text: string): string | undefined {
  if (count === 0) return undefined;
  const next = new URL(link);
  if (version === 'v2') {
    const cursor = recordId(text, 'result_info', 'cursor');
    if (cursor === '') return undefined;
    next.searchParams.set('cursor', cursor);
  } else {
    if (count < pageSizes.v1) return undefined;
    next.searchParams.set('page', String(Number(next.searchParams.get('page') ?? '1') + 1));
  }
  return next.href;
}
