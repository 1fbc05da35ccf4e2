/** Feed names: configuration key, intake path, metric label and folder name are all the same word. */
export const sourceNames = [
  'zonestream',
  'certstream',
  'ct',
  'dnsimple',
  'cloudflare-audit',
  'cloudflare-dns',
  'aws-cloudtrail',
  'aws-resolver-querylog',
  'aws-public-querylog',
  'gcp-dns',
  'epp-poll',
  'rdap',
  'dns-xfr',
  'dnstap',
  'bind-log',
  'unbound-log',
  'okta',
  'entra',
  'google-workspace',
  'github-audit',
  'm365-audit',
  'dmarc',
  'webhook',
  'delegation-probe',
  'answer-probe',
] as const;

/** A feed this collector can read. */
export type SourceName = (typeof sourceNames)[number];

/** True when `name` is a feed of this version. */
export function isSourceName(name: string): name is SourceName {
  return (sourceNames as readonly string[]).includes(name);
}
