/** Runs annotators over messages without an engine: scopes in order, keys as the engine forms them, timers in virtual time. */
import { createHash } from 'node:crypto';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Intent, Inventory, InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import type {
  Annotation,
  Annotator,
  DerivedDraft,
  Directive,
  EntityKey,
  InventoryView,
  Message,
  Scope,
  SourceStatus,
  StateView,
  StepContext,
} from '../../../collector/src/contract/step.ts';
import { formatInstant, parseInstant } from '../../../collector/src/leaf/time.ts';

const scopes: readonly Scope[] = ['principal', 'account', 'domain', 'organisation'];

export interface HarnessOptions {
  readonly inventory?: Inventory;
  readonly sources?: readonly { kind: string; intervalMs: number; alive?: boolean }[];
  /** How long a kind was silent between two moments; absent: never. */
  readonly silentMs?: (kind: string, fromMs: number, toMs: number) => number;
  /** JSON round trip of all state between any two messages, as a restart would. */
  readonly restarts?: boolean;
}

/** State of one key as plain JSON. */
export function stateOf(store: Record<string, unknown>): StateView {
  return {
    get: <T>(name: string) => (Object.hasOwn(store, name) ? (store[name] as T) : undefined),
    edit: <T extends object>(name: string, initial: () => T) => {
      if (!Object.hasOwn(store, name)) store[name] = initial();
      return store[name] as T;
    },
    put: (name, value) => void (store[name] = value),
    delete: (name) => void delete store[name],
    names: (prefix = '') =>
      Object.keys(store)
        .filter((name) => name.startsWith(prefix))
        .sort(),
  };
}

/** Inventory as a view. */
export function inventoryView(inventory: Inventory): InventoryView {
  const domains = (inventory.domains ?? []).toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
  return {
    version: '1',
    domain: (tenant, name) => domains.find((entry) => entry.tenant === tenant && entry.domain === name),
    account: (tenant, id) =>
      inventory.registrar_accounts?.find((entry) => entry.tenant === tenant && entry.id === id),
    principal: (tenant, id) =>
      inventory.principals?.find(
        (entry) => entry.tenant === tenant && (entry.id === id || entry.aliases?.includes(id)),
      ),
    domains: (tenant) => domains.filter((entry) => entry.tenant === tenant),
    domainsOfAccount: (tenant, account) =>
      domains.filter((entry) => entry.tenant === tenant && entry.registrar_account === account),
    allDomains: () => domains.map((entry) => entry.domain).sort(),
    accountsOfMailbox: () => [],
    tenantsOf: (name) => domains.filter((entry) => entry.domain === name).map((entry) => entry.tenant),
  };
}

export interface Harness {
  readonly states: Record<string, Record<string, unknown>>;
  readonly derived: { atMs: number; key: EntityKey; draft: DerivedDraft }[];
  /** `turn`: when it has its turn, for an event that comes late. */
  event(event: CanonicalEvent, turn?: string): CanonicalEvent;
  intent(intent: Intent): void;
  /** A word of a person about a case, with the entities it names. */
  directive(type: Directive['type'], timestamp: string, data: Record<string, unknown>): void;
  /** Runs timers that are due up to and including `atMs`. */
  advance(atMs: number): void;
  context(atMs: number): StepContext;
  state(scope: Scope, id: string): StateView;
}

export function ms(text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`no time: ${text}`);
  return instant.ms;
}

