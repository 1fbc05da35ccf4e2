/** Stories in which the registry, a court, a lapse or a status decides, and nobody on our side said anything. */
import { eppTransfer } from './payloads.ts';
import { answerChanged, delegationChanged, networks } from './sights.ts';
import type { Sight, Story } from './story.ts';

const ours = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const seized = ['ns1.seized-names.example', 'ns2.seized-names.example'];
const rogue = ['ns1.parkfast.example', 'ns2.parkfast.example'];
const minute = 60;
const hour = 3600;
const day = 86_400;
const registrarAccount = { registrar: 'registrar-a', registrar_account: 'registrar-a/4711' };
const ds = ['20326 13 2 6B5C4D3E2F1A0B9C8D7E6F5A4B3C2D1E0F9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C'];

/** RDAP statuses before and after one poll. */
function statuses(type: string, domain: string, old: readonly string[], now: readonly string[]): Sight {
  return { kind: 'rdap_poll', type, domain, attribute: 'statuses', old_value: old, new_value: now };
}

export const registryStories: readonly Story[] = [
  {
    id: 'takeover-seen-by-rdap-and-probe-alone',
    why: 'A registrar account without any event feed is taken over. RDAP shows the lock gone, an hour later another registrar, and the probes the new delegation; nobody inside says a word. The lock of a tier 0 name that nobody explains is weighty, the change of hands is the page at the latest.',
    anchor: '2026-02-04T02:00:00.000Z',
    domains: [{ domain: 'acme-quiet.example', account: 'registrar-z/1' }],
    accounts: [{ id: 'registrar-z/1', tenant: 'acme', event_feed: 'none' }],
    sources: { rdap_poll: true, delegation_probe: true, answer_probe: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          statuses(
            'registrar.domain.lock_disabled',
            'acme-quiet.example',
            ['clientTransferProhibited'],
            ['active'],
          ),
        ],
      },
      {
        n: 1,
        at: 5 * hour,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.registrar_changed',
            domain: 'acme-quiet.example',
            attribute: 'registrar',
            old_value: 'registrar-a',
            new_value: 'registrar-x',
          },
        ],
      },
      {
        n: 2,
        at: 6 * hour,
        seen: [delegationChanged('delegation_probe', 'acme-quiet.example', ours, rogue)],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 3900,
      severity: 'critical',
      detections: ['R01', 'R09', 'R08'],
    },
    early_warning: { after_n: 0, detections: ['R02', 'R08'] },
    escalate: [{ after_n: 2, detections: ['R05', 'R08'] }],
    expected_cases: 1,
  },
  {
    id: 'registry-lock-lifted-by-court-order',
    why: 'A court order (2010 to 2024 seizures): the registry itself lifts the server locks and moves the delegation to a seizure page. It is an emergency whoever is right, and one case.',
    anchor: '2026-03-11T15:00:00.000Z',
    domains: [{ domain: 'acme-stream.example' }],
    sources: { rdap_poll: false, delegation_probe: true, answer_probe: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          statuses(
            'registrar.domain.registry_lock_disabled',
            'acme-stream.example',
            ['clientTransferProhibited', 'serverTransferProhibited', 'serverUpdateProhibited'],
            ['clientTransferProhibited'],
          ),
        ],
      },
      {
        n: 1,
        at: 2 * hour,
        seen: [delegationChanged('delegation_probe', 'acme-stream.example', ours, seized)],
      },
      {
        n: 2,
        at: 2 * hour + 5 * minute,
        seen: [
          answerChanged(
            'acme-stream.example',
            'acme-stream.example',
            'A',
            ['198.51.100.10'],
            ['203.0.113.80'],
          ),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 1,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['R05', 'R08'],
    },
    early_warning: { after_n: 0, detections: ['R12', 'R08'] },
    escalate: [{ after_n: 2 }],
    expected_cases: 1,
  },
  {
    id: 'lapse-through-redemption-to-another-hand',
    why: 'A forgotten name of tier 1 (2022 name-service case and many before): expired, redemption, pending delete, then registered by somebody else with another registrar. An expired name that carries something is a page on the day it expires (R13 at 0.8); the stranger joins that case months later.',
    anchor: '2026-02-01T00:00:00.000Z',
    domains: [{ domain: 'acme-legacy.example', tier: 1 }],
    sources: { rdap_poll: true, delegation_probe: true, registrar_notice_mail: false },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.expired',
            domain: 'acme-legacy.example',
            attribute: 'expiry',
            old_value: '2026-02-01T00:00:00.000Z',
            new_value: '2026-02-01T00:00:00.000Z',
          },
        ],
      },
      {
        n: 1,
        at: 32 * day,
        seen: [
          statuses(
            'registrar.domain.redemption_started',
            'acme-legacy.example',
            ['active'],
            ['redemptionPeriod', 'pendingDelete'],
          ),
        ],
      },
      {
        n: 2,
        at: 68 * day,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.registrar_changed',
            domain: 'acme-legacy.example',
            attribute: 'registrar',
            old_value: 'registrar-a',
            new_value: 'registrar-drop',
          },
          delegationChanged('delegation_probe', 'acme-legacy.example', ours, rogue),
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 3900,
      severity: 'critical',
      detections: ['R13'],
    },
    escalate: [{ after_n: 2, detections: ['R05', 'R08', 'R09'] }],
    expected_cases: 1,
  },
  {
    id: 'ds-removed-before-delegation-by-registry-data',
    why: 'The same signed name as the 2018 exchange point, but with a registry that is asked hourly and no probe of the parent: RDAP shows the DS gone at night and the delegation an hour later.',
    anchor: '2026-05-06T00:30:00.000Z',
    domains: [{ domain: 'acme-signed.example', ds }],
    sources: { rdap_poll: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'rdap_poll',
            type: 'registrar.domain.ds_removed',
            domain: 'acme-signed.example',
            attribute: 'ds',
            old_value: ds,
            new_value: [],
          },
        ],
      },
      { n: 1, at: 3 * hour, seen: [delegationChanged('rdap_poll', 'acme-signed.example', ours, rogue)] },
    ],
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 3900,
      severity: 'high',
      detections: ['R06', 'R08'],
    },
    escalate: [{ after_n: 1, detections: ['R07', 'R05'] }],
    expected_cases: 1,
  },
  {
    id: 'code-changed-lock-off-transfer-asked-by-epp',
    why: 'A reseller interface is abused: authInfo is set anew, clientTransferProhibited removed, the transfer asked for, all as the registry tells over EPP poll and RDAP. Unlock, then a transfer step, on tier 0.',
    anchor: '2026-04-21T22:05:00.000Z',
    domains: [{ domain: 'acme-trade.example' }],
    sources: { epp_poll: true, rdap_poll: true },
    acts: [
      {
        n: 0,
        at: 0,
        seen: [
          {
            kind: 'epp_poll',
            type: 'registrar.domain.auth_code_changed',
            domain: 'acme-trade.example',
            ...registrarAccount,
          },
        ],
      },
      {
        n: 1,
        at: 10 * minute,
        seen: [
          statuses(
            'registrar.domain.lock_disabled',
            'acme-trade.example',
            ['clientTransferProhibited'],
            ['active'],
          ),
        ],
      },
      {
        n: 2,
        at: 2 * hour,
        seen: [
          {
            kind: 'epp_poll',
            type: 'registrar.domain.transfer_requested',
            domain: 'acme-trade.example',
            ...registrarAccount,
            outcome: 'attempt',
            new_value: 'registrar-x',
          },
        ],
      },
    ],
    page: {
      should_page: true,
      after_n: 2,
      max_latency_s: 300,
      severity: 'critical',
      detections: ['R01', 'I01', 'R09', 'S04'],
    },
    early_warning: { after_n: 0, detections: ['R04'] },
    expected_cases: 1,
  },
  {
    id: 'one-api-key-over-three-accounts',
    why: 'One leaked reseller key (2021 and 2023 registrar breaches) unlocks and moves names in three accounts of one tenant within minutes. One actor, one case, and the page comes with the first move.',
    anchor: '2026-06-14T03:20:00.000Z',
    domains: [
      { domain: 'acme-one.example', account: 'registrar-a/1', tier: 1 },
      { domain: 'acme-two.example', account: 'registrar-a/2', tier: 1 },
      { domain: 'acme-three.example', account: 'registrar-a/3', tier: 1 },
    ],
    accounts: ['1', '2', '3'].map((id) => ({
      id: `registrar-a/${id}`,
      tenant: 'acme',
      event_feed: 'webhook',
    })),
    sources: { registrar_audit: true, delegation_probe: true },
    acts: ['one', 'two', 'three'].map((name, n) => ({
      n,
      at: n * 4 * minute,
      seen: [
        {
          kind: 'registrar_audit',
          type: 'registrar.domain.nameservers_changed',
          domain: `acme-${name}.example`,
          registrar: 'registrar-a',
          registrar_account: `registrar-a/${n + 1}`,
          actor_id: 'registrar-a:key-91',
          actor_type: 'token',
          actor_origin: 'customer',
          token_id: 'key-91',
          attribute: 'nameservers',
          old_value: ours,
          new_value: rogue,
          ...networks.foreign,
        },
        delegationChanged('delegation_probe', `acme-${name}.example`, ours, rogue),
      ],
    })),
    page: {
      should_page: true,
      after_n: 0,
      max_latency_s: 300,
      severity: 'high',
      detections: ['R05', 'R08'],
    },
    escalate: [{ after_n: 1 }, { after_n: 2 }],
    expected_cases: 1,
  },
  {
    id: 'transfer-asked-for-and-refused-in-time',
    why: 'The registry announces over EPP that another registrar asks for a name that nobody meant to move; no unlock was seen. Days are left to refuse it, so it pages at once, and the refusal belongs to the case.',
    anchor: '2026-05-13T03:00:00.000Z',
    domains: [{ domain: 'acme-near.example' }],
    sources: { epp_poll: true, registrar_audit: false, rdap_poll: false },
    acts: [
      { n: 0, at: 0, seen: [eppTransfer('acme-near.example', 'pending', 1, '2026-05-13T03:00:00Z')] },
      {
        n: 1,
        at: 3 * 3600,
        seen: [eppTransfer('acme-near.example', 'clientRejected', 2, '2026-05-13T06:00:00Z')],
      },
    ],
    page: { should_page: true, after_n: 0, max_latency_s: 320, severity: 'critical', detections: ['R04'] },
    expected_cases: 1,
  },
];
