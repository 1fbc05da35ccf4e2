/**
 * Records as an ordinary day has them, for the benchmark: keys of a zipf law and the event mix of a real account. Key sets, values
 * and lengths are those of recorded payloads. What share each event has is our estimate and stands in the tables below.
 */
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { readStory, payloadOf } from '../../collector/src/1-source/demo/story.ts';
import { domainName, uuidOf, wireRecord, type BenchKind } from './bench-records.ts';

/** Time between records. A registrar of 20,000 domains sends 0.001 to 0.01 events a second (reference of the goals); here it is busier. */
const stepMs: Readonly<Record<BenchKind, number>> = { okta: 200, dnsimple: 30_000, zonestream: 200 };
/** People of the identity provider: as many keys as the reference's method has. */
const people = 20_000;

/** Sign-ins of an organisation: applications opened, policies asked, factors checked; and little administration. */
const oktaMix: Mix<string> = [
  [36, 'user.authentication.sso'],
  [22, 'policy.evaluate_sign_on'],
  [16, 'user.authentication.auth_via_mfa'],
  [14, 'user.session.start'],
  [5, 'user.session.end'],
  [4, 'app.oauth2.as.token.grant'],
  [2, 'user.account.update_password'],
  [1, 'group.user_membership.add'],
];

type Part = Readonly<Record<string, unknown>>;
type Payload = (i: number, domain: string, at: string) => Part;

/** A registrar account: mostly records, many of them challenges of ACME that come and go; now and then the domain itself. */
const dnsimpleMix: Mix<readonly [name: string, data: Payload]> = [
  [24, ['zone_record.update', (i, domain, at) => ({ zone_record: record(i, domain, at, 'A') })]],
  [22, ['zone_record.create', (i, domain, at) => ({ zone_record: record(i, domain, at, 'TXT') })]],
  [20, ['zone_record.delete', (i, domain, at) => ({ zone_record: record(i, domain, at, 'TXT') })]],
  [8, ['domain.renew', (i, domain, at) => ({ auto: true, domain: domainData(i, domain, at) })]],
  [6, ['certificate.issue', certificate]],
  [6, ['contact.update', contact]],
  [5, ['domain.auto_renewal_enable', (i, domain, at) => ({ domain: domainData(i, domain, at) })]],
  [5, ['whois_privacy.enable', privacy]],
  [4, ['email_forward.update', forward]],
];

type Mix<T> = readonly (readonly [share: number, what: T])[];

/** A number of [0, 1) for a counter and a purpose, the same in every run. */
function chance(i: number, purpose: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 0) / 0x1_0000_0000;
}

function pick<T>(mix: Mix<T>, at: number): T {
  const total = mix.reduce((sum, [share]) => sum + share, 0);
  let left = at * total;
  for (const [share, what] of mix) {
    left -= share;
    if (left < 0) return what;
  }
  return (mix[0] as readonly [number, T])[1];
}

/** Ranks by Zipf's law with exponent 1: rank r comes 1/r as often as rank 1. Gives a rank from 0 for a number of [0, 1). */
function zipfLaw(keys: number): (at: number) => number {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank++) sums[rank] = sum += 1 / (rank + 1);
  return (at) => {
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) <= at * sum) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** `count` records of a kind from the `first`-th on, from `startMs` on. */
export function ordinaryRecords(
  kind: BenchKind,
  count: number,
  startMs: number,
  domains: number,
  first = 0,
): RawRecord[] {
  if (kind === 'zonestream') throw new Error('names of a zone feed have no ordinary mix');
  const rankOf = zipfLaw(kind === 'okta' ? people : domains);
  const login = readStory().background.find(({ feed }) => feed === 'okta');
  if (login === undefined) throw new Error('the demo story lost its sign-in');
  return Array.from({ length: count }, (_, index): RawRecord => {
    const i = first + index;
    const nowMs = startMs + i * stepMs[kind];
    const rank = rankOf(chance(i, 1));
    if (kind === 'dnsimple')
      return wireRecord('dnsimple', webhook(i, domainName((rank * 7919) % domains), nowMs), nowMs, 'acme');
    const set = {
      ...login.set,
      '/actor/alternateId': `person${rank}@acme.example`,
      '/actor/displayName': `Person ${rank}`,
      '/eventType': pick(oktaMix, chance(i, 2)),
      '/client/ipAddress': `198.51.${rank % 100}.${(rank * 7) % 250}`,
    };
    const text = payloadOf({ ...login, set }, { nowMs, counter: i, uuid: uuidOf(i) });
    return wireRecord('okta', text, nowMs, 'acme');
  });
}

