/** A month of a tenant's life from one seed, for parity runs: changes, logins, observations, duplicates, stragglers, intents. */
import { createHash } from 'node:crypto';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { Inventory } from '../../collector/src/contract/inventory.ts';
import type { Message } from '../../collector/src/contract/step.ts';
import { caseKeeper } from '../../collector/src/app/case-keeper.ts';
import { sha256Hex } from '../../collector/src/app/digest.ts';
import { pipelineOperators } from '../../collector/src/app/pipeline.ts';
import { compileRules, readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { enrichForTenants } from '../../collector/src/3-enrich/index.ts';
import { createInventoryIndex } from '../../collector/src/3-enrich/inventory-index.ts';
import type { RuleFile } from '../../collector/src/6-detect/sigma-document.ts';
import type { Detector } from '../../collector/src/contract/step.ts';
import type { Operator } from '../../collector/src/engine/operator.ts';
import {
  SourceDirectory,
  Versions,
  type EngineTables,
  type SourceNote,
} from '../../collector/src/engine/surroundings.ts';
import { limits } from '../../collector/src/contract/limits.ts';
import { eventMessages, intentMessage } from '../../collector/src/host/virtual-run.ts';
import { formatInstant } from '../../collector/src/leaf/time.ts';
import { chooser, type Chooser } from '../replay/partitioned-run.ts';

const domains = 400;
const people = 60;
const accounts = 12;
const startMs = Date.UTC(2026, 2, 1);
const spanMs = 30 * 86_400_000;
/** Repetitions come while an engine surely knows the id. */
const repeatedWithinMs = limits.duplicateHorizonMs / 2;
const restlessDomains = 24;
const restlessSpanMs = 86_400_000;

/** Parts of an engine whose inventory and rules can be edited. */
export interface ParityParts {
  readonly tables: EngineTables;
  readonly operators: () => readonly Operator[];
  readonly files: readonly RuleFile[];
  readonly inventory: Inventory;
  readonly inventoryOf: (document: unknown) => ReturnType<typeof createInventoryIndex>;
  readonly useRules: (document: unknown, fromMs: number) => void;
  readonly codeDigest: string;
}

/** Parts with the shipped rules over the first inventory of these runs; the same in every process. */
export async function parityParts(): Promise<ParityParts> {
  const files = await readRuleFiles([shippedRulesPath()]);
  const { detector } = compileRules(files);
  const detectors = new Versions<Detector>(detector);
  return {
    tables: {
      inventory: new Versions(createInventoryIndex(inventory(0))),
      sources: new SourceDirectory(),
      sha256: sha256Hex,
    },
    operators: () => pipelineOperators((timeMs) => detectors.at(timeMs), caseKeeper()),
    files,
    inventory: inventory(0),
    inventoryOf: (document) => createInventoryIndex(document as Inventory),
    useRules: (document, fromMs) =>
      detectors.add(fromMs, compileRules((document as { files: RuleFile[] }).files).detector),
    codeDigest: detector.digest,
  };
}

function domainName(i: number): string {
  return `brand-${i.toString(36)}.example`;
}

/** The inventory after so many edits: other tiers, and every third domain is allowed to move. */
function inventory(edits: number): Inventory {
  return {
    version: 1,
    tenants: [{ id: 'acme' }, { id: 'globex' }],
    teams: [{ id: 'dns-ops', tenant: 'acme' }],
    registrar_accounts: Array.from({ length: accounts }, (_, i) => ({
      id: `registrar-a/${i}`,
      tenant: tenantOf(i),
      admins: [`okta:person${i}@acme.example`],
      mfa: 'webauthn' as const,
      event_feed: 'webhook' as const,
    })),
    principals: Array.from({ length: people }, (_, i) => ({
      id: `okta:person${i}@acme.example`,
      tenant: tenantOf(i),
      aliases: [`registrar-a:person${i}`],
    })),
    domains: Array.from({ length: domains }, (_, i) => ({
      domain: domainName(i),
      tenant: tenantOf(i),
      tier: (i + edits) % 4,
      team: 'dns-ops',
      registrar_account: `registrar-a/${i % accounts}`,
      expect: { transfer_lock: true },
      approved: { nameservers: approvedOf(i, edits) },
    })),
  };
}

function approvedOf(i: number, edits: number): string[] {
  const host = edits > 0 && (i + edits) % 3 === 0 ? 9 : i % 7;
  return [`ns1.host${host}.example`, `ns2.host${host}.example`];
}

function tenantOf(i: number): string {
  return i % 2 === 0 ? 'acme' : 'globex';
}

/** Fields of an event that depend on what happened. */
function happening(
  choose: Chooser,
  at: number,
  isRestless: boolean,
): Partial<CanonicalEvent> & { event_type: string } {
  const i = choose.below(isRestless ? restlessDomains : domains);
  const registrar = {
    domain: domainName(i),
    registrar_account: `registrar-a/${i % accounts}`,
    registrar: 'registrar-a',
  };
  const nameservers = (host: number): string[] => [`ns1.host${host}.example`, `ns2.host${host}.example`];
  const usual = nameservers(i % 7);
  const kind = isRestless ? 7_500 + choose.below(2_500) : choose.below(10_000);
  if (kind < 3_000)
    return {
      event_type: 'dns.record.updated',
      domain: domainName(i),
      zone: domainName(i),
      record_name: `host${choose.below(5)}.${domainName(i)}`,
      record_type: 'A',
      attribute: 'values',
      old_value: [`192.0.2.${choose.below(250)}`],
      new_value: [`198.51.100.${choose.below(250)}`],
    };
  if (kind < 7_500)
    return {
      event_type:
        choose.below(200) === 0 ? 'registrar.session.login_failed' : 'registrar.session.login_succeeded',
      registrar_account: `registrar-a/${i % accounts}`,
      source_ip: `203.0.113.${choose.below(250)}`,
      auth_method: 'sso',
    };
  if (kind < (isRestless ? 9_300 : 9_900))
    return {
      event_type: 'registrar.domain.state_observed',
      ...registrar,
      attribute: 'nameservers',
      new_value: usual,
    };
  if (kind < 9_960) {
    const [from, to] = choose.below(3) === 0 ? [usual, nameservers(9)] : [nameservers(9), usual];
    return {
      event_type: 'registrar.domain.nameservers_changed',
      ...registrar,
      attribute: 'nameservers',
      old_value: from,
      new_value: to,
    };
  }
  const rare = [
    'registrar.domain.lock_disabled',
    'registrar.domain.transfer_requested',
    'registrar.domain.authcode_viewed',
    'registrar.domain.lock_enabled',
  ];
  return { event_type: rare[(choose.below(rare.length) + at) % rare.length] as string, ...registrar };
}

function eventOf(
  choose: Chooser,
  n: number,
  eventMs: number,
  ingestMs: number,
  isRestless: boolean,
): CanonicalEvent {
  const fields = happening(choose, n, isRestless);
  const i =
    fields.domain === undefined ? choose.below(accounts) : Number.parseInt(fields.domain.slice(6, -8), 36);
  const observed = fields.event_type.endsWith('_observed') || choose.below(500) === 0;
  const id = createHash('sha256').update(`parity ${n}`).digest('hex');
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: id.slice(0, 26),
    outcome: fields.event_type.endsWith('failed') ? 'failure' : 'success',
    tenant: tenantOf(i),
    timestamp: formatInstant(eventMs),
    timestamp_precision: 'ms',
    observed_at: formatInstant(eventMs),
    ingested_at: formatInstant(ingestMs),
    source_system: observed ? 'delegation_probe' : 'registrar-a',
    source_kind: observed ? 'delegation_probe' : 'registrar_audit',
    acquisition: observed ? 'poll' : 'push',
    confidence: 0.95,
    normaliser: 'parity@1',
    actor_id: observed ? 'unknown' : `registrar-a:person${choose.below(people)}`,
    actor_type: observed ? 'unknown' : 'user',
    actor_origin: observed ? 'unknown' : 'customer',
    approval_state: 'not_checked',
    raw: { sha256: id, content_type: 'application/json', size: 9 },
    ...fields,
  } as CanonicalEvent;
}

