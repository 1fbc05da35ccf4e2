/**
 * One scheduler for all probes and RDAP: who is asked next, within token buckets per registry and per server. Pure: time is
 * passed in, nothing is random. Order inside a bucket: suspicion, then tier 0, then RDAP that must not grow older than a day,
 * then earliest deadline; every fifth token goes to those who wait too long, so that nothing starves under overload.
 */
import { popRanked, pushRanked } from './probe-queue.ts';

/** Kinds of check. */
export type ProbeKind = 'delegation' | 'answers' | 'rdap';

/** One recurring check. `buckets`: budgets it uses up one token of, the registry first; all must exist. */
export interface ProbeTask {
  readonly id: string;
  readonly kind: ProbeKind;
  readonly domain: string;
  readonly tier: 0 | 1 | 2 | 3;
  readonly buckets: readonly string[];
}

/** What a bucket allows. */
export interface BucketLimits {
  readonly perSecond: number;
  readonly burst: number;
}

/** How fresh our knowledge of a task's object is. Epoch milliseconds; `staleSinceMs` absent: fresh. */
export interface ProbeStatus {
  readonly nextCheckMs: number;
  readonly lastCheckedMs: number | undefined;
  readonly staleSinceMs: number | undefined;
}

/** A task to run now, or the time to ask again. `untilMs` Infinity: nothing is planned. */
export type NextProbe =
  | { readonly kind: 'run'; readonly task: ProbeTask; readonly lateMs: number }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** The scheduler. A task that was given out does not come again before `finished`. */
