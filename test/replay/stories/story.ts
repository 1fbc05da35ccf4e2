/**
 * Incidents of our own as code: a small world, its history, and the acts with everything a witness could have seen. The
 * result is an incident file (incidents/README.md) and is judged like one. Expectations are written by hand.
 */
import { createHash } from 'node:crypto';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import type {
  IncidentArrival,
  IncidentFile,
  IncidentSource,
} from '../../../collector/src/host/incident-file.ts';
import { base32OfHex } from '../../../collector/src/leaf/base32.ts';

const dayS = 86_400;

/** How each kind of source gets its facts; probes and polls see an interval. */
const kinds: Readonly<
  Record<string, { acquisition: string; confidence: number; intervalS: number; polled: boolean }>
> = {
  delegation_probe: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: true },
  answer_probe: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: true },
  rdap_poll: { acquisition: 'diff', confidence: 0.8, intervalS: 3600, polled: true },
  dns_provider_api_state: { acquisition: 'diff', confidence: 0.8, intervalS: 300, polled: true },
  registrar_audit: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  dns_provider_audit: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  identity_log: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  cloud_audit: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  mail_log: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  registrar_notice_mail: { acquisition: 'passive', confidence: 0.9, intervalS: 300, polled: false },
  epp_poll: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  ct_log: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  resolver_log: { acquisition: 'passive', confidence: 0.9, intervalS: 60, polled: false },
  bgp_feed: { acquisition: 'push', confidence: 0.95, intervalS: 60, polled: false },
  zone_feed: { acquisition: 'push', confidence: 0.95, intervalS: 3600, polled: false },
  dmarc_report: { acquisition: 'passive', confidence: 0.9, intervalS: dayS, polled: false },
  change_mgmt: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  pipeline: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  manual: { acquisition: 'manual', confidence: 0.9, intervalS: 300, polled: false },
};

type Fields = Record<string, unknown>;

/** What one witness saw: a canonical event without the parts that follow from its source, or a raw payload of a feed. */
export type Sight =
  | ({ readonly kind: string; readonly type: string; readonly delayS?: number } & Fields)
  | {
      readonly raw: SourceName;
      readonly payload: unknown;
      readonly delayS?: number;
      readonly contentType?: string;
    };

type RawSight = Extract<Sight, { readonly raw: SourceName }>;

function isRaw(sight: Sight): sight is RawSight {
  return 'raw' in sight;
}

/** One act. `at`: seconds after the anchor. */
export interface Act {
  readonly n: number;
  readonly at: number;
  readonly seen: readonly Sight[];
}

/** A domain of the story; everything has a sensible value. */
export interface StoryDomain {
  readonly domain: string;
  readonly tenant?: string;
  readonly tier?: number;
  readonly ns?: readonly string[];
  readonly ds?: readonly string[];
  readonly a?: readonly string[];
  readonly mx?: readonly string[];
  readonly txt?: readonly string[];
  readonly more?: readonly { name: string; type: string; values: readonly string[] }[];
  readonly account?: string;
  readonly provider?: string;
  readonly registrar?: string;
  readonly extra?: Fields;
  /** No lock where the registry knows none. */
  readonly lock?: boolean;
}

/** The whole story. */
export interface Story extends Pick<
  IncidentFile,
  | 'page'
  | 'alternative_page'
  | 'latest_acceptable_after_n'
  | 'early_warning'
  | 'escalate'
  | 'expected_cases'
  | 'must_not_checks'
> {
  readonly id: string;
  /** Public cases with these mechanics, and why the expectation is what it is. */
  readonly why: string;
  readonly anchor: string;
  readonly domains: readonly StoryDomain[];
  /** Source kinds; true: part of the minimal set. */
  readonly sources: Readonly<Record<string, boolean>>;
  readonly acts: readonly Act[];
  readonly accounts?: readonly Fields[];
  readonly principals?: readonly Fields[];
  readonly intents?: readonly Fields[];
  /** Further history, seconds before the anchor (negative `at`). */
  readonly history?: readonly Act[];
}

const ns = ['ns1.dns-a.example', 'ns2.dns-a.example'];
const place = { country: 'NL', asn: 64_496, as_org: 'Access Provider A' };

/** Where our people work, and where nobody of ours ever was. */
export const networks = {
  ours: {
    source_ip: '192.0.2.11',
    enrich: { source: { ...place, as_of: '2026-01-01', source: 'geo-table@1' } },
  },
  foreign: {
    source_ip: '203.0.113.112',
    enrich: {
      source: {
        country: 'MD',
        asn: 65_547,
        as_org: 'Network 65547',
        as_of: '2026-01-01',
        source: 'geo-table@1',
      },
    },
  },
} as const;

/** Network of an answer nobody approved. */
export const strangeTarget = {
  enrich: { target: { asn: 64_511, country: 'SC', as_of: '2026-01-01', source: 'geo-table@1' } },
} as const;

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

const context = {
  sha256: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex'),
  hmacSha256: (key: string, text: string) => createHash('sha256').update(`${key}|${text}`).digest('hex'),
};

