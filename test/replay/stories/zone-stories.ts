/** Stories about records, certificates, and what only looks like us. */
import { answerChanged, certificateLogged, networks, strangeTarget } from './sights.ts';
import type { Story } from './story.ts';

const minute = 60;
const hour = 3600;

export const zoneStories: readonly Story[] = [
  {
    id: 'mx-only-for-forty-minutes',
    why: 'Only the mail host changes, for forty minutes, on a name of tier 1, and a certificate is made by mail validation.',
    anchor: '2026-03-15T02:10:00.000Z',
    domains: [{ domain: 'acme-mail.example', tier: 1, mx: ['10 mx1.mailhost.example'] }],
    sources: { answer_probe: true, ct_log: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-mail.example',
            'acme-mail.example',
            'MX',
            ['10 mx1.mailhost.example'],
            ['5 mx.parkfast.example'],
          ),
        ],
      },
      {
        n: 1,
        at: 12 * minute,
        seen: [certificateLogged('acme-mail.example', ['acme-mail.example'], 'Quick CA')],
      },
      {
        n: 2,
        at: 40 * minute,
        seen: [
          answerChanged(
            'acme-mail.example',
            'acme-mail.example',
            'MX',
            ['5 mx.parkfast.example'],
            ['10 mx1.mailhost.example'],
            {
              enrich: { target: { asn: 64_500, country: 'NL', as_of: '2026-01-01', source: 'geo-table@1' } },
            },
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'high',
      detections: ['C03', 'Q03', 'R08'],
    },
    escalate: [{ after_n: 1, detections: ['T01'] }],
    expected_cases: 1,
  },
  {
    id: 'cname-to-a-deleted-bucket',
    why: 'A subdomain of a normal domain still points at a bucket that was given up; a stranger claims it and gets a certificate for it.',
    anchor: '2026-05-01T10:00:00.000Z',
    domains: [
      {
        domain: 'acme-news.example',
        tier: 2,
        more: [
          { name: 'press.acme-news.example', type: 'CNAME', values: ['acme-press.bucket-host.example'] },
        ],
      },
    ],
    sources: { answer_probe: true, ct_log: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'answer_probe',
            type: 'dns.zone.lame_delegation_detected',
            domain: 'acme-news.example',
            zone: 'acme-news.example',
            record_name: 'press.acme-news.example',
            record_type: 'CNAME',
            attribute: 'dangling',
            old_value: ['acme-press.bucket-host.example'],
            new_value: [],
          },
        ],
      },
      {
        n: 1,
        at: 2 * 86_400,
        seen: [certificateLogged('acme-news.example', ['press.acme-news.example'], 'Quick CA')],
      },
    ],
    // Tier 2, no stranger seen answering: tickets for office hours, one case, no page.
    page: { should_page: false },
    expected_cases: 1,
  },
  {
    id: 'rogue-ca-after-caa-loosened',
    why: 'CAA of the apex is widened by an unknown key, a CA that was forbidden before issues within the hour, CAA is put back. The certificate stays a fact although the state is clean again.',
    anchor: '2026-06-06T04:00:00.000Z',
    domains: [
      {
        domain: 'acme-sign.example',
        more: [{ name: 'acme-sign.example', type: 'CAA', values: ['0 issue "trust-ca.example"'] }],
      },
    ],
    sources: { answer_probe: true, ct_log: true, dns_provider_audit: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-sign.example',
            'acme-sign.example',
            'CAA',
            ['0 issue "trust-ca.example"'],
            ['0 issue "quick-ca.example"', '0 issue "trust-ca.example"'],
            { enrich: {} },
          ),
        ],
      },
      {
        n: 1,
        at: 25 * minute,
        seen: [
          certificateLogged('acme-sign.example', ['acme-sign.example', 'www.acme-sign.example'], 'Quick CA'),
        ],
      },
      {
        n: 2,
        at: 50 * minute,
        seen: [
          answerChanged(
            'acme-sign.example',
            'acme-sign.example',
            'CAA',
            ['0 issue "quick-ca.example"', '0 issue "trust-ca.example"'],
            ['0 issue "trust-ca.example"'],
            { enrich: {} },
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['T01', 'T02'],
    },
    early_warning: { after_n: 0, detections: ['C06', 'R08'] },
    escalate: [{ after_n: 0, detections: ['C06'] }],
    expected_cases: 1,
    must_not_checks: [{ type: 'page_before_n', n: 1 }],
  },
  {
    id: 'idn-lookalike-that-only-exists',
    why: 'An IDN look-alike of the brand is registered, gets mail and a certificate, and is never used against us: a ticket, no page.',
    anchor: '2026-05-20T06:00:00.000Z',
    domains: [{ domain: 'acmepay.example' }],
    sources: { zone_feed: true, ct_log: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'zone_feed',
            type: 'intel.domain.newly_registered',
            tenant: 'acme',
            domain: 'xn--acmepy-eva.example',
            domain_unicode: 'acmepáy.example',
            attribute: 'registration',
            new_value: 'xn--acmepy-eva.example',
          },
        ],
      },
      {
        n: 1,
        at: 3 * hour,
        seen: [
          {
            ...certificateLogged('xn--acmepy-eva.example', ['xn--acmepy-eva.example'], 'Quick CA'),
            tenant: 'acme',
          },
        ],
      },
    ],
    page: { should_page: false },
  },
  {
    id: 'hit-and-run-on-a-critical-host',
    why: 'The login host points elsewhere for six minutes at night, three times in an hour; between the visits everything is as approved.',
    anchor: '2026-02-14T03:00:00.000Z',
    domains: [
      {
        domain: 'acme-web.example',
        more: [{ name: 'login.acme-web.example', type: 'A', values: ['198.51.100.20'] }],
        extra: { critical_hosts: ['www', 'login'] },
      },
    ],
    sources: { answer_probe: true },
    acts: [0, 1, 2].flatMap((round) => [
      {
        n: round * 2,
        at: round * 20 * minute,
        seen: [
          answerChanged(
            'acme-web.example',
            'login.acme-web.example',
            'A',
            ['198.51.100.20'],
            ['203.0.113.88'],
            {
              ttl_old: 3600,
              ttl_new: 0,
              ttl_delta: -3600,
            },
          ),
        ],
      },
      {
        n: round * 2 + 1,
        at: round * 20 * minute + 6 * minute,
        seen: [
          answerChanged(
            'acme-web.example',
            'login.acme-web.example',
            'A',
            ['203.0.113.88'],
            ['198.51.100.20'],
            {
              enrich: { target: { asn: 64_500, country: 'NL', as_of: '2026-01-01', source: 'geo-table@1' } },
            },
          ),
        ],
      },
    ]),
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'high',
      detections: ['C02', 'Q03', 'R08'],
    },
    escalate: [{ after_n: 1, detections: ['C09'] }, { after_n: 4 }],
    expected_cases: 1,
    must_not_checks: [{ type: 'cases_more_than', count: 1 }],
  },
  {
    id: 'approved-window-other-value',
    why: 'There is a ticket for moving www today; somebody moves it elsewhere. The right name with a wrong value is worse than no ticket.',
    anchor: '2026-03-30T09:00:00.000Z',
    domains: [
      {
        domain: 'acme-hub.example',
        more: [{ name: 'www.acme-hub.example', type: 'A', values: ['198.51.100.10'] }],
      },
    ],
    sources: { dns_provider_audit: true, answer_probe: true },
    intents: [
      {
        id: 'CHG-77',
        tenant: 'acme',
        source: 'ticket',
        requested_by: 'okta:alice@acme-corp.example',
        approved_by: 'okta:bob@acme-corp.example',
        valid_from: '2026-03-30T06:00:00.000Z',
        valid_until: '2026-03-30T18:00:00.000Z',
        known_at: '2026-03-30T06:00:00.000Z',
        changes: [
          {
            domain: 'acme-hub.example',
            action: 'record',
            name: 'www.acme-hub.example',
            type: 'A',
            new: ['198.51.100.44'],
          },
        ],
      },
    ],
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.record.updated',
            actor_id: 'provider-a:bob',
            actor_type: 'user',
            actor_origin: 'customer',
            domain: 'acme-hub.example',
            zone: 'acme-hub.example',
            record_name: 'www.acme-hub.example',
            record_type: 'A',
            old_value: ['198.51.100.10'],
            new_value: ['203.0.113.44'],
            ...networks.foreign,
          },
          answerChanged(
            'acme-hub.example',
            'www.acme-hub.example',
            'A',
            ['198.51.100.10'],
            ['203.0.113.44'],
            strangeTarget,
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 700,
      severity: 'critical',
      detections: ['C02', 'R08'],
    },
    expected_cases: 1,
  },
];
