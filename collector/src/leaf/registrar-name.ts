/**
 * One word per registrar, whatever a feed calls it: RDAP gives the number of the IANA registry, providers their own name,
 * EPP the registry's handle. Same rows as data/registrars.json, which names source and date of each; a test holds the two
 * together, because pure code may not read files.
 */

/** One registrar. `ianaId` absent: a reseller, which registries do not know. `names` in lower case. */
export interface RegistrarRow {
  readonly slug: string;
  readonly ianaId?: string;
  readonly names: readonly string[];
}

/** All rows, by slug. */
export const registrars: readonly RegistrarRow[] = [
  { slug: 'godaddy', ianaId: '146', names: ['godaddy.com, llc'] },
  { slug: 'namecheap', ianaId: '1068', names: ['namecheap inc', 'namecheap, inc.'] },
  { slug: 'markmonitor', ianaId: '292', names: ['markmonitor inc.', 'markmonitor, inc.'] },
  { slug: 'csc', ianaId: '299', names: ['csc corporate domains, inc.'] },
  { slug: 'route53domains', ianaId: '468', names: ['amazon registrar, inc.'] },
  { slug: 'cloudflare', ianaId: '1910', names: ['cloudflare, inc.'] },
  { slug: 'gandi', ianaId: '81', names: ['gandi sas'] },
  { slug: 'ovh', ianaId: '433', names: ['ovh sas'] },
  { slug: 'porkbun', ianaId: '1861', names: ['porkbun llc'] },
  { slug: 'pdr', ianaId: '303', names: ['pdr ltd. d/b/a publicdomainregistry.com'] },
  {
    slug: 'reg-ru',
    ianaId: '1606',
    names: ['limited liability company "registrar of domain names reg.ru"', 'regru-msk-fir'],
  },
  { slug: 'dnsimple', names: ['dnsimple corporation'] },
];

const slugs = new Map<string, string>();
for (const { slug, ianaId, names } of registrars)
  for (const key of [slug, ...(ianaId === undefined ? [] : [ianaId, `iana:${ianaId}`]), ...names])
    slugs.set(key, slug);

/** The registrar's slug; a registrar the table does not have keeps its own name. An account after `/` stays. */
export function canonicalRegistrar(text: string): string {
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  const slug = slugs.get(text.trim().toLowerCase()) ?? slugs.get(name.trim().toLowerCase());
  if (slug === undefined) return text;
  return slash < 0 || slugs.has(text.trim().toLowerCase()) ? slug : `${slug}${text.slice(slash)}`;
}
