/** A keeper with a strict state: every value goes through JSON between messages, and what `get` returns is frozen. */
import type { Case } from '../../../collector/src/contract/case.ts';
import { isCase } from '../../../collector/src/contract/case.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import {
  isFinding,
  type Evidence,
  type Finding,
  type FindingDraft,
} from '../../../collector/src/contract/finding.ts';
import type {
  InventoryAccount,
  InventoryDomain,
  InventoryPrincipal,
} from '../../../collector/src/contract/inventory.ts';
import type {
  CaseKeeper,
  CaseResult,
  Directive,
  InventoryView,
  Message,
  StateView,
  StepContext,
} from '../../../collector/src/contract/step.ts';
import { createHash } from 'node:crypto';
import assert from 'node:assert/strict';
import { createCaseKeeper } from '../../../collector/src/7-case/case-keeper.ts';
import type { CompositeRisk } from '../../../collector/src/7-case/risk-signals.ts';
import type { Playbook } from '../../../collector/src/7-case/playbook.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

/** State whose values are text between steps. `touched` counts names read or written since `commit`. */
export class TextState implements StateView {
  readonly texts = new Map<string, string>();
  #open = new Map<string, unknown>();
  touched = 0;

  get<T>(name: string): T | undefined {
    this.touched++;
    if (this.#open.has(name)) return this.#open.get(name) as T;
    const text = this.texts.get(name);
    return text === undefined ? undefined : freeze(JSON.parse(text) as T);
  }
  edit<T extends object>(name: string, initial: () => T): T {
    this.touched++;
    if (this.#open.has(name)) return this.#open.get(name) as T;
    const text = this.texts.get(name);
    const value = text === undefined ? initial() : (JSON.parse(text) as T);
    this.#open.set(name, value);
    return value;
  }
  put(name: string, value: unknown): void {
    this.touched++;
    this.#open.delete(name);
    this.texts.set(name, JSON.stringify(value));
  }
  delete(name: string): void {
    this.touched++;
    this.#open.delete(name);
    this.texts.delete(name);
  }
  names(prefix = ''): string[] {
    this.touched += this.texts.size;
    return [...new Set([...this.texts.keys(), ...this.#open.keys()])]
      .filter((name) => name.startsWith(prefix))
      .sort();
  }
  commit(): void {
    for (const [name, value] of this.#open) this.texts.set(name, JSON.stringify(value));
    this.#open.clear();
    this.touched = 0;
  }
}

/** What the tests know about names, accounts and people. */
export interface TestInventory {
  readonly domains?: readonly Partial<InventoryDomain>[];
  readonly accounts?: readonly Partial<InventoryAccount>[];
  readonly principals?: readonly Partial<InventoryPrincipal>[];
}

function inventoryOf(given: TestInventory): InventoryView {
  const domains = (given.domains ?? []) as readonly InventoryDomain[];
  const principals = (given.principals ?? []) as readonly InventoryPrincipal[];
  return {
    version: 'test',
    domain: (tenant, name) => domains.find((each) => each.domain === name && each.tenant === tenant),
    account: (_tenant, id) =>
      (given.accounts as readonly InventoryAccount[] | undefined)?.find((each) => each.id === id),
    principal: (_tenant, id) =>
      principals.find((each) => each.id === id || each.aliases?.includes(id) === true),
    domains: (tenant) => domains.filter((each) => each.tenant === tenant),
    domainsOfAccount: (tenant, account) =>
      domains.filter((each) => each.tenant === tenant && each.registrar_account === account),
    allDomains: () => domains.map((each) => each.domain).sort(),
    accountsOfMailbox: (_tenant, mailbox) =>
      ((given.accounts ?? []) as readonly InventoryAccount[]).filter(
        ({ contact_mailboxes: list }) => list?.includes(mailbox) === true,
      ),
    tenantsOf: (domain) => domains.filter((each) => each.domain === domain).map((each) => each.tenant),
  };
}

/** 3.9 with plain arithmetic, written here so that this room's tests need no neighbour. */
export const plainRisk: CompositeRisk = (signals, nowMs) => {
  const ranks = new Map<string, number>();
  let left = 1;
  for (const each of [...signals].sort((a, b) => b.points * b.factor - a.points * a.factor)) {
    const rank = (ranks.get(each.rule) ?? 0) + 1;
    ranks.set(each.rule, rank);
    const age = (nowMs - each.ms) / 3_600_000;
    const share = (each.points / 100) * each.factor * 2 ** (-age / (each.ownership ? 72 : 24));
    left *= 1 - share * rank ** -1.5;
  }
  const planes = [...new Set(signals.map((each) => each.plane))].sort();
  const odds = ((1 - left) / left) * 1.5 ** (planes.length - 1);
  const terms = signals.map((signal) => ({ signal, p: (signal.points / 100) * signal.factor, rank: 1 }));
  return { risk: (100 * odds) / (1 + odds), planes, terms };
};

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** 2026-11-21T08:00:00Z. */
export const start = 1_795_248_000_000;

/** Runs a keeper over one tenant after the other and keeps the newest revision of everything. */
export class Bench {
  readonly keeper: CaseKeeper;
  readonly states = new Map<string, TextState>();
  readonly timers = new Map<string, number>();
  readonly cases = new Map<string, Case>();
  readonly findings = new Map<string, Finding>();
  readonly log: (Pick<CaseResult, 'findings' | 'cases'> & { tenant: string })[] = [];
  readonly #inventory: InventoryView;
  readonly #counts = new Map<string, number>();

  /** Message ids count per tenant: what one tenant sends never shows in another's. */
  #next(tenant: string): number {
    const count = this.#counts.get(tenant) ?? 0;
    this.#counts.set(tenant, count + 1);
    return count;
  }

  constructor(inventory: TestInventory = {}, playbooks: readonly Playbook[] = []) {
    this.keeper = createCaseKeeper({ compositeRisk: plainRisk, playbooks });
    this.#inventory = inventoryOf(inventory);
  }

  /** Lower-case hex SHA-256, as the engine passes it in. */
  sha256(text: string): string {
    return createHash('sha256').update(text).digest('hex');
  }

  state(tenant = 'acme'): TextState {
    const state = this.states.get(tenant) ?? new TextState();
    this.states.set(tenant, state);
    return state;
  }

  #context(nowMs: number, over: Partial<StepContext>): StepContext {
    return {
      nowMs,
      watermarkMs: nowMs + 10 * minute,
      late: false,
      warmup: false,
      inventory: this.#inventory,
      sources: { status: () => undefined, silentMs: () => 0, silentKinds: () => [], kinds: () => [] },
      sha256: (text) => this.sha256(text),
      ...over,
    };
  }

  #took(tenant: string, result: CaseResult): CaseResult {
    this.state(tenant).commit();
    for (const each of result.findings) {
      assert.ok(isFinding(each), `not a finding: ${each.detection}`);
      this.findings.set(each.finding_id, each);
    }
    for (const each of result.cases) {
      assert.ok(isCase(each), `not a case: ${each.case_id}`);
      const before = this.cases.get(each.case_id);
      assert.ok(
        before === undefined || each.revision === before.revision + 1,
        'case revisions count up by one',
      );
      this.cases.set(each.case_id, each);
    }
    for (const { name, atMs } of result.timers ?? []) {
      if (atMs === null) this.timers.delete(`${tenant}|${name}`);
      else this.timers.set(`${tenant}|${name}`, atMs);
    }
    this.log.push({ tenant, findings: result.findings, cases: result.cases });
    return result;
  }

  /** Fires every timer due before `atMs`, in (time, name) order. */
  advance(atMs: number): void {
    for (;;) {
      const due = [...this.timers]
        .filter(([, ms]) => ms <= atMs)
        .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
      const first = due[0];
      if (first === undefined) return;
      this.timers.delete(first[0]);
      const [tenant, name] = [
        first[0].slice(0, first[0].indexOf('|')),
        first[0].slice(first[0].indexOf('|') + 1),
      ];
      const context = this.#context(first[1], {});
      this.#took(tenant, this.keeper.due(this.state(tenant), tenant, name, context));
    }
  }

  #send(message: Message, over: Partial<StepContext>): CaseResult {
    this.advance(message.timeMs - 1);
    const context = this.#context(message.timeMs, over);
    const state = this.state(message.tenant);
    return this.#took(message.tenant, this.keeper.step(state, freeze(structuredClone(message)), context));
  }

  finding(
    draft: FindingDraft,
    atMs: number,
    over: Partial<StepContext> & { ingestMs?: number } = {},
  ): CaseResult {
    const { ingestMs = atMs + 30_000, ...context } = over;
    const id = `${draft.finding_id}/${this.#next(draft.tenant)}`;
    return this.#send({ kind: 'finding', timeMs: atMs, id, tenant: draft.tenant, ingestMs, draft }, context);
  }

  event(event: CanonicalEvent, atMs: number, over: Partial<StepContext> = {}): CaseResult {
    const message: Message = {
      kind: 'event',
      timeMs: atMs,
      id: event.event_id,
      tenant: event.tenant,
      ingestMs: atMs + 30_000,
      event,
    };
    return this.#send(message, over);
  }

  say(
    type: Directive['type'],
    data: Record<string, unknown>,
    atMs: number,
    by = 'okta:alice',
    tenant = 'acme',
  ): CaseResult {
    const directive: Directive = { type, tenant, by, data };
    const id = `word-${this.#next(tenant)}`;
    return this.#send({ kind: 'directive', timeMs: atMs, id, tenant, ingestMs: atMs, directive }, {});
  }

  /** Composite risk of a domain, read between steps. */
  risk(domain: string, atMs: number, tenant = 'acme'): number | null {
    return this.keeper.riskOf(this.state(tenant), tenant, domain, this.#context(atMs, {}))?.risk ?? null;
  }

  /** Cases that were not folded into another one. */
  standing(): Case[] {
    return [...this.cases.values()].filter((each) => each.state !== 'merged');
  }

  only(): Case {
    const standing = this.standing();
    assert.equal(standing.length, 1, `cases: ${standing.map((each) => each.title).join(' | ')}`);
    return standing[0] as Case;
  }
}

let counter = 0;

/** Evidence with usual values. */
export function evidence(over: Partial<Evidence> & { event_type: string }, atMs: number): Evidence {
  return {
    event_id: `event-${counter++}`,
    timestamp: formatInstant(atMs),
    ingested_at: formatInstant(atMs + 30_000),
    source_kind: 'delegation_probe',
    source_system: 'probe',
    confidence: 0.95,
    approval_state: 'not_found',
    ...over,
  };
}

/** A draft with usual values: its context follows from its evidence unless given. */
export function draft(
  over: Partial<FindingDraft> & { detection: string },
  items: readonly Evidence[],
  context: Partial<FindingDraft['context']> = {},
): FindingDraft {
  const first = items[0] as Evidence;
  const domains = [...new Set(items.flatMap((each) => each.domain ?? []))].sort();
  const sorted = (values: readonly (string | undefined)[]): string[] =>
    [...new Set(values.filter((each) => each !== undefined))].sort();
  return {
    finding_id: `finding-${over.detection}-${first.event_id}`,
    tenant: 'acme',
    rule_id: `rule-${over.detection}`,
    rule_version: 1,
    rule_hash: 'hash',
    title: `Title of ${over.detection}`,
    summary: 'summary',
    likelihood: 0.7,
    effect: 'red',
    plane: 'registrar',
    risk_points: 60,
    group_key: 'key',
    ...(domains.length === 1 ? { domain: domains[0] as string } : {}),
    domains,
    evidence_event_ids: items.map((each) => each.event_id),
    evidence: [...items],
    first_seen: first.timestamp,
    last_seen: (items.at(-1) as Evidence).timestamp,
    tags: [],
    degraded_reasons: [],
    order: 'certain',
    drill: false,
    suppressible: true,
    ...over,
    context: {
      approval_state: items.every((each) => each.approval_state === 'approved') ? 'approved' : 'not_found',
      confidence: Math.min(...items.map((each) => each.confidence)),
      source_kinds: sorted(items.map((each) => each.source_kind)),
      record_types: sorted(items.map((each) => each.record_type)),
      attributes: sorted(items.map((each) => each.attribute)),
      event_types: sorted(items.map((each) => each.event_type)),
      record_names: sorted(items.map((each) => each.record_name)),
      ...context,
    },
  };
}

/** A canonical event with usual values. */
export function event(over: Partial<CanonicalEvent> & { event_type: string }, atMs: number): CanonicalEvent {
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: `happening-${counter++}`,
    outcome: 'success',
    tenant: 'acme',
    timestamp: formatInstant(atMs),
    timestamp_precision: 's',
    observed_at: formatInstant(atMs),
    ingested_at: formatInstant(atMs),
    source_system: 'test',
    source_kind: 'registrar_audit',
    acquisition: 'push',
    confidence: 0.99,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    raw: { sha256: '0'.repeat(64), size: 2 },
    ...over,
  };
}

/** An unapproved delegation change seen by the probe. */
export function movedDelegation(
  domain: string,
  to: string,
  atMs: number,
  over: Partial<Evidence> = {},
): FindingDraft {
  const item = evidence(
    {
      event_type: 'registrar.domain.nameservers_changed',
      domain,
      attribute: 'nameservers',
      old_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
      new_value: [to],
      ...over,
    },
    atMs,
  );
  return draft({ detection: 'R05', playbook: 'PB2', title: 'Delegation changed outside approval' }, [item]);
}
