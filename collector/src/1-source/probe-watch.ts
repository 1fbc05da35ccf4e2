/** Sources `delegation-probe` and `answer-probe`: run the checks that the scheduler gives out and write what is confirmed. */
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { BeliefStore } from './belief-store.ts';
import type { ProbeBudget, ProbeTask } from './probe-budget.ts';
import { probeRecord, takeAttributes, type Attribute, type Beliefs } from './probe-document.ts';

/** One kind of check: looks once and gives the attributes. Never rejects for a reason on the other side. */
export type Look = (zone: string, signal: AbortSignal) => Promise<readonly Attribute[]>;

/** What to run. `suspicionMs`: how long a domain is watched closely after something moved. */
export interface ProbeWatchOptions {
  readonly feed: 'delegation-probe' | 'answer-probe';
  readonly id: string;
  readonly tenantOf: (zone: string) => string;
  readonly tasks: readonly ProbeTask[];
  readonly budget: ProbeBudget;
  readonly beliefs: BeliefStore;
  readonly look: Look;
  readonly concurrency: number;
  readonly suspicionMs: number;
  readonly tenant: string;
}

const flushEveryMs = 30_000;
const idleMs = 1000;

/** The feed. Its tasks are the only ones in its budget. */
export function probeWatch(options: ProbeWatchOptions, surroundings: Surroundings): SourceRun {
  const isDelegation = options.feed === 'delegation-probe';
  const identity: SourceIdentity = {
    tenant: options.tenant,
    id: options.id,
    feed: options.feed,
    kind: isDelegation ? 'delegation_probe' : 'answer_probe',
    intervalMs: 60_000,
  };

  async function check(intake: Intake, task: ProbeTask, signal: AbortSignal): Promise<void> {
    const zone = task.domain;
    const attributes = await options.look(zone, signal);
    const nowMs = surroundings.nowMs();
    // A copy: beliefs count only after the records they led to are durable.
    const beliefs: Beliefs = { ...options.beliefs.of(zone) };
    const round = takeAttributes(isDelegation ? 'delegation' : 'answer', zone, attributes, beliefs, nowMs);
    if (round.documents.length > 0)
      await intake.accept(
        round.documents.map((document) =>
          probeRecord(options.feed, options.tenantOf(zone), options.id, document, nowMs),
        ),
      );
    Object.assign(options.beliefs.of(zone), beliefs);
    options.beliefs.touched(zone);
    options.budget.finished(task.id, round.known, nowMs);
    if (round.suspicious) options.budget.suspect(zone, nowMs + options.suspicionMs, nowMs);
    if (round.known) intake.heartbeat(identity);
  }

  async function worker(intake: Intake, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const nowMs = surroundings.nowMs();
      const next = options.budget.next(nowMs);
      if (next.kind === 'wait') {
        await surroundings
          .sleep(Math.max(5, Math.min(idleMs, next.untilMs - nowMs)), signal)
          .catch(() => undefined);
        continue;
      }
      try {
        await check(intake, next.task, signal);
      } catch (error) {
        options.budget.finished(next.task.id, false, surroundings.nowMs());
        if (!signal.aborted)
          surroundings.log(
            'warn',
            `${options.feed} of ${next.task.domain}: ${error instanceof Error ? error.message : String(error)}`,
          );
      }
    }
  }

  async function flusher(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await surroundings.sleep(flushEveryMs, signal).catch(() => undefined);
      await options.beliefs.flush();
    }
  }

  return {
    identity,
    async run(intake, signal) {
      await options.beliefs.load();
      for (const task of options.tasks) options.budget.add(task, surroundings.nowMs());
      await Promise.all([
        flusher(signal),
        ...Array.from({ length: options.concurrency }, () => worker(intake, signal)),
      ]);
    },
    async probe(signal): Promise<Outcome<string>> {
      const [task] = options.tasks;
      if (task === undefined) return failed('bad_configuration', 'no domain to probe');
      const attributes = await options.look(task.domain, signal);
      return attributes.some((attribute) =>
        attribute.readings.some((reading) => reading.outcome !== 'unknown'),
      )
        ? succeeded(`${task.domain} can be read`)
        : failed('endpoint_unreachable', `nobody could tell anything about ${task.domain}`);
    },
  };
}
