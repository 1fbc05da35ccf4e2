/**
 * Where pages get what they show. Two implementations: the collector's API (`collector-layer.ts`), and telemetry in Loki
 * and Prometheus for when the API cannot be reached (read only). Pages know this interface alone.
 */
import type { Answer, List } from './answer.ts';
import type { Bodies } from './contract.gen.ts';
import type {
  ActionView,
  AuditEntry,
  AuditVerification,
  CaseDetail,
  CaseSummary,
  Coverage,
  DomainCoverage,
  DomainDetail,
  DomainHistory,
  DomainSummary,
  EvidenceView,
  Finding,
  QuarantineView,
  ReadinessView,
  RuleDetail,
  RuleView,
  SharedValue,
  SilenceView,
  Status,
  SuppressionView,
} from './shapes.ts';

/** Kinds of live message; `resync`: read everything again. */
export type LiveEvent = 'case' | 'finding' | 'score' | 'status' | 'resync';

/** `live`: messages arrive as things happen. `polling`: asked again regularly. `lost`: nothing comes. */
export type LiveState = 'connecting' | 'live' | 'polling' | 'lost';

/** How a question is asked. */
export interface Asking<T> {
  readonly signal: AbortSignal;
  /** Called with what has come so far, for lists that come in pages. */
  readonly partly?: (list: List<T>) => void;
}

/** Filters by name; absent and empty values are left out. */
export type Filters = Readonly<Record<string, string | undefined>>;

/** Endpoints that change something. */
export type ChangeName = keyof Bodies | 'DELETE /suppressions/{id}';

/** Body of a change; a change without a body takes an empty object. */
export type ChangeBody<K extends ChangeName> = K extends keyof Bodies
  ? Bodies[K]
  : Readonly<Record<string, never>>;

/** Values of the `{name}` parts of a path. */
export type PathValues = Readonly<Record<string, string>>;

/** One page of the audit log, newest first. */
export interface AuditPage extends List<AuditEntry> {
  readonly next: string | null;
}

/** Everything pages may ask for. A method that an implementation cannot answer gives the problem `unsupported`. */
export interface DataLayer {
  readonly kind: 'collector' | 'telemetry';
  /** False: buttons that change something are not offered. */
  readonly writable: boolean;
  status(asking: Asking<never>): Promise<Answer<Status>>;
  domains(filters: Filters, asking: Asking<DomainSummary>): Promise<Answer<List<DomainSummary>>>;
  domain(tenant: string, domain: string, asking: Asking<never>): Promise<Answer<DomainDetail>>;
  /** Certificates, changes, query volume and score over time. */
  domainHistory(tenant: string, domain: string, asking: Asking<never>): Promise<Answer<DomainHistory>>;
  readiness(filters: Filters, asking: Asking<ReadinessView>): Promise<Answer<List<ReadinessView>>>;
  cases(filters: Filters, asking: Asking<CaseSummary>): Promise<Answer<List<CaseSummary>>>;
  caseDetail(id: string, asking: Asking<never>): Promise<Answer<CaseDetail>>;
  /** Event and raw payload behind an entry of a timeline. Looking is in the audit log. */
  evidence(id: string, asking: Asking<never>): Promise<Answer<EvidenceView>>;
  /** Signed evidence bundle of a case, as the collector wrote it. */
  exportCase(id: string, asking: Asking<never>): Promise<Answer<unknown>>;
  findings(filters: Filters, asking: Asking<Finding>): Promise<Answer<List<Finding>>>;
  coverage(filters: Filters, asking: Asking<never>): Promise<Answer<Coverage>>;
  /** Which kinds of source see which domain. */
  domainCoverage(filters: Filters, asking: Asking<DomainCoverage>): Promise<Answer<List<DomainCoverage>>>;
  /** Values that several domains have now, the newest of them first; one page, for older ones matter less. */
  sharedValues(filters: Filters, asking: Asking<never>): Promise<Answer<List<SharedValue>>>;
  /** Records that could not be read. Looking is in the audit log. */
  quarantine(filters: Filters, asking: Asking<QuarantineView>): Promise<Answer<List<QuarantineView>>>;
  rules(filters: Filters, asking: Asking<RuleView>): Promise<Answer<List<RuleView>>>;
  rule(id: string, asking: Asking<never>): Promise<Answer<RuleDetail>>;
  suppressions(filters: Filters, asking: Asking<SuppressionView>): Promise<Answer<List<SuppressionView>>>;
  /** What is silenced outside of the collector. */
  silences(filters: Filters, asking: Asking<SilenceView>): Promise<Answer<List<SilenceView>>>;
  actions(filters: Filters, asking: Asking<ActionView>): Promise<Answer<List<ActionView>>>;
  /** The newest entries, or those before a cursor; `next` continues, null: the log ends here. */
  auditPage(filters: Filters, asking: Asking<never>): Promise<Answer<AuditPage>>;
  /** Checks the whole audit log. */
  auditVerification(asking: Asking<never>): Promise<Answer<AuditVerification>>;
  /** Changes something; `values` fills the path. */
  change<K extends ChangeName>(
    name: K,
    values: PathValues,
    body: ChangeBody<K>,
  ): Promise<Answer<{ readonly accepted: boolean; readonly id?: string }>>;
  /** Follows live messages until the signal aborts. `told` says how alive it is. */
  follow(
    take: (event: LiveEvent) => void,
    told: (state: LiveState) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
