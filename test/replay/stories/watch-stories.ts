/** Stories that no public case tells: numbers that leave their normal, people who travel, and those who change the watch first. */
import {
  answerChanged,
  delegationChanged,
  networks,
  strangeTarget,
  type Act,
  type Sight,
  type Story,
} from './story.ts';

const minute = 60;
const hour = 3600;
const day = 86_400;
const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const alice = { actor_id: 'registrar-a:alice', actor_type: 'user', actor_origin: 'customer' } as const;

function edited(domain: string, host: string, address: string): Sight {
  return {
    kind: 'dns_provider_audit',
    type: 'dns.record.updated',
    domain,
    zone: domain,
    record_name: `${host}.${domain}`,
    record_type: 'A',
    attribute: 'records',
    old_value: ['198.51.100.20'],
    new_value: [address],
    actor_id: 'provider-a:alice',
    actor_type: 'user',
    ...networks.ours,
  };
}

/** Queries of five minutes as a resolver counted them. */
function queries(domain: string, count: number): Sight {
  return {
    kind: 'resolver_log',
    type: 'dnsquery.volume.observed',
    domain,
    query: { window_s: 300, count },
  };
}

/** Answers of a minute by network. */
function answers(domain: string, counts: Record<string, number>): Sight {
  return {
    kind: 'resolver_log',
    type: 'dnsquery.volume.observed',
    domain,
    query: { window_s: 60, count: Object.values(counts).reduce((sum, each) => sum + each, 0) },
    enrich: { destinations: { by_asn: counts, approved_asns: [64_496] } },
  };
}

function login(place: 'amsterdam' | 'sydney'): Sight {
  const where =
    place === 'amsterdam'
      ? { country: 'NL', asn: 64_496, lat: 52.4, lon: 4.9, radius_km: 20 }
      : { country: 'AU', asn: 65_551, lat: -33.9, lon: 151.2, radius_km: 20 };
  return {
    kind: 'identity_log',
    type: 'identity.session.login_succeeded',
    actor_id: 'okta:alice@acme-corp.example',
    actor_type: 'user',
    auth_method: 'sso',
    mfa: 'push',
    source_ip: place === 'amsterdam' ? '192.0.2.11' : '203.0.113.7',
    enrich: { source: { ...where, as_of: '2026-06-01', source: 'geo-table@1' } },
  };
}

function contact(domain: string): Sight {
  return {
    kind: 'registrar_audit',
    type: 'registrar.domain.contact_changed',
    domain,
    attribute: 'contact.registrant',
    registrar: 'registrar-a',
    registrar_account: 'registrar-a/4711',
    old_value: 'Acme B.V.',
    new_value: 'J. Doe',
    ...alice,
    ...networks.ours,
  };
}

/** A day of five-minute windows before the anchor. */
const dayOfQueries: readonly Act[] = Array.from({ length: 287 }, (_, index) => ({
  n: -1,
  at: -(index + 1) * 5 * minute,
  seen: [queries('acme-load.example', 1_000 + (index % 7) * 10)],
}));

/** Ten days on which the hour before noon had 300 answers from our own network. */
const daysOfAnswers: readonly Act[] = Array.from({ length: 30 }, (_, index) => ({
  n: -1,
  at: -(Math.floor(index / 3) + 1) * day + (index % 3) * minute,
  seen: [answers('acme-steady.example', { '64496': 100 })],
}));

