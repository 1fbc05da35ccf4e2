/** Runs recurring checks of all watched domains as the budget allows: what delegation probe, answer probe and RDAP share. */
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { BucketLimits, ProbeBudget, ProbeKind, ProbeStatus } from './probe-budget.ts';
import type { WatchedDomain, WatchedDomains } from './watched-domains.ts';

/** What one check led to. */
export interface CheckResult {
  /** False: it could not tell; it is tried again sooner. */
  readonly known: boolean;
  /** True: something moved; the domain is watched closely for a while. */
  readonly suspicious: boolean;
  /** The other side asked to slow down. */
  readonly throttle?: { readonly bucket: string; readonly untilMs: number };
}

/** A budget that a check uses up one token of. */
export interface NeededBucket {
  readonly name: string;
  readonly limits: BucketLimits;
}

/** What to run. `suspicionMs`: how long a domain is watched closely after something moved. */
export interface ScheduledChecksOptions {
  readonly identity: SourceIdentity;
  readonly kind: ProbeKind;
  readonly domains: WatchedDomains;
  /** Has no other tasks than ours. */
  readonly budget: ProbeBudget;
  /** Budgets of a domain, the registry first; empty: the domain cannot be checked this way. */
  readonly bucketsOf: (domain: string) => readonly NeededBucket[];
  readonly check: (intake: Intake, domain: WatchedDomain, signal: AbortSignal) => Promise<CheckResult>;
  readonly concurrency: number;
  readonly suspicionMs: number;
  /** Before the first check; and from time to time and at the end. */
  readonly load: () => Promise<void>;
  readonly flush: () => Promise<void>;
  readonly probe: (signal: AbortSignal) => Promise<Outcome<string>>;
}

/** A running source that can say how fresh its view on a domain is. */
export interface ScheduledSource extends SourceRun {
  readonly kind: ProbeKind;
  /** Undefined: the domain is not checked by this source. */
  status(domain: string): ProbeStatus | undefined;
}

const flushEveryMs = 30_000;
const followEveryMs = 1000;
const idleMs = 1000;
const firstWithinMs = 60_000;
const retryUnplacedMs = 60_000;
/** Checks in a row that could not tell anything after which the source as a whole counts as blind. */
const blindAfter = 5;

/** Builds the source; nothing is asked before `run`. */
export function scheduledChecks(options: ScheduledChecksOptions, around: Surroundings): ScheduledSource {
  const { identity, budget, domains, kind } = options;
  const tenant = identity.tenant === '*' ? undefined : identity.tenant;
  const running = new Map<string, WatchedDomain>();
  const suspectUntil = new Map<string, number>();
  let unknownInARow = 0;
  let everKnown = false;
  let seen: readonly WatchedDomain[] | undefined;
  let unplaced = false;
  let triedMs = 0;
  const idOf = (domain: string): string => `${kind}/${domain}`;

  /** Takes over the list of domains: new ones are added, others removed, changed tiers planned anew. */
  function follow(nowMs: number): void {
    const list = domains.list(tenant);
    // What could not be checked before may be checkable by now: lists of servers are refreshed.
    const again = unplaced && nowMs - triedMs >= retryUnplacedMs;
    if (list !== seen || again) {
      seen = list;
      triedMs = nowMs;
      unplaced = false;
      const wanted = new Map(list.map((domain) => [domain.domain, domain]));
      for (const [name, known] of running) {
        if (wanted.get(name)?.tier === known.tier) continue;
        running.delete(name);
        budget.remove(idOf(name));
      }
      for (const [name, domain] of wanted) {
        const isNew = !running.has(name);
        const buckets = isNew ? options.bucketsOf(name) : [];
        if (isNew && buckets.length === 0) {
          unplaced = true;
          continue;
        }
        running.set(name, domain);
        if (!isNew) continue;
        for (const bucket of buckets) budget.open(bucket.name, bucket.limits);
        const task = { id: idOf(name), kind, domain: name, tier: domain.tier };
        budget.add({ ...task, buckets: buckets.map((bucket) => bucket.name) }, nowMs, firstWithinMs);
      }
    }
    for (const [name, untilMs] of domains.suspicions()) {
      // Only what is new: every call brings the next check forward.
      if (!running.has(name) || untilMs <= nowMs || (suspectUntil.get(name) ?? 0) >= untilMs) continue;
      suspectUntil.set(name, untilMs);
      budget.suspect(name, untilMs, nowMs);
    }
    for (const [name, untilMs] of suspectUntil) if (untilMs <= nowMs) suspectUntil.delete(name);
  }

  async function check(intake: Intake, name: string, signal: AbortSignal): Promise<void> {
    const domain = running.get(name);
    const id = idOf(name);
    if (domain === undefined) return budget.finished(id, false, around.nowMs());
    let result: CheckResult = { known: false, suspicious: false };
    try {
      result = await options.check(intake, domain, signal);
    } catch (error) {
      if (!signal.aborted)
        around.log(
          'warn',
          `${identity.feed} of ${name}: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
    if (signal.aborted) return;
    const nowMs = around.nowMs();
    unknownInARow = result.known ? 0 : unknownInARow + 1;
    everKnown ||= result.known;
    if (result.throttle !== undefined)
      budget.throttle(result.throttle.bucket, result.throttle.untilMs, nowMs);
    budget.finished(id, result.known, nowMs);
    if (!result.suspicious) return;
    const untilMs = nowMs + options.suspicionMs;
    suspectUntil.set(name, untilMs);
    budget.suspect(name, untilMs, nowMs);
    domains.suspect(name, untilMs);
  }

  async function worker(intake: Intake, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const nowMs = around.nowMs();
      const next = budget.next(nowMs);
      if (next.kind === 'run') await check(intake, next.task.domain, signal);
      else await pause(Math.max(5, Math.min(idleMs, next.untilMs - nowMs)), signal);
    }
  }

  /** A source that all tenants share lives for each of them. */
  function beat(intake: Intake): void {
    if (!everKnown || unknownInARow >= blindAfter) return;
    intake.heartbeat(identity);
    if (tenant !== undefined) return;
    const tenants = new Set([...running.values()].flatMap((domain) => domain.tenants));
    for (const each of tenants) intake.heartbeat({ ...identity, tenant: each });
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    await around.sleep(ms, signal).catch(() => undefined);
  }

  async function every(ms: number, signal: AbortSignal, work: () => void | Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await pause(ms, signal);
      if (!signal.aborted) await work();
    }
  }

  async function flush(): Promise<void> {
    await options.flush().catch((error: unknown) =>
      around.log('warn', `${identity.id}: what was seen last cannot be saved`, {
        error: error instanceof Error ? error.message : String(error),
      }),
    );
  }

  return {
    identity,
    kind,
    status: (domain) => budget.status(idOf(domain), around.nowMs()),
    probe: options.probe,
    async run(intake, signal) {
      await options.load();
      follow(around.nowMs());
      await Promise.all([
        every(followEveryMs, signal, () => follow(around.nowMs())),
        every(Math.max(followEveryMs, identity.intervalMs / 3), signal, () => beat(intake)),
        every(flushEveryMs, signal, flush),
        ...Array.from({ length: options.concurrency }, () => worker(intake, signal)),
      ]);
      await flush();
    },
  };
}
