/** Stories whose decisive signs come from feeds as the services write them. */
import { cloudDnsChange, m365, dmarcReport } from './payloads.ts';
import { answerChanged, certificateLogged, delegationChanged, networks } from './sights.ts';
import type { Story } from './story.ts';

const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const rogue = ['ns1.parkfast.example', 'ns2.parkfast.example'];
const registrarAccount = { registrar: 'registrar-a', registrar_account: 'registrar-a/4711' };
const minute = 60;
const hour = 3600;

function person(realm: string, name: string): Record<string, unknown> {
  return { actor_id: `${realm}:${name}`, actor_type: 'user', actor_origin: 'customer' };
}

export const feedStories: readonly Story[] = [
  {
    id: 'registrar-mailbox-rule-m365-then-recovery',
    why: 'The mailbox that the registrar writes to gets a forwarding rule (Microsoft 365 audit record as the service writes it), then the registrar account is recovered by mail and the delegation moves.',
    anchor: '2026-03-12T04:00:00.000Z',
    domains: [{ domain: 'acme-bank.example' }],
    sources: { mail_log: false, registrar_notice_mail: true, delegation_probe: true, rdap_poll: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          m365('New-InboxRule', '2026-03-12T04:00:00Z', {
            UserId: 'domains@acme-corp.example',
            ObjectId: 'domains@acme-corp.example\\r',
            Parameters: [
              { Name: 'ForwardTo', Value: 'collector77@mailbox.example' },
              { Name: 'SubjectContainsWords', Value: 'domain;authorization' },
              { Name: 'DeleteMessage', Value: 'True' },
              { Name: 'Name', Value: '.' },
            ],
          }),
        ],
      },
      {
        n: 1,
        at: 2 * hour,
        seen: [
          {
            kind: 'registrar_notice_mail',
            type: 'registrar.account.password_reset_requested',
            ...registrarAccount,
            mail: { mailbox: 'domains@acme-corp.example', subject: 'Reset your password' },
            identity: { target_user: 'alice@acme-corp.example' },
          },
        ],
      },
      {
        n: 2,
        at: 3 * hour,
        seen: [
          delegationChanged('delegation_probe', 'acme-bank.example', ours, rogue),
          delegationChanged('rdap_poll', 'acme-bank.example', ours, rogue, { registrar: 'registrar-a' }),
        ],
      },
    ],
    // The mail log itself may be ten minutes late.
    page: {
      should_page: true,
      after_n: 2,
      max_latency_s: 700,
      severity: 'critical',
      detections: ['R05', 'R16', 'R08'],
    },
    early_warning: { after_n: 0, detections: ['M01'] },
    escalate: [{ after_n: 0, detections: ['M01'] }, { after_n: 1 }],
    // A rule on this mailbox is expected of nobody: a page right away is right too (own, 0.7).
    alternative_page: { after_n: 0, detections: ['M01'] },
    expected_cases: 1,
    must_not_checks: [{ type: 'cases_more_than', count: 1 }],
  },
  {
    id: 'gcp-deploy-token-bulk-edit',
    why: 'A leaked deployment key edits many records of a zone at Google Cloud DNS in one request at night, mail included. The requests are the audit records that the service writes.',
    anchor: '2026-01-20T02:30:00.000Z',
    domains: [
      {
        domain: 'acme-shop.example',
        provider: 'gcp-dns',
        mx: ['10 mx1.mailhost.example'],
        more: ['www', 'login', 'api', 'img', 'help', 'blog'].map((name) => ({
          name: `${name}.acme-shop.example`,
          type: 'A',
          values: ['198.51.100.10'],
        })),
      },
    ],
    sources: { dns_provider_audit: true, answer_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          cloudDnsChange(
            'acme-shop',
            '2026-01-20T02:30:00Z',
            [
              ...['', 'www.', 'login.', 'api.', 'img.', 'help.'].map((name) => ({
                name: `${name}acme-shop.example.`,
                type: 'A',
                ttl: 60,
                rrdata: ['203.0.113.50'],
              })),
              { name: 'acme-shop.example.', type: 'MX', ttl: 60, rrdata: ['5 mail.parkfast.example.'] },
            ],
            [
              ...['', 'www.', 'login.', 'api.', 'img.', 'help.'].map((name) => ({
                name: `${name}acme-shop.example.`,
                type: 'A',
                ttl: 3600,
                rrdata: ['198.51.100.10'],
              })),
              { name: 'acme-shop.example.', type: 'MX', ttl: 3600, rrdata: ['10 mx1.mailhost.example.'] },
            ],
          ),
          answerChanged('acme-shop.example', 'acme-shop.example', 'A', ['198.51.100.10'], ['203.0.113.50']),
          answerChanged(
            'acme-shop.example',
            'acme-shop.example',
            'MX',
            ['10 mx1.mailhost.example'],
            ['5 mail.parkfast.example'],
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['C01', 'C02', 'C03', 'C05'],
    },
    expected_cases: 1,
  },
  {
    id: 'workspace-super-admin-then-federation',
    why: 'A reseller link makes a super admin in Google Workspace (admin audit record); two hours later the tenant signs in through a foreign identity provider, and the zone moves.',
    anchor: '2026-04-02T22:00:00.000Z',
    domains: [{ domain: 'acme-id.example', mx: ['10 mx1.mailhost.example'] }],
    sources: { identity_log: false, answer_probe: true, delegation_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            raw: 'google-workspace',
            payload: {
              kind: 'admin#reports#activity',
              id: {
                time: '2026-04-02T22:00:00.000Z',
                uniqueQualifier: '-77',
                applicationName: 'admin',
                customerId: 'C01',
              },
              actor: { callerType: 'USER', email: 'reseller@partner.example', profileId: '11' },
              ipAddress: '203.0.113.112',
              events: [
                {
                  type: 'DELEGATED_ADMIN_SETTINGS',
                  name: 'ASSIGN_ROLE',
                  parameters: [
                    { name: 'ROLE_NAME', value: '_SEED_ADMIN_ROLE' },
                    { name: 'USER_EMAIL', value: 'admin2@acme-corp.example' },
                  ],
                },
              ],
            },
          },
        ],
      },
      {
        n: 1,
        at: 2 * hour,
        seen: [
          {
            kind: 'identity_log',
            type: 'identity.federation.changed',
            ...person('google', 'admin2@acme-corp.example'),
            attribute: 'sso_profile',
            new_value: 'https://idp.parkfast.example/sso',
            ...networks.foreign,
          },
        ],
      },
      {
        n: 2,
        at: 3 * hour,
        seen: [
          answerChanged(
            'acme-id.example',
            'acme-id.example',
            'MX',
            ['10 mx1.mailhost.example'],
            ['1 smtp.parkfast.example'],
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 2,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['C03', 'R08'],
    },
    expected_cases: 1,
  },
  {
    id: 'saas-cname-token-and-certificate',
    why: 'A new API token at Cloudflare edits a login host to a foreign front (audit record of the service), and a certificate for it follows from a CA that is not ours.',
    anchor: '2026-05-06T03:00:00.000Z',
    domains: [
      {
        domain: 'acme-app.example',
        provider: 'cloudflare',
        more: [{ name: 'login.acme-app.example', type: 'CNAME', values: ['login.front.example'] }],
        extra: { critical_hosts: ['www', 'login'] },
      },
    ],
    sources: { dns_provider_audit: false, answer_probe: true, ct_log: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            raw: 'cloudflare-audit',
            payload: {
              action: { result: true, type: 'token_create' },
              actor: { email: 'alice@acme-corp.example', id: 'f6b5de03', ip: '203.0.113.112', type: 'user' },
              id: 'd5b0f326-1232-4452-8858-1089bd7168ef',
              interface: 'UI',
              metadata: { token_name: 'ci' },
              newValue: '',
              oldValue: '',
              owner: { id: '023e105f4ecef8ad9ca31a8372d0c353' },
              resource: { id: 'tok-1', type: 'account' },
              when: '2026-05-06T03:00:00Z',
            },
          },
        ],
      },
      {
        n: 1,
        at: 30 * minute,
        seen: [
          answerChanged(
            'acme-app.example',
            'login.acme-app.example',
            'CNAME',
            ['login.front.example'],
            ['acme-login.pages-free.example'],
          ),
        ],
      },
      {
        n: 2,
        at: 50 * minute,
        seen: [certificateLogged('acme-app.example', ['login.acme-app.example'], 'Quick CA')],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 900,
      severity: 'critical',
      detections: ['C02', 'R08'],
    },
    latest_acceptable_after_n: 2,
    escalate: [{ after_n: 2, detections: ['T01', 'T02'] }],
    expected_cases: 1,
  },
  {
    id: 'spoofed-mail-while-policy-is-weakened',
    why: 'The DMARC policy of a sending domain is lowered to none by an unknown hand, and the next aggregate reports show thousands of failing messages from strange networks.',
    anchor: '2026-06-10T00:30:00.000Z',
    domains: [
      {
        domain: 'acme-bill.example',
        tier: 1,
        mx: ['10 mx1.mailhost.example'],
        more: [{ name: '_dmarc.acme-bill.example', type: 'TXT', values: ['"v=DMARC1; p=reject"'] }],
        extra: {},
      },
    ],
    sources: { answer_probe: true, dmarc_report: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          answerChanged(
            'acme-bill.example',
            '_dmarc.acme-bill.example',
            'TXT',
            ['"v=DMARC1; p=reject"'],
            ['"v=DMARC1; p=none"'],
            { enrich: {} },
          ),
        ],
      },
      { n: 1, at: 30 * hour, seen: [dmarcReport('acme-bill.example', 1_781_049_600, '203.0.113.77', 4200)] },
    ],
    page: { should_page: false },
    escalate: [],
    expected_cases: 1,
    must_not_checks: [{ type: 'no_case' }],
  },
];
