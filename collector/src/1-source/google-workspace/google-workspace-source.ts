/**
 * Google Workspace Reports API poller (developers.google.com/workspace/admin/reports/v1/guides/manage-audit-login).
 *
 * One source reads the activities of one application. Login events can be hours late: windows overlap, ids decide.
 */
import { importPKCS8, SignJWT } from 'jose';
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { createTokenSource } from '../access-token.ts';
import { askWithToken } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';
import { createWindowReader, type WindowFeed, type WindowPage } from '../window-reader.ts';

/** Settings. The service account has domain-wide delegation for the scope `admin.reports.audit.readonly`; `subject` is the administrator it acts for. */
export interface GoogleWorkspaceSettings extends Omit<PollerSettings, 'feed'> {
  /** `login`, `admin`, `token`, `groups_enterprise`, `user_accounts`, `saml` … */
  readonly application: string;
  readonly serviceAccount: string;
  /** Private key of the service account, PKCS #8 PEM. */
  readonly privateKey: Secret;
  readonly subject: string;
  /** Absent: https://admin.googleapis.com. */
  readonly apiUrl?: string;
  /** Absent: https://oauth2.googleapis.com/token. */
  readonly tokenUrl?: string;
  /** Absent: three hours. */
  readonly overlapMs?: number;
  /** Absent: three hours. */
  readonly backfillMs?: number;
}

const scope = 'https://www.googleapis.com/auth/admin.reports.audit.readonly';

/** Builds the running source. */
export function createGoogleWorkspaceSource(
  settings: GoogleWorkspaceSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  const reader = createWindowReader(googleFeed(settings, client));
  return createPagePoller(reader, { ...settings, feed: 'google-workspace' }, around);
}

function googleFeed(settings: GoogleWorkspaceSettings, client: OutgoingClient): WindowFeed {
  const api = settings.apiUrl ?? 'https://admin.googleapis.com';
  const tokenUrl = settings.tokenUrl ?? 'https://oauth2.googleapis.com/token';
  const tokens = createTokenSource(client, tokenUrl, (nowMs) => assertionForm(settings, tokenUrl, nowMs));
  const base = `${api}/admin/reports/v1/activity/users/all/applications/${encodeURIComponent(settings.application)}`;
  const overlapMs = settings.overlapMs ?? 3 * 3_600_000;
  return {
    overlapMs,
    windowMaxMs: overlapMs + 86_400_000,
    retentionMs: 180 * 86_400_000,
    backfillMs: settings.backfillMs ?? 3 * 3_600_000,
    first: (fromMs, toMs) =>
      `${base}?maxResults=1000&startTime=${new Date(fromMs).toISOString()}&endTime=${new Date(toMs).toISOString()}`,
    page: async (link, nowMs, signal): Promise<WindowPage> => {
      if (!link.startsWith(`${base}?`))
        return {
          ok: false,
          status: 400,
          failure: { code: 'endpoint_refused', path: '', message: 'the stored page belongs to another feed' },
        };
      const answer = await askWithToken(client, tokens, link, nowMs, signal);
      if (!answer.ok) return answer;
      const elements = jsonElements(answer.text, 'items');
      if (!elements.ok) return { ok: false, failure: elements.failure, status: 0 };
      const items = elements.value.map((text) => ({ id: activityId(text), text }));
      const pageToken = recordId(answer.text, 'nextPageToken');
      if (pageToken === '') return { ok: true, items };
      const next = new URL(link);
      next.searchParams.set('pageToken', pageToken);
      return { ok: true, items, link: next.href };
    },
  };
}

/** The qualifier alone is not unique: time and qualifier are. */
function activityId(text: string): string {
  const qualifier = recordId(text, 'id', 'uniqueQualifier');
  return qualifier === '' ? '' : `${recordId(text, 'id', 'time')}/${qualifier}`;
}

/** JWT bearer grant of a service account (RFC 7523). */
async function assertionForm(
  settings: GoogleWorkspaceSettings,
  tokenUrl: string,
  nowMs: number,
): Promise<URLSearchParams> {
  const key = await importPKCS8(settings.privateKey.reveal(), 'RS256');
  const issuedAt = Math.floor(nowMs / 1000);
  const assertion = await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(settings.serviceAccount)
    .setSubject(settings.subject)
    .setAudience(tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3600)
    .sign(key);
  return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
}
