/** Small operators that use everything an engine offers: fan-out, derived events, timers, negation, counting. */
import type { Case } from '../../../collector/src/contract/case.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import type {
  Annotator,
  CaseKeeper,
  Detector,
  InventoryView,
  Message,
} from '../../../collector/src/contract/step.ts';
import { annotateOperator } from '../../../collector/src/engine/annotate-operator.ts';
import { caseOperator } from '../../../collector/src/engine/case-operator.ts';
import { detectOperator } from '../../../collector/src/engine/detect-operator.ts';
import type { Operator } from '../../../collector/src/engine/operator.ts';
import { SourceDirectory, Versions, type EngineTables } from '../../../collector/src/engine/surroundings.ts';
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';

const emptyInventory: InventoryView = {
  version: '0',
  domain: () => undefined,
  account: () => undefined,
  principal: () => undefined,
  domains: () => [],
  domainsOfAccount: () => [],
  accountsOfMailbox: () => [],
  tenantsOf: () => [],
  allDomains: () => [],
};

export function toyTables(): EngineTables {
  return { inventory: new Versions(emptyInventory), sources: new SourceDirectory(), sha256: sha256Hex };
}

const logins: Annotator = {
  name: 'logins',
  scope: 'principal',
  step(state, _message, context) {
    const memory = state.edit('logins', () => ({ n: 0, lastMs: 0 }));
    memory.n++;
    const quietMs = context.nowMs - memory.lastMs;
    memory.lastMs = context.nowMs;
    return { features: { logins: { n: memory.n, quietMs } } };
  },
};

/** Counts changes, and concludes that a claim nobody confirmed within five minutes stands alone. */
const changes: Annotator = {
  name: 'changes',
  scope: 'domain',
  step(state, message, context) {
    if (message.kind === 'intent') {
      state.put('approved', message.intent.id);
      return {};
    }
    if (message.kind !== 'event') return {};
    const memory = state.edit('changes', () => ({ values: [] as string[] }));
    memory.values = [...memory.values, String(message.event.new_value)].slice(-5);
    const open = message.event.source_kind === 'registrar_audit';
    return {
      features: { changes: { seen: memory.values.length, order: memory.values.join('>') } },
      fields: { approval_state: state.get('approved') === undefined ? 'not_found' : 'approved' },
      timers: [{ name: 'alone', atMs: open ? context.nowMs + 300_000 : null }],
    };
  },
  due(state, _timer, key, context) {
    const last = state.get<{ values: string[] }>('changes')?.values.at(-1) ?? '';
    return {
      derived: [
        { event_type: 'derived.attribution.missing', key: [key.id, String(context.nowMs)], new_value: last },
      ],
    };
  },
};

const cluster: Annotator = {
  name: 'cluster',
  scope: 'organisation',
  wants: ['registrar.domain.'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const memory = state.edit('cluster', () => ({ recent: [] as [number, string][] }));
    memory.recent = [
      ...memory.recent,
      [context.nowMs, message.event.domain ?? ''] as [number, string],
    ].filter(([at]) => at > context.nowMs - 3_600_000);
    return { features: { cluster: { k: new Set(memory.recent.map(([, domain]) => domain)).size } } };
  },
};

/** A finding as the toy detector would draft it. */
export function draftOf(event: CanonicalEvent, rule: string, group: string, summary: string): FindingDraft {
  return {
    finding_id: sha256Hex(`${rule}|${group}|${event.event_id}`).slice(0, 26),
    tenant: event.tenant,
    rule_id: rule,
    detection: rule,
    rule_version: 1,
    rule_hash: 'h',
    title: rule,
    summary,
    likelihood: 0.5,
    effect: 'own',
    plane: 'registrar',
    risk_points: 10,
    group_key: group,
    domains: event.domain === undefined ? [] : [event.domain],
    evidence_event_ids: [event.event_id],
    evidence: [],
    first_seen: event.timestamp,
    last_seen: event.timestamp,
    tags: [],
    degraded_reasons: [],
    order: 'certain',
    drill: false,
    suppressible: true,
    context: {
      approval_state: event.approval_state,
      confidence: 1,
      source_kinds: [],
      record_types: [],
      attributes: [],
      event_types: [],
      record_names: [],
    },
  };
}

