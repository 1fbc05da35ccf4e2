/**
 * The HTTP API, version 1: every endpoint with the role it needs and the shapes of its body and answer. The OpenAPI
 * document, the server's authorisation table and the plugin's types are made from this file. Lists page with `cursor`
 * and `limit` (at most 2000); times are RFC 3339 UTC; null means unknown, never zero.
 */
import Type from 'typebox';
import {
  AssignBody,
  CloseBody,
  DrillBody,
  EmptyBody,
  BaselineBody,
  IntentBody,
  MergeBody,
  NoteBody,
  NotificationBody,
  ProposalBody,
  ReasonBody,
  ResultBody,
  SplitBody,
  StepBody,
  SuppressionBody,
} from './api-bodies.ts';
import {
  ActionViewSchema,
  AuditEntrySchema,
  CaseDetailSchema,
  CaseSummarySchema,
  CoverageViewSchema,
  DomainDetailSchema,
  DomainSummarySchema,
  DrillViewSchema,
  EvidenceViewSchema,
  page,
  ReadinessViewSchema,
  RuleDetailSchema,
  RuleViewSchema,
  SourceViewSchema,
  StatusSchema,
  SuppressionViewSchema,
  type Role,
} from './api-shapes.ts';
import {
  AuditVerificationSchema,
  DomainCoverageSchema,
  DomainHistorySchema,
  QuarantineViewSchema,
  SilenceViewSchema,
  SharedValueSchema,
} from './api-record-shapes.ts';
import { FindingSchema } from './finding.ts';
import { IntentSchema } from './inventory.ts';
import { ControlScoreSchema } from './score.ts';
import { severities } from './severity.ts';

export * from './api-shapes.ts';
export * from './api-record-shapes.ts';
export * from './api-bodies.ts';

/** One endpoint. `role` null: anybody who reaches the port (probes and the document itself). */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below `/api/v1`; `{name}` segments are percent-decoded parameters. */
  readonly path: string;
  readonly role: Role | null;
  readonly about: string;
  /** Query parameters besides `cursor`, `limit` and `tenant`. */
  readonly query?: readonly string[];
  /** Words a query parameter takes, several with commas; parameters that are not here take any text. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Shape of the JSON body; absent: no body is read. */
  readonly body?: Type.TSchema;
  readonly answer: Type.TSchema;
  /** True when the view or change itself is written into the audit log. */
  readonly audited?: boolean;
  /** True when only a person may ask: a service token alone is refused whatever its roles. */
  readonly person?: boolean;
}

/** Answer to a change: `accepted` is durable; `id` names what was made, absent when nothing was. */
export const AcceptedSchema = Type.Object({
  accepted: Type.Boolean(),
  id: Type.Optional(Type.String()),
  /** Parts of an import that approve nothing, each with place and reason. */
  refused: Type.Optional(Type.Array(Type.String())),
});
const anything = Type.Unknown();
const actionStates = [
  'proposed',
  'approved',
  'running',
  'executed',
  'confirmed',
  'rejected',
  'failed',
  'expired',
];

type Extra = Pick<Endpoint, 'query' | 'choices' | 'audited' | 'person'>;

function get(path: string, role: Role | null, about: string, answer: Type.TSchema, extra?: Extra): Endpoint {
  return { method: 'GET', path, role, about, answer, ...extra };
}

function post(path: string, role: Role, about: string, body: Type.TSchema, extra?: Extra): Endpoint {
  return { method: 'POST', path, role, about, body, answer: AcceptedSchema, audited: true, ...extra };
}

const coverage = Type.Object({
  sources: Type.Array(SourceViewSchema),
  kinds: Type.Array(CoverageViewSchema),
});
const person = { person: true };
const audited = { audited: true };

