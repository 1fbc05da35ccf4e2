/** When the probes looked at a domain, when they will look again, and since when what they know is stale. */
import type { SourceRun } from '../contract/component.ts';
import type { ProbeKind } from '../1-source/probe-budget.ts';
import type { ScheduledSource } from '../1-source/scheduled-checks.ts';
import { formatInstant } from '../leaf/time.ts';

/** One recurring check of a domain. Times RFC 3339 UTC; null: never, or not stale. */
export interface DomainCheck {
  readonly source: string;
  readonly kind: ProbeKind;
  readonly next_check: string;
  readonly last_checked: string | null;
  readonly stale_since: string | null;
  /** True: the last check is too old, or there was none yet. */
  readonly stale: boolean;
}

function isScheduled(source: SourceRun): source is ScheduledSource {
  return 'status' in source;
}

/** Checks of a domain by all sources that have some, in the order of the sources. */
export function domainChecks(sources: readonly SourceRun[], domain: string): DomainCheck[] {
  return sources.filter(isScheduled).flatMap((source) => {
    const status = source.status(domain);
    if (status === undefined) return [];
    const { nextCheckMs, lastCheckedMs, staleSinceMs } = status;
    return [
      {
        source: source.identity.id,
        kind: source.kind,
        next_check: formatInstant(nextCheckMs),
        last_checked: lastCheckedMs === undefined ? null : formatInstant(lastCheckedMs),
        stale_since:
          staleSinceMs === undefined || lastCheckedMs === undefined ? null : formatInstant(staleSinceMs),
        stale: staleSinceMs !== undefined,
      },
    ];
  });
}
