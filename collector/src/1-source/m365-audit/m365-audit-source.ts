/**
 * Office 365 Management Activity API poller (learn.microsoft.com/office/office-365-management-api).
 *
 * A content type is listed by the time its blobs became available; each blob is a list of records. One page here is one
 * page of the list with its blobs. Records of several blobs repeat: ids decide.
 */
import type { SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import { clientCredentialsForm, createTokenSource, type TokenSource } from '../access-token.ts';
import { sameOrigin } from '../api-answer.ts';
import { askWithToken } from '../authorised-client.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { createPagePoller, type PollerSettings } from '../page-poller.ts';
import { recordId } from '../record-id.ts';
import { createWindowReader, type Item, type WindowFeed, type WindowPage } from '../window-reader.ts';

/** Settings. The application needs ActivityFeed.Read as application permission. */
export interface M365AuditSettings extends Omit<PollerSettings, 'feed'> {
  /** `Audit.Exchange`, `Audit.AzureActiveDirectory`, `Audit.General`, `Audit.SharePoint`, `DLP.All`. */
  readonly contentType: string;
  readonly directoryId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Own GUID of the reader: gives it a quota of its own. Absent: the directory id. */
  readonly publisherId?: string;
  /** Absent: https://manage.office.com. */
  readonly apiUrl?: string;
  /** Absent: https://login.microsoftonline.com. */
  readonly loginUrl?: string;
  /** Absent: ten minutes. */
  readonly overlapMs?: number;
  /** Absent: one hour. */
  readonly backfillMs?: number;
}

/** Builds the running source. The subscription is started when the API says there is none. */
export function createM365AuditSource(
  settings: M365AuditSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  const reader = createWindowReader(m365Feed(settings, client));
  return createPagePoller(reader, { ...settings, feed: 'm365-audit' }, around);
}

interface Api {
  readonly url: string;
  readonly client: OutgoingClient;
  readonly tokens: TokenSource;
  readonly startUrl: string;
  readonly publisherId: string;
}

function m365Feed(settings: M365AuditSettings, client: OutgoingClient): WindowFeed {
  const url = settings.apiUrl ?? 'https://manage.office.com';
  const login = settings.loginUrl ?? 'https://login.microsoftonline.com';
  const tokens = createTokenSource(
    client,
    `${login}/${encodeURIComponent(settings.directoryId)}/oauth2/v2.0/token`,
    clientCredentialsForm(settings.clientId, settings.clientSecret, `${new URL(url).origin}/.default`),
  );
  const feed = `${url}/api/v1.0/${encodeURIComponent(settings.directoryId)}/activity/feed/subscriptions`;
  const query = `contentType=${encodeURIComponent(settings.contentType)}`;
  const publisherId = settings.publisherId ?? settings.directoryId;
  const api: Api = { url, client, tokens, startUrl: `${feed}/start?${query}`, publisherId };
  const seconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  return {
    overlapMs: settings.overlapMs ?? 600_000,
    // The API takes windows of at most 24 hours that start at most 7 days back.
    windowMaxMs: 86_400_000 - 60_000,
    retentionMs: 7 * 86_400_000,
    backfillMs: settings.backfillMs ?? 3_600_000,
    first: (fromMs, toMs) => `${feed}/content?${query}&startTime=${seconds(fromMs)}&endTime=${seconds(toMs)}`,
    page: (link, nowMs, signal) => listPage(api, link, nowMs, signal),
  };
}

async function listPage(api: Api, link: string, nowMs: number, signal: AbortSignal): Promise<WindowPage> {
  const own = sameOrigin(link, api.url);
  if (!own.ok) return { ok: false, failure: own.failure, status: 400 };
  const listed = await askWithToken(api.client, api.tokens, asPublisher(api, own.value), nowMs, signal);
  if (!listed.ok) {
    // AF20022: no subscription for this content type. Start it; the feed begins within hours.
    if (listed.status === 400 && link.includes('startTime=')) await startSubscription(api, nowMs, signal);
    return listed;
  }
  const contents = jsonElements(listed.text);
  if (!contents.ok) return { ok: false, failure: contents.failure, status: 0 };
  const items: Item[] = [];
  let lost: string | undefined;
  for (const content of contents.value) {
    const blob = await readBlob(api, recordId(content, 'contentUri'), nowMs, signal);
    if (blob.ok) items.push(...blob.items);
    else if (blob.status === 404 || blob.status === 410)
      lost = 'content of the audit feed is no longer there';
    else return { ...blob, status: 0 };
  }
  const next = listed.answer.headers['nextpageuri'];
  return next === undefined || next === ''
    ? { ok: true, items, lost }
    : { ok: true, items, lost, link: next };
}

async function readBlob(api: Api, uri: string, nowMs: number, signal: AbortSignal): Promise<WindowPage> {
  const own = sameOrigin(uri, api.url);
  if (!own.ok || uri === '')
    return {
      ok: false,
      status: 0,
      failure: {
        code: 'endpoint_refused',
        path: '/contentUri',
        message: 'a content address is not at the API itself',
      },
    };
  const answer = await askWithToken(api.client, api.tokens, asPublisher(api, own.value), nowMs, signal);
  if (!answer.ok) return answer;
  const elements = jsonElements(answer.text);
  if (!elements.ok) return { ok: false, failure: elements.failure, status: 0 };
  return { ok: true, items: elements.value.map((text) => ({ id: recordId(text, 'Id'), text })) };
}

/** An address of the API with the publisher, without which requests count against a quota that all tenants share. */
function asPublisher(api: Api, address: string): string {
  const url = new URL(address);
  if (!url.searchParams.has('PublisherIdentifier'))
    url.searchParams.set('PublisherIdentifier', api.publisherId);
  return url.href;
}

/** Starting a subscription that runs already is refused by the API and harmless. */
async function startSubscription(api: Api, nowMs: number, signal: AbortSignal): Promise<void> {
  await askWithToken(api.client, api.tokens, asPublisher(api, api.startUrl), nowMs, signal, 'POST');
}