/** Every endpoint of version 1. */
export const endpoints: readonly Endpoint[] = [
  get('/openapi.json', null, 'this document', anything),
  get('/status', 'viewer', 'state of the collector', StatusSchema),
  get('/domains', 'viewer', 'fleet list', page(DomainSummarySchema), {
    query: ['team', 'tier', 'q', 'sort'],
    choices: { tier: ['0', '1', '2', '3'], sort: ['risk', 'score', 'tier', 'name'] },
  }),
  get('/domains/{tenant}/{domain}', 'viewer', 'one domain', DomainDetailSchema),
  get(
    '/domains/{tenant}/{domain}/history',
    'viewer',
    'certificates, changes, query volume and score of one domain over time',
    DomainHistorySchema,
  ),
  get('/readiness', 'viewer', 'could each domain be restored now?', page(ReadinessViewSchema), {
    query: ['state'],
    choices: { state: ['ready', 'drifted', 'not_ready', 'unknown'] },
  }),
  get('/scores', 'viewer', 'control scores with reasons', page(ControlScoreSchema)),
  get('/cases', 'viewer', 'case queue, most urgent first', page(CaseSummarySchema), {
    query: ['state', 'severity', 'team', 'domain', 'q'],
    choices: {
      state: ['open', 'new', 'acknowledged', 'contained', 'closed', 'reopened', 'merged'],
      severity: severities,
    },
  }),
  get('/cases/{id}', 'viewer', 'one case', CaseDetailSchema),
  get('/evidence/{id}', 'responder', 'event and raw payload behind a timeline entry', EvidenceViewSchema, {
    audited: true,
  }),
  get('/findings', 'viewer', 'findings, newest first', page(FindingSchema), {
    query: ['domain', 'detection', 'state', 'severity', 'case'],
    choices: { state: ['open', 'suppressed', 'merged', 'retracted'], severity: severities },
  }),
  get('/coverage', 'viewer', 'sources by kind, blind minutes', coverage),
  get('/coverage/domains', 'viewer', 'which kinds of source see which domain', page(DomainCoverageSchema), {
    query: ['team', 'tier', 'q'],
    choices: { tier: ['0', '1', '2', '3'] },
  }),
  get(
    '/pivots',
    'viewer',
    'values that several domains have now, the newest first',
    page(SharedValueSchema),
    {
      query: ['domain', 'kind', 'q'],
      choices: { kind: ['ns', 'address', 'mx', 'cname', 'acme', 'account', 'network', 'actor'] },
    },
  ),
  get('/rules', 'viewer', 'rules and their health', page(RuleViewSchema), audited),
  get('/rules/{id}', 'viewer', 'one rule with its text and runbook', RuleDetailSchema, audited),
  get('/suppressions', 'viewer', 'what is hidden', page(SuppressionViewSchema), {
    query: ['state'],
    choices: { state: ['waiting', 'active', 'ended', 'expired'] },
  }),
  get('/silences', 'viewer', 'silences of our alerts in Grafana or an Alertmanager', page(SilenceViewSchema)),
  post('/suppressions', 'responder', 'hide findings for a while', SuppressionBody),
  post('/suppressions/{id}/approve', 'approver', 'approve; never one’s own', EmptyBody, person),
  {
    method: 'DELETE',
    path: '/suppressions/{id}',
    role: 'responder',
    about: 'end a suppression',
    answer: AcceptedSchema,
    audited: true,
  },
  post('/cases/{id}/acknowledge', 'responder', 'take note', ReasonBody),
  post('/cases/{id}/assign', 'responder', 'give to a person', AssignBody),
  post('/cases/{id}/contain', 'responder', 'attack is stopped', ReasonBody),
  post('/cases/{id}/close', 'responder', 'close with a disposition', CloseBody),
  post('/cases/{id}/reopen', 'responder', 'open again', ReasonBody),
  post('/cases/{id}/note', 'responder', 'add a line to the timeline', NoteBody),
  post('/cases/{id}/merge', 'responder', 'merge into another case', MergeBody),
  post('/cases/{id}/split', 'responder', 'move findings to a case of their own', SplitBody),
  post('/cases/{id}/steps', 'responder', 'a step of the playbook was done', StepBody),
  post('/cases/{id}/hold', 'approver', 'legal hold: keep everything', ReasonBody),
  post('/cases/{id}/release', 'admin', 'lift the legal hold', ReasonBody),
  post('/cases/{id}/actions', 'responder', 'propose an action', ProposalBody),
  post(
    '/notifications',
    'responder',
    'receipt of a notification, as webhook contact points post it',
    NotificationBody,
  ),
  get('/actions', 'viewer', 'actions the collector can carry out, newest first', page(ActionViewSchema), {
    query: ['case', 'state'],
    choices: { state: actionStates },
  }),
  get('/actions/{id}', 'viewer', 'one action with plan, dry run and result', ActionViewSchema),
  post('/actions/{id}/approve', 'approver', 'approve; never one’s own', EmptyBody, person),
  post('/actions/{id}/reject', 'approver', 'reject', ReasonBody, person),
  post(
    '/actions/{id}/executed',
    'responder',
    'an approved action in words was carried out by hand',
    ResultBody,
    person,
  ),
  post(
    '/actions/{id}/confirmed',
    'responder',
    'the effect of an action in words was seen; never by who carried it out',
    ResultBody,
    person,
  ),
  get('/drills', 'viewer', 'exercises since start, newest first', page(DrillViewSchema)),
  get('/drills/{id}', 'viewer', 'one exercise, hop by hop', DrillViewSchema),
  post('/drills', 'responder', 'send a labelled synthetic incident through everything', DrillBody),
  get('/intents', 'viewer', 'approvals that are or were valid', page(IntentSchema), { query: ['domain'] }),
  post('/intents', 'approver', 'approve a change by object and value', IntentBody, person),
  post(
    '/intents/import/{tool}',
    'approver',
    'the plan or change ticket of another tool, as it is (dnscontrol, octodns, terraform, servicenow, jira)',
    anything,
  ),
  post('/baselines', 'admin', 'what a year of history taught one entity; pages nobody', BaselineBody),
  get('/quarantine', 'responder', 'records that could not be read', page(QuarantineViewSchema), {
    query: ['source', 'code', 'state'],
    choices: { state: ['open', 'redriven', 'discarded'] },
    audited: true,
  }),
  post('/quarantine/{id}/redrive', 'rule_editor', 'read a record again', EmptyBody),
  get('/audit', 'admin', 'audit log, newest first', page(AuditEntrySchema), {
    query: ['action', 'by'],
    audited: true,
  }),
  get('/audit/verification', 'admin', 'is the audit log whole?', AuditVerificationSchema),
  get('/cases/{id}/export', 'responder', 'signed evidence bundle', anything, audited),
  get('/stream', 'viewer', 'server-sent events: case, finding, score, status', anything),
];
