/**
 * The HTTP API, version 1: every endpoint with the role it needs and the shape of its answer. The OpenAPI document, the
 * server's authorisation table and the plugin's types are made from this file. Lists page with `cursor` and `limit`
 * (at most 500); times are RFC 3339 UTC; null means unknown, never zero.
 */
import Type from 'typebox';
import { CaseSchema } from './case.ts';
import { CanonicalEventSchema } from './event.ts';
import { FindingSchema } from './finding.ts';
import { IntentSchema } from './inventory.ts';
import { ControlScoreSchema } from './score.ts';
import { severities } from './severity.ts';

/** Roles, each including the ones before it except that a rule editor does not approve. */
export const roles = ['viewer', 'responder', 'approver', 'rule_editor', 'admin'] as const;

/** What a person may do in a tenant. */
export type Role = (typeof roles)[number];

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const numberOrNull = Type.Union([Type.Number(), Type.Null()]);
const severityOrNull = Type.Union([Type.Enum([...severities]), Type.Null()]);

function page<T extends Type.TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), next_cursor: textOrNull, total: Type.Integer() });
}

/** One line of the fleet list. */
export const DomainSummarySchema = Type.Object({
  tenant: text,
  domain: text,
  tier: numberOrNull,
  owner: textOrNull,
  team: textOrNull,
  registrar_account: textOrNull,
  dns_provider: textOrNull,
  roles: Type.Array(text),
  score: numberOrNull,
  coverage: Type.Number(),
  /** Score now minus the score a day ago, on components known at both times. */
  score_change_1d: numberOrNull,
  risk: numberOrNull,
  open_cases: Type.Integer(),
  worst_severity: severityOrNull,
  next_best_action: textOrNull,
  last_change_at: textOrNull,
});

/** One control as both witnesses see it. Values as in events. */
export const ControlViewSchema = Type.Object({
  control: text,
  approved: Type.Unknown(),
  said: Type.Union([
    Type.Object({ value: Type.Unknown(), since: textOrNull, last: text, source_kind: text }),
    Type.Null(),
  ]),
  seen: Type.Union([
    Type.Object({ value: Type.Unknown(), since: textOrNull, last: text, source_kind: text }),
    Type.Null(),
  ]),
  verdict: Type.Enum(['as_approved', 'differs', 'contradicted', 'not_approved_yet', 'unknown']),
});

/** One change fact of the ledger. */
export const ChangeViewSchema = Type.Object({
  id: text,
  control: text,
  at: text,
  earliest: text,
  old: Type.Unknown(),
  new: Type.Unknown(),
  state: text,
  witnesses: Type.Array(text),
  approval: text,
  intent: textOrNull,
  explained_by: textOrNull,
  actor: textOrNull,
});

/** Freshness of one kind of source, for a domain or a tenant. */
export const CoverageViewSchema = Type.Object({
  source_kind: text,
  alive: Type.Boolean(),
  interval_ms: Type.Number(),
  silent_since: textOrNull,
  last_seen: textOrNull,
  blind_minutes_24h: Type.Number(),
});

/** Everything about one domain. */
export const DomainDetailSchema = Type.Object({
  summary: DomainSummarySchema,
  score: Type.Union([ControlScoreSchema, Type.Null()]),
  inventory: Type.Unknown(),
  controls: Type.Array(ControlViewSchema),
  changes: Type.Array(ChangeViewSchema),
  intents: Type.Array(IntentSchema),
  coverage: Type.Array(CoverageViewSchema),
  cases: Type.Array(text),
});

/** One line of the case queue. */
export const CaseSummarySchema = Type.Object({
  case_id: text,
  tenant: text,
  title: text,
  kind: text,
  severity: Type.Enum([...severities]),
  state: text,
  disposition: textOrNull,
  domains: Type.Array(text),
  detections: Type.Array(text),
  team: textOrNull,
  owner: textOrNull,
  assignee: textOrNull,
  notify: text,
  opened_at: text,
  updated_at: text,
  paged_at: textOrNull,
  clock: Type.Unknown(),
  drill: Type.Boolean(),
});

/** A case with what it stands on. */
export const CaseDetailSchema = Type.Object({
  case: CaseSchema,
  findings: Type.Array(FindingSchema),
  playbook: Type.Unknown(),
  proposals: Type.Array(Type.Unknown()),
  notifications: Type.Array(Type.Unknown()),
});

/** An event behind a line of a timeline, with its raw payload as text when it is text. */
export const EvidenceViewSchema = Type.Object({
  event: CanonicalEventSchema,
  raw_text: textOrNull,
  raw_base64: textOrNull,
});

