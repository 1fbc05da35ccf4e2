/** Stories about what hangs on a name of ours: hosts, subdomains, platforms, mail, look-alikes, and feeds that fall silent. */
import { answerChanged, certificateLogged, networks, strangeTarget } from './sights.ts';
import type { Story } from './story.ts';

const rogue = ['ns1.parkfast.example', 'ns2.parkfast.example'];
const minute = 60;
const hour = 3600;
const day = 86_400;
const registrarAccount = { registrar: 'registrar-a', registrar_account: 'registrar-a/4711' };

function person(realm: string, name: string): Record<string, unknown> {
  return { actor_id: `${realm}:${name}`, actor_type: 'user', actor_origin: 'customer' };
}

export const dependentStories: readonly Story[] = [
  {
    id: 'server-address-moved-in-the-zone-of-the-servers',
    why: 'The names that serve us live under another name of ours. Its zone is edited so that the servers have other addresses (2016 bank): our delegation is untouched, the answers of the first name change.',
    anchor: '2026-07-19T04:00:00.000Z',
    domains: [
      { domain: 'acme-bank.example', ns: ['ns1.acme-infra.example', 'ns2.acme-infra.example'] },
      {
        domain: 'acme-infra.example',
        more: [{ name: 'ns1.acme-infra.example', type: 'A', values: ['198.51.100.53'] }],
        extra: { critical_hosts: ['ns1', 'ns2'] },
      },
    ],
    sources: { answer_probe: true, delegation_probe: true, dns_provider_audit: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-infra.example',
            'ns1.acme-infra.example',
            'A',
            ['198.51.100.53'],
            ['203.0.113.53'],
          ),
        ],
      },
      {
        n: 1,
        at: 8 * minute,
        seen: [
          answerChanged('acme-bank.example', 'acme-bank.example', 'A', ['198.51.100.10'], ['203.0.113.9']),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['C02', 'Q02', 'Q03', 'R08'],
    },
    escalate: [{ after_n: 1 }],
    expected_cases: 1,
  },
  {
    id: 'login-subdomain-delegated-away',
    why: 'Nobody touches the apex: an NS set is added for login under it, so that the subdomain is served by a stranger, and a certificate for it follows.',
    anchor: '2026-08-23T21:00:00.000Z',
    domains: [
      {
        domain: 'acme-id.example',
        more: [{ name: 'login.acme-id.example', type: 'A', values: ['198.51.100.20'] }],
        extra: { critical_hosts: ['login'] },
      },
    ],
    sources: { dns_provider_audit: true, answer_probe: true, ct_log: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.record.created',
            domain: 'acme-id.example',
            zone: 'acme-id.example',
            record_name: 'login.acme-id.example',
            record_type: 'NS',
            ...person('provider-a', 'bob'),
            old_value: null,
            new_value: rogue,
            ...networks.foreign,
          },
        ],
      },
      {
        n: 1,
        at: 6 * minute,
        seen: [
          answerChanged('acme-id.example', 'login.acme-id.example', 'A', ['198.51.100.20'], ['203.0.113.21']),
        ],
      },
      {
        n: 2,
        at: 20 * minute,
        seen: [certificateLogged('acme-id.example', ['login.acme-id.example'], 'Fast Free CA')],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['C02'],
    },

    latest_acceptable_after_n: 1,
    escalate: [{ after_n: 1 }, { after_n: 2 }],
    expected_cases: 1,
  },
  {
    id: 'parked-typosquats-wait',
    why: 'Two typosquats are registered, parked and get certificates within a week, with nothing of ours touched. A ticket for each; nobody is woken.',
    anchor: '2026-09-02T10:00:00.000Z',
    domains: [{ domain: 'acme-mail.example', mx: ['10 mx1.mailhost.example'] }],
    sources: { zone_feed: true, ct_log: true, answer_probe: false },
    acts: [
      ...['acmemail', 'acme-mall'].map((name, n) => ({
        n,
        at: n * day,
        seen: [
          {
            kind: 'zone_feed',
            type: 'intel.domain.newly_registered',
            domain: `${name}.example`,
            tenant: 'acme',
            attribute: 'registration',
            new_value: `${name}.example`,
          },
        ],
      })),
      {
        n: 2,
        at: 3 * day,
        seen: [
          certificateLogged(
            'acme-mall.example',
            ['acme-mall.example', 'www.acme-mall.example'],
            'Fast Free CA',
            {
              tenant: 'acme',
            },
          ),
        ],
      },
    ],
    page: { should_page: false },
    expected_cases: 2,
    must_not_checks: [{ type: 'no_page' }],
  },
  {
    id: 'vendor-says-outage-nothing-moved',
    why: 'The registrar announces an outage and its audit feed falls silent for two hours in the middle of a login; delegation, answers and registry data stay as approved. A blind spot to look at, no page.',
    anchor: '2026-10-07T13:00:00.000Z',
    domains: [{ domain: 'acme-calm.example' }],
    sources: { manual: false, registrar_audit: true, delegation_probe: true, answer_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.session.login_succeeded',
            ...person('registrar-a', 'alice'),
            ...registrarAccount,
            auth_method: 'sso',
            mfa: 'webauthn',
            ...networks.ours,
          },
          {
            kind: 'manual',
            type: 'intel.user_report.received',
            tenant: 'acme',
            domain: 'acme-calm.example',
            new_value: 'registrar status page: control panel unavailable',
            source_system: 'provider_status',
          },
        ],
      },
      {
        n: 1,
        at: 10 * minute,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'pipeline.source.silent',
            tenant: 'acme',
            source_kind: 'registrar_audit',
            source_instance: 'registrar_audit-1',
          },
        ],
      },
    ],
    page: { should_page: false },
    must_not_checks: [{ type: 'no_page' }],
    expected_cases: 1,
  },
  {
    id: 'mail-rerouted-with-policy-and-reports',
    why: 'Mail alone (2015 car maker, 2020 exchanges): MX goes to a relay, SPF is widened for it, and DMARC reports show the relay a day later. The MX is the page; what follows is the same case.',
    anchor: '2026-11-03T05:30:00.000Z',
    domains: [
      {
        domain: 'acme-post.example',
        tier: 1,
        mx: ['10 mx1.mailhost.example'],
        txt: ['v=spf1 include:_spf.mailhost.example -all'],
      },
    ],
    sources: { answer_probe: true, dns_provider_audit: false, dmarc_report: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-post.example',
            'acme-post.example',
            'MX',
            ['10 mx1.mailhost.example'],
            ['5 in.relay-fast.example'],
          ),
        ],
      },
      {
        n: 1,
        at: 7 * minute,
        seen: [
          answerChanged(
            'acme-post.example',
            'acme-post.example',
            'TXT',
            ['v=spf1 include:_spf.mailhost.example -all'],
            ['v=spf1 include:_spf.mailhost.example include:_spf.relay-fast.example ~all'],
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'high',
      detections: ['C03', 'R08'],
    },
    escalate: [{ after_n: 1 }],
    expected_cases: 1,
  },
  {
    id: 'dangling-name-certified-before-it-answers',
    why: 'A stranger claims a platform name that a subdomain of ours still points to. The log shows the certificate first, the probe the strange answer an hour later.',
    anchor: '2026-12-08T12:00:00.000Z',
    domains: [
      {
        domain: 'acme-shop.example',
        tier: 1,
        more: [{ name: 'promo.acme-shop.example', type: 'CNAME', values: ['acme-promo.platform.example'] }],
      },
    ],
    sources: { ct_log: true, answer_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [certificateLogged('acme-shop.example', ['promo.acme-shop.example'], 'Fast Free CA')],
      },
      {
        n: 1,
        at: hour,
        seen: [
          {
            kind: 'answer_probe',
            type: 'dns.zone.claimed_elsewhere',
            domain: 'acme-shop.example',
            zone: 'acme-shop.example',
            record_name: 'promo.acme-shop.example',
            record_type: 'CNAME',
            attribute: 'dangling_target',
            old_value: ['acme-promo.platform.example'],
            new_value: ['acme-promo.platform.example'],
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
      detections: ['C08', 'T01'],
    },
    early_warning: { after_n: 0, detections: ['T02', 'T03'] },
    expected_cases: 1,
    must_not_checks: [{ type: 'page_before_n', n: 1 }],
  },
];
