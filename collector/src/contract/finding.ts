/**
 * A finding: one rule's verdict on one key. Written by 6-detect as a draft, judged (severity, overrides, suppression,
 * case) by 7-case. Same id, higher revision: a correction of the same finding.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { effects, planes, severities } from './severity.ts';

const text = Type.String();
const texts = Type.Array(text);

/** What an event contributed to a finding, small enough to keep and show without the event. */
export const EvidenceSchema = Type.Object({
  event_id: text,
  event_type: text,
  /** RFC 3339 UTC; `earliest` is the lower bound of a polled change, absent for instants. */
  timestamp: text,
  earliest: Type.Optional(text),
  ingested_at: text,
  source_kind: text,
  source_system: text,
  confidence: Type.Number(),
  domain: Type.Optional(text),
  registrar_account: Type.Optional(text),
  actor_id: Type.Optional(text),
  source_ip: Type.Optional(text),
  record_name: Type.Optional(text),
  record_type: Type.Optional(text),
  attribute: Type.Optional(text),
  old_value: Type.Optional(Type.Unknown()),
  new_value: Type.Optional(Type.Unknown()),
  approval_state: text,
  change_fact_id: Type.Optional(text),
});

/** Compact copy of the facts of one matched event. */
export type Evidence = Type.Static<typeof EvidenceSchema>;

/** JSON Schema of a judged finding. Times RFC 3339 UTC; sets sorted. */
export const FindingSchema = Type.Object(
  {
    finding_id: text,
    /** 0 for the first statement; each correction of the same finding is one higher. */
    revision: Type.Integer({ minimum: 0 }),
    /** True until the watermark passed its evidence: the verdict may still be revised. */
    preliminary: Type.Boolean(),
    tenant: text,
    rule_id: text,
    /** Catalogue id such as R05; the rule's `name` when it has none. */
    detection: text,
    rule_version: Type.Integer(),
    rule_hash: text,
    title: text,
    summary: text,
    severity: Type.Enum([...severities]),
    /** S of the rubric, 0..1, after tier and effect. */
    severity_score: Type.Number(),
    /** Each factor that went into severity, in order, as a readable term such as `likelihood 0.7`. */
    severity_terms: texts,
    likelihood: Type.Number(),
    effect: Type.Enum([...effects]),
    plane: Type.Enum([...planes]),
    risk_points: Type.Integer(),
    overrides: texts,
    group_key: text,
    domain: Type.Optional(text),
    domains: texts,
    registrar_account: Type.Optional(text),
    actor_id: Type.Optional(text),
    evidence_event_ids: texts,
    evidence: Type.Array(EvidenceSchema),
    first_seen: text,
    last_seen: text,
    state: Type.Enum(['open', 'suppressed', 'merged', 'retracted']),
    suppression_id: Type.Optional(text),
    case_id: Type.Union([text, Type.Null()]),
    playbook: Type.Optional(text),
    owner: Type.Optional(text),
    team: Type.Optional(text),
    tags: texts,
    degraded_reasons: texts,
    order: Type.Enum(['certain', 'possible']),
    drill: Type.Boolean(),
  },
  { $id: 'urn:zonewarden:finding:1.0', title: 'Zonewarden finding' },
);

/** A judged finding. */
export type Finding = Type.Static<typeof FindingSchema>;

/**
 * What 6-detect says before severity and case are decided: everything of a finding but the judgement.
 * `context` holds what severity needs: enrichment and features of the triggering event.
 */
export type FindingDraft = Omit<
  Finding,
  | 'revision'
  | 'preliminary'
  | 'severity'
  | 'severity_score'
  | 'severity_terms'
  | 'overrides'
  | 'state'
  | 'case_id'
> & {
  readonly suppressible: boolean;
  /** Id of a Sigma filter that would have removed the match; the finding is then stored suppressed. */
  readonly filtered_by?: string;
  /** Facts for severity, copied from the triggering event. */
  readonly context: FindingContext;
};

/** Inputs of the severity rubric that come from events, never from the rule. Absent means unknown. */
export interface FindingContext {
  readonly tier?: number;
  readonly approval_state: string;
  readonly confidence: number;
  /** Sources that spoke of late about what the evidence is about, `kind/id`; absent: not known. */
  readonly heard_sources?: readonly string[];
  /** Distinct source kinds among the evidence. */
  readonly source_kinds: readonly string[];
  readonly record_types: readonly string[];
  readonly attributes: readonly string[];
  readonly event_types: readonly string[];
  readonly record_names: readonly string[];
  readonly first_seen_network_or_country?: boolean;
  readonly mfa_absent_or_reset?: boolean;
  readonly unattributed?: boolean;
  readonly inside_window_only?: boolean;
  /** A valid approval names this object with another value. */
  readonly intent_mismatch?: boolean;
  /** What it is about went astray unapproved and is back: that the return is approved explains nothing. */
  readonly strayed?: boolean;
  /** No approved change of any kind was valid for the domain at that time. */
  readonly outside_window?: boolean;
  readonly known_deployment?: boolean;
  /** An answer outside the approved set has a TTL of 60 s or less, as one prepared to be taken back. */
  readonly short_ttl?: boolean;
  /** Narrower than `first_seen_network_or_country`: the country itself is new. Absent: the wider fact decides. */
  readonly first_seen_country?: boolean;
  /** Narrower than `mfa_absent_or_reset`: a factor was reset in the last 72 h. Absent: the wider fact decides. */
  readonly mfa_reset_72h?: boolean;
  /** A feature the rule stands on has too little history (cold start, no baseline): at most medium. */
  readonly cap_medium?: boolean;
  /** Every change among the evidence stays inside an approved provider: O1 does not apply to it. */
  readonly inside_provider?: boolean;
  /** Every record behind the finding came over a transport that did not prove its sender: a hint, which never pages alone. */
  readonly unverified?: boolean;
  /** True when the rule was triggered by a warm-up event: it may not page. */
  readonly warmup?: boolean;
  /** Who acted, as the inventory names them, whichever of their names the sources used. */
  readonly principals?: readonly string[];
  /** Mailboxes among the evidence that receive registrar notices, lower case. */
  readonly mailboxes?: readonly string[];
  /** DNS providers whose account, not one of its zones, the evidence is about. */
  readonly providers?: readonly string[];
}

const validator = Compile(FindingSchema);

/** True when `candidate` is a complete judged finding. */
export function isFinding(candidate: unknown): candidate is Finding {
  return validator.Check(candidate);
}
