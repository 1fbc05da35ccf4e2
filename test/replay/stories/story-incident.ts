/** The incident file (incidents/README.md) of a story, which is judged like any other. */
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type {
  IncidentArrival,
  IncidentFile,
  IncidentSource,
} from '../../../collector/src/host/incident-file.ts';
import { eventOf, instant, kinds, tenantOf } from './story-events.ts';
import type { Fields, Sight, StoryDomain, Story } from './story.ts';
import { networks } from './sights.ts';

const dayS = 86_400;
const ns = ['ns1.dns-a.example', 'ns2.dns-a.example'];

function recordsOf(each: StoryDomain): { name: string; type: string; values: readonly string[] }[] {
  const { domain, a = ['198.51.100.10'], mx, txt, more = [] } = each;
  return [
    ...(a.length === 0 ? [] : [{ name: domain, type: 'A', values: a }]),
    ...(mx === undefined ? [] : [{ name: domain, type: 'MX', values: mx }]),
    ...(txt === undefined ? [] : [{ name: domain, type: 'TXT', values: txt }]),
    ...more,
  ];
}

function inventoryOf(story: Story): unknown {
  const tenants = [...new Set(story.domains.map(({ tenant = 'acme' }) => tenant))].sort();
  const accounts = story.accounts ?? [
    {
      id: 'registrar-a/4711',
      tenant: 'acme',
      admins: ['okta:alice@acme-corp.example', 'okta:bob@acme-corp.example'],
      mfa: 'webauthn',
      contact_mailboxes: ['domains@acme-corp.example'],
      event_feed: 'webhook',
    },
  ];
  const person = (name: string): Fields => ({
    id: `okta:${name}@acme-corp.example`,
    tenant: 'acme',
    aliases: [`registrar-a:${name}`, `provider-a:${name}`, `${name}@acme-corp.example`],
    usual: { countries: ['NL'], asns: [64_496], methods: ['sso'] },
  });
  return {
    version: 1,
    tenants: tenants.map((id) => ({ id })),
    teams: tenants.map((tenant) => ({ id: 'dns-ops', tenant })),
    registrar_accounts: accounts,
    principals: story.principals ?? [person('alice'), person('bob')],
    domains: story.domains.map((each) => ({
      domain: each.domain,
      tenant: each.tenant ?? 'acme',
      tier: each.tier ?? 0,
      owner: 'core',
      team: 'dns-ops',
      registrar_account: each.account ?? 'registrar-a/4711',
      dns_provider: each.provider ?? 'provider-a',
      expect: {
        ...(each.lock === false ? {} : { transfer_lock: true }),
        dnssec: each.ds === undefined ? 'unsigned' : 'signed',
      },
      expires: '2027-06-01',
      approved: {
        nameservers: each.ns ?? ns,
        ...(each.ds === undefined ? {} : { ds: each.ds }),
        records: recordsOf(each),
        certificate_authorities: [
          { issuer: 'Example Trust CA', accounts: ['https://acme.trust-ca.example/acct/1'] },
        ],
      },
      critical_hosts: ['www'],
      ...each.extra,
    })),
  };
}

