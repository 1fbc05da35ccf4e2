/** Configuration of sources that are asked over their vendor's API (`via: api`): one schema per feed. */
import Type from 'typebox';
import type { SourceName } from '../contract/source-name.ts';
import { identifier, integer, secret, strict, text, url } from './config-fields.ts';

/** Keys every source has, `feed` fixed. */
function common<F extends SourceName>(feed: F) {
  return {
    id: identifier,
    feed: Type.Literal(feed),
    via: Type.Literal('api'),
    tenant: Type.Optional(text),
    instance: Type.Optional(text),
  };
}

/** Keys of every poller; `standardS` is the usual interval, `backfillS` how far back a first start reads. */
function polling(standardS: number, backfillS: number) {
  return {
    interval_s: integer(1, 86_400, standardS),
    backfill_s: integer(0, 30 * 86_400, backfillS),
  };
}

const httpsUrl = url('https', 'http');
const hour = 3600;

/** Okta System Log. */
export const OktaApiSchema = Type.Object(
  { ...common('okta'), url: httpsUrl, token: secret, ...polling(30, hour) },
  strict,
);

const microsoftApp = {
  directory_id: Type.String({ pattern: '^[A-Za-z0-9.-]{1,255}$', description: 'a directory id or domain' }),
  client_id: text,
  client_secret: secret,
};

/** Microsoft Entra logs from Microsoft Graph. */
export const EntraApiSchema = Type.Object(
  {
    ...common('entra'),
    ...microsoftApp,
    logs: Type.Array(Type.Enum(['directoryAudits', 'signIns', 'riskDetections']), {
      minItems: 1,
      uniqueItems: true,
      default: ['directoryAudits', 'signIns'],
    }),
    graph_url: Type.Optional(httpsUrl),
    login_url: Type.Optional(httpsUrl),
    overlap_s: integer(60, 86_400, hour),
    retention_days: integer(1, 30, 7),
    ...polling(120, hour),
  },
  strict,
);

/** Google Workspace Reports API. */
export const GoogleWorkspaceApiSchema = Type.Object(
  {
    ...common('google-workspace'),
    service_account: text,
    private_key: secret,
    subject: text,
    applications: Type.Array(Type.String({ pattern: '^[a-z][a-z_]{1,40}$' }), {
      minItems: 1,
      uniqueItems: true,
      default: ['login', 'admin', 'token'],
    }),
    url: Type.Optional(httpsUrl),
    token_url: Type.Optional(httpsUrl),
    overlap_s: integer(60, 86_400, 3 * hour),
    ...polling(120, 3 * hour),
  },
  strict,
);

/** GitHub audit log of an organisation or enterprise. */
export const GithubAuditApiSchema = Type.Object(
  {
    ...common('github-audit'),
    owner: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' }),
    is_enterprise: Type.Boolean({ default: false }),
    token: secret,
    include: Type.Enum(['web', 'git', 'all'], { default: 'web' }),
    url: Type.Optional(httpsUrl),
    overlap_s: integer(60, 86_400, 600),
    ...polling(60, hour),
  },
  strict,
);

/** Microsoft 365 management activity. */
export const M365AuditApiSchema = Type.Object(
  {
    ...common('m365-audit'),
    ...microsoftApp,
    content_types: Type.Array(
      Type.Enum([
        'Audit.Exchange',
        'Audit.AzureActiveDirectory',
        'Audit.General',
        'Audit.SharePoint',
        'DLP.All',
      ]),
      { minItems: 1, uniqueItems: true, default: ['Audit.Exchange', 'Audit.AzureActiveDirectory'] },
    ),
    publisher_id: Type.Optional(text),
    url: Type.Optional(httpsUrl),
    login_url: Type.Optional(httpsUrl),
    overlap_s: integer(60, 80_000, 600),
    ...polling(120, hour),
  },
  strict,
);

/** Cloudflare audit log of an account. */
export const CloudflareAuditApiSchema = Type.Object(
  {
    ...common('cloudflare-audit'),
    account_id: Type.String({ pattern: '^[A-Za-z0-9]{1,64}$' }),
    token: secret,
    api_version: Type.Enum(['v2', 'v1'], { default: 'v2' }),
    url: Type.Optional(httpsUrl),
    overlap_s: integer(60, 86_400, 600),
    ...polling(60, hour),
  },
  strict,
);

/** Cert Spotter issuances of named domains. */
export const CertSpotterApiSchema = Type.Object(
  {
    ...common('ct'),
    domains: Type.Array(Type.String({ pattern: '^[A-Za-z0-9.-]{1,253}$' }), {
      minItems: 1,
      uniqueItems: true,
    }),
    token: Type.Optional(secret),
    include_subdomains: Type.Boolean({ default: true }),
    url: Type.Optional(httpsUrl),
    interval_s: integer(1, 86_400, 900),
  },
  strict,
);

/** Schema of each feed that can be asked. Adding a poller adds a line here, in config-api-meanings.ts and in api-source-list.ts. */
export const apiSchemas = {
  okta: OktaApiSchema,
  entra: EntraApiSchema,
  'google-workspace': GoogleWorkspaceApiSchema,
  'github-audit': GithubAuditApiSchema,
  'm365-audit': M365AuditApiSchema,
  'cloudflare-audit': CloudflareAuditApiSchema,
  ct: CertSpotterApiSchema,
} as const;

/** A feed with an API poller. */
export type ApiFeed = keyof typeof apiSchemas;

/** Configuration of a poller, defaults filled in and secrets read. */
export type ApiSourceConfig = { [F in ApiFeed]: Type.Static<(typeof apiSchemas)[F]> }[ApiFeed];

/** True when the feed can be asked. */
export function isApiFeed(feed: string): feed is ApiFeed {
  return Object.hasOwn(apiSchemas, feed);
}
