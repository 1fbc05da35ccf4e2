/** The stage on which habits act: virtual time, deliveries, witnesses with their delays, and tickets. */
import { createHash } from 'node:crypto';
import {
  eventSchemaUrn,
  type CanonicalEvent,
  type EventValue,
  type SourceKind,
} from '../../collector/src/contract/event.ts';
import type { Intent, IntentChange } from '../../collector/src/contract/inventory.ts';
import { base32OfHex } from '../../collector/src/leaf/base32.ts';
import { formatInstant } from '../../collector/src/leaf/time.ts';
import {
  benignIntent,
  tenant,
  type Network,
  type World,
  type WorldAdmin,
  type WorldDomain,
} from './benign-world.ts';
import type { SeededRandom } from './seeded-random.ts';

/** An event on its way to the collector. */
export interface Delivery {
  readonly ingestMs: number;
  readonly event: CanonicalEvent;
}

/** Fields a habit may set beside the ones the stage fills in. */
export type EventFields = Partial<CanonicalEvent>;

interface Witness {
  readonly system: string;
  readonly acquisition: CanonicalEvent['acquisition'];
  readonly confidence: number;
  /** Poll interval, ms; 0: pushed. */
  readonly everyMs: number;
  readonly delayMs: number;
}

const minute = 60_000;
const witnesses: Partial<Record<SourceKind, Witness>> = {
  registrar_audit: { system: 'registrar', acquisition: 'push', confidence: 0.99, everyMs: 0, delayMs: 4000 },
  registrar_notice_mail: {
    system: 'mailbox',
    acquisition: 'push',
    confidence: 0.9,
    everyMs: 0,
    delayMs: 90_000,
  },
  dns_provider_audit: { system: 'dns', acquisition: 'push', confidence: 0.99, everyMs: 0, delayMs: 3000 },
  identity_log: { system: 'okta', acquisition: 'poll', confidence: 0.95, everyMs: 0, delayMs: 60_000 },
  change_mgmt: { system: 'tickets', acquisition: 'push', confidence: 0.99, everyMs: 0, delayMs: 2000 },
  mail_log: { system: 'mail', acquisition: 'poll', confidence: 0.95, everyMs: 0, delayMs: 120_000 },
  acme_log: { system: 'acme', acquisition: 'push', confidence: 0.99, everyMs: 0, delayMs: 2000 },
  ct_log: { system: 'ct', acquisition: 'passive', confidence: 0.9, everyMs: 0, delayMs: 40_000 },
  zone_feed: { system: 'zonestream', acquisition: 'passive', confidence: 0.9, everyMs: 0, delayMs: 60_000 },
  resolver_log: { system: 'resolver', acquisition: 'passive', confidence: 0.9, everyMs: 0, delayMs: 60_000 },
  bgp_feed: { system: 'bgp', acquisition: 'push', confidence: 0.99, everyMs: 0, delayMs: 15_000 },
  dmarc_report: { system: 'dmarc', acquisition: 'passive', confidence: 0.9, everyMs: 0, delayMs: 600_000 },
  rdap_poll: { system: 'rdap', acquisition: 'diff', confidence: 0.8, everyMs: 60 * minute, delayMs: 4000 },
  registrar_api_state: {
    system: 'registrar',
    acquisition: 'diff',
    confidence: 0.8,
    everyMs: 6 * 60 * minute,
    delayMs: 4000,
  },
  delegation_probe: {
    system: 'delegation_probe',
    acquisition: 'poll',
    confidence: 0.95,
    everyMs: minute,
    delayMs: 2000,
  },
  answer_probe: {
    system: 'answer_probe',
    acquisition: 'poll',
    confidence: 0.95,
    everyMs: minute,
    delayMs: 2500,
  },
};

/** Source kinds of the organisation with their intervals, ms. */
export const benignSources: readonly (readonly [kind: SourceKind, intervalMs: number])[] = (
  Object.entries(witnesses) as [SourceKind, Witness][]
).map(([kind, { everyMs }]) => [kind, everyMs === 0 ? minute : everyMs] as const);

