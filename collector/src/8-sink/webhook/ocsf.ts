/**
 * Signals in the Open Cybersecurity Schema Framework 1.8.0 (schema.ocsf.io): findings as Detection Finding (2004), cases
 * as Incident Finding (2005), events under the class of their type (contract/event-types.ts). The tables are the
 * mapping; the code below only walks them. Pure.
 */
import type { Case } from '../../contract/case.ts';
import type { Signal } from '../../contract/component.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import { ocsfActivityOf } from '../../contract/event-types.ts';
import type { Finding } from '../../contract/finding.ts';
import type { ControlScore } from '../../contract/score.ts';
import type { Severity } from '../../contract/severity.ts';
import { parseInstant } from '../../leaf/time.ts';
import { caseSentence, eventSentence, findingSentence, scoreSentence } from '../sentence.ts';

/** OCSF schema version of what is written. */
export const ocsfVersion = '1.8.0';

/** `severity_id`. */
export const ocsfSeverity: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};

/** `status_id` of Incident Finding by case state: New, In Progress, Resolved, Closed. */
export const ocsfCaseStatus: Readonly<Record<Case['state'], number>> = {
  new: 1,
  acknowledged: 2,
  contained: 4,
  closed: 5,
  reopened: 2,
  merged: 5,
};

/** `status_id` of Detection Finding by finding state: New, Suppressed, Resolved. */
export const ocsfFindingStatus: Readonly<Record<Finding['state'], number>> = {
  open: 1,
  suppressed: 3,
  merged: 1,
  retracted: 4,
};

/** `verdict_id` by disposition: False Positive, True Positive, Benign. */
export const ocsfVerdict: Readonly<Record<NonNullable<Case['disposition']>, number>> = {
  false_positive: 1,
  true_positive: 2,
  benign_positive: 5,
};

/** `verdict_id` of an exercise: Test. */
const ocsfDrillVerdict = 6;

/** `impact_id` and `priority_id` of Incident Finding: Low to Critical. */
export const ocsfImpact: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 1,
  medium: 2,
  high: 3,
  critical: 4,
};

/** Event field to OCSF attribute path. What is in no row goes to `unmapped`. */
export const ocsfEventFields: readonly (readonly [field: string, path: string])[] = [
  ['event_id', 'metadata.uid'],
  ['tenant', 'metadata.tenant_uid'],
  ['source_kind', 'metadata.log_name'],
  ['source_event_id', 'metadata.original_event_uid'],
  ['sequence', 'metadata.sequence'],
  ['change_fact_id', 'metadata.correlation_uid'],
  ['actor_id', 'actor.user.uid'],
  ['actor_name', 'actor.user.name'],
  ['actor_email', 'actor.user.email_addr'],
  ['on_behalf_of', 'actor.invoked_by'],
  ['session_id', 'actor.session.uid'],
  ['source_ip', 'src_endpoint.ip'],
  ['user_agent', 'http_request.user_agent'],
  ['request_id', 'api.request.uid'],
  ['change_request_id', 'ticket.uid'],
  ['transaction_size', 'count'],
];

type Bag = Record<string, unknown>;

function put(target: Bag, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop() ?? path;
  let bag = target;
  for (const step of steps) {
    const next = (bag[step] as Bag | undefined) ?? {};
    bag[step] = next;
    bag = next;
  }
  bag[last] = value;
}

function msOf(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : parseInstant(text)?.ms) ?? otherwise;
}

function base(classUid: number, activityId: number, timeMs: number): Bag {
  return {
    activity_id: activityId,
    category_uid: Math.floor(classUid / 1000),
    class_uid: classUid,
    type_uid: classUid * 100 + activityId,
    time: timeMs,
    metadata: { version: ocsfVersion, product: { name: 'Zonewarden', vendor_name: 'Zonewarden' } },
  };
}

const eventOutcome: Readonly<Record<string, number>> = { success: 1, failure: 2 };

function eventOcsf(event: CanonicalEvent, timeMs: number): Bag {
  const activity = ocsfActivityOf(event.event_type);
  const out = base(activity?.classUid ?? 0, activity?.activityId ?? 0, timeMs);
  put(out, 'severity_id', 0);
  put(out, 'message', eventSentence(event));
  put(out, 'status_id', eventOutcome[event.outcome] ?? 99);
  put(out, 'confidence_score', Math.round(event.confidence * 100));
  put(out, 'metadata.product.feature', { name: event.source_system });
  put(out, 'metadata.logged_time', msOf(event.observed_at, timeMs));
  put(out, 'metadata.processed_time', msOf(event.ingested_at, timeMs));
  const fields = event as unknown as Bag;
  const used = new Set([
    'confidence',
    'outcome',
    'timestamp',
    'observed_at',
    'ingested_at',
    'raw',
    'domain',
    'zone',
  ]);
  for (const [field, path] of ocsfEventFields) {
    used.add(field);
    if (fields[field] !== undefined) put(out, path, fields[field]);
  }
  const entity = event.domain ?? event.zone;
  if (entity !== undefined)
    out['entity'] = {
      name: entity,
      type: event.record_type ?? 'Domain',
      data: { old: event.old_value ?? null },
    };
  if (entity !== undefined && event.new_value !== undefined)
    out['entity_result'] = {
      name: entity,
      type: event.record_type ?? 'Domain',
      data: { new: event.new_value },
    };
  put(out, 'raw_data_hash', { algorithm_id: 3, value: event.raw.sha256 });
  out['unmapped'] = Object.fromEntries(Object.entries(event).filter(([field]) => !used.has(field)));
  return out;
}