/** A rule with its health. */
export const RuleViewSchema = Type.Object({
  rule_id: text,
  detection: text,
  title: text,
  description: text,
  plane: text,
  likelihood: Type.Number(),
  effect: text,
  tags: Type.Array(text),
  requires_sources: Type.Array(text),
  /** `blind`: every source it needs is silent or absent. */
  health: Type.Enum(['ok', 'degraded', 'blind']),
  proof: Type.Enum(['proven', 'stale', 'never']),
  precision: Type.Union([Type.Object({ value: numberOrNull, samples: Type.Integer() }), Type.Null()]),
  findings_30d: Type.Integer(),
  suppressed_30d: Type.Integer(),
  runbook: textOrNull,
  playbook: textOrNull,
  file: text,
});

/** A configured source with its figures since start. */
export const SourceViewSchema = Type.Object({
  id: text,
  feed: text,
  source_kind: text,
  tenant: text,
  alive: Type.Boolean(),
  interval_ms: Type.Number(),
  last_sign_at: textOrNull,
  records: Type.Integer(),
  rejected: Type.Integer(),
  duplicates: Type.Integer(),
  gaps: Type.Integer(),
  gap_minutes: Type.Number(),
});

/** A suppression with its effect. */
export const SuppressionViewSchema = Type.Object({
  id: text,
  tenant: text,
  scope: Type.Unknown(),
  reason: text,
  ticket: textOrNull,
  owner: text,
  approver: textOrNull,
  created_at: text,
  expires_at: textOrNull,
  state: text,
  hits: Type.Integer(),
  would_have_paged: Type.Integer(),
});

/** A line of the audit log. */
export const AuditEntrySchema = Type.Object({
  index: Type.Integer(),
  at: text,
  by: text,
  tenant: text,
  action: text,
  object: text,
  detail: Type.Unknown(),
  hash: text,
});

/** State of the collector as a whole. */
export const StatusSchema = Type.Object({
  version: text,
  ready: Type.Boolean(),
  demo: Type.Boolean(),
  now: text,
  watermark: textOrNull,
  tenants: Type.Array(text),
  user: Type.Object({ id: text, roles: Type.Array(Type.Enum([...roles])), verified: Type.Boolean() }),
  figures: Type.Object({
    entries: Type.Integer(),
    messages: Type.Integer(),
    duplicates: Type.Integer(),
    late: Type.Integer(),
    findings: Type.Integer(),
    open_cases: Type.Integer(),
    quarantined: Type.Integer(),
    log_bytes: Type.Integer(),
    lag_ms: Type.Number(),
  }),
});

/** One endpoint. `role` null: anybody who reaches the port (probes and the document itself). */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below `/api/v1`; `{name}` segments are percent-decoded parameters. */
  readonly path: string;
  readonly role: Role | null;
  readonly about: string;
  /** Query parameters besides `cursor`, `limit` and `tenant`. */
  readonly query?: readonly string[];
  readonly answer: Type.TSchema;
  /** True when the view or change itself is written into the audit log. */
  readonly audited?: boolean;
}

const done = Type.Object({ accepted: Type.Boolean() });
const anything = Type.Unknown();

