/** Stories that no public case tells, about people who travel, those who change the watch first, and what only one witness saw. */
import { answerChanged, delegationChanged, networks } from './sights.ts';
import type { Sight, Story } from './story.ts';

const minute = 60;
const hour = 3600;
const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const alice = { actor_id: 'registrar-a:alice', actor_type: 'user', actor_origin: 'customer' } as const;

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

/** Sessions, suppressions and things seen from outside alone. */
export const watchStories: readonly Story[] = [
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
