/** Judges a played incident by its expectation keys (incidents/README.md). */
import type { Finding } from '../contract/finding.ts';
import { compareSeverity, severities, type Severity } from '../contract/severity.ts';
import { instantMs } from './instant-ms.ts';
import type { ExpectedFinding, ForbiddenOutcome, IncidentFile } from './incident-file.ts';
import type { IncidentObservation, ObservedPage } from './incident-run.ts';

/** Verdict in the shape of the command-line contract. */
export interface IncidentVerdict {
  readonly id: string;
  readonly passed: boolean;
  readonly paged: boolean;
  readonly page: {
    readonly after_n: number;
    readonly latency_s: number;
    readonly severity: string;
    readonly detection: string;
    readonly case_id: string;
  } | null;
  readonly cases: number;
  readonly early_warnings: readonly string[];
  readonly escalations_joined: boolean;
  readonly must_not_violated: readonly string[];
  readonly failures: readonly string[];
}

/** Kinds of `must_not_checks` (incidents/README.md). */
export const forbiddenOutcomes = [
  'page_before_n',
  'page_after_n',
  'page_caused_by_n',
  'page_for_domain',
  'no_page',
  'no_case',
  'cases_more_than',
  'cases_fewer_than',
  'severity_at_least_for_n',
  'page_severity_below',
  'escalations_not_joined',
] as const;

function isSeverity(text: string | undefined): text is Severity {
  return (severities as readonly (string | undefined)[]).includes(text);
}

function entriesOf(finding: Finding, seen: IncidentObservation): number[] {
  return finding.evidence_event_ids.flatMap((id) => seen.entryOf.get(id) ?? []);
}

function latencyS(incident: IncidentFile, page: ObservedPage): number {
  const offsetS = incident.sequence.find(({ n }) => n === page.afterN)?.t_offset_s ?? 0;
  const anchorMs = instantMs(incident.anchor.utc ?? incident.anchor.replay_utc ?? '1970-01-01T00:00:00Z');
  return (page.atMs - anchorMs) / 1000 - offsetS;
}

function pageFailures(incident: IncidentFile, seen: IncidentObservation): string[] {
  const { page: expected } = incident;
  const { page } = seen;
  if (!expected.should_page)
    return page === undefined
      ? []
      : [`paged after entry ${page.afterN} by ${page.detection}, nothing should page`];
  if (page === undefined) return ['nothing paged'];
  const failures: string[] = [];
  const alternative = incident.alternative_page ?? undefined;
  const wantedN = expected.after_n ?? -1;
  const latestN = incident.latest_acceptable_after_n ?? wantedN;
  const isAlternative = alternative !== undefined && page.afterN === alternative.after_n;
  const inRange = page.afterN >= wantedN && page.afterN <= latestN;
  if (!inRange && !isAlternative) failures.push(`paged after entry ${page.afterN}, expected ${wantedN}`);
  const latency = latencyS(incident, page);
  if (expected.max_latency_s !== undefined && latency > expected.max_latency_s)
    failures.push(`paged after ${Math.round(latency)} s, at most ${expected.max_latency_s} s allowed`);
  if (
    isSeverity(expected.severity) &&
    isSeverity(page.severity) &&
    compareSeverity(page.severity, expected.severity) < 0
  )
    failures.push(`paged with severity ${page.severity}, expected ${expected.severity}`);
  const allowed = [...(expected.detections ?? []), ...(alternative?.detections ?? [])];
  const inCase = seen.beforePage
    .filter((finding) => page.case.finding_ids.includes(finding.finding_id))
    .map(({ detection }) => detection);
  if (allowed.length > 0 && !inCase.some((detection) => allowed.includes(detection)))
    failures.push(
      `paged by ${page.detection} with ${inCase.join(', ')}, expected one of ${allowed.join(', ')}`,
    );
  return failures;
}

function earlyFailures(incident: IncidentFile, seen: IncidentObservation): string[] {
  const expected = incident.early_warning;
  if (expected === undefined || expected === null || seen.minimal) return [];
  const found = seen.beforePage.some((finding) => (expected.detections ?? []).includes(finding.detection));
  return found
    ? []
    : [`early warning missing: one of ${(expected.detections ?? []).join(', ')} before the page`];
}