/** Every endpoint of version 1. */
export const endpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/openapi.json', role: null, about: 'this document', answer: anything },
  { method: 'GET', path: '/status', role: 'viewer', about: 'state of the collector', answer: StatusSchema },
  {
    method: 'GET',
    path: '/domains',
    role: 'viewer',
    about: 'fleet list',
    query: ['team', 'tier', 'q', 'sort'],
    answer: page(DomainSummarySchema),
  },
  {
    method: 'GET',
    path: '/domains/{tenant}/{domain}',
    role: 'viewer',
    about: 'one domain',
    answer: DomainDetailSchema,
  },
  {
    method: 'GET',
    path: '/cases',
    role: 'viewer',
    about: 'case queue, most urgent first',
    query: ['state', 'severity', 'team', 'domain', 'q'],
    answer: page(CaseSummarySchema),
  },
  { method: 'GET', path: '/cases/{id}', role: 'viewer', about: 'one case', answer: CaseDetailSchema },
  {
    method: 'GET',
    path: '/evidence/{id}',
    role: 'responder',
    about: 'event and raw payload behind a timeline entry',
    answer: EvidenceViewSchema,
    audited: true,
  },
  {
    method: 'GET',
    path: '/findings',
    role: 'viewer',
    about: 'findings, newest first',
    query: ['domain', 'detection', 'state', 'severity', 'case'],
    answer: page(FindingSchema),
  },
  {
    method: 'GET',
    path: '/coverage',
    role: 'viewer',
    about: 'sources by kind, blind minutes',
    answer: Type.Object({ sources: Type.Array(SourceViewSchema), kinds: Type.Array(CoverageViewSchema) }),
  },
  {
    method: 'GET',
    path: '/rules',
    role: 'viewer',
    about: 'rules and their health',
    answer: page(RuleViewSchema),
    audited: true,
  },
  {
    method: 'GET',
    path: '/suppressions',
    role: 'viewer',
    about: 'what is hidden',
    answer: page(SuppressionViewSchema),
  },
  {
    method: 'POST',
    path: '/suppressions',
    role: 'responder',
    about: 'hide findings for a while',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/suppressions/{id}/approve',
    role: 'approver',
    about: 'second approval',
    answer: done,
    audited: true,
  },
  {
    method: 'DELETE',
    path: '/suppressions/{id}',
    role: 'responder',
    about: 'end a suppression',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/acknowledge',
    role: 'responder',
    about: 'take note',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/assign',
    role: 'responder',
    about: 'give to a person',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/contain',
    role: 'responder',
    about: 'attack is stopped',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/close',
    role: 'responder',
    about: 'close with a disposition',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/reopen',
    role: 'responder',
    about: 'open again',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/note',
    role: 'responder',
    about: 'add a line to the timeline',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/merge',
    role: 'responder',
    about: 'merge into another case',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/split',
    role: 'responder',
    about: 'move findings to a case of their own',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/cases/{id}/actions',
    role: 'responder',
    about: 'propose an action',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/actions/{id}/approve',
    role: 'approver',
    about: 'approve; never one’s own',
    answer: done,
    audited: true,
  },
  {
    method: 'POST',
    path: '/actions/{id}/reject',
    role: 'approver',
    about: 'reject',
    answer: done,
    audited: true,
  },
  {
    method: 'GET',
    path: '/intents',
    role: 'viewer',
    about: 'approvals that are or were valid',
    query: ['domain'],
    answer: page(IntentSchema),
  },
  {
    method: 'POST',
    path: '/intents',
    role: 'approver',
    about: 'approve a change by object and value',
    answer: done,
    audited: true,
  },
  {
    method: 'GET',
    path: '/quarantine',
    role: 'responder',
    about: 'records that could not be read',
    query: ['source', 'code', 'state'],
    answer: page(anything),
    audited: true,
  },
  {
    method: 'POST',
    path: '/quarantine/{id}/redrive',
    role: 'rule_editor',
    about: 'read a record again',
    answer: done,
    audited: true,
  },
  {
    method: 'GET',
    path: '/audit',
    role: 'admin',
    about: 'audit log',
    answer: page(AuditEntrySchema),
    audited: true,
  },
  {
    method: 'GET',
    path: '/cases/{id}/export',
    role: 'responder',
    about: 'signed evidence bundle',
    answer: anything,
    audited: true,
  },
  {
    method: 'GET',
    path: '/stream',
    role: 'viewer',
    about: 'server-sent events: case, finding, score, status',
    answer: anything,
  },
];

/** Fleet list entry. */
export type DomainSummary = Type.Static<typeof DomainSummarySchema>;
/** Domain page. */
export type DomainDetail = Type.Static<typeof DomainDetailSchema>;
/** Control with both witnesses. */
export type ControlView = Type.Static<typeof ControlViewSchema>;
/** Change of the ledger. */
export type ChangeView = Type.Static<typeof ChangeViewSchema>;
/** Case queue entry. */
export type CaseSummary = Type.Static<typeof CaseSummarySchema>;
/** Case page. */
export type CaseDetail = Type.Static<typeof CaseDetailSchema>;
/** Evidence behind a timeline entry. */
export type EvidenceView = Type.Static<typeof EvidenceViewSchema>;
/** Rule list entry. */
export type RuleView = Type.Static<typeof RuleViewSchema>;
/** Source list entry. */
export type SourceView = Type.Static<typeof SourceViewSchema>;
/** Coverage by kind. */
export type CoverageView = Type.Static<typeof CoverageViewSchema>;
/** Suppression list entry. */
export type SuppressionView = Type.Static<typeof SuppressionViewSchema>;
/** Audit list entry. */
export type AuditEntry = Type.Static<typeof AuditEntrySchema>;
/** Collector state. */
export type Status = Type.Static<typeof StatusSchema>;
