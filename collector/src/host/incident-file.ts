/** Incident files (`incident-reconstruction/1`): the parts a runner and a judge read. Prose is never read. */
import type { CanonicalEvent } from '../contract/event.ts';

/** What must page, and how. */
export interface ExpectedPage {
  readonly should_page: boolean;
  readonly after_n?: number;
  readonly max_latency_s?: number;
  readonly severity?: string;
  readonly max_severity?: string;
  readonly detections?: readonly string[];
  readonly detections_expected?: readonly string[];
}

/** A finding expected at or after an entry. */
export interface ExpectedFinding {
  readonly after_n: number;
  readonly severity?: string;
  readonly detections?: readonly string[];
}

/** A forbidden outcome; see incidents/README.md. */
export interface ForbiddenOutcome {
  readonly type: string;
  readonly n?: number;
  readonly domain?: string;
  readonly count?: number;
  readonly severity?: string;
  readonly sources?: string;
}

/** One delivery of the replay. */
export interface IncidentArrival {
  readonly n: number;
  readonly arrival: string;
  readonly event: CanonicalEvent;
}

/** A source that beats all the time. */
export interface IncidentSource {
  readonly source_kind: string;
  readonly interval_s: number;
  readonly in_minimal: boolean;
}

/** An incident file as parsed. `replay` null: there is none yet. */
export interface IncidentFile {
  readonly id: string;
  readonly malicious?: boolean;
  readonly anchor: { readonly utc: string | null; readonly replay_utc?: string };
  readonly sequence: readonly { readonly n: number; readonly t_offset_s: number }[];
  readonly page: ExpectedPage;
  readonly alternative_page?: ExpectedFinding | null;
  readonly latest_acceptable_after_n?: number | null;
  readonly early_warning?: ExpectedFinding | null;
  readonly escalate?: readonly ExpectedFinding[] | null;
  readonly expected_cases?: number;
  readonly must_not_checks?: readonly ForbiddenOutcome[];
  readonly replay: {
    readonly inventory: unknown;
    readonly intents: readonly unknown[];
    readonly sources: readonly IncidentSource[];
    readonly warmup: readonly { readonly event: CanonicalEvent }[];
    readonly events: readonly IncidentArrival[];
  } | null;
}
