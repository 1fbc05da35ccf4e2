/**
 * What a registry offers, for the attainable score. Same rows as data/tld-capabilities.json, which names source and date
 * of each value; a test holds the two together, because pure code may not read files.
 */

/** One registry. Null: not verified, so the component counts as unknown rather than missing. */
export interface TldCapability {
  readonly tld: string;
  /** A server in the IANA bootstrap list. */
  readonly rdap: boolean | null;
  readonly transferLock: boolean | null;
  readonly registryLock: boolean | null;
  /** Takes DS records of domains. */
  readonly dnssec: boolean | null;
  /** Shows the expiry date of a domain to everybody. */
  readonly publishedExpiry: boolean | null;
}

type Value = boolean | null;
type Row = readonly [
  tld: string,
  rdap: Value,
  transferLock: Value,
  registryLock: Value,
  dnssec: Value,
  publishedExpiry: Value,
];

const rows: readonly Row[] = [
  ['com', true, true, true, true, true],
  ['net', true, true, null, true, true],
  ['org', true, true, null, true, true],
  ['info', true, true, null, true, null],
  ['biz', true, true, null, true, null],
  ['xyz', true, true, null, true, null],
  ['online', true, true, null, true, null],
  ['shop', true, true, null, true, null],
  ['site', true, true, null, true, null],
  ['store', true, true, null, true, null],
  ['top', true, true, null, true, null],
  ['club', true, true, null, true, null],
  ['vip', true, true, null, true, null],
  ['app', true, true, null, true, null],
  ['dev', true, true, null, true, null],
  ['page', true, true, null, true, null],
  ['cloud', true, true, null, true, null],
  ['tech', true, true, null, true, null],
  ['pro', true, true, null, true, null],
  ['mobi', true, true, null, true, null],
  ['asia', true, true, null, true, null],
  ['name', true, true, null, true, null],
  ['jobs', true, true, null, true, null],
  ['tel', true, true, null, true, null],
  ['travel', true, true, null, true, null],
  ['cat', true, true, null, true, null],
  ['aero', true, true, null, true, null],
  ['coop', true, true, null, true, null],
  ['museum', true, true, null, true, null],
  ['post', true, true, null, true, null],
  ['xxx', true, true, null, true, null],
  ['live', true, true, null, true, null],
  ['life', true, true, null, true, null],
  ['world', true, true, null, true, null],
  ['space', true, true, null, true, null],
  ['website', true, true, null, true, null],
  ['fun', true, true, null, true, null],
  ['icu', true, true, null, true, null],
  ['art', true, true, null, true, null],
  ['blog', true, true, null, true, null],
  ['bank', true, true, null, true, null],
  ['insurance', true, true, null, true, null],
  ['moscow', true, true, null, true, true],
  ['click', true, true, null, true, true],
  ['amsterdam', true, true, true, true, null],
  ['berlin', true, true, null, true, null],
  ['london', true, true, null, true, null],
  ['paris', true, true, null, true, null],
  ['tokyo', true, true, null, true, null],
  ['nyc', true, true, null, true, null],
  ['de', false, false, true, true, false],
  ['uk', true, false, null, true, null],
  ['nl', true, false, true, true, false],
  ['eu', false, false, null, true, null],
  ['fr', true, false, true, null, true],
  ['it', false, false, null, null, null],
  ['es', false, false, null, null, null],
  ['pl', true, null, true, null, null],
  ['be', false, true, null, null, false],
  ['ch', false, false, null, true, false],
  ['li', false, null, null, true, false],
  ['at', false, null, true, true, false],
  ['se', false, false, true, true, null],
  ['nu', false, null, true, true, null],
  ['dk', false, null, null, null, null],
  ['no', true, null, null, null, null],
  ['fi', true, false, null, null, null],
  ['cz', true, null, null, true, true],
  ['sk', false, null, null, null, null],
  ['hu', false, null, null, null, null],
  ['ro', false, null, null, null, null],
  ['bg', false, null, null, true, null],
  ['gr', false, null, null, null, null],
  ['pt', false, null, null, null, null],
  ['ie', false, null, null, null, null],
  ['lu', false, null, null, null, null],
  ['lt', false, null, null, null, null],
  ['lv', false, null, null, null, null],
  ['ee', false, null, null, null, true],
  ['si', true, null, null, null, null],
  ['hr', false, null, null, null, null],
  ['rs', false, null, null, null, null],
  ['ua', true, null, null, null, null],
  ['ru', false, false, null, null, null],
  ['tr', false, null, null, null, null],
  ['is', true, null, null, null, null],
  ['ca', true, null, true, null, null],
  ['us', false, null, null, null, null],
  ['mx', false, null, null, null, null],
  ['br', true, null, null, true, null],
  ['ar', true, false, null, null, null],
  ['cl', false, false, null, null, null],
  ['co', false, null, null, true, null],
  ['pe', false, null, null, null, null],
  ['au', true, false, null, null, false],
  ['nz', false, false, null, null, null],
  ['jp', false, false, null, null, null],
  ['cn', false, null, null, null, null],
  ['hk', false, null, null, null, null],
  ['tw', true, null, null, null, null],
  ['kr', false, null, null, null, null],
  ['sg', true, null, null, null, null],
  ['my', false, null, null, null, null],
  ['th', true, null, null, null, null],
  ['vn', false, null, null, null, null],
  ['id', true, null, null, null, null],
  ['in', true, null, null, null, null],
  ['pk', false, null, null, null, null],
  ['za', false, false, null, null, null],
  ['ng', true, null, null, null, null],
  ['ke', true, null, null, null, null],
  ['eg', false, null, null, null, null],
  ['il', false, null, null, null, null],
  ['ae', false, null, null, null, null],
  ['sa', false, null, null, null, null],
  ['io', false, null, null, null, null],
  ['ai', true, null, null, null, null],
  ['me', false, null, null, null, null],
  ['tv', true, null, null, null, null],
  ['cc', true, null, null, null, null],
  ['ws', false, null, null, null, null],
  ['to', true, null, null, null, null],
  ['fm', true, null, null, null, null],
  ['gg', false, null, null, null, null],
  ['am', false, null, null, true, null],
  ['uz', true, null, null, true, null],
  ['la', false, null, null, null, null],
  ['ly', true, null, null, null, null],
  ['sh', false, null, null, null, null],
  ['vc', false, null, null, null, null],
  ['ag', false, null, null, null, null],
];