/** Messages that reach the collectors at one moment. */
export interface ParityBatch {
  readonly ingestMs: number;
  readonly messages: readonly Message[];
}

/** An edit in the stream: a document, or what became of a source. */
export type ParityEdit = { readonly atMs: number } & (
  | { readonly type: 'inventory' | 'rules'; readonly body: unknown }
  | { readonly type: 'note'; readonly note: SourceNote }
);

/** What a run feeds, and how much of what is in it. */
export interface ParityInput {
  readonly batches: readonly ParityBatch[];
  /** In order of time; each takes effect before the batch of its time. */
  readonly edits: readonly ParityEdit[];
  readonly endMs: number;
  readonly events: number;
  readonly duplicates: number;
  readonly late: number;
}

/**
 * `events` events over thirty days: 2 % come twice, 1 % come 10 to 30 minutes late, now and then an
 * intent; 24 edits of inventory, rules and sources. Restless: a few domains over one day of changes, in no order within
 * the lateness bound, so that previews are wrong as often as they can be.
 */
export function parityInput(
  parts: ParityParts,
  events: number,
  seed: number,
  isRestless = false,
): ParityInput {
  const choose = chooser(seed);
  const batches: ParityBatch[] = [];
  let [duplicates, late, ingestMs] = [0, 0, startMs];
  let recent: Message[] = [];
  const edits: ParityEdit[] = [];
  const editEvery = Math.floor(events / 25);
  let index = createInventoryIndex(inventory(0));
  const enrich = (event: CanonicalEvent) => enrichForTenants(event, index);
  for (let n = 0; n < events; n++) {
    ingestMs += choose.below(Math.max(2, Math.floor((2 * (isRestless ? restlessSpanMs : spanMs)) / events)));
    if (n > 0 && n % editEvery === 0) {
      const edit = editAt(n / editEvery, ingestMs, parts.files);
      if (edit.type === 'inventory') index = createInventoryIndex(edit.body as Inventory);
      edits.push(edit);
    }
    const isLate = choose.below(100) === 0;
    const delayMs = isLate
      ? limits.latenessMs + choose.below(1_200_000)
      : choose.below(isRestless ? limits.latenessMs : 60_000);
    const event = eventOf(choose, n, ingestMs - delayMs, ingestMs, isRestless);
    const messages = eventMessages(event, ingestMs, false, enrich);
    if (isLate) late++;
    const again = recent[choose.below(Math.max(1, recent.length))];
    if (choose.below(50) === 0 && again !== undefined) {
      messages.push(again);
      duplicates++;
    }
    if (choose.below(500) === 0) messages.push(intentAt(choose, n, ingestMs));
    recent = [...recent.slice(-200), ...messages.slice(0, 1)].filter(
      (message) => message.ingestMs > ingestMs - repeatedWithinMs,
    );
    batches.push({ ingestMs, messages });
  }
  return { batches, edits, endMs: ingestMs + limits.latenessMs + 2 * 3_600_000, events, duplicates, late };
}

