/** Names for the shapes of the API that pages speak of. */
import type { Answers } from './contract.gen.ts';

/** Item of a list endpoint. */
type Item<K extends keyof Answers> = Answers[K] extends { readonly items: ReadonlyArray<infer T> }
  ? T
  : never;

/** Line of the fleet list. */
export type DomainSummary = Item<'GET /domains'>;
/** Everything about a domain. */
export type DomainDetail = Answers['GET /domains/{tenant}/{domain}'];
/** What is remembered of a domain over time. */
export type DomainHistory = Answers['GET /domains/{tenant}/{domain}/history'];
/** Control with both witnesses. */
export type ControlView = DomainDetail['controls'][number];
/** Change fact of the ledger. */
export type ChangeView = DomainDetail['changes'][number];
/** Line of the case queue. */
export type CaseSummary = Item<'GET /cases'>;
/** A case with what it stands on. */
export type CaseDetail = Answers['GET /cases/{id}'];
/** The case itself. */
export type Case = CaseDetail['case'];
/** Entry of the timeline of a case. */
export type TimelineEntry = Case['timeline'][number];
/** Finding with its evidence. */
export type Finding = Item<'GET /findings'>;
/** Evidence of a finding. */
export type Evidence = Finding['evidence'][number];
/** Event and raw payload behind an entry. */
export type EvidenceView = Answers['GET /evidence/{id}'];
/** Sources and kinds of source. */
export type Coverage = Answers['GET /coverage'];
/** One kind of source. */
export type CoverageView = Coverage['kinds'][number];
/** One configured source. */
export type SourceView = Coverage['sources'][number];
/** Kinds of source that see one domain. */
export type DomainCoverage = Item<'GET /coverage/domains'>;
/** Record that could not be read. */
export type QuarantineView = Item<'GET /quarantine'>;
/** Silence of our alerts in Grafana or an Alertmanager. */
export type SilenceView = Item<'GET /silences'>;
/** Rule with its health. */
export type RuleView = Item<'GET /rules'>;
/** Rule with its text and runbook. */
export type RuleDetail = Answers['GET /rules/{id}'];
/** Suppression with its effect. */
export type SuppressionView = Item<'GET /suppressions'>;
/** Action of the collector. */
export type ActionView = Item<'GET /actions'>;
/** Line of the audit log. */
export type AuditEntry = Item<'GET /audit'>;
/** What a check of the whole audit log said. */
export type AuditVerification = Answers['GET /audit/verification'];
/** Value that several domains have now. */
export type SharedValue = Item<'GET /pivots'>;
/** Whether a domain could be restored now. */
export type ReadinessView = Item<'GET /readiness'>;
/** State of the collector and who asks. */
export type Status = Answers['GET /status'];
/** What a person may do. */
export type Role = Status['user']['roles'][number];
/** Severity, five words. */
export type Severity = CaseSummary['severity'];
