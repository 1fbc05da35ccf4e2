/** An organisation that never existed: domains, registrar accounts, people and networks, all made from one seed. */
import type {
  Intent,
  Inventory,
  InventoryDomain,
  IntentChange,
} from '../../collector/src/contract/inventory.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How the registrar of an account tells what happens in it. */
export type EventFeed = 'webhook' | 'poll' | 'mail' | 'none';

/** A place people or machines come from. */
export interface Network {
  readonly country: string;
  readonly asn: number;
  readonly organisation: string;
  readonly prefix: string;
}

/** An account at a registrar. */
export interface WorldAccount {
  readonly id: string;
  readonly registrar: string;
  readonly feed: EventFeed;
  readonly admins: WorldAdmin[];
}

/** A person with domain rights. */
export interface WorldAdmin {
  readonly name: string;
  readonly principal: string;
  readonly mail: string;
  readonly home: Network;
  /** Where the person is now; a trip changes it. */
  place: Network;
  readonly agent: string;
  readonly mobile: Network;
}

/** A domain and what it has now. Values in canonical form. */
export interface WorldDomain {
  readonly name: string;
  readonly tier: number;
  readonly parked: boolean;
  readonly account: WorldAccount;
  provider: string;
  readonly expect: NonNullable<InventoryDomain['expect']>;
  readonly retire: boolean;
  nameservers: string[];
  ds: string[];
  locked: boolean;
  expiresMs: number;
  /** `name/type` to values. */
  readonly records: Map<string, string[]>;
  readonly keys: string[];
  /** The inventory entry lags behind a change that was approved. */
  dirty: boolean;
}

/** The whole organisation. `tenant` is the only one. */
export interface World {
  readonly tenant: string;
  readonly domains: WorldDomain[];
  readonly accounts: WorldAccount[];
  readonly admins: WorldAdmin[];
  readonly ciNetwork: Network;
  readonly countries: readonly Network[];
}

/** Tenant of the benign year. */
export const tenant = 'calm';

const office: Network = { country: 'NL', asn: 64496, organisation: 'Office Line', prefix: '192.0.2' };
const abroad: readonly Network[] = [
  { country: 'DE', asn: 64499, organisation: 'Hotel Net', prefix: '198.51.100' },
  { country: 'PT', asn: 64500, organisation: 'Coast Access', prefix: '198.51.100' },
  { country: 'US', asn: 64501, organisation: 'Conference Net', prefix: '198.51.100' },
  { country: 'JP', asn: 64502, organisation: 'Airport Net', prefix: '198.51.100' },
];
const mobiles: readonly Network[] = [
  { country: 'NL', asn: 64503, organisation: 'Mobile One', prefix: '203.0.113' },
  { country: 'BE', asn: 64504, organisation: 'Mobile Two', prefix: '203.0.113' },
];

/** CIDR from which the CDN answers; approved for every domain that uses it. */
export const cdnCidr = '198.18.0.0/16';

/** Name servers of a DNS provider. */
export function nameserversOf(provider: string): string[] {
  return [`ns1.${provider}.example`, `ns2.${provider}.example`];
}

function adminsOf(count: number, random: SeededRandom): WorldAdmin[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `admin${i}`;
    return {
      name,
      principal: `okta:${name}@calm-corp.example`,
      mail: `${name}@calm-corp.example`,
      home: office,
      place: office,
      agent: random.pick(['Firefox/140 Linux', 'Chrome/150 Windows', 'Safari/20 macOS']),
      mobile: random.pick(mobiles),
    };
  });
}

function accountsOf(count: number, admins: readonly WorldAdmin[], random: SeededRandom): WorldAccount[] {
  const feeds: readonly EventFeed[] = ['webhook', 'poll', 'webhook', 'mail', 'webhook', 'none'];
  return Array.from({ length: count }, (_, i) => {
    const registrar = `registrar-${'abcdef'.charAt(i % 6)}`;
    const chosen = admins.filter(
      (_admin, index) => index % count === i % Math.max(1, admins.length) || random.chance(0.3),
    );
    return {
      id: `${registrar}/${100 + i}`,
      registrar,
      feed: feeds[i % feeds.length] as EventFeed,
      admins: chosen.length > 0 ? chosen : [admins[0] as WorldAdmin],
    };
  });
}

function tierOf(share: number): number {
  if (share < 0.04) return 0;
  if (share < 0.16) return 1;
  return share < 0.6 ? 2 : 3;
}