function findingOcsf(finding: Finding, timeMs: number): Bag {
  const activity = finding.state === 'retracted' ? 3 : finding.revision === 0 ? 1 : 2;
  const out = base(2004, activity, timeMs);
  const sentence = findingSentence(finding);
  Object.assign(out, {
    severity_id: ocsfSeverity[finding.severity],
    status_id: ocsfFindingStatus[finding.state],
    message: sentence,
    is_alert: finding.state === 'open',
    risk_score: finding.risk_points,
    finding_info: {
      uid: finding.finding_id,
      title: finding.title,
      desc: finding.summary,
      created_time: msOf(finding.first_seen, timeMs),
      first_seen_time: msOf(finding.first_seen, timeMs),
      last_seen_time: msOf(finding.last_seen, timeMs),
      analytic: {
        uid: finding.rule_id,
        name: finding.detection,
        type_id: 1,
        version: String(finding.rule_version),
      },
      related_events: finding.evidence.map((one) => ({ uid: one.event_id, type: one.event_type })),
      tags: finding.tags.map((name) => ({ name })),
    },
    resources: finding.domains.map((name) => ({ name, type: 'Domain' })),
    unmapped: {
      case_id: finding.case_id,
      preliminary: finding.preliminary,
      revision: finding.revision,
      drill: finding.drill,
    },
  });
  put(out, 'metadata.uid', `${finding.finding_id}.${finding.revision}`);
  put(out, 'metadata.tenant_uid', finding.tenant);
  return out;
}

function caseOcsf(one: Case, timeMs: number): Bag {
  const activity = one.state === 'closed' || one.state === 'merged' ? 3 : one.revision === 0 ? 1 : 2;
  const out = base(2005, activity, timeMs);
  Object.assign(out, {
    severity_id: ocsfSeverity[one.severity],
    status_id: ocsfCaseStatus[one.state],
    verdict_id: one.drill ? ocsfDrillVerdict : one.disposition === null ? 0 : ocsfVerdict[one.disposition],
    impact_id: ocsfImpact[one.severity],
    priority_id: ocsfImpact[one.severity],
    message: caseSentence(one),
    desc: one.summary,
    start_time: msOf(one.opened_at, timeMs),
    end_time: msOf(one.updated_at, timeMs),
    is_suspected_breach: one.disposition === 'true_positive' && !one.drill,
    finding_info_list: one.finding_ids.map((uid) => ({ uid, title: one.title })),
    tickets: [{ uid: one.case_id, title: one.title }],
    // The class asks for one of the two; a case that nobody owns yet says so.
    ...(one.assignee !== null && { assignee: { uid: one.assignee } }),
    ...((one.team !== null || one.assignee === null) && {
      assignee_group: { name: one.team ?? 'unassigned' },
    }),
    unmapped: {
      domains: one.domains,
      detections: one.detections,
      kind: one.kind,
      playbook: one.playbook,
      drill: one.drill,
    },
  });
  put(out, 'metadata.profiles', ['incident']);
  put(out, 'metadata.uid', `${one.case_id}.${one.revision}`);
  put(out, 'metadata.tenant_uid', one.tenant);
  return out;
}

/** The signal as an OCSF object; a control score, for which OCSF has no class, as a base event. */
export function ocsfOf(signal: Signal): Record<string, unknown> {
  if (signal.kind === 'event') return eventOcsf(signal.body as CanonicalEvent, signal.timeMs);
  if (signal.kind === 'finding') return findingOcsf(signal.body as Finding, signal.timeMs);
  if (signal.kind === 'case') return caseOcsf(signal.body as Case, signal.timeMs);
  const score = signal.body as ControlScore;
  const out = base(0, 0, signal.timeMs);
  put(out, 'severity_id', 0);
  put(out, 'message', scoreSentence(score));
  put(out, 'metadata.uid', signal.key);
  put(out, 'metadata.tenant_uid', score.tenant);
  out['unmapped'] = score;
  return out;
}
