/** Complete signals for sink tests, written by hand after the contract. */
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Signal } from '../../../collector/src/contract/component.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Finding } from '../../../collector/src/contract/finding.ts';
import type { ControlScore } from '../../../collector/src/contract/score.ts';

/** 2026-03-04T05:06:07.089Z. */
export const atMs = 1_772_600_767_089;

/** A delegation change as a registrar's audit log would tell it. */
export function sampleEvent(over: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return {
    schema: 'urn:zonewarden:event:1.0',
    event_id: 'abcdefghijklmnopqrstuvwxyz',
    event_type: 'registrar.domain.nameservers_changed',
    outcome: 'success',
    tenant: 'acme',
    timestamp: '2026-03-04T05:06:07.089Z',
    timestamp_precision: 'ms',
    observed_at: '2026-03-04T05:06:08.000Z',
    ingested_at: '2026-03-04T05:06:08.500Z',
    source_system: 'dnsimple',
    source_kind: 'registrar_audit',
    acquisition: 'push',
    confidence: 0.99,
    actor_id: 'dnsimple:77',
    actor_type: 'user',
    actor_origin: 'customer',
    source_ip: '192.0.2.7',
    domain: 'example.com',
    attribute: 'nameservers',
    old_value: ['ns1.example.net', 'ns2.example.net'],
    new_value: ['ns1.evil.example'],
    approval_state: 'not_found',
    enrich: { domain: { tier: 1, owner: 'dns-team', roles: ['mail', 'web'] } },
    feature: { deviation: { dev: 0.8, known: true } },
    raw: { sha256: 'a'.repeat(64), size: 12, inline: '{"raw":true}' },
    ...over,
  };
}

/** The finding that follows. */
export function sampleFinding(over: Partial<Finding> = {}): Finding {
  return {
    finding_id: 'f1',
    revision: 0,
    preliminary: true,
    tenant: 'acme',
    rule_id: 'c0ffee00-0000-4000-8000-000000000005',
    detection: 'R05',
    rule_version: 3,
    rule_hash: 'hash',
    title: 'Delegation changed outside approval',
    summary: 'example.com now points to ns1.evil.example',
    severity: 'high',
    severity_score: 0.7,
    severity_terms: ['likelihood 0.7'],
    likelihood: 0.7,
    effect: 'own',
    plane: 'registrar',
    risk_points: 70,
    overrides: [],
    group_key: 'acme|example.com',
    domain: 'example.com',
    domains: ['example.com'],
    evidence_event_ids: ['abcdefghijklmnopqrstuvwxyz'],
    evidence: [
      {
        event_id: 'abcdefghijklmnopqrstuvwxyz',
        event_type: 'registrar.domain.nameservers_changed',
        timestamp: '2026-03-04T05:06:07.089Z',
        ingested_at: '2026-03-04T05:06:08.500Z',
        source_kind: 'registrar_audit',
        source_system: 'dnsimple',
        confidence: 0.99,
        attribute: 'nameservers',
        old_value: ['ns1.example.net', 'ns2.example.net'],
        new_value: ['ns1.evil.example'],
        approval_state: 'not_found',
      },
    ],
    first_seen: '2026-03-04T05:06:07.089Z',
    last_seen: '2026-03-04T05:06:07.089Z',
    state: 'open',
    case_id: 'case-1',
    tags: ['attack.t1584.002'],
    degraded_reasons: [],
    order: 'certain',
    drill: false,
    ...over,
  };
}

/** The case it belongs to. */
export function sampleCase(over: Partial<Case> = {}): Case {
  return {
    case_id: 'case-1',
    revision: 0,
    tenant: 'acme',
    title: 'Delegation of example.com changed without approval',
    kind: 'delegation',
    severity: 'high',
    severity_history: [{ at: '2026-03-04T05:06:07.089Z', severity: 'high' }],
    state: 'new',
    disposition: null,
    domains: ['example.com'],
    registrar_accounts: [],
    actors: ['dnsimple:77'],
    finding_ids: ['f1'],
    detections: ['R05'],
    opened_at: '2026-03-04T05:06:07.089Z',
    updated_at: '2026-03-04T05:06:08.500Z',
    paged_at: null,
    paged_by: null,
    notify: 'page',
    owner: null,
    team: 'dns',
    assignee: null,
    summary: 'Name servers changed from ns1.example.net to ns1.evil.example, nobody approved it.',
    likelihood: 'high',
    effect: 'own',
    playbook: 'delegation',
    actions: ['set the registrar lock'],
    timeline: [
      {
        at: '2026-03-04T05:06:07.089Z',
        kind: 'claim',
        plane: 'registrar',
        text: 'dnsimple says: nameservers changed',
        ref: 'abcdefghijklmnopqrstuvwxyz',
        source_kind: 'registrar_audit',
      },
    ],
    clock: null,
    merged_into: null,
    drill: false,
    ...over,
  };
}

/** A control score. */
export function sampleScore(over: Partial<ControlScore> = {}): ControlScore {
  return {
    tenant: 'acme',
    domain: 'example.com',
    as_of: '2026-03-04T05:06:07.089Z',
    score: 61,
    coverage: 0.75,
    components: [],
    next_best_action: 'enable registry lock',
    risk: 12,
    risk_detail: null,
    tier: 1,
    team: 'dns',
    ...over,
  };
}

/** A signal of any kind. */
export function signalOf(kind: Signal['kind'], body: unknown, key = 'k1'): Signal {
  return { kind, key, timeMs: atMs, body };
}