export const watchStories: readonly Story[] = [
  {
    id: 'answers-drift-to-a-stranger',
    why: 'A resolver of ours is told addresses in a network nobody approved for two fifths of its queries, while every probe sees the right ones (Q02, 3.7). JSD of (0.6, 0.4) from (1, 0) is 0.236.',
    anchor: '2026-06-10T11:10:00.000Z',
    domains: [{ domain: 'acme-steady.example' }],
    sources: { resolver_log: true, answer_probe: false },
    history: daysOfAnswers,
    acts: [
      { n: 0, at: 0, seen: [answers('acme-steady.example', { '64496': 90, '64511': 60 })] },
      { n: 1, at: 2 * minute, seen: [answers('acme-steady.example', { '64496': 90, '64511': 60 })] },
    ],
    // After the first window 150 answers say nothing yet. 0.6 on tier 0 with effect 1 is critical.
    page: { should_page: true, after_n: 1, max_latency_s: 700, severity: 'critical', detections: ['Q02'] },
    expected_cases: 1,
    must_not_checks: [{ type: 'page_before_n', n: 1 }],
  },
  {
    id: 'ten-times-the-queries',
    why: 'Queries of a name rise tenfold for a quarter of an hour: a ticket, nobody is woken (Q01). Less than two weeks of history: the last day is the measure.',
    anchor: '2026-06-11T12:00:00.000Z',
    domains: [{ domain: 'acme-load.example' }],
    sources: { resolver_log: true },
    history: dayOfQueries,
    acts: [0, 1, 2].map((n) => ({
      n,
      at: (n + 1) * 5 * minute,
      seen: [queries('acme-load.example', 10_000)],
    })),
    page: { should_page: false },
    early_warning: { after_n: 0, detections: ['Q01'] },
    expected_cases: 0,
  },
  {
    id: 'many-edits-in-a-new-zone',
    why: 'A zone that was watched for three days gets six transactions in three minutes: with so little history at most medium (C01, cold start).',
    anchor: '2026-06-12T09:00:00.000Z',
    domains: [{ domain: 'acme-young.example', tier: 1 }],
    sources: { dns_provider_audit: true },
    history: [{ n: -1, at: -3 * day, seen: [edited('acme-young.example', 'first', '198.51.100.21')] }],
    acts: Array.from({ length: 6 }, (_, n) => ({
      n,
      at: n * 30,
      seen: [edited('acme-young.example', `host${String(n)}`, `203.0.113.${String(n + 1)}`)],
    })),
    page: { should_page: false },
    early_warning: { after_n: 2, detections: ['C01'] },
    expected_cases: 1,
  },
  {
    id: 'ttl-first-then-the-address',
    why: 'Who prepares a move lowers the TTL; who prepares a theft too, so that it takes effect at once (C07). The address follows twenty hours later.',
    anchor: '2026-06-13T03:00:00.000Z',
    domains: [
      {
        domain: 'acme-slow.example',
        more: [{ name: 'www.acme-slow.example', type: 'A', values: ['198.51.100.30'] }],
      },
    ],
    sources: { dns_provider_audit: true, answer_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.record.ttl_changed',
            domain: 'acme-slow.example',
            zone: 'acme-slow.example',
            record_name: 'www.acme-slow.example',
            record_type: 'A',
            attribute: 'ttl',
            old_value: 3_600,
            new_value: 60,
            ttl_old: 3_600,
            ttl_new: 60,
            ttl_delta: -3_540,
            actor_id: 'provider-a:build',
            actor_type: 'token',
          },
        ],
      },
      {
        n: 1,
        at: 20 * hour,
        seen: [
          answerChanged(
            'acme-slow.example',
            'www.acme-slow.example',
            'A',
            ['198.51.100.30'],
            ['203.0.113.66'],
          ),
          {
            ...edited('acme-slow.example', 'www', '203.0.113.66'),
            old_value: ['198.51.100.30'],
            actor_id: 'provider-a:build',
            actor_type: 'token',
            ...strangeTarget,
          },
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 300,
      severity: 'high',
      detections: ['C02', 'Q03', 'C07'],
    },
    escalate: [{ after_n: 1, detections: ['C07'] }],
    expected_cases: 1,
    must_not_checks: [{ type: 'page_before_n', n: 1 }],
  },
  {
    id: 'alice-in-two-continents',
    why: 'An administrator logs in from Amsterdam and an hour later from Sydney, 16,000 km away (I03). A ticket: a session alone changes nothing.',
    anchor: '2026-06-14T08:00:00.000Z',
    domains: [{ domain: 'acme-core.example' }],
    sources: { identity_log: true },
    acts: [
      { n: 0, at: 0, seen: [login('amsterdam')] },
      { n: 1, at: hour, seen: [login('sydney')] },
    ],
    page: { should_page: false },
    early_warning: { after_n: 1, detections: ['I03'] },
    expected_cases: 1,
  },
  {
    id: 'watch-lowered-then-unlocked',
    why: 'Alice hides findings about a domain and unlocks it two hours later (P02, same person). The report of what was hidden (P03) follows.',
    anchor: '2026-06-15T10:00:00.000Z',
    domains: [{ domain: 'acme-hidden.example', tier: 1 }],
    sources: { registrar_audit: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'pipeline',
            type: 'pipeline.suppression.created',
            domain: 'acme-hidden.example',
            attribute: 'R04',
            new_value: 'supp-1',
            actor_id: 'okta:alice@acme-corp.example',
            actor_type: 'user',
          },
        ],
      },
      {
        n: 1,
        at: 2 * hour,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.domain.lock_disabled',
            domain: 'acme-hidden.example',
            attribute: 'statuses',
            registrar: 'registrar-a',
            registrar_account: 'registrar-a/4711',
            old_value: ['clientTransferProhibited'],
            new_value: [],
            ...alice,
            ...networks.ours,
          },
        ],
      },
      {
        n: 2,
        at: 3 * hour,
        seen: [
          {
            kind: 'pipeline',
            type: 'pipeline.suppression.applied',
            domain: 'acme-hidden.example',
            attribute: 'R04',
            new_value: 'high',
          },
        ],
      },
    ],
    page: { should_page: false },
    early_warning: { after_n: 1, detections: ['P02', 'R02'] },
    expected_cases: 1,
  },
  {
    id: 'another-machine-of-our-own-provider',
    why: 'The apex moves to another address inside the approved network and no log of ours says who did it: worth a line, not a call (R08, approved provider).',
    anchor: '2026-06-16T10:00:00.000Z',
    domains: [
      {
        domain: 'acme-cloud.example',
        tier: 2,
        extra: {
          approved: {
            nameservers: ours,
            records: [{ name: 'acme-cloud.example', type: 'A', values: ['198.51.100.10'] }],
            providers: [{ kind: 'address', cidr: '198.51.100.0/24' }],
          },
        },
      },
    ],
    sources: { answer_probe: true, dns_provider_audit: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-cloud.example',
            'acme-cloud.example',
            'A',
            ['198.51.100.10'],
            ['198.51.100.77'],
          ),
        ],
      },
    ],
    page: { should_page: false },
    early_warning: { after_n: 0, detections: ['R08'] },
    expected_cases: 0,
  },
  {
    id: 'lock-gone-and-nobody-did-it',
    why: 'RDAP shows the transfer lock gone and the registrar’s own log says nothing of it (R08): somebody else can do that.',
    anchor: '2026-06-17T10:00:00.000Z',
    domains: [{ domain: 'acme-open.example', tier: 1 }],
    sources: { rdap_poll: true, registrar_audit: true },
    acts: [0, 1, 2].map((n) => ({
      n,
      at: n * hour,
      seen: [
        n === 0
          ? {
              kind: 'rdap_poll',
              type: 'registrar.domain.lock_disabled',
              domain: 'acme-open.example',
              attribute: 'statuses',
              registrar: 'registrar-a',
              old_value: ['clientTransferProhibited'],
              new_value: ['active'],
            }
          : {
              kind: 'rdap_poll',
              type: 'registrar.domain.state_observed',
              domain: 'acme-open.example',
              attribute: 'statuses',
              registrar: 'registrar-a',
              old_value: null,
              new_value: ['active'],
            },
      ],
    })),
    page: { should_page: false },
    early_warning: { after_n: 0, detections: ['R08'] },
    expected_cases: 1,
  },
  {
    id: 'three-registrants-in-ten-minutes',
    why: 'One session rewrites the registrant of name after name (R11, S03): the first is a ticket, the third is a theft in progress.',
    anchor: '2026-06-18T22:00:00.000Z',
    domains: ['one', 'two', 'three', 'four'].map((name) => ({ domain: `acme-${name}.example`, tier: 1 })),
    sources: { registrar_audit: true },
    acts: ['one', 'two', 'three', 'four'].map((name, n) => ({
      n,
      at: n * 4 * minute,
      seen: [contact(`acme-${name}.example`)],
    })),
    // S03: 0.75 on tier 1, effect 1 is 0.6, critical; R11 with 0.6 is high.
    page: {
      should_page: true,
      after_n: 2,
      max_latency_s: 700,
      severity: 'critical',
      detections: ['S03', 'R11'],
    },
    escalate: [{ after_n: 3 }],
    expected_cases: 1,
    must_not_checks: [{ type: 'page_before_n', n: 2 }],
  },
  {
    id: 'second-factor-taken-off',
    why: 'The second factor of a registrar login is switched off without a ticket (R18): a ticket until something follows.',
    anchor: '2026-06-19T14:00:00.000Z',
    domains: [{ domain: 'acme-core.example' }],
    sources: { registrar_audit: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.account.mfa_disabled',
            registrar: 'registrar-a',
            registrar_account: 'registrar-a/4711',
            old_value: 'webauthn',
            new_value: 'none',
            identity: { target_user: 'registrar-a:alice', factor: 'webauthn' },
            ...alice,
            ...networks.ours,
          },
        ],
      },
    ],
    page: { should_page: false },
    early_warning: { after_n: 0, detections: ['R18'] },
    expected_cases: 1,
  },
  {
    id: 'cluster-while-the-tickets-are-silent',
    why: 'Three names move in one go while the change system does not answer: whether it was meant cannot be known yet, so that the cluster alone wakes nobody (3.2); what each change says by itself stands.',
    anchor: '2026-06-20T10:00:00.000Z',
    domains: ['ant', 'bee', 'cat'].map((name) => ({ domain: `acme-${name}.example`, tier: 2 })),
    sources: { registrar_audit: true, change_mgmt: true },
    acts: [
      {
        n: 0,
        at: -hour,
        seen: [
          {
            kind: 'pipeline',
            type: 'pipeline.source.silent',
            attribute: 'change_mgmt',
            source_instance: 'change_mgmt-1',
          },
        ],
      },
      ...['ant', 'bee', 'cat'].map((name, index) => ({
        n: index + 1,
        at: index * minute,
        seen: [
          delegationChanged('registrar_audit', `acme-${name}.example`, ours, ['ns1.other.example'], {
            registrar: 'registrar-a',
            registrar_account: 'registrar-a/4711',
            ...alice,
            ...networks.ours,
          }),
        ],
      })),
    ],
    // R05 of tier 2: 0.7 x 0.5 is high, without an override no page.
    page: { should_page: false },
    early_warning: { after_n: 3, detections: ['S03'] },
    expected_cases: 1,
  },
  {
    id: 'away-for-six-minutes-and-back',
    why: 'A probe that looked too late saw only the end: the delegation was elsewhere for six minutes and is back at what is approved. That the return is approved explains nothing (C09, 0.85 on tier 0).',
    anchor: '2026-06-21T03:00:00.000Z',
    domains: [{ domain: 'acme-brief.example' }],
    sources: { delegation_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [delegationChanged('delegation_probe', 'acme-brief.example', ours, ['ns1.taken.example'])],
      },
      {
        n: 1,
        at: 6 * minute,
        seen: [delegationChanged('delegation_probe', 'acme-brief.example', ['ns1.taken.example'], ours)],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['R05', 'R08'],
    },
    escalate: [{ after_n: 1, detections: ['C09'] }],
    expected_cases: 1,
  },
];
