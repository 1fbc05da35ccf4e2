/** Stories that no public case tells, about numbers that leave their normal: queries, answers by network, edits, a TTL, registrants. */
import { answerChanged, delegationChanged, networks, strangeTarget } from './sights.ts';
import type { Act, Sight, Story } from './story.ts';

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

/** Counts, rates and distances from the usual. */
export const numberStories: readonly Story[] = [
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
];
