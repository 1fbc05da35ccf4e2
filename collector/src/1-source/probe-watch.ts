/** Sources `delegation-probe` and `answer-probe`: look at domains as the scheduler says and write what is confirmed. */
import type { Intake, SourceIdentity, Surroundings } from '../contract/component.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { BeliefStore } from './belief-store.ts';
import type { ProbeBudget } from './probe-budget.ts';
import {
  probeRecord,
  takeAttributes,
  unsettledKeys,
  withSamples,
  type Attribute,
  type Beliefs,
} from './probe-document.ts';
import {
  scheduledChecks,
  type CheckResult,
  type NeededBucket,
  type ScheduledSource,
} from './scheduled-checks.ts';
import type { WatchedDomain, WatchedDomains } from './watched-domains.ts';

/** One kind of check: looks once and gives the attributes, only those of `keys` when given. Never rejects for a reason on the other side. */
export type Look = (
  domain: WatchedDomain,
  signal: AbortSignal,
  keys?: ReadonlySet<string>,
) => Promise<readonly Attribute[]>;

/** What to run. `tenant` `*`: domains of all tenants. */
export interface ProbeWatchOptions {
  readonly feed: 'delegation-probe' | 'answer-probe';
  readonly id: string;
  readonly tenant: string;
  /** Name of this place in event ids; the source id when absent. */
  readonly instance?: string;
  readonly domains: WatchedDomains;
  readonly budget: ProbeBudget;
  readonly bucketsOf: (domain: string) => readonly NeededBucket[];
  readonly beliefs: BeliefStore;
  readonly look: Look;
  readonly concurrency: number;
  readonly suspicionMs: number;
}

const intervalMs = 60_000;
/** Looks more at what is new: a server that rotates over its records shows it at once. */
const samplesMore = 3;

/** One look, with more samples of what is not settled. `beliefs` are only read. */
export async function lookLonger(
  look: Look,
  domain: WatchedDomain,
  beliefs: Beliefs,
  signal: AbortSignal,
): Promise<readonly Attribute[]> {
  let attributes = await look(domain, signal);
  const unsettled = unsettledKeys(attributes, beliefs);
  for (let sample = 0; sample < samplesMore && unsettled.size > 0 && !signal.aborted; sample++)
    attributes = withSamples(attributes, await look(domain, signal, unsettled));
  return attributes;
}

/** The feed. Its tasks are the only ones in its budget. */
export function probeWatch(options: ProbeWatchOptions, surroundings: Surroundings): ScheduledSource {
  const { feed, tenant, domains, beliefs: store } = options;
  const isDelegation = feed === 'delegation-probe';
  const identity: SourceIdentity = {
    tenant,
    id: options.id,
    feed,
    kind: isDelegation ? 'delegation_probe' : 'answer_probe',
    intervalMs,
  };

  async function check(intake: Intake, domain: WatchedDomain, signal: AbortSignal): Promise<CheckResult> {
    const zone = domain.domain;
    const attributes = await lookLonger(options.look, domain, store.of(zone), signal);
    // A look that was cut off knows nothing.
    if (signal.aborted) return { known: false, suspicious: false };
    const nowMs = surroundings.nowMs();
    // A copy: beliefs count only after the records they led to are durable.
    const beliefs: Beliefs = { ...store.of(zone) };
    const round = takeAttributes(isDelegation ? 'delegation' : 'answer', zone, attributes, beliefs, nowMs);
    const owners = tenant === '*' ? domain.tenants : [tenant];
    const records = owners.flatMap((owner) =>
      round.documents.map((document) =>
        probeRecord(feed, owner, options.instance ?? options.id, document, nowMs),
      ),
    );
    if (records.length > 0) await intake.accept(records);
    Object.assign(store.of(zone), beliefs);
    store.touched(zone);
    return { known: round.known, suspicious: round.suspicious };
  }

  async function probe(signal: AbortSignal): Promise<Outcome<string>> {
    const [first] = domains.list(tenant === '*' ? undefined : tenant);
    if (first === undefined) return failed('bad_configuration', 'the inventory has no domain to probe');
    const attributes = await options.look(first, signal);
    return attributes.some(({ readings }) => readings.some((reading) => reading.outcome !== 'unknown'))
      ? succeeded(`${first.domain} can be read`)
      : failed('endpoint_unreachable', `nobody could tell anything about ${first.domain}`);
  }

  return scheduledChecks(
    {
      identity,
      kind: isDelegation ? 'delegation' : 'answers',
      domains,
      budget: options.budget,
      bucketsOf: options.bucketsOf,
      check,
      concurrency: options.concurrency,
      suspicionMs: options.suspicionMs,
      load: () => store.load(),
      flush: () => store.flush(),
      probe,
    },
    surroundings,
  );
}