/** What every source that is there has told for weeks: state of names, and people at work. */
function warmupOf(story: Story, anchorMs: number): { event: CanonicalEvent }[] {
  const out: { event: CanonicalEvent }[] = [];
  const has = (kind: string): boolean => kind in story.sources;
  const add = (tenant: string, daysBefore: number, sight: Sight): void => {
    const atMs = anchorMs - daysBefore * dayS * 1000;
    for (const event of eventOf(story, tenant, sight, atMs, `warm-${daysBefore}`)) out.push({ event });
  };
  for (const each of story.domains) {
    const { domain, tenant = 'acme', registrar = 'registrar-a' } = each;
    const state = (kind: string, attribute: string, value: unknown): void => {
      if (!has(kind)) return;
      for (const days of [60, 30, 1])
        add(tenant, days, {
          kind,
          type: 'registrar.domain.state_observed',
          domain,
          attribute,
          old_value: null,
          new_value: value,
          ...(kind === 'rdap_poll' ? { registrar } : {}),
        });
    };
    state('delegation_probe', 'nameservers', each.ns ?? ns);
    state('delegation_probe', 'ds', each.ds ?? []);
    state('rdap_poll', 'registrar', registrar);
    state('rdap_poll', 'expiry', '2027-06-01T00:00:00.000Z');
    state('rdap_poll', 'statuses', each.lock === false ? ['active'] : ['clientTransferProhibited']);
    for (const { name, type, values } of recordsOf(each)) {
      if (has('answer_probe'))
        for (const days of [30, 1])
          add(tenant, days, {
            kind: 'answer_probe',
            type: 'dnsquery.answer.observed',
            domain,
            zone: domain,
            record_name: name,
            record_type: type,
            query: {
              vantage: '3 of 3',
              question: `${name} ${type}`,
              answers: values,
              validated: each.ds !== undefined,
            },
            new_value: values,
            old_value: null,
            enrich: { target: { asn: 64_500, country: 'NL', as_of: '2026-01-01', source: 'geo-table@1' } },
          });
      if (has('dns_provider_api_state'))
        add(tenant, 1, {
          kind: 'dns_provider_api_state',
          type: 'registrar.domain.state_observed',
          domain,
          zone: domain,
          record_name: name,
          record_type: type,
          attribute: 'records',
          old_value: null,
          new_value: values,
        });
    }
  }
  for (let days = 88; days > 1; days -= 8)
    for (const name of ['alice', 'bob']) {
      if (has('identity_log'))
        add('acme', days, {
          kind: 'identity_log',
          type: 'identity.session.login_succeeded',
          actor_id: `okta:${name}@acme-corp.example`,
          actor_type: 'user',
          actor_origin: 'customer',
          auth_method: 'sso',
          mfa: 'webauthn',
          ...networks.ours,
        });
      if (has('registrar_audit'))
        add('acme', days, {
          kind: 'registrar_audit',
          type: 'registrar.session.login_succeeded',
          actor_id: `registrar-a:${name}`,
          actor_type: 'user',
          actor_origin: 'customer',
          auth_method: 'sso',
          mfa: 'webauthn',
          registrar: 'registrar-a',
          registrar_account: 'registrar-a/4711',
          ...networks.ours,
        });
    }
  for (const { at, seen } of story.history ?? [])
    for (const sight of seen)
      for (const event of eventOf(
        story,
        tenantOf(story, sight),
        sight,
        anchorMs + at * 1000,
        `history-${at}`,
      ))
        out.push({ event });
  return out.sort((x, y) => (x.event.timestamp < y.event.timestamp ? -1 : 1));
}

/** The incident file of a story. */
export function incidentOf(story: Story): IncidentFile & { replay: NonNullable<IncidentFile['replay']> } {
  const anchorMs = Date.parse(story.anchor);
  const events: IncidentArrival[] = story.acts.flatMap(({ n, at, seen }) =>
    seen.flatMap((sight) =>
      eventOf(story, tenantOf(story, sight), sight, anchorMs + at * 1000, String(n)).map((event) => ({
        n,
        arrival: instant(Date.parse(event.timestamp) + 2000 + (sight.delayS ?? 0) * 1000),
        event,
      })),
    ),
  );
  events.sort((x, y) => (x.arrival < y.arrival ? -1 : x.arrival > y.arrival ? 1 : x.n - y.n));
  const sources: IncidentSource[] = Object.entries(story.sources).map(([kind, minimal]) => ({
    source_kind: kind,
    interval_s: kinds[kind]?.intervalS ?? 60,
    in_minimal: minimal,
  }));
  const { id, anchor: _anchor, why: _why, domains: _domains, accounts: _accounts, ...rest } = story;
  const { principals: _principals, history: _history, intents, sources: _sources, acts, ...expected } = rest;
  return {
    id,
    anchor: { utc: story.anchor },
    sequence: acts.map(({ n, at }) => ({ n, t_offset_s: at })),
    ...expected,
    replay: {
      inventory: inventoryOf(story),
      intents: intents ?? [],
      sources,
      warmup: warmupOf(story, anchorMs),
      events,
    },
  };
}