/** Something to do at a moment. */
export interface Act {
  readonly atMs: number;
  readonly act: () => void;
}

/** The stage. */
export class BenignStage {
  readonly world: World;
  readonly random: SeededRandom;
  readonly startMs: number;
  readonly endMs: number;
  readonly intents: Intent[] = [];
  deliveries: Delivery[] = [];
  nowMs: number;
  readonly #acts = new Map<number, Act[]>();
  #count = 0;
  #tickets = 0;
  /** Source kinds that are silent, with the moment at which they speak again. */
  readonly #silent = new Map<string, number>();

  constructor(world: World, random: SeededRandom, startMs: number, endMs: number) {
    this.world = world;
    this.random = random;
    this.startMs = startMs;
    this.endMs = endMs;
    this.nowMs = startMs;
  }

  /** Puts an act on the calendar; acts after the end never happen. */
  at(atMs: number, act: () => void): void {
    if (atMs < this.nowMs || atMs >= this.endMs) return;
    const day = Math.floor(atMs / 86_400_000);
    const list = this.#acts.get(day);
    if (list === undefined) this.#acts.set(day, [{ atMs, act }]);
    else list.push({ atMs, act });
  }

  /** Plays one UTC day in order of time, also acts that other acts put on the same day. */
  playDay(day: number): void {
    let queue: Act[] = [];
    for (;;) {
      const added = this.#acts.get(day);
      if (added !== undefined) {
        this.#acts.delete(day);
        queue = [...queue, ...added].sort((a, b) => b.atMs - a.atMs);
      }
      const next = queue.pop();
      if (next === undefined) return;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.act();
    }
  }

  /** Says something through a witness, now or at `atMs`; polled witnesses see it at their next tick. */
  say(kind: SourceKind, type: string, fields: EventFields, atMs = this.nowMs): void {
    const witness = witnesses[kind] as Witness;
    const polled = witness.everyMs > 0;
    const seenMs = polled ? (Math.floor(atMs / witness.everyMs) + 1) * witness.everyMs : atMs;
    const backMs = this.#silent.get(kind) ?? 0;
    if (seenMs < backMs && witness.acquisition === 'passive') return;
    const eventMs = polled && seenMs < backMs ? backMs : seenMs;
    const ingestMs = Math.max(eventMs, backMs) + witness.delayMs + this.random.between(0, 1500);
    const id = createHash('sha256').update(`${kind}/${type}/${this.#count++}`).digest('hex');
    const event: CanonicalEvent = {
      schema: eventSchemaUrn,
      event_id: base32OfHex(id, 26),
      event_type: type,
      outcome: 'success',
      tenant,
      timestamp: formatInstant(eventMs),
      ...(polled ? { timestamp_earliest: formatInstant(eventMs - witness.everyMs) } : {}),
      timestamp_precision: polled ? 'interval' : 'ms',
      observed_at: formatInstant(ingestMs - 500),
      ingested_at: formatInstant(ingestMs),
      source_system: witness.system,
      source_kind: kind,
      source_instance: `${witness.system}-1`,
      acquisition: witness.acquisition,
      confidence: witness.confidence,
      normaliser: 'benign-year@1',
      actor_id: 'unknown',
      actor_type: 'unknown',
      actor_origin: 'unknown',
      transaction_id: polled ? `snap-${kind}-${fields.domain ?? ''}-${eventMs}` : `req-${id.slice(0, 12)}`,
      approval_state: 'not_checked',
      ...fields,
      raw: { sha256: id, size: 300 },
    };
    this.deliveries.push({ ingestMs, event });
  }

  /** A source goes silent until `untilMs`; what it is told meanwhile arrives afterwards or, if passive, never. */
  silence(kind: SourceKind, untilMs: number): void {
    this.#silent.set(kind, untilMs);
    this.#pipeline('pipeline.source.silent', kind, this.nowMs + 5 * minute);
    this.#pipeline('pipeline.source.recovered', kind, untilMs);
  }

