/** Shapes of what the HTTP API answers; see contract/api.ts for the endpoints. Null means unknown, never zero. */
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

/** A page of a list: `next_cursor` null at the end, `total` counts everything that passed the filters. */
export function page<T extends Type.TSchema>(item: T) {
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
  /** Configured sources of this kind that are silent now, while others may live; of a domain: those that speak about it, where known. */
  silent_sources: Type.Array(text),
});

/** One part of a restore. `by_hand`: no executor does it; `checked_at` is then when a witness last looked. */
export const ReadinessPartSchema = Type.Object({
  part: Type.Enum(['delegation', 'ds', 'records', 'lock']),
  executor: textOrNull,
  state: Type.Enum(['ready', 'drifted', 'not_ready', 'by_hand', 'unknown']),
  checked_at: textOrNull,
  detail: text,
  /** What is wanted, as the inventory approves it. */
  wanted: Type.Array(text),
  changes: Type.Array(text),
});

/** Whether the last known good state of a domain could be restored now, from a dry run. */
export const ReadinessViewSchema = Type.Object({
  tenant: text,
  domain: text,
  /** Executor that would do it; null: none fits the domain's DNS provider. */
  executor: textOrNull,
  /** `drifted`: it would work and change something; `unknown`: not looked at yet. */
  state: Type.Enum(['ready', 'drifted', 'not_ready', 'unknown']),
  checked_at: textOrNull,
  detail: text,
  /** What a restore would change now. */
  changes: Type.Array(text),
  /** The plan, part by part; parts that the inventory approves nothing for are absent. */
  parts: Type.Array(ReadinessPartSchema),
});

/** One recurring outside check of a domain. Times RFC 3339 UTC; null: never, or not stale. */
export const DomainCheckSchema = Type.Object({
  source: text,
  kind: Type.Enum(['delegation', 'answers', 'rdap']),
  next_check: text,
  last_checked: textOrNull,
  stale_since: textOrNull,
  /** True: the last check is too old, or there was none yet. */
  stale: Type.Boolean(),
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
  checks: Type.Array(DomainCheckSchema),
  restore: ReadinessViewSchema,
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
  domains: Type.Immutable(Type.Array(text)),
  detections: Type.Immutable(Type.Array(text)),
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

/** An action of the collector itself: what it will do, what a dry run said, how far it got. */
export const ActionViewSchema = Type.Object({
  id: text,
  tenant: text,
  case_id: text,
  what: text,
  plan: Type.Unknown(),
  destructive: Type.Boolean(),
  proposed_by: text,
  proposed_at: text,
  /** What would change, one sentence per change, as seen at the proposal. */
  dry_run: Type.Array(text),
  /** `expired`: nobody approved it in time. */
  state: Type.Enum([
    'proposed',
    'approved',
    'running',
    'executed',
    'confirmed',
    'rejected',
    'failed',
    'expired',
  ]),
  attempts: Type.Integer(),
  executed_at: textOrNull,
  result: textOrNull,
  confirmed_by: textOrNull,
});

/** A proposal in a case. `action`: what the collector itself will do; null: it is a sentence, and a person does it. */
export const ProposalViewSchema = Type.Object({
  action_id: text,
  what: text,
  destructive: Type.Boolean(),
  proposed_by: text,
  proposed_at_ms: Type.Number(),
  /** Approved it must be until then. */
  expires_at: text,
  approvals: Type.Array(text),
  approvals_needed: Type.Integer(),
  state: Type.Enum(['proposed', 'approved', 'rejected', 'executed', 'confirmed', 'expired']),
  /** Step of the playbook that is done with it. */
  step: Type.Optional(text),
  executed_by: Type.Optional(text),
  result: Type.Optional(text),
  action: Type.Union([ActionViewSchema, Type.Null()]),
});

/** A case with what it stands on. */
export const CaseDetailSchema = Type.Object({
  case: CaseSchema,
  findings: Type.Array(FindingSchema),
  playbook: Type.Unknown(),
  proposals: Type.Array(ProposalViewSchema),
  /** True while nothing of this case may be forgotten. */
  legal_hold: Type.Boolean(),
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

/** A rule with everything a person edits or follows. */
export const RuleDetailSchema = Type.Object({
  rule: RuleViewSchema,
  text: textOrNull,
  runbook_text: textOrNull,
  playbook: Type.Unknown(),
  proof_reason: text,
  /** Names of the tests that stand beside the rule, with what each shows. */
  tests: Type.Array(Type.Object({ name: text, kind: text })),
  /** When the rule came, went or changed while this data directory was in use, newest first. */
  history: Type.Array(Type.Object({ at: text, change: text, audit_index: Type.Integer() })),
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
  created_by: text,
  /** Approvals it has, and how many it needs before it hides anything. */
  approvals: Type.Integer(),
  approvals_needed: Type.Integer(),
  /** Hidden findings that turned out to belong to a true positive. */
  regrets: Type.Integer(),
});

/** An exercise: how far the synthetic incident came, hop by hop. */
export const DrillViewSchema = Type.Object({
  id: text,
  name: text,
  tenant: text,
  domain: text,
  by: text,
  state: Type.Enum(['running', 'passed', 'missed']),
  started_at: text,
  finished_at: textOrNull,
  /** In order: accepted, event, finding, case, then one per sink. `after_ms` since the delivery was sent; null: not reached. */
  hops: Type.Array(Type.Object({ name: text, after_ms: numberOrNull, detail: text })),
  case_id: textOrNull,
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
  /** Of the whole process; null for callers who see only some tenants. Findings and open cases are those of the caller. */
  figures: Type.Object({
    entries: numberOrNull,
    messages: numberOrNull,
    duplicates: numberOrNull,
    late: numberOrNull,
    findings: Type.Integer(),
    open_cases: Type.Integer(),
    quarantined: numberOrNull,
    log_bytes: numberOrNull,
    lag_ms: Type.Number(),
  }),
});

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
/** Action list entry. */
export type ActionView = Type.Static<typeof ActionViewSchema>;
/** A proposal in a case. */
export type ProposalView = Type.Static<typeof ProposalViewSchema>;
/** Rule page. */
export type RuleDetail = Type.Static<typeof RuleDetailSchema>;
/** Exercise list entry. */
export type DrillView = Type.Static<typeof DrillViewSchema>;
/** One part of a restore. */
export type ReadinessPart = Type.Static<typeof ReadinessPartSchema>;
/** Readiness of a restore. */
export type ReadinessView = Type.Static<typeof ReadinessViewSchema>;
