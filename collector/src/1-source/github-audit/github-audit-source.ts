/**
 * GitHub audit log poller (docs.github.com/rest/orgs/orgs, "Get the audit log for an organization"; enterprises alike).
 *
 * Ascending order within a window of creation time, pages by the Link header; entries may appear minutes late.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { createSecret } from '../../leaf/secret.ts';
import { askApi, nextLink, sameOrigin } from '../api-answer.ts';
import { answerBytesMax } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';
import { createWindowReader, type WindowFeed, type WindowPage } from '../window-reader.ts';

/** Settings. The token needs `read:audit_log`. `owner` is the organisation or, with `isEnterprise`, the enterprise slug. */
export interface GithubAuditSettings extends Omit<PollerSettings, 'feed'> {
  readonly owner: string;
  readonly isEnterprise?: boolean;
  readonly token: Secret;
  /** Absent: https://api.github.com. */
  readonly apiUrl?: string;
  /** `web`, `git` or `all`; absent: `web`. Git events are many and kept for 7 days only. */
  readonly include?: 'web' | 'git' | 'all';
  /** Absent: ten minutes. */
  readonly overlapMs?: number;
  /** Absent: one hour. */
  readonly backfillMs?: number;
}

/** Builds the running source. */
export function createGithubAuditSource(
  settings: GithubAuditSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  const reader = createWindowReader(githubFeed(settings, client));
  return createPagePoller(reader, { ...settings, feed: 'github-audit' }, around);
}

function githubFeed(settings: GithubAuditSettings, client: OutgoingClient): WindowFeed {
  const api = settings.apiUrl ?? 'https://api.github.com';
  const authorization = createSecret(`Bearer ${settings.token.reveal()}`);
  const owner = `${settings.isEnterprise === true ? 'enterprises' : 'orgs'}/${encodeURIComponent(settings.owner)}`;
  const include = settings.include ?? 'web';
  const overlapMs = settings.overlapMs ?? 600_000;
  const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return {
    overlapMs,
    windowMaxMs: overlapMs + 86_400_000,
    retentionMs: (include === 'git' ? 7 : 180) * 86_400_000,
    backfillMs: settings.backfillMs ?? 3_600_000,
    first: (fromMs, toMs) => {
      // Creation times are compared in whole seconds: the end is rounded up, the overlap covers the start.
      const phrase = `created:${seconds(fromMs)}..${seconds(toMs + 999)}`;
      return `${api}/${owner}/audit-log?order=asc&per_page=100&include=${include}&phrase=${encodeURIComponent(phrase)}`;
    },
    page: async (link, nowMs, signal): Promise<WindowPage> => {
      const own = sameOrigin(link, api);
      if (!own.ok) return { ok: false, failure: own.failure, status: 400 };
      const headers = {
        authorization,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
      };
      const answer = await askApi(
        client,
        { url: own.value, headers, answerBytesMax, redirectsMax: 0 },
        nowMs,
        signal,
      );
      if (!answer.ok) return answer;
      const elements = jsonElements(answer.text);
      if (!elements.ok) return { ok: false, failure: elements.failure, status: 0 };
      const items = elements.value.map((text) => ({ id: recordId(text, '_document_id'), text }));
      return { ok: true, items, link: nextLink(answer.answer.headers['link']) };
    },
  };
}
