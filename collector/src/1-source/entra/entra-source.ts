/**
 * Microsoft Entra logs from Microsoft Graph (learn.microsoft.com/graph/api/resources/azure-ad-auditlog-overview).
 *
 * One source reads one log. Records appear 2 to 15 minutes late, at times hours: windows overlap, ids decide.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { clientCredentialsForm, createTokenSource } from '../access-token.ts';
import { sameOrigin } from '../api-answer.ts';
import { askWithToken } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';
import { createWindowReader, type WindowFeed, type WindowPage } from '../window-reader.ts';

/** Logs of one tenant: directory audits, sign-ins, risk detections. */
export type EntraLog = 'directoryAudits' | 'signIns' | 'riskDetections';

/** Settings. The application needs AuditLog.Read.All (riskDetections: IdentityRiskEvent.Read.All) as application permission. */
export interface EntraSettings extends Omit<PollerSettings, 'feed'> {
  readonly log: EntraLog;
  readonly directoryId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Absent: https://graph.microsoft.com. */
  readonly graphUrl?: string;
  /** Absent: https://login.microsoftonline.com. */
  readonly loginUrl?: string;
  /** Absent: one hour. */
  readonly overlapMs?: number;
  /** Absent: one hour. */
  readonly backfillMs?: number;
  /** Days the licence keeps records: 7 without, 30 with P1 or P2. Absent: 7. */
  readonly retentionDays?: number;
}

/** Path, time field and largest page the API gives. */
const paths: Readonly<Record<EntraLog, readonly [path: string, timeField: string, pageMax: number]>> = {
  directoryAudits: ['/v1.0/auditLogs/directoryAudits', 'activityDateTime', 1000],
  signIns: ['/v1.0/auditLogs/signIns', 'createdDateTime', 1000],
  riskDetections: ['/v1.0/identityProtection/riskDetections', 'detectedDateTime', 500],
};

/** Builds the running source. */
export function createEntraSource(
  settings: EntraSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  return createPagePoller(
    createWindowReader(entraFeed(settings, client)),
    { ...settings, feed: 'entra' },
    around,
  );
}

function entraFeed(settings: EntraSettings, client: OutgoingClient): WindowFeed {
  const graph = settings.graphUrl ?? 'https://graph.microsoft.com';
  const login = settings.loginUrl ?? 'https://login.microsoftonline.com';
  const tokens = createTokenSource(
    client,
    `${login}/${encodeURIComponent(settings.directoryId)}/oauth2/v2.0/token`,
    clientCredentialsForm(settings.clientId, settings.clientSecret, `${new URL(graph).origin}/.default`),
  );
  const [path, field, pageMax] = paths[settings.log];
  const overlapMs = settings.overlapMs ?? 3_600_000;
  return {
    overlapMs,
    windowMaxMs: overlapMs + 86_400_000,
    retentionMs: (settings.retentionDays ?? 7) * 86_400_000,
    backfillMs: settings.backfillMs ?? 3_600_000,
    first: (fromMs, toMs) => {
      const filter = `${field} ge ${new Date(fromMs).toISOString()} and ${field} le ${new Date(toMs).toISOString()}`;
      return `${graph}${path}?$top=${pageMax}&$filter=${encodeURIComponent(filter)}`;
    },
    page: async (link, nowMs, signal): Promise<WindowPage> => {
      const own = sameOrigin(link, graph);
      if (!own.ok) return { ok: false, failure: own.failure, status: 400 };
      const answer = await askWithToken(client, tokens, own.value, nowMs, signal);
      if (!answer.ok) return answer;
      const elements = jsonElements(answer.text, 'value');
      if (!elements.ok) return { ok: false, failure: elements.failure, status: 0 };
      const next = recordId(answer.text, '@odata.nextLink');
      const items = elements.value.map((text) => ({ id: recordId(text, 'id'), text }));
      return next === '' ? { ok: true, items } : { ok: true, items, link: next };
    },
  };
}