  #pipeline(type: string, kind: SourceKind, atMs: number): void {
    const id = createHash('sha256').update(`${type}/${kind}/${this.#count++}`).digest('hex');
    const at = formatInstant(atMs);
    this.deliveries.push({
      ingestMs: atMs,
      event: {
        schema: eventSchemaUrn,
        event_id: base32OfHex(id, 26),
        event_type: type,
        outcome: 'success',
        tenant,
        timestamp: at,
        timestamp_precision: 'ms',
        observed_at: at,
        ingested_at: at,
        source_system: 'zonewarden',
        source_kind: 'pipeline',
        acquisition: 'inferred',
        confidence: 1,
        actor_id: 'unknown',
        actor_type: 'system',
        actor_origin: 'unknown',
        attribute: kind,
        new_value: kind,
        old_known: false,
        source: { source_kind: kind },
        approval_state: 'not_checked',
        raw: { sha256: id, size: 100 },
      },
    });
  }

  /** Files an approved ticket; its number goes on the claims. `knownMs`: when the collector hears of it. */
  ticket(changes: readonly IntentChange[], untilMs: number, knownMs = this.nowMs): string {
    const id = `CHG-${++this.#tickets}`;
    this.intents.push(
      benignIntent(id, changes, Math.min(knownMs, this.nowMs), untilMs, knownMs, formatInstant),
    );
    this.say(
      'change_mgmt',
      'change.request.approved',
      { change_request_id: id, actor_id: 'okta:admin1@calm-corp.example', actor_type: 'user' },
      knownMs,
    );
    return id;
  }

  /** Who does something: identity and network of a person, as an audit log of `realm` writes it. */
  by(admin: WorldAdmin, realm: string): EventFields {
    return {
      actor_id: `${realm}:${admin.name}`,
      actor_type: 'user',
      actor_origin: 'customer',
      actor_email: admin.mail,
      auth_method: 'sso',
      mfa: 'webauthn',
      user_agent: admin.agent,
      ...this.from(admin.place),
    };
  }

  /** A deployment robot. */
  robot(token: string, run: string | undefined): EventFields {
    return {
      actor_id: 'dns:ci-deployer',
      actor_type: 'token',
      actor_origin: 'customer',
      auth_method: 'token',
      mfa: 'none',
      token_id: token,
      ...(run === undefined ? {} : { deployment_correlation_id: run }),
      ...this.from(this.world.ciNetwork),
    };
  }

  /** Address and network facts. */
  from(network: Network): EventFields {
    return {
      source_ip: `${network.prefix}.${this.random.between(1, 250)}`,
      enrich: {
        source: {
          country: network.country,
          asn: network.asn,
          as_org: network.organisation,
          as_of: '2026-01-01',
          source: 'geo-table@1',
        },
      },
    };
  }

  /** A change in the registrar account of a domain, as far as its feed tells it. True when something was told. */
  claim(domain: WorldDomain, type: string, fields: EventFields, who: EventFields): boolean {
    const { account } = domain;
    const common = {
      domain: domain.name,
      registrar: account.registrar,
      registrar_account: account.id,
      ...fields,
    };
    if (account.feed === 'webhook' || account.feed === 'poll') {
      this.say('registrar_audit', type, {
        source_system: account.registrar,
        source_instance: account.id,
        ...common,
        ...who,
      });
      return true;
    }
    if (account.feed === 'mail') {
      this.say('registrar_notice_mail', type, { ...common, mail: { mailbox: 'domains@calm-corp.example' } });
      return true;
    }
    return false;
  }
}

/** Old and new value of a set with the difference spelled out. */
export function setChange(oldValue: readonly string[] | null, newValue: readonly string[]): EventFields {
  const before = oldValue ?? [];
  return {
    old_value: (oldValue === null ? null : [...before].sort()) as EventValue,
    new_value: [...newValue].sort(),
    old_known: true,
    added: newValue.filter((item) => !before.includes(item)).sort(),
    removed: before.filter((item) => !newValue.includes(item)).sort(),
  };
}