/** An escalation joined when its entry, or a finding of one of its detections, is part of the case that paged. */
function joined(expected: ExpectedFinding, seen: IncidentObservation): boolean {
  const final = seen.cases.find((found) => found.paged_at !== null);
  if (final === undefined) return false;
  const inTimeline = final.timeline.some(({ ref }) => seen.entryOf.get(ref) === expected.after_n);
  return (
    inTimeline ||
    seen.findings.some(
      (finding) =>
        finding.case_id === final.case_id &&
        (entriesOf(finding, seen).includes(expected.after_n) ||
          (expected.detections ?? []).includes(finding.detection)),
    )
  );
}

function violated(
  check: ForbiddenOutcome,
  incident: IncidentFile,
  seen: IncidentObservation,
  allJoined: boolean,
): boolean {
  const { page } = seen;
  const n = check.n ?? -1;
  switch (check.type) {
    case 'page_before_n':
      return page !== undefined && page.afterN < n;
    case 'page_after_n':
      return incident.page.should_page && (page === undefined || page.afterN > n);
    case 'page_caused_by_n':
      return page?.afterN === n;
    case 'page_for_domain':
      return (
        page !== undefined && entryDomains(incident, page.afterN).every((domain) => domain === check.domain)
      );
    case 'no_page':
      return page !== undefined && !incident.page.should_page
        ? true
        : page === undefined && incident.page.should_page;
    case 'no_case':
      return seen.cases.length === 0;
    case 'cases_more_than':
      return seen.cases.length > (check.count ?? 0);
    case 'cases_fewer_than':
      return seen.cases.length < (check.count ?? 0);
    case 'severity_at_least_for_n':
      return (
        page?.afterN === n &&
        isSeverity(page.severity) &&
        isSeverity(check.severity) &&
        compareSeverity(page.severity, check.severity) >= 0
      );
    case 'page_severity_below':
      return (
        page !== undefined &&
        isSeverity(page.severity) &&
        isSeverity(check.severity) &&
        compareSeverity(page.severity, check.severity) < 0
      );
    case 'escalations_not_joined':
      return !allJoined;
    default:
      return true;
  }
}

function entryDomains(incident: IncidentFile, n: number): string[] {
  return (incident.replay?.events ?? [])
    .filter((entry) => entry.n === n)
    .map(({ event }) => event.domain ?? '');
}

/** Compares what happened with what the file expects. Unknown forbidden outcomes are failures, never silence. */
export function judgeIncident(incident: IncidentFile, seen: IncidentObservation): IncidentVerdict {
  const escalations = incident.escalate ?? [];
  const allJoined = escalations.every((expected) => joined(expected, seen));
  const checks = (incident.must_not_checks ?? []).filter(({ sources }) => sources !== 'all' || !seen.minimal);
  const forbidden = checks
    .filter((check) => check.type !== 'escalations_not_joined' || !seen.minimal)
    .filter((check) => violated(check, incident, seen, allJoined))
    .map((check) => JSON.stringify(check));
  const failures = [...pageFailures(incident, seen), ...earlyFailures(incident, seen)];
  if (incident.expected_cases !== undefined && seen.cases.length !== incident.expected_cases)
    failures.push(`${seen.cases.length} cases, expected ${incident.expected_cases}`);
  if (!allJoined && !seen.minimal) {
    const missing = escalations.filter((expected) => !joined(expected, seen)).map(({ after_n: n }) => n);
    failures.push(`escalations of entries ${missing.join(', ')} stayed outside the case`);
  }
  const { page } = seen;
  return {
    id: incident.id,
    passed: failures.length === 0 && forbidden.length === 0,
    paged: page !== undefined,
    page:
      page === undefined
        ? null
        : {
            after_n: page.afterN,
            latency_s: Math.round(latencyS(incident, page) * 1000) / 1000,
            severity: page.severity,
            detection: page.detection,
            case_id: page.case.case_id,
          },
    cases: seen.cases.length,
    early_warnings: [
      ...new Set(seen.beforePage.filter((finding) => isEarly(finding, seen)).map((f) => f.detection)),
    ].sort(),
    escalations_joined: allJoined,
    must_not_violated: forbidden,
    failures,
  };
}

function isEarly(finding: Finding, seen: IncidentObservation): boolean {
  if (seen.page === undefined) return true;
  return (
    !entriesOf(finding, seen).includes(seen.page.afterN) &&
    finding.finding_id !== seen.page.finding?.finding_id
  );
}