/** Inventory, a rule file gone and back again, a source silent and alive again, in turn. */
function editAt(number: number, atMs: number, files: readonly RuleFile[]): ParityEdit {
  const round = Math.floor(number / 3);
  if (number % 3 === 0) return { atMs, type: 'inventory', body: inventory(round) };
  if (number % 3 === 1) {
    const kept = round % 2 === 0 ? files.filter((_, i) => i !== (round * 7) % files.length) : files;
    return { atMs, type: 'rules', body: { files: kept } };
  }
  const kind = 'delegation_probe';
  const note = { tenant: 'acme', kind, source: 'probe', atMs, alive: round % 2 === 1, intervalMs: 300_000 };
  return { atMs, type: 'note', note };
}

function intentAt(choose: Chooser, n: number, ingestMs: number): Message {
  const i = choose.below(domains);
  const intent = {
    id: `CHG-${n}`,
    tenant: tenantOf(i),
    valid_from: formatInstant(ingestMs),
    valid_until: formatInstant(ingestMs + 7_200_000),
    known_at: formatInstant(ingestMs),
    changes: [
      {
        domain: domainName(i),
        action: 'delegation' as const,
        new: ['ns1.host9.example', 'ns2.host9.example'],
      },
    ],
  };
  return intentMessage(intent, -Infinity);
}
