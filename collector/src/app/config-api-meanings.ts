/** What every key of a source with `via: api` is for, in a sentence. */
import {
  CertSpotterApiSchema,
  CloudflareAuditApiSchema,
  EntraApiSchema,
  GithubAuditApiSchema,
  GoogleWorkspaceApiSchema,
  M365AuditApiSchema,
  OktaApiSchema,
} from './config-api-sources.ts';
import type { ConfigSection } from './config-section.ts';

const backfill = 'Seconds that a source which never ran reads back.';
const any = {
  id: 'Unique among sources: name of its cursor and its metric label; `entra`, `google-workspace` and `m365-audit` append the name of the log, as in `entra.signIns`.',
  feed: 'The feed.',
  via: 'The collector asks the API of the vendor.',
  tenant: 'Whose events these are.',
  instance: 'Account, when there are several; part of event ids.',
  interval_s: 'Seconds between polls once everything was read; a page that is full is followed at once.',
};
const overlap = {
  backfill_s: backfill,
  overlap_s:
    'Seconds that each window is read again, because records appear late; ids leave out what was taken.',
};
const microsoft = {
  directory_id: 'Directory (tenant) id of the customer.',
  client_id: 'Application (client) id.',
  client_secret: 'Client secret of the application.',
  login_url: 'Address of the token service; national clouds have their own.',
};

/** Sections of the pollers, in the order of the page. */
export const apiSections: readonly ConfigSection[] = [
  {
    title: 'Okta over its API',
    place: 'sources[], feed: okta, via: api',
    schema: OktaApiSchema,
    keys: {
      ...any,
      backfill_s: backfill,
      url: 'Address of the organisation, e.g. `https://acme.okta.com`.',
      token: 'API token of a read-only administrator.',
    },
  },
  {
    title: 'Microsoft Entra over Microsoft Graph',
    place: 'sources[], feed: entra, via: api',
    schema: EntraApiSchema,
    keys: {
      ...any,
      ...overlap,
      ...microsoft,
      logs: 'Logs to read; each has a cursor of its own.',
      graph_url: 'Address of Microsoft Graph; national clouds have their own.',
      retention_days: 'Days the licence keeps records: 7, or 30 with P1 or P2.',
    },
  },
  {
    title: 'Google Workspace over the Reports API',
    place: 'sources[], feed: google-workspace, via: api',
    schema: GoogleWorkspaceApiSchema,
    keys: {
      ...any,
      ...overlap,
      service_account: 'E-mail address of the service account.',
      private_key: 'Its private key, PKCS #8 PEM.',
      subject: 'Administrator the service account acts for.',
      applications: 'Applications to read; each has a cursor of its own.',
      url: 'Address of the API; for tests and proxies.',
      token_url: 'Address of the token service; for tests and proxies.',
    },
  },
  {
    title: 'GitHub audit log over its API',
    place: 'sources[], feed: github-audit, via: api',
    schema: GithubAuditApiSchema,
    keys: {
      ...any,
      ...overlap,
      owner: 'Organisation, or slug of the enterprise.',
      is_enterprise: 'True when `owner` is an enterprise.',
      token: 'Token with `read:audit_log`.',
      include: 'Which events; Git events are many and kept for seven days only.',
      url: 'Address of the API of a GitHub Enterprise Server.',
    },
  },
  {
    title: 'Microsoft 365 management activity over its API',
    place: 'sources[], feed: m365-audit, via: api',
    schema: M365AuditApiSchema,
    keys: {
      ...any,
      ...overlap,
      ...microsoft,
      content_types: 'Content types to read; each has a cursor of its own.',
      publisher_id: 'Own GUID of the reader, for a quota of its own.',
      url: 'Address of the API; national clouds have their own.',
    },
  },
  {
    title: 'Cloudflare audit log over its API',
    place: 'sources[], feed: cloudflare-audit, via: api',
    schema: CloudflareAuditApiSchema,
    keys: {
      ...any,
      ...overlap,
      account_id: 'Account to read.',
      token: 'API token with `Account Settings Read`.',
      api_version: '`v1` carries old and new values and is to be retired; `v2` carries none.',
      url: 'Address of the API; for tests and proxies.',
    },
  },
  {
    title: 'Cert Spotter over its API',
    place: 'sources[], feed: ct, via: api',
    schema: CertSpotterApiSchema,
    keys: {
      ...any,
      domains: 'Domains to ask for, one query each.',
      token: 'API key; without one the quota is a few requests an hour.',
      include_subdomains: 'Also certificates of names below the domains.',
      url: 'Address of the API; for tests and proxies.',
    },
  },
];