function eventOf(story: Story, tenant: string, sight: Sight, atMs: number, salt: string): CanonicalEvent[] {
  if (isRaw(sight)) return rawEvents(tenant, sight, atMs);
  const { kind, type, delayS: _delay, ...fields } = sight as Fields & { kind: string; type: string };
  const how = kinds[kind];
  if (how === undefined) throw new Error(`${story.id}: unknown source kind ${kind}`);
  const seenMs = how.polled ? Math.ceil(atMs / 1000 / how.intervalS) * how.intervalS * 1000 : atMs;
  const { old_value: old, new_value: now } = fields;
  const sets = Array.isArray(old) && Array.isArray(now);
  const text = JSON.stringify({ type, kind, fields, seenMs, salt, story: story.id });
  return [
    {
      schema: 'urn:zonewarden:event:1.0',
      event_id: base32OfHex(sha(text), 26),
      event_type: type,
      outcome: 'success',
      tenant,
      timestamp: instant(seenMs),
      ...(how.polled ? { timestamp_earliest: instant(seenMs - how.intervalS * 1000) } : {}),
      timestamp_precision: how.polled ? 'interval' : 's',
      observed_at: instant(seenMs + 800),
      ingested_at: instant(seenMs + 2000),
      source_system: kind.replace(/_.*/, ''),
      source_kind: kind,
      source_instance: `${kind}-1`,
      acquisition: how.acquisition,
      confidence: how.confidence,
      confidence_basis: 'story',
      normaliser: 'story@1',
      actor_id: 'unknown',
      actor_type: 'unknown',
      actor_origin: 'unknown',
      approval_state: 'not_checked',
      old_known: old !== undefined && old !== null,
      ...(sets
        ? {
            added: (now as string[]).filter((each) => !(old as string[]).includes(each)),
            removed: (old as string[]).filter((each) => !(now as string[]).includes(each)),
          }
        : {}),
      ...(how.polled ? {} : { source_event_id: sha(text).slice(0, 32) }),
      transaction_id: how.polled ? `snap-${kind}-${seenMs}` : `req-${sha(text).slice(0, 12)}`,
      raw: { sha256: sha(text), content_type: 'application/json', size: text.length, inline: text },
      ...fields,
    } as unknown as CanonicalEvent,
  ];
}

function rawEvents(tenant: string, sight: RawSight, atMs: number): CanonicalEvent[] {
  const normaliser = normaliserFor(sight.raw);
  if (normaliser === undefined) throw new Error(`no normaliser ${sight.raw}`);
  const text = typeof sight.payload === 'string' ? sight.payload : JSON.stringify(sight.payload);
  const receivedAtMs = atMs + 2000;
  const done = normaliseRecord(
    {
      tenant,
      source: sight.raw,
      receivedAtMs,
      contentType: sight.contentType ?? (text.startsWith('<') ? 'application/xml' : 'application/json'),
      verified: true,
      bytes: Buffer.from(text),
    },
    normaliser,
    receivedAtMs,
    context,
  );
  if (!done.ok) throw new Error(`${sight.raw}: ${done.failure.path}: ${done.failure.message}`);
  if (done.value.events.length === 0) throw new Error(`${sight.raw}: the payload gives no event`);
  return [...done.value.events];
}

function tenantOf(story: Story, sight: Sight): string {
  const domain = 'domain' in sight ? sight['domain'] : undefined;
  const named = 'tenant' in sight ? sight['tenant'] : undefined;
  if (typeof named === 'string') return named;
  return story.domains.find((each) => each.domain === domain)?.tenant ?? 'acme';
}

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

/** Change of a served answer, as the answer probes tell it. */
export function answerChanged(
  domain: string,
  name: string,
  type: string,
  old: readonly string[],
  now: readonly string[],
  more: Fields = {},
): Sight {
  return {
    kind: 'answer_probe',
    type: 'dnsquery.answer.changed',
    domain,
    zone: domain,
    record_name: name,
    record_type: type,
    old_value: old,
    new_value: now,
    query: { vantage: '3 of 3', question: `${name} ${type}`, answers: now, validated: false },
    ...strangeTarget,
    ...more,
  };
}

/** Change of the delegation, as a kind of source tells it. */
export function delegationChanged(
  kind: string,
  domain: string,
  old: readonly string[],
  now: readonly string[],
  more: Fields = {},
): Sight {
  return {
    kind,
    type: 'registrar.domain.nameservers_changed',
    domain,
    attribute: 'nameservers',
    old_value: old,
    new_value: now,
    ...more,
  };
}

/** A certificate seen in a log. */
export function certificateLogged(
  domain: string,
  names: readonly string[],
  issuer: string,
  more: Fields = {},
): Sight {
  const id = sha(`${names.join()}${issuer}`);
  return {
    kind: 'ct_log',
    type: 'cert.precert_logged',
    domain,
    cert: {
      tbs_sha256: id,
      fingerprint_sha256: id,
      spki_sha256: sha(`key${id}`),
      serial: id.slice(0, 20),
      issuer_cn: issuer,
      issuer_org: issuer,
      names,
      validation: 'dv',
      is_precert: true,
    },
    ...more,
  };
}
