/** Pollers of a configuration as running sources: one line per feed. */
import type { SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import { createCertSpotterSource } from '../1-source/cert-spotter/cert-spotter-source.ts';
import { createCloudflareAuditSource } from '../1-source/cloudflare-audit/cloudflare-audit-source.ts';
import { createEntraSource } from '../1-source/entra/entra-source.ts';
import { createGithubAuditSource } from '../1-source/github-audit/github-audit-source.ts';
import { createGoogleWorkspaceSource } from '../1-source/google-workspace/google-workspace-source.ts';
import { createM365AuditSource } from '../1-source/m365-audit/m365-audit-source.ts';
import { createOktaSource } from '../1-source/okta/okta-source.ts';
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import type { ApiFeed, ApiSourceConfig } from './config-api-sources.ts';

type Of<F extends ApiFeed> = Extract<ApiSourceConfig, { feed: F }>;

const secondMs = 1000;

/** What building a poller needs besides its configuration. */
export interface ApiSourceParts {
  readonly client: OutgoingClient;
  readonly around: Surroundings;
  readonly identity: (source: ApiSourceConfig, intervalMs: number) => SourceIdentity;
}

type Build<F extends ApiFeed> = (source: Of<F>, parts: ApiSourceParts) => readonly SourceRun[];

/** Settings every poller has that is asked by time. */
function shared(source: Exclude<ApiSourceConfig, Of<'ct'>>, parts: ApiSourceParts) {
  return {
    identity: parts.identity(source, source.interval_s * secondMs),
    instance: source.instance,
    backfillMs: source.backfill_s * secondMs,
  };
}

/** One run per log, under an id of its own, so that adding a log leaves the cursors of the others alone. */
function each<T extends string>(
  source: Exclude<ApiSourceConfig, Of<'ct'>>,
  logs: readonly T[],
  parts: ApiSourceParts,
  build: (log: T, settings: ReturnType<typeof shared>) => SourceRun,
): readonly SourceRun[] {
  const settings = shared(source, parts);
  return logs.map((log) =>
    build(log, { ...settings, identity: { ...settings.identity, id: `${source.id}.${log}` } }),
  );
}

function okta(source: Of<'okta'>, parts: ApiSourceParts): readonly SourceRun[] {
  const settings = { ...shared(source, parts), baseUrl: source.url, apiToken: source.token };
  return [createOktaSource(settings, parts.client, parts.around)];
}

function microsoftApp(source: Of<'entra'> | Of<'m365-audit'>) {
  return {
    directoryId: source.directory_id,
    clientId: source.client_id,
    clientSecret: source.client_secret,
    overlapMs: source.overlap_s * secondMs,
    ...(source.login_url === undefined ? {} : { loginUrl: source.login_url }),
  };
}

function entra(source: Of<'entra'>, parts: ApiSourceParts): readonly SourceRun[] {
  const app = {
    ...microsoftApp(source),
    retentionDays: source.retention_days,
    ...(source.graph_url === undefined ? {} : { graphUrl: source.graph_url }),
  };
  return each(source, source.logs, parts, (log, settings) =>
    createEntraSource({ ...settings, ...app, log }, parts.client, parts.around),
  );
}

function googleWorkspace(source: Of<'google-workspace'>, parts: ApiSourceParts): readonly SourceRun[] {
  const account = {
    serviceAccount: source.service_account,
    privateKey: source.private_key,
    subject: source.subject,
    overlapMs: source.overlap_s * secondMs,
    ...(source.url === undefined ? {} : { apiUrl: source.url }),
    ...(source.token_url === undefined ? {} : { tokenUrl: source.token_url }),
  };
  return each(source, source.applications, parts, (application, settings) =>
    createGoogleWorkspaceSource({ ...settings, ...account, application }, parts.client, parts.around),
  );
}

function githubAudit(source: Of<'github-audit'>, parts: ApiSourceParts): readonly SourceRun[] {
  const settings = {
    ...shared(source, parts),
    owner: source.owner,
    isEnterprise: source.is_enterprise,
    token: source.token,
    include: source.include,
    overlapMs: source.overlap_s * secondMs,
    ...(source.url === undefined ? {} : { apiUrl: source.url }),
  };
  return [createGithubAuditSource(settings, parts.client, parts.around)];
}

function m365Audit(source: Of<'m365-audit'>, parts: ApiSourceParts): readonly SourceRun[] {
  const app = {
    ...microsoftApp(source),
    ...(source.publisher_id === undefined ? {} : { publisherId: source.publisher_id }),
    ...(source.url === undefined ? {} : { apiUrl: source.url }),
  };
  return each(source, source.content_types, parts, (contentType, settings) =>
    createM365AuditSource({ ...settings, ...app, contentType }, parts.client, parts.around),
  );
}

function cloudflareAudit(source: Of<'cloudflare-audit'>, parts: ApiSourceParts): readonly SourceRun[] {
  const settings = {
    ...shared(source, parts),
    accountId: source.account_id,
    token: source.token,
    version: source.api_version,
    overlapMs: source.overlap_s * secondMs,
    ...(source.url === undefined ? {} : { apiUrl: source.url }),
  };
  return [createCloudflareAuditSource(settings, parts.client, parts.around)];
}

function certSpotter(source: Of<'ct'>, parts: ApiSourceParts): readonly SourceRun[] {
  const settings = {
    identity: parts.identity(source, source.interval_s * secondMs),
    instance: source.instance,
    domains: source.domains,
    token: source.token,
    includeSubdomains: source.include_subdomains,
    ...(source.url === undefined ? {} : { apiUrl: source.url }),
  };
  return [createCertSpotterSource(settings, parts.client, parts.around)];
}

/** Feed to its poller. One line per feed. */
const builders: { readonly [F in ApiFeed]: Build<F> } = {
  okta,
  entra,
  'google-workspace': googleWorkspace,
  'github-audit': githubAudit,
  'm365-audit': m365Audit,
  'cloudflare-audit': cloudflareAudit,
  ct: certSpotter,
};

/** Builds the pollers of one configured source; nothing connects before `run`. */
export function apiSources(source: ApiSourceConfig, parts: ApiSourceParts): readonly SourceRun[] {
  // The key and the value are of the same feed, which the type of an indexed union cannot say.
  const build = builders[source.feed] as Build<ApiFeed>;
  return build(source as never, parts);
}