function webhook(i: number, domain: string, nowMs: number): string {
  const at = new Date(nowMs).toISOString().replace(/\.\d{3}/, '');
  const [name, data] = pick(dnsimpleMix, chance(i, 2));
  const actor = Math.floor(20 * chance(i, 3) ** 2);
  return JSON.stringify({
    data: data(i, domain, at),
    name,
    actor: { id: String(1120 + actor), entity: 'user', pretty: `operator${actor}@acme.example` },
    account: { id: 1000 + (i % 50), display: 'Domains of Acme, all brands', identifier: 'dns@acme.example' },
    api_version: 'v2',
    request_identifier: uuidOf(i),
  });
}

function record(i: number, domain: string, at: string, type: 'A' | 'TXT'): Part {
  const challenge = `${uuidOf(i)}${uuidOf(i + 7)}`.replaceAll('-', '').slice(0, 43);
  return {
    id: 14_762_434 + i,
    ttl: type === 'A' ? 3600 : 60,
    name: type === 'A' ? `host${i % 5}` : '_acme-challenge',
    type,
    content: type === 'A' ? `192.0.2.${i % 250}` : challenge,
    regions: ['global'],
    zone_id: domain,
    priority: null,
    parent_id: null,
    created_at: '2025-11-04T20:52:21Z',
    updated_at: at,
    system_record: false,
  };
}

function domainData(i: number, domain: string, at: string): Part {
  return {
    id: 181_984 + (i % 10_000),
    name: domain,
    state: 'registered',
    account_id: 1000 + (i % 50),
    auto_renew: true,
    created_at: '2020-06-04T19:15:14Z',
    expires_at: '2027-06-05T02:15:00Z',
    expires_on: '2027-06-05',
    updated_at: at,
    unicode_name: domain,
    private_whois: false,
    registrant_id: 2715,
  };
}

function certificate(i: number, domain: string, at: string): Part {
  return {
    certificate: {
      id: 101_967 + i,
      csr: `-----BEGIN CERTIFICATE REQUEST-----\n${`${uuidOf(i)}\n`.repeat(27)}-----END CERTIFICATE REQUEST-----\n`,
      name: 'www',
      state: 'issued',
      years: 1,
      domain_id: 289_333,
      auto_renew: false,
      contact_id: 2511,
      created_at: at,
      expires_at: '2026-09-16T18:10:13Z',
      expires_on: '2026-09-16',
      updated_at: at,
      common_name: `www.${domain}`,
      alternate_names: [domain],
      authority_identifier: 'letsencrypt',
    },
  };
}

function contact(i: number, _domain: string, at: string): Part {
  return {
    contact: {
      id: 40_099 + (i % 50),
      fax: '',
      city: 'Rome',
      email: 'dns@acme.example',
      label: 'Domains',
      phone: '+39 339 1111111',
      country: 'IT',
      address1: 'Some Street',
      address2: '',
      job_title: '',
      last_name: 'Bar',
      account_id: 1000 + (i % 50),
      created_at: '2018-11-05T12:32:42Z',
      first_name: 'Foo',
      updated_at: at,
      postal_code: '12345',
      state_province: 'RM',
      organization_name: '',
    },
  };
}

function privacy(i: number, domain: string, at: string): Part {
  const whois = { id: 902 + i, enabled: true, domain_id: 181_984, created_at: at, expires_on: null };
  return { domain: domainData(i, domain, at), whois_privacy: { ...whois, updated_at: at } };
}

function forward(i: number, domain: string, at: string): Part {
  const [from, to] = [`info${i % 3}@${domain}`, `office${i % 9}@acme.example`];
  const times = { created_at: '2018-11-07T17:20:39Z', updated_at: at };
  const names = { from, to, alias_email: from, destination_email: to };
  return { email_forward: { id: 30_187 + (i % 500), ...names, active: true, domain_id: 415_995, ...times } };
}