export interface ProbeBudget {
  /** Makes a bucket known; one that exists stays as it is. */
  open(bucket: string, limits: BucketLimits): void;
  /** The first check comes within the task's interval, or within `firstWithinMs` when that is shorter. */
  add(task: ProbeTask, nowMs: number, firstWithinMs?: number): void;
  remove(id: string): void;
  next(nowMs: number): NextProbe;
  /** The check ended. `isKnown` false: it could not tell; the task is tried again sooner, with growing distance. */
  finished(id: string, isKnown: boolean, nowMs: number): void;
  /** Everything about a domain is checked at short intervals until `untilMs`, beginning now. */
  suspect(domain: string, untilMs: number, nowMs: number): void;
  /** The other side asked to slow down (429, Retry-After): nothing until `untilMs`, half the rate afterwards, recovering. */
  throttle(bucket: string, untilMs: number, nowMs: number): void;
  status(id: string, nowMs: number): ProbeStatus | undefined;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Distance between checks by tier 0..3. Tier 0 leaves room to meet its 60 s when the bucket is busy. */
export const probeIntervalsMs: Readonly<Record<ProbeKind, readonly [number, number, number, number]>> = {
  delegation: [45 * second, 10 * minute, 4 * hour, 12 * hour],
  answers: [45 * second, 10 * minute, 4 * hour, 12 * hour],
  rdap: [hour, 4 * hour, 12 * hour, 20 * hour],
};

/** Distance between checks of a domain under suspicion. */
export const suspicionIntervalsMs: Readonly<Record<ProbeKind, number>> = {
  delegation: 30 * second,
  answers: 30 * second,
  rdap: 5 * minute,
};

/** No RDAP state grows older than this, as long as the registry lets us ask often enough for it. */
const rdapPromiseMs = 24 * hour;
/**
 * Age from which RDAP goes before what has no promise: early enough that a whole registry's worth of domains still fits, and
 * earlier after a start, when all of them are asked for the first time at once.
 */
const rdapPressingMs = rdapPromiseMs / 2;
const rdapFirstPressingMs = rdapPromiseMs / 6;
/** Age from which RDAP gets every fair turn. */
const rdapUrgentMs = rdapPromiseMs / 2 + rdapPromiseMs / 4;

const fairShare = 5;
const recoveryPerSecond = 1 / (30 * 60);
const retryFirstMs = 20 * second;

interface Entry {
  readonly slot: Slot;
  readonly version: number;
  readonly rank: number;
  readonly order: number;
}

interface Slot {
  readonly task: ProbeTask;
  readonly addedMs: number;
  version: number;
  dueMs: number;
  running: boolean;
  failures: number;
  lastCheckedMs: number | undefined;
}

interface Bucket {
  readonly limits: BucketLimits;
  tokens: number;
  /** Last refill; undefined before the first use. */
  filledMs: number | undefined;
  /** Share of the rate in use, 1 unless throttled lately. */
  pace: number;
  closedUntilMs: number;
  served: number;
  fairTurns: number;
  /** Tasks that are not due yet, by due time. */
  readonly waiting: Entry[];
  /** Those that are due, by precedence and rank. */
  readonly ready: readonly Entry[][];
}

/** Precedence of what is due. */
const suspicion = 0;
const topTier = 1;
const promised = 2;
const ordinary = 3;

/** FNV-1a: spreads first checks over the interval, the same way at every start. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash / 0x1_0000_0000;
}

function emptyBucket(limits: BucketLimits): Bucket {
  return {
    limits,
    tokens: limits.burst,
    filledMs: undefined,
    pace: 1,
    closedUntilMs: 0,
    served: 0,
    fairTurns: 0,
    waiting: [],
    ready: [[], [], [], []],
  };
}

/** A scheduler over these buckets. A task naming a bucket that is not open is a fault of the caller and throws. */
export function probeBudget(
  limits: Readonly<Record<string, BucketLimits>>,
  intervalsMs: typeof probeIntervalsMs = probeIntervalsMs,
): ProbeBudget {
  const buckets = new Map<string, Bucket>(
    Object.entries(limits).map(([name, each]) => [name, emptyBucket(each)]),
  );
  const slots = new Map<string, Slot>();
  const byDomain = new Map<string, Set<Slot>>();
  const suspectUntil = new Map<string, number>();
  let orders = 0;

  function bucketOf(name: string): Bucket {
    const found = buckets.get(name);
    if (found === undefined) throw new Error(`probe budget has no bucket "${name}"`);
    return found;
  }

  function isSuspect(domain: string, nowMs: number): boolean {
    const until = suspectUntil.get(domain);
    return until !== undefined && until > nowMs;
  }

  function intervalOf(slot: Slot, nowMs: number): number {
    const usual = intervalsMs[slot.task.kind][slot.task.tier];
    return isSuspect(slot.task.domain, nowMs) ? Math.min(usual, suspicionIntervalsMs[slot.task.kind]) : usual;
  }

  function refill(bucket: Bucket, nowMs: number): void {
    if (bucket.filledMs !== undefined) {
      const elapsedS = Math.max(0, nowMs - bucket.filledMs) / second;
      bucket.pace = Math.min(1, bucket.pace + elapsedS * recoveryPerSecond);
      const gain = elapsedS * bucket.limits.perSecond * bucket.pace;
      bucket.tokens = Math.min(bucket.limits.burst, bucket.tokens + gain);
    }
    bucket.filledMs = nowMs;
  }

  /** When the bucket can give a token; `nowMs` when it can at once. */
  function tokenAt(bucket: Bucket, nowMs: number): number {
    refill(bucket, nowMs);
    // Rounding of many small gains must not cost a whole turn.
    const missing = 1 - bucket.tokens;
    const filled =
      missing <= 1e-9
        ? nowMs
        : nowMs + Math.ceil((missing / (bucket.limits.perSecond * bucket.pace)) * second);
    return Math.max(filled, bucket.closedUntilMs);
  }

  function plan(slot: Slot, dueMs: number): void {
    slot.version++;
    slot.dueMs = dueMs;
    pushRanked(bucketOf(slot.task.buckets[0]!).waiting, {
      slot,
      version: slot.version,
      rank: dueMs,
      order: orders++,
    });
  }

  function pressingAt(slot: Slot): number {
    if (slot.task.kind !== 'rdap') return Number.POSITIVE_INFINITY;
    const { lastCheckedMs, addedMs } = slot;
    return lastCheckedMs === undefined ? addedMs + rdapFirstPressingMs : lastCheckedMs + rdapPressingMs;
  }

  function precedenceOf(slot: Slot, nowMs: number): number {
    if (isSuspect(slot.task.domain, nowMs)) return suspicion;
    if (slot.task.tier === 0 && slot.task.kind !== 'rdap') return topTier;
    return pressingAt(slot) <= nowMs ? promised : ordinary;
  }

  function promote(bucket: Bucket, nowMs: number): void {
    while (bucket.waiting[0] !== undefined && bucket.waiting[0].rank <= nowMs) {
      const { slot, version } = popRanked(bucket.waiting)!;
      if (version !== slot.version) continue;
      const precedence = precedenceOf(slot, nowMs);
      // Deadline: one interval after due; without that, short intervals would always win.
      const rank = slot.dueMs + (precedence >= promised ? intervalOf(slot, nowMs) : 0);
      pushRanked(bucket.ready[precedence]!, { slot, version, rank, order: orders++ });
      // It comes up once more when its age begins to press; whichever entry is taken first makes the other void.
      if (precedence === ordinary && slot.task.kind === 'rdap')
        pushRanked(bucket.waiting, { slot, version, rank: pressingAt(slot), order: orders++ });
    }
  }

  /** First entry of a queue that still counts. */
  function topOf(queue: Entry[]): Entry | undefined {
    while (queue[0] !== undefined && queue[0].version !== queue[0].slot.version) popRanked(queue);
    return queue[0];
  }

  /** The queue that waits longest in proportion to its interval; at least every other time what was promised. Undefined: no pressure. */
  function lateQueue(bucket: Bucket, nowMs: number): Entry[] | undefined {
    const oldest = topOf(bucket.ready[promised]!)?.slot;
    const isUrgent = oldest !== undefined && nowMs - (oldest.lastCheckedMs ?? oldest.addedMs) >= rdapUrgentMs;
    if (oldest !== undefined && (bucket.fairTurns++ % 2 === 0 || isUrgent)) return bucket.ready[promised];
    let latest: Entry[] | undefined;
    let most = 0.5;
    for (const queue of bucket.ready) {
      const top = topOf(queue);
      if (top === undefined) continue;
      const { task, dueMs } = top.slot;
      const share = (nowMs - dueMs) / intervalsMs[task.kind][task.tier];
      if (share >= most) [latest, most] = [queue, share];
    }
    return latest;
  }

  function pick(bucket: Bucket, nowMs: number): Slot | undefined {
    const isFairTurn = bucket.served % fairShare === fairShare - 1;
    const late = isFairTurn ? lateQueue(bucket, nowMs) : undefined;
    const queue = late ?? bucket.ready.find((each) => topOf(each) !== undefined);
    return queue === undefined ? undefined : popRanked(queue)?.slot;
  }

  /** When something of the bucket becomes due; entries that no longer count are dropped on the way. */
  function nextDueMs(bucket: Bucket): number {
    return topOf(bucket.waiting)?.rank ?? Number.POSITIVE_INFINITY;
  }

  function tryBucket(bucket: Bucket, nowMs: number): NextProbe {
    promote(bucket, nowMs);
    if (bucket.ready.every((queue) => topOf(queue) === undefined))
      return { kind: 'wait', untilMs: nextDueMs(bucket) };
    const openAt = tokenAt(bucket, nowMs);
    if (openAt > nowMs) return { kind: 'wait', untilMs: openAt };
    const slot = pick(bucket, nowMs);
    if (slot === undefined) return { kind: 'wait', untilMs: nowMs };
    const others = slot.task.buckets.slice(1).map(bucketOf);
    const othersAt = Math.max(nowMs, ...others.map((other) => tokenAt(other, nowMs)));
    if (othersAt > nowMs) {
      const due = slot.dueMs;
      plan(slot, othersAt);
      slot.dueMs = due;
      return { kind: 'wait', untilMs: nowMs };
    }
    for (const each of [bucket, ...others]) each.tokens -= 1;
    bucket.served++;
    slot.version++;
    slot.running = true;
    return { kind: 'run', task: slot.task, lateMs: nowMs - slot.dueMs };
  }

  return {
    open(name, each) {
      if (!buckets.has(name)) buckets.set(name, emptyBucket(each));
    },
    add(task, nowMs, firstWithinMs = Number.POSITIVE_INFINITY) {
      for (const name of task.buckets) bucketOf(name);
      if (task.buckets.length === 0 || slots.has(task.id))
        throw new Error(`probe task "${task.id}" is repeated or has no bucket`);
      const slot: Slot = {
        task,
        addedMs: nowMs,
        version: 0,
        dueMs: nowMs,
        running: false,
        failures: 0,
        lastCheckedMs: undefined,
      };
      slots.set(task.id, slot);
      let siblings = byDomain.get(task.domain);
      if (siblings === undefined) byDomain.set(task.domain, (siblings = new Set()));
      siblings.add(slot);
      const within = Math.min(intervalsMs[task.kind][task.tier], firstWithinMs);
      plan(slot, nowMs + Math.floor(spread(task.id) * within));
    },
    remove(id) {
      const slot = slots.get(id);
      if (slot === undefined) return;
      slot.version++;
      slots.delete(id);
      byDomain.get(slot.task.domain)?.delete(slot);
    },
    next(nowMs) {
      let untilMs = Number.POSITIVE_INFINITY;
      for (const bucket of buckets.values()) {
        for (;;) {
          const tried = tryBucket(bucket, nowMs);
          if (tried.kind === 'run') return tried;
          if (tried.untilMs > nowMs) {
            untilMs = Math.min(untilMs, tried.untilMs);
            break;
          }
        }
      }
      return { kind: 'wait', untilMs };
    },
    finished(id, isKnown, nowMs) {
      const slot = slots.get(id);
      if (slot === undefined) return;
      slot.running = false;
      const interval = intervalOf(slot, nowMs);
      if (isKnown) {
        slot.failures = 0;
        slot.lastCheckedMs = nowMs;
        plan(slot, nowMs + interval);
        return;
      }
      plan(slot, nowMs + Math.min(interval, retryFirstMs * 2 ** Math.min(slot.failures++, 12)));
    },
    suspect(domain, untilMs, nowMs) {
      suspectUntil.set(domain, Math.max(untilMs, suspectUntil.get(domain) ?? 0));
      for (const slot of byDomain.get(domain) ?? []) if (!slot.running) plan(slot, nowMs);
    },
    throttle(name, untilMs, nowMs) {
      const bucket = bucketOf(name);
      refill(bucket, nowMs);
      bucket.tokens = Math.min(bucket.tokens, 0);
      bucket.pace = Math.max(0.05, bucket.pace / 2);
      bucket.closedUntilMs = Math.max(bucket.closedUntilMs, untilMs);
    },
    status(id, nowMs) {
      const slot = slots.get(id);
      if (slot === undefined) return undefined;
      const goodUntil = (slot.lastCheckedMs ?? Number.NEGATIVE_INFINITY) + 2 * intervalOf(slot, nowMs);
      const isStale = slot.lastCheckedMs === undefined || nowMs > goodUntil;
      return {
        nextCheckMs: slot.dueMs,
        lastCheckedMs: slot.lastCheckedMs,
        staleSinceMs: isStale ? (slot.lastCheckedMs ?? 0) : undefined,
      };
    },
  };
}
