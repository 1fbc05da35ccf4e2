/** Stories in which somebody takes over an account, a mailbox or a help desk. */
import { eppTransfer } from './payloads.ts';
import { answerChanged, delegationChanged, networks } from './sights.ts';
import type { Story } from './story.ts';

const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const rogue = ['ns1.parkfast.example', 'ns2.parkfast.example'];
const registrarAccount = { registrar: 'registrar-a', registrar_account: 'registrar-a/4711' };
const minute = 60;
const hour = 3600;

function person(realm: string, name: string): Record<string, unknown> {
  return { actor_id: `${realm}:${name}`, actor_type: 'user', actor_origin: 'customer' };
}

export const accountStories: readonly Story[] = [
  {
    id: 'help-desk-reset-then-oauth-then-token',
    why: 'A caller makes the help desk reset the factors of a domain admin (2023 casino and 2024 help-desk cases); then a consent, a token, and the zone is edited with it. Nothing may page before a control changes; then at once.',
    anchor: '2026-02-10T09:00:00.000Z',
    domains: [{ domain: 'acme-pay.example', mx: ['10 mx1.mailhost.example'] }],
    sources: { identity_log: false, dns_provider_audit: false, answer_probe: true, delegation_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'identity_log',
            type: 'identity.user.mfa_reset',
            actor_id: 'okta:helpdesk-3',
            actor_type: 'user',
            actor_origin: 'customer',
            identity: { target_user: 'alice@acme-corp.example', factor: 'all' },
          },
        ],
      },
      {
        n: 1,
        at: 20 * minute,
        seen: [
          {
            kind: 'identity_log',
            type: 'identity.session.login_succeeded',
            ...person('okta', 'alice@acme-corp.example'),
            auth_method: 'password',
            mfa: 'push',
            ...networks.foreign,
          },
          {
            kind: 'identity_log',
            type: 'identity.app.consented',
            ...person('okta', 'alice@acme-corp.example'),
            identity: { target_user: 'alice@acme-corp.example', app: 'zone-helper' },
            ...networks.foreign,
          },
        ],
      },
      {
        n: 2,
        at: 40 * minute,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.provider.api_token_created',
            ...person('provider-a', 'alice'),
            attribute: 'api_token',
            token_id: 'tok-77',
            new_value: 'edit-all-zones',
            ...networks.foreign,
          },
        ],
      },
      {
        n: 3,
        at: 70 * minute,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.record.updated',
            ...person('provider-a', 'alice'),
            token_id: 'tok-77',
            domain: 'acme-pay.example',
            zone: 'acme-pay.example',
            record_name: 'acme-pay.example',
            record_type: 'A',
            old_value: ['198.51.100.10'],
            new_value: ['203.0.113.201'],
            ...networks.foreign,
          },
          answerChanged('acme-pay.example', 'acme-pay.example', 'A', ['198.51.100.10'], ['203.0.113.201']),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 3,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['C02', 'I02', 'I04', 'S04'],
    },
    early_warning: { after_n: 0, detections: ['I03', 'R17', 'S04', 'I02'] },
    expected_cases: 1,
    must_not_checks: [
      { type: 'page_before_n', n: 2 },
      { type: 'cases_more_than', count: 1 },
    ],
  },
  {
    id: 'registrar-login-unlock-code-epp-transfer',
    why: 'A stolen registrar session: unlock, authorisation code by mail, and the registry announces the pending transfer over EPP poll. The unlock from a country nobody of ours was in is already critical (O2).',
    anchor: '2026-03-03T01:10:00.000Z',
    domains: [{ domain: 'acme-wallet.example' }],
    sources: { registrar_audit: false, registrar_notice_mail: true, epp_poll: true, rdap_poll: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.session.login_succeeded',
            ...person('registrar-a', 'bob'),
            ...registrarAccount,
            auth_method: 'password',
            mfa: 'sms',
            ...networks.foreign,
          },
        ],
      },
      {
        n: 1,
        at: 6 * minute,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.domain.lock_disabled',
            ...person('registrar-a', 'bob'),
            ...registrarAccount,
            domain: 'acme-wallet.example',
            attribute: 'transfer_lock',
            old_value: 'enabled',
            new_value: 'disabled',
            ...networks.foreign,
          },
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.lock_disabled',
            domain: 'acme-wallet.example',
            registrar: 'registrar-a',
            attribute: 'transfer_lock',
            old_value: 'enabled',
            new_value: 'disabled',
          },
        ],
      },
      {
        n: 2,
        at: 9 * minute,
        seen: [
          {
            kind: 'registrar_notice_mail',
            type: 'registrar.domain.auth_code_requested',
            domain: 'acme-wallet.example',
            ...registrarAccount,
            mail: {
              mailbox: 'domains@acme-corp.example',
              subject: 'Authorization code for acme-wallet.example',
            },
          },
        ],
      },
      {
        n: 3,
        at: 95 * minute,
        seen: [eppTransfer('acme-wallet.example', 'pending', 901, '2026-03-03T02:45:00.0Z')],
      },
    ],
    // Without the registrar's own log the mail is first, and RDAP shows the lock within its hour.
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 3600,
      severity: 'critical',
      detections: ['R01', 'R02', 'I01', 'R04'],
    },
    alternative_page: { after_n: 2, detections: ['R01', 'R04', 'R02'] },
    latest_acceptable_after_n: 3,
    escalate: [
      { after_n: 2, detections: ['R01', 'R04'] },
      { after_n: 3, detections: ['R01'] },
    ],
    expected_cases: 1,
    must_not_checks: [
      { type: 'page_before_n', n: 1 },
      { type: 'escalations_not_joined', sources: 'all' },
    ],
  },
  {
    id: 'own-admin-works-after-new-phone',
    why: 'The control case: an admin replaces the phone on a ticket at the office and then changes two records on approved tickets. Nobody is paged.',
    anchor: '2026-02-18T08:00:00.000Z',
    domains: [{ domain: 'acme-pay.example' }],
    sources: { identity_log: true, dns_provider_audit: true, answer_probe: false, change_mgmt: true },
    intents: [
      {
        id: 'CHG-900',
        tenant: 'acme',
        source: 'ticket',
        requested_by: 'okta:alice@acme-corp.example',
        approved_by: 'okta:bob@acme-corp.example',
        valid_from: '2026-02-18T06:00:00.000Z',
        valid_until: '2026-02-18T18:00:00.000Z',
        known_at: '2026-02-18T06:00:00.000Z',
        changes: [
          {
            domain: 'acme-pay.example',
            action: 'record',
            name: 'www.acme-pay.example',
            type: 'A',
            new: ['198.51.100.77'],
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
            kind: 'identity_log',
            type: 'identity.user.mfa_reset',
            ...person('okta', 'bob@acme-corp.example'),
            identity: { target_user: 'alice@acme-corp.example', factor: 'push' },
            ...networks.ours,
          },
          {
            kind: 'identity_log',
            type: 'identity.user.mfa_enrolled',
            ...person('okta', 'alice@acme-corp.example'),
            identity: { target_user: 'alice@acme-corp.example', factor: 'webauthn' },
            ...networks.ours,
          },
        ],
      },
      {
        n: 1,
        at: 2 * hour,
        seen: [
          {
            kind: 'dns_provider_audit',
            type: 'dns.record.updated',
            ...person('provider-a', 'alice'),
            domain: 'acme-pay.example',
            zone: 'acme-pay.example',
            record_name: 'www.acme-pay.example',
            record_type: 'A',
            old_value: ['198.51.100.10'],
            new_value: ['198.51.100.77'],
            ...networks.ours,
          },
          answerChanged(
            'acme-pay.example',
            'www.acme-pay.example',
            'A',
            ['198.51.100.10'],
            ['198.51.100.77'],
            {
              enrich: { target: { asn: 64_500, country: 'NL', as_of: '2026-01-01', source: 'geo-table@1' } },
            },
          ),
        ],
      },
    ],
    page: { should_page: false },
    must_not_checks: [{ type: 'no_page' }],
  },
  {
    id: 'delegate-then-privacy-then-slow-transfer',
    why: 'Slow theft in the way of the 2020 community domain: a delegate is added, the registrant mail changes, weeks later the name goes to another registrar and a month later the name servers move.',
    anchor: '2026-01-05T10:00:00.000Z',
    domains: [{ domain: 'acme-lang.example', tier: 1, account: 'registrar-a/4711' }],
    sources: { registrar_audit: false, rdap_poll: true, delegation_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'registrar_audit',
            type: 'registrar.account.delegate_added',
            ...person('registrar-a', 'alice'),
            ...registrarAccount,
            identity: { target_user: 'k.helper@mailbox.example', target_role: 'manager' },
            attribute: 'delegates',
            new_value: 'k.helper@mailbox.example',
            ...networks.foreign,
          },
        ],
      },
      {
        n: 1,
        at: 3 * 86_400,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.contact_changed',
            domain: 'acme-lang.example',
            registrar: 'registrar-a',
            attribute: 'contact.registrant',
            old_value: 'email=domains@acme-corp.example',
            new_value: 'email=acme.lang@mailbox.example',
          },
        ],
      },
      {
        n: 2,
        at: 24 * 86_400,
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
      {
        n: 3,
        at: 55 * 86_400,
        seen: [delegationChanged('delegation_probe', 'acme-lang.example', ours, rogue)],
      },
    ],
    page: {
      should_page: true,
      after_n: 2,
      max_latency_s: 7300,
      severity: 'critical',
      detections: ['R09', 'R19', 'R08'],
    },
    early_warning: { after_n: 1, detections: ['R10', 'R19', 'R08', 'I04'] },
    escalate: [
      { after_n: 1, detections: ['R10'] },
      { after_n: 3, detections: ['R05'] },
    ],
    expected_cases: 1,
    must_not_checks: [
      { type: 'page_before_n', n: 2 },
      { type: 'page_after_n', n: 2 },
    ],
  },
];
