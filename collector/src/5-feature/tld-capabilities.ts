/**
 * What a registry offers, for the attainable score. Same rows as data/tld-capabilities.json, which names source and date
 * of each; a test holds the two together, because pure code may not read files.
 */

/** One registry. Null: not verified, so the component counts as unknown rather than missing. */
export interface TldCapability {
  readonly tld: string;
  readonly transferLock: boolean | null;
  readonly registryLock: boolean | null;
}

/** All rows, by top-level domain. */
export const tldCapabilities: readonly TldCapability[] = [
  { tld: 'com', transferLock: true, registryLock: true },
  { tld: 'net', transferLock: true, registryLock: null },
  { tld: 'org', transferLock: true, registryLock: null },
  { tld: 'info', transferLock: true, registryLock: null },
  { tld: 'biz', transferLock: true, registryLock: null },
  { tld: 'shop', transferLock: true, registryLock: null },
  { tld: 'uk', transferLock: false, registryLock: null },
  { tld: 'de', transferLock: null, registryLock: true },
  { tld: 'nl', transferLock: null, registryLock: true },
  { tld: 'be', transferLock: true, registryLock: null },
  { tld: 'pl', transferLock: null, registryLock: true },
  { tld: 'amsterdam', transferLock: null, registryLock: true },
  { tld: 'fr', transferLock: null, registryLock: true },
  { tld: 'se', transferLock: null, registryLock: true },
  { tld: 'nu', transferLock: null, registryLock: true },
  { tld: 'at', transferLock: null, registryLock: true },
  { tld: 'ca', transferLock: null, registryLock: true },
];

const byTld = new Map(tldCapabilities.map((row) => [row.tld, row]));

/** Row of the top-level domain of a name; undefined when the table has none. */
export function capabilityOf(domain: string): TldCapability | undefined {
  return byTld.get(domain.slice(domain.lastIndexOf('.') + 1));
}