function capability([tld, rdap, transferLock, registryLock, dnssec, publishedExpiry]: Row): TldCapability {
  return { tld, rdap, transferLock, registryLock, dnssec, publishedExpiry };
}

/** All rows. */
export const tldCapabilities: readonly TldCapability[] = rows.map(capability);

/** What the contract with ICANN says for every generic top-level domain without a row of its own. */
export const otherGenericTlds: TldCapability = capability(['*', null, true, null, true, null]);

/** Top-level domains of three letters and more that are outside that contract: older ones, and names that are never delegated (RFC 6761). */
export const notGenericTlds: readonly string[] = [
  'arpa',
  'edu',
  'gov',
  'int',
  'mil',
  'example',
  'invalid',
  'local',
  'localhost',
  'onion',
  'test',
];

const byTld = new Map(tldCapabilities.map((row) => [row.tld, row]));
const genericTld = /^[a-z]{3,63}$/;

/** Row of the top-level domain of a name, or what holds for generic ones; undefined when nothing is known. */
export function capabilityOf(domain: string): TldCapability | undefined {
  const tld = domain.slice(domain.lastIndexOf('.') + 1);
  return (
    byTld.get(tld) ?? (genericTld.test(tld) && !notGenericTlds.includes(tld) ? otherGenericTlds : undefined)
  );
}
