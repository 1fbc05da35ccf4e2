/** Stories about a critical host that is an alias of a content network: what was approved is the alias, what is seen are addresses. */
import { probeMediaType } from '../../../collector/src/1-source/probe-document.ts';
import { networks } from './sights.ts';
import type { Sight, Story } from './story.ts';

const minute = 60;
const hour = 3600;
const day = 86_400;

const domain = 'acme-edge.example';
const www = `www.${domain}`;
const [oldAlias, newAlias] = ['acme.cdn-a.example', 'acme.cdn-b.example'];
const oldAddresses = ['198.51.100.20', '198.51.100.21'];
const newAddresses = ['203.0.113.20', '203.0.113.21'];
const anchor = '2026-04-14T09:00:00.000Z';

/** A record of the answer probe as it is written: `at` seconds after the anchor. `alias`: what the resolvers followed. */
function probed(
  at: number,
  type: string,
  old: readonly string[] | null,
  now: readonly string[],
  alias?: string,
): Sight {
  const atMs = Date.parse(anchor) + at * 1000;
  return {
    raw: 'answer-probe',
    contentType: probeMediaType,
    payload: {
      probe: 'answer',
      zone: domain,
      what: 'answer',
      name: www,
      type,
      old,
      new: now,
      at: new Date(atMs).toISOString(),
      ...(old === null ? {} : { earliest: new Date(atMs - minute * 1000).toISOString() }),
      epoch: 1,
      basis: 'probe_2_vantages',
      vantage: '3 of 3',
      details: {
        view: 'resolver',
        sources: ['192.0.2.53', '192.0.2.54', '192.0.2.55'],
        ttl: 60,
        validated: false,
        ...(alias === undefined ? {} : { alias }),
      },
    },
  };
}

const world = {
  anchor,
  domains: [
    {
      domain,
      more: [{ name: www, type: 'CNAME', values: [oldAlias] }],
      extra: { critical_hosts: ['www'] },
    },
  ],
  sources: { answer_probe: true, dns_provider_audit: false, dns_provider_api_state: false, ct_log: false },
  history: [{ n: -1, at: -20 * day, seen: [probed(-20 * day, 'A', null, oldAddresses, oldAlias)] }],
} as const;

const plan = [
  {
    id: 'CHG-31',
    tenant: 'acme',
    source: 'ticket',
    requested_by: 'okta:alice@acme-corp.example',
    approved_by: 'okta:bob@acme-corp.example',
    valid_from: '2026-04-14T08:00:00.000Z',
    valid_until: '2026-04-14T18:00:00.000Z',
    known_at: '2026-04-13T12:00:00.000Z',
    changes: [{ domain, action: 'record', name: www, type: 'CNAME', old: [oldAlias], new: [newAlias] }],
  },
];

const repointed: Sight = {
  kind: 'dns_provider_audit',
  type: 'dns.record.updated',
  actor_id: 'provider-a:bob',
  actor_type: 'user',
  actor_origin: 'customer',
  domain,
  zone: domain,
  record_name: www,
  record_type: 'CNAME',
  old_value: [oldAlias],
  new_value: [newAlias],
  ...networks.ours,
};

const paged = { should_page: true, severity: 'critical', max_latency_s: 900 } as const;

export const aliasStories: readonly Story[] = [
  {
    ...world,
    id: 'planned-move-to-another-content-network',
    why: 'A ticket names the new alias. The probe sees the addresses behind it before the alias itself, then IPv6 that the old network did not have, and two days later the network moves its addresses: nothing of it was planned by address.',
    intents: plan,
    acts: [
      { n: 0, at: 0, seen: [repointed] },
      { n: 1, at: 3 * minute, seen: [probed(3 * minute, 'A', oldAddresses, newAddresses, newAlias)] },
      { n: 2, at: 4 * minute, seen: [probed(4 * minute, 'CNAME', [oldAlias], [newAlias])] },
      { n: 3, at: 5 * minute, seen: [probed(5 * minute, 'AAAA', [], ['2001:db8:113::20'], newAlias)] },
      { n: 4, at: 2 * day, seen: [probed(2 * day, 'A', newAddresses, ['203.0.113.30'], newAlias)] },
    ],
    page: { should_page: false, max_severity: 'low' },
    must_not_checks: [{ type: 'no_page' }],
  },
  {
    ...world,
    id: 'content-network-moves-by-itself',
    why: 'Nobody plans anything: the network behind the approved alias changes its addresses at night, as it does every week.',
    acts: [{ n: 0, at: 0, seen: [probed(0, 'A', oldAddresses, newAddresses, oldAlias)] }],
    page: { should_page: false, max_severity: 'low' },
    must_not_checks: [{ type: 'no_page' }],
  },
  {
    ...world,
    id: 'hijack-in-the-hour-of-a-planned-move',
    why: 'The same ticket, but the resolvers get an address without the alias: somebody answers for the host. That the alias is approved and seems to stand, and that a change is planned, excuses nothing.',
    intents: plan,
    acts: [
      { n: 0, at: 0, seen: [probed(0, 'A', oldAddresses, ['192.0.2.166'])] },
      { n: 1, at: hour, seen: [probed(hour, 'CNAME', [oldAlias], [])] },
    ],
    page: { ...paged, after_n: 0, detections: ['C02', 'Q03', 'R08'] },
    expected_cases: 1,
  },
  {
    ...world,
    id: 'alias-turned-to-a-strange-customer',
    why: 'The alias leads to another customer of the network that the ticket names: only the very alias was approved.',
    intents: plan,
    acts: [
      {
        n: 0,
        at: 0,
        seen: [probed(0, 'A', oldAddresses, newAddresses, 'stranger.cdn-b.example')],
      },
    ],
    page: { ...paged, after_n: 0, detections: ['C02', 'Q03', 'R08'] },
    expected_cases: 1,
  },
  {
    ...world,
    id: 'approved-alias-taken-over',
    why: 'The target of the approved alias stops answering, and days later a stranger answers there: the alias is the approved one all the time.',
    acts: [
      { n: 0, at: 0, seen: [probed(0, 'A', oldAddresses, [])] },
      { n: 1, at: 6 * day, seen: [probed(6 * day, 'A', [], ['192.0.2.166'], oldAlias)] },
    ],
    page: { ...paged, after_n: 1, detections: ['C02', 'Q03', 'R08'] },
    must_not_checks: [{ type: 'page_before_n', n: 1 }],
  },
];
