/** Stories about the parent zone, registries and routes. */
import { answerChanged, delegationChanged } from './sights.ts';
import type { Sight, Story } from './story.ts';

const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const rogue = ['ns1.parkfast.example', 'ns2.parkfast.example'];
const minute = 60;
const hour = 3600;
const ds = ['20326 13 2 6B5C4D3E2F1A0B9C8D7E6F5A4B3C2D1E0F9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C'];

function dsRemoved(domain: string): Sight {
  return {
    kind: 'delegation_probe',
    type: 'registrar.domain.ds_removed',
    domain,
    attribute: 'ds',
    old_value: ds,
    new_value: [],
  };
}

function glueChanged(domain: string, host: string, old: string[], now: string[]): Sight {
  return {
    kind: 'delegation_probe',
    type: 'registrar.domain.glue_changed',
    domain,
    record_name: host,
    attribute: 'glue',
    old_value: old,
    new_value: now,
  };
}

export const delegationStories: readonly Story[] = [
  {
    id: 'ds-removed-then-delegation',
    why: 'A signed domain: first the DS goes, hours later the delegation (2018 exchange point and 2019 ccTLD cases). The DS alone on tier 0 is at least high and pages by O1.',
    anchor: '2026-02-02T01:00:00.000Z',
    domains: [{ domain: 'acme-vault.example', ds }],
    sources: { delegation_probe: true, answer_probe: false, rdap_poll: false },
    acts: [
      { n: 0, at: 0, seen: [dsRemoved('acme-vault.example')] },
      {
        n: 1,
        at: 3 * hour,
        seen: [
          delegationChanged('delegation_probe', 'acme-vault.example', ours, rogue),
          answerChanged('acme-vault.example', 'acme-vault.example', 'A', ['198.51.100.10'], ['203.0.113.9']),
        ],
      },
    ],
    page: { should_page: true, after_n: 0, max_latency_s: 300, severity: 'high', detections: ['R06', 'R08'] },
    escalate: [{ after_n: 1, detections: ['R07', 'R05'] }],
    expected_cases: 1,
  },
  {
    id: 'glue-only',
    why: 'The names of the servers stay; the addresses in the parent zone are replaced. Nobody who compares names sees it.',
    anchor: '2026-02-20T03:00:00.000Z',
    domains: [{ domain: 'acme-core.example', ns: ['ns1.acme-core.example', 'ns2.acme-core.example'] }],
    sources: { delegation_probe: true, answer_probe: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          glueChanged('acme-core.example', 'ns1.acme-core.example', ['198.51.100.53'], ['203.0.113.53']),
        ],
      },
      {
        n: 1,
        at: 10 * minute,
        seen: [
          answerChanged('acme-core.example', 'acme-core.example', 'A', ['198.51.100.10'], ['203.0.113.9']),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['R05', 'R08'],
    },
    escalate: [{ after_n: 1 }],
    expected_cases: 1,
  },
  {
    id: 'lapsed-name-server-domain',
    why: 'The domain that holds a name server of ours lapses and somebody else registers it: our delegation never changes. The zone is then claimed and answers differ (2016 to 2019 dangling name server studies).',
    anchor: '2026-04-10T00:00:00.000Z',
    domains: [{ domain: 'acme-old.example', tier: 1, ns: ['ns1.dns-a.example', 'ns1.gone-host.example'] }],
    sources: { answer_probe: true, zone_feed: false, delegation_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'zone_feed',
            type: 'intel.domain.newly_registered',
            domain: 'gone-host.example',
            tenant: 'acme',
            attribute: 'registration',
            new_value: 'gone-host.example',
          },
        ],
      },
      {
        n: 1,
        at: 6 * hour,
        seen: [
          {
            kind: 'answer_probe',
            type: 'dns.zone.claimed_elsewhere',
            domain: 'acme-old.example',
            zone: 'acme-old.example',
            attribute: 'soa',
            old_value: ['ns1.dns-a.example hostmaster.acme-corp.example'],
            new_value: ['ns1.gone-host.example admin.gone-host.example'],
          },
        ],
      },
      {
        n: 2,
        at: 7 * hour,
        seen: [
          answerChanged('acme-old.example', 'acme-old.example', 'A', ['198.51.100.10'], ['203.0.113.31']),
        ],
      },
    ],
    page: { should_page: true, after_n: 1, max_latency_s: 300, severity: 'high', detections: ['C08'] },
    escalate: [{ after_n: 2 }],
    expected_cases: 1,
  },
  {
    id: 'registry-breach-three-names-of-two-tenants',
    why: 'A registry is broken into: names of two tenants move to the same unseen servers within minutes, at three registrars. One case for each tenant, never one over both.',
    anchor: '2026-01-28T23:00:00.000Z',
    accounts: [
      { id: 'registrar-a/4711', tenant: 'acme', event_feed: 'webhook' },
      { id: 'registrar-b/12', tenant: 'acme', event_feed: 'none' },
      { id: 'registrar-c/3', tenant: 'rival', event_feed: 'none' },
    ],
    principals: [],
    domains: [
      { domain: 'acme-one.example', tier: 1 },
      { domain: 'acme-two.example', tier: 2, account: 'registrar-b/12', registrar: 'registrar-b' },
      {
        domain: 'rival-shop.example',
        tenant: 'rival',
        tier: 0,
        account: 'registrar-c/3',
        registrar: 'registrar-c',
      },
    ],
    sources: { delegation_probe: true, rdap_poll: false },
    acts: [
      { n: 0, at: 0, seen: [delegationChanged('delegation_probe', 'acme-one.example', ours, rogue)] },
      {
        n: 1,
        at: 4 * minute,
        seen: [delegationChanged('delegation_probe', 'acme-two.example', ours, rogue)],
      },
      {
        n: 2,
        at: 9 * minute,
        seen: [delegationChanged('delegation_probe', 'rival-shop.example', ours, rogue)],
      },
    ],
    page: { should_page: true, after_n: 0, max_latency_s: 300, severity: 'high', detections: ['R05', 'R08'] },
    escalate: [{ after_n: 1 }],
    expected_cases: 2,
    must_not_checks: [
      { type: 'cases_more_than', count: 2 },
      { type: 'cases_fewer_than', count: 2 },
    ],
  },
  {
    id: 'route-of-name-servers-then-answers',
    why: 'A more specific route for the name servers comes from a foreign network (2018 wallet case); answers change for two hours; DNS configuration never changes.',
    anchor: '2026-03-24T11:00:00.000Z',
    domains: [{ domain: 'acme-coin.example' }],
    sources: { bgp_feed: false, answer_probe: true, dns_provider_api_state: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: ['AS64502', 'AS64503', 'AS64504'].map((peer): Sight => ({
          kind: 'bgp_feed',
          type: 'dnsquery.route.origin_changed',
          tenant: 'acme',
          attribute: 'origin 198.51.100.0/25',
          old_value: '64510',
          new_value: '64511',
          source_instance: `bgp-${peer}`,
          source: { prefix: '198.51.100.0/25', covering_prefix: '198.51.100.0/24', peer, rpki: 'not found' },
        })),
      },
      {
        n: 1,
        at: 8 * minute,
        seen: [
          answerChanged('acme-coin.example', 'acme-coin.example', 'A', ['198.51.100.10'], ['203.0.113.66']),
        ],
      },
      {
        n: 2,
        at: 20 * minute,
        seen: [
          {
            kind: 'answer_probe',
            type: 'cert.served_changed',
            domain: 'acme-coin.example',
            record_name: 'acme-coin.example',
            old_known: true,
            old_value: 'aa',
            new_value: 'bb',
            cert: { names: ['acme-coin.example'], issuer_cn: 'self-signed', validation: 'self_signed' },
          },
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['Q03', 'C02', 'Q05'],
    },
    // Three peers agree on the foreign origin: that pages by itself.
    alternative_page: { after_n: 0, detections: ['Q05'] },
    escalate: [{ after_n: 0, detections: ['Q05'] }],
    expected_cases: 1,
  },
  {
    id: 'no-lock-registry-transfer',
    why: 'A country registry without transfer lock: the first sign is the new registrar, then delegation. A missing lock is no finding of its own here.',
    anchor: '2026-04-22T09:00:00.000Z',
    domains: [{ domain: 'acme-lang.example', tier: 1, lock: false }],
    sources: { rdap_poll: true, delegation_probe: true, epp_poll: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.registrar_changed',
            domain: 'acme-lang.example',
            registrar: 'registrar-x',
            attribute: 'registrar',
            old_value: 'registrar-a',
            new_value: 'registrar-x',
          },
        ],
      },
      { n: 1, at: 8 * hour, seen: [delegationChanged('delegation_probe', 'acme-lang.example', ours, rogue)] },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['R09', 'R08'],
    },
    escalate: [{ after_n: 1, detections: ['R05'] }],
    expected_cases: 1,
  },
];