function domainOf(
  index: number,
  world: Pick<World, 'accounts'>,
  startMs: number,
  random: SeededRandom,
): WorldDomain {
  const name = `brand-${index.toString(36)}.example`;
  const tier = tierOf(random.next());
  const parked = tier === 3;
  const signed = !parked && random.chance(0.3);
  const provider = `dns-${'abcd'.charAt(random.between(0, 3))}`;
  const records = new Map<string, string[]>([
    [`${name}/A`, [`198.18.${index % 250}.10`]],
    [`${name}/TXT`, [parked ? '"v=spf1 -all"' : '"v=spf1 include:_spf.mailhost.example -all"']],
    [`${name}/MX`, parked ? ['0 .'] : ['10 mx1.mailhost.example', '20 mx2.mailhost.example']],
    [`_dmarc.${name}/TXT`, ['"v=DMARC1; p=reject"']],
  ]);
  if (!parked) {
    records.set(`www.${name}/CNAME`, [`www-${index}.cdn.example`]);
    records.set(`app.${name}/CNAME`, [`app-${index}.cdn.example`]);
    records.set(`${name}/CAA`, ['0 issue "example-ca.example"']);
  }
  const dayMs = 86_400_000;
  return {
    name,
    tier,
    parked,
    account: random.pick(world.accounts),
    provider,
    expect: { transfer_lock: true, dnssec: signed ? 'signed' : 'unsigned', auto_renew: true },
    retire: parked && random.chance(0.03),
    nameservers: nameserversOf(provider),
    ds: signed ? [`${1000 + index} 13 2 ${'A1B2C3D4'.repeat(8)}`] : [],
    locked: true,
    expiresMs: startMs + random.between(5, 364) * dayMs,
    records,
    keys: [],
    dirty: false,
  };
}

/** Builds the organisation. About one administrator for 40 domains and one account for 100. */
export function benignWorld(domainCount: number, startMs: number, random: SeededRandom): World {
  const admins = adminsOf(Math.min(60, 3 + Math.floor(domainCount / 40)), random.fork('admins'));
  const accounts = accountsOf(
    Math.min(40, 2 + Math.floor(domainCount / 100)),
    admins,
    random.fork('accounts'),
  );
  const domains = Array.from({ length: domainCount }, (_, i) =>
    domainOf(i, { accounts }, startMs, random.fork(`domain/${i}`)),
  );
  return {
    tenant,
    domains,
    accounts,
    admins,
    ciNetwork: { country: 'IE', asn: 64498, organisation: 'Build Cloud', prefix: '203.0.113' },
    countries: abroad,
  };
}

function inventoryDomain(domain: WorldDomain): InventoryDomain {
  return {
    domain: domain.name,
    tenant,
    tier: domain.tier,
    owner: `team-${domain.tier}`,
    team: 'dns-ops',
    environment: 'production',
    roles: domain.parked ? ['parked'] : ['web', 'mail'],
    registrar_account: domain.account.id,
    dns_provider: domain.provider,
    expect: domain.expect,
    ...(domain.retire ? { retire: true } : {}),
    approved: {
      nameservers: [...domain.nameservers],
      ds: [...domain.ds],
      records: [...domain.records]
        .filter(([key]) => !key.startsWith('app.') && !key.startsWith('_'))
        .map(([key, values]) => {
          const slash = key.lastIndexOf('/');
          return { name: key.slice(0, slash), type: key.slice(slash + 1), values: [...values] };
        }),
      providers: [
        { kind: 'nameserver', suffix: `${domain.provider}.example` },
        { kind: 'address', cidr: cdnCidr },
        { kind: 'cname', suffix: 'cdn.example' },
        { kind: 'mail', suffix: 'mailhost.example' },
      ],
      certificate_authorities: [{ issuer: 'Example CA', accounts: ['https://example-ca.example/acct/7'] }],
      mail: { spf_includes: ['_spf.mailhost.example'], dkim_selectors: ['s1'], dmarc: 'reject' },
    },
    critical_hosts: ['www', 'login'],
  };
}

/** The inventory as the organisation's own tools would export it now. */
export function inventoryOf(world: World): Inventory {
  return {
    version: 1,
    tenants: [{ id: tenant, name: 'Calm Corporation' }],
    teams: [{ id: 'dns-ops', tenant }],
    registrar_accounts: world.accounts.map((account) => ({
      id: account.id,
      tenant,
      admins: account.admins.map(({ principal }) => principal),
      mfa: 'webauthn',
      contact_mailboxes: ['domains@calm-corp.example'],
      event_feed: account.feed,
    })),
    principals: world.admins.map((admin) => ({
      id: admin.principal,
      tenant,
      aliases: [
        admin.mail,
        ...'abcdef'.split('').map((letter) => `registrar-${letter}:${admin.name}`),
        `dns:${admin.name}`,
      ],
      usual: { countries: [admin.home.country], asns: [admin.home.asn], methods: ['sso'] },
    })),
    domains: world.domains.map(inventoryDomain),
  };
}

/** An intent that names objects and values; known an hour before it is used unless said otherwise. */
export function benignIntent(
  id: string,
  changes: readonly IntentChange[],
  fromMs: number,
  untilMs: number,
  knownMs: number,
  format: (ms: number) => string,
): Intent {
  return {
    id,
    tenant,
    source: 'ticket',
    requested_by: 'okta:admin0@calm-corp.example',
    approved_by: 'okta:admin1@calm-corp.example',
    valid_from: format(fromMs),
    valid_until: format(untilMs),
    known_at: format(knownMs),
    changes: [...changes],
  };
}