const detector: Detector = {
  digest: 'toy',
  scopesOf: (event) =>
    event.event_type.startsWith('registrar.') ? ['domain', 'principal', 'tenant'] : ['domain'],
  step(state, scope, event, context) {
    const feature = JSON.stringify(event.feature ?? {});
    const memory = state.edit('pair', () => ({ unlockedMs: -1, n: 0 }));
    memory.n++;
    if (event.event_type === 'registrar.domain.lock_disabled') memory.unlockedMs = context.nowMs;
    const pair =
      event.event_type === 'registrar.domain.transfer_requested' &&
      memory.unlockedMs >= 0 &&
      context.nowMs - memory.unlockedMs < 3_600_000;
    const findings = [];
    if (pair || event.event_type.startsWith('derived.') || memory.n % 7 === 0)
      findings.push(draftOf(event, `toy-${scope}`, `${event.domain ?? ''}`, `${memory.n} ${feature}`));
    return { findings, timers: [{ name: 'silence', atMs: context.nowMs + 900_000 }] };
  },
  due(state, scope, _timer, context) {
    const memory = state.edit('pair', () => ({ unlockedMs: -1, n: 0 }));
    memory.n += 100;
    const event = toyEvent('t0', 'x.example', context.nowMs, 'derived.spike.detected', scope);
    return {
      findings: [draftOf(event, `absence-${scope}`, `${memory.n}`, `n ${memory.n} at ${context.nowMs}`)],
    };
  },
};

const keeper: CaseKeeper = {
  step(state, message, context) {
    const memory = state.edit('story', () => ({ lines: 0, digest: '' }));
    memory.lines++;
    memory.digest = sha256Hex(`${memory.digest}|${message.kind}|${message.id}|${context.nowMs}`);
    if (message.kind !== 'finding') return { findings: [], cases: [] };
    const { suppressible: _s, context: _c, ...draft } = message.draft;
    const finding = {
      ...draft,
      revision: memory.lines,
      preliminary: false,
      severity: 'low' as const,
      severity_score: 0.1,
      severity_terms: [memory.digest],
      overrides: [],
      state: 'open' as const,
      case_id: message.tenant,
    };
    const found = {
      case_id: message.tenant,
      revision: memory.lines,
      title: memory.digest,
    } as unknown as Case;
    return { findings: [finding], cases: [found] };
  },
  due: () => ({ findings: [], cases: [] }),
  riskOf: () => null,
};

export function toyOperators(): Operator[] {
  const annotators = [logins, changes, cluster];
  const keep = (event: CanonicalEvent): CanonicalEvent => event;
  return [
    annotateOperator('principal', annotators, keep),
    annotateOperator('account', annotators, keep),
    annotateOperator('domain', annotators, keep),
    annotateOperator('organisation', annotators, keep),
    detectOperator(() => detector),
    caseOperator(keeper),
  ];
}

export function toyEvent(
  tenant: string,
  domain: string,
  timeMs: number,
  type: string,
  salt: string,
): CanonicalEvent {
  const at = formatInstant(timeMs);
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: sha256Hex(`${tenant}|${domain}|${timeMs}|${type}|${salt}`).slice(0, 26),
    event_type: type,
    outcome: 'success',
    tenant,
    timestamp: at,
    timestamp_precision: 'ms',
    observed_at: at,
    ingested_at: at,
    source_system: 'toy',
    source_kind: salt.length % 2 === 0 ? 'registrar_audit' : 'delegation_probe',
    acquisition: 'push',
    confidence: 0.9,
    actor_id: `okta:${salt.slice(0, 2)}`,
    actor_type: 'user',
    actor_origin: 'customer',
    domain,
    new_value: salt,
    approval_state: 'not_checked',
    raw: { sha256: '0'.repeat(64), size: 0 },
  };
}

export type ToyMessage = Message;