export function createHarness(annotators: readonly Annotator[], options: HarnessOptions = {}): Harness {
  const inventory = inventoryView(options.inventory ?? { version: 1 });
  const tenant = options.inventory?.domains?.[0]?.tenant ?? 'acme';
  let states: Record<string, Record<string, unknown>> = {};
  const timers = new Map<string, { atMs: number; name: string; annotator: Annotator; key: EntityKey }>();
  const derived: { atMs: number; key: EntityKey; draft: DerivedDraft }[] = [];
  const statuses: SourceStatus[] = (options.sources ?? []).map(({ kind, intervalMs, alive }) => ({
    kind,
    intervalMs,
    alive: alive ?? true,
  }));
  const context = (nowMs: number): StepContext => ({
    nowMs,
    watermarkMs: nowMs,
    late: false,
    warmup: false,
    inventory,
    sources: {
      status: (_t, kind) => statuses.find((status) => status.kind === kind),
      silentMs: (_t, kind, fromMs, toMs) => options.silentMs?.(kind, fromMs, toMs) ?? 0,
      silentKinds: (_t) => statuses.filter(({ alive }) => !alive).map(({ kind }) => kind),
      kinds: () => statuses,
    },
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  });
  const storeOf = (scope: Scope, id: string) => (states[`${scope}|${id}`] ??= {});

  function idOf(scope: Scope, event: CanonicalEvent): string | undefined {
    if (scope === 'organisation') return '';
    if (scope === 'domain') return event.domain;
    if (scope === 'account')
      return event.registrar_account ?? inventory.domain(tenant, event.domain ?? '')?.registrar_account;
    if (event.actor_id === 'unknown') return undefined;
    return inventory.principal(tenant, event.actor_id)?.id ?? event.actor_id;
  }

  function collect(annotator: Annotator, key: EntityKey, annotation: Annotation, nowMs: number): void {
    for (const draft of annotation.derived ?? []) derived.push({ atMs: nowMs, key, draft });
    for (const { name, atMs } of annotation.timers ?? []) {
      const id = `${key.scope}|${key.id}|${annotator.name}/${name}`;
      if (atMs === null) timers.delete(id);
      else timers.set(id, { atMs, name, annotator, key });
    }
    if (options.restarts === true) states = JSON.parse(JSON.stringify(states)) as typeof states;
  }

  function advance(atMs: number): void {
    for (;;) {
      const due = [...timers.entries()]
        .filter(([, timer]) => timer.atMs <= atMs)
        .sort(([a, x], [b, y]) => x.atMs - y.atMs || (a < b ? -1 : 1))[0];
      if (due === undefined) return;
      const [id, { annotator, key, name, atMs: dueMs }] = due;
      timers.delete(id);
      const annotation =
        annotator.due?.(stateOf(storeOf(key.scope, key.id)), name, key, context(dueMs)) ?? {};
      collect(annotator, key, annotation, dueMs);
    }
  }

  function wants(annotator: Annotator, type: string): boolean {
    return (
      annotator.wants === undefined ||
      annotator.wants.some((want) => type === want || (want.endsWith('.') && type.startsWith(want)))
    );
  }

  return {
    get states() {
      return states;
    },
    derived,
    context,
    advance,
    state: (scope, id) => stateOf(storeOf(scope, id)),
    event(first, turn) {
      const timeMs = ms(turn ?? first.timestamp);
      const late = turn !== undefined;
      advance(timeMs - 1);
      let event = first;
      for (const scope of scopes) {
        const id = idOf(scope, event);
        if (id === undefined) continue;
        const key: EntityKey = { scope, tenant, id };
        for (const annotator of annotators) {
          if (annotator.scope !== scope || !wants(annotator, event.event_type)) continue;
          const message: Message = {
            kind: 'event',
            timeMs,
            ingestMs: timeMs,
            id: event.event_id,
            tenant,
            event,
          };
          const now = { ...context(timeMs), late };
          const annotation = annotator.step(stateOf(storeOf(scope, id)), message, now, key);
          event = { ...event, ...annotation.fields };
          if (annotation.features !== undefined)
            event = { ...event, feature: { ...event.feature, ...annotation.features } };
          collect(annotator, key, annotation, timeMs);
        }
      }
      return event;
    },
    intent(intent) {
      const timeMs = ms(intent.known_at ?? intent.valid_from);
      advance(timeMs - 1);
      for (const scope of scopes) {
        const field = scope === 'organisation' ? undefined : scope;
        const ids = new Set(
          field === undefined ? [''] : intent.changes.flatMap((change) => change[field] ?? []),
        );
        for (const id of ids)
          for (const annotator of annotators) {
            if (annotator.scope !== scope) continue;
            const key: EntityKey = { scope, tenant, id };
            const message: Message = {
              kind: 'intent',
              timeMs,
              ingestMs: timeMs,
              id: intent.id,
              tenant,
              intent,
            };
            const annotation = annotator.step(stateOf(storeOf(scope, id)), message, context(timeMs), key);
            collect(annotator, key, annotation, timeMs);
          }
      }
    },
    directive(type, timestamp, data) {
      const timeMs = ms(timestamp);
      advance(timeMs - 1);
      const named = { domain: 'domains', account: 'accounts', principal: 'actors' } as const;
      for (const scope of scopes) {
        const ids = scope === 'organisation' ? [''] : ((data[named[scope]] ?? []) as string[]);
        for (const id of ids)
          for (const annotator of annotators) {
            if (annotator.scope !== scope) continue;
            const key: EntityKey = { scope, tenant, id };
            const directive = { type, tenant, by: 'okta:bob', data };
            const message: Message = {
              kind: 'directive',
              timeMs,
              ingestMs: timeMs,
              id: `${type}/${timestamp}`,
              tenant,
              directive,
            };
            const annotation = annotator.step(stateOf(storeOf(scope, id)), message, context(timeMs), key);
            collect(annotator, key, annotation, timeMs);
          }
      }
    },
  };
}

let counter = 0;

/** A canonical event with sensible rest; ids count up unless given. */
export function eventOf(
  fields: Partial<CanonicalEvent> & { event_type: string; timestamp: string },
): CanonicalEvent {
  counter += 1;
  const id = counter
    .toString(26)
    .replace(/[0-9a-p]/g, (digit) => 'abcdefghijklmnopqrstuvwxyz'[parseInt(digit, 26)] ?? 'a');
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: id.padStart(26, 'a'),
    outcome: 'success',
    tenant: 'acme',
    timestamp_precision: 's',
    observed_at: fields.timestamp,
    ingested_at: fields.timestamp,
    source_system: 'test',
    source_kind: 'delegation_probe',
    acquisition: 'poll',
    confidence: 0.95,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    raw: { sha256: '0'.repeat(64), size: 0 },
    ...fields,
  };
}

/** Time `minutes` after a base. */
export function at(base: string, minutes: number): string {
  return formatInstant(ms(base) + minutes * 60_000);
}

/** An inventory with one tier-0 domain in one account. */
export function smallInventory(domain: Partial<InventoryDomain> = {}): Inventory {
  return {
    version: 1,
    registrar_accounts: [
      {
        id: 'registrar-a/4711',
        tenant: 'acme',
        admins: ['okta:alice@acme.example'],
        mfa: 'webauthn',
        event_feed: 'webhook',
        contact_mailboxes: ['domains@acme-corp.example'],
      },
    ],
    principals: [
      {
        id: 'okta:alice@acme.example',
        tenant: 'acme',
        aliases: ['registrar-a:alice', 'alice@acme.example'],
        usual: { countries: ['NL'], asns: [64496], methods: ['sso'] },
      },
    ],
    domains: [
      {
        domain: 'pay.example',
        tenant: 'acme',
        tier: 0,
        registrar_account: 'registrar-a/4711',
        expect: { transfer_lock: true },
        approved: {
          nameservers: ['ns1.provider-a.example', 'ns2.provider-a.example'],
          records: [{ name: 'pay.example', type: 'A', values: ['192.0.2.10'] }],
        },
        ...domain,
      },
    ],
  };
}
