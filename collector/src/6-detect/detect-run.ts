/** One event or timer on its way through the detector: what it says, and what is worked out once for all rules. */
import { evidenceOf } from './finding-draft.ts';
import { factsOf } from './finding-context.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import type { DetectResult, StateView, StepContext, TimerRequest } from '../contract/step.ts';
import type { EntryFacts } from './finding-context.ts';
import type { LoadedEventRule } from './rule-set.ts';

/** An event rule and what it said of the event at hand, which its scopes and several correlations ask about. */
export interface Judged {
  readonly rule: LoadedEventRule;
  round: number;
  matched: boolean;
}

/** The run of one event or timer under one key of state. */
export interface Run {
  readonly state: StateView;
  readonly context: StepContext;
  readonly tenant: string;
  /** Number of the event, so that a rule knows whether its answer is about this one. */
  readonly round: number;
  findings?: FindingDraft[];
  timers?: Map<string, TimerRequest>;
  counters?: Map<string, number>;
  /** Evidence and facts of the event of this step: the same for every rule that matches it. */
  evidence?: Evidence;
  facts?: Map<string, EntryFacts>;
}

/** True when the rule matches; asked once per event. */
export function isMatch(judged: Judged, event: CanonicalEvent, round: number): boolean {
  if (judged.round !== round) {
    judged.round = round;
    judged.matched = judged.rule.rule.test(event);
  }
  return judged.matched;
}

/** True when any of the rules matches. */
export function anyMatch(rules: readonly Judged[], event: CanonicalEvent, round: number): boolean {
  for (const rule of rules) if (isMatch(rule, event, round)) return true;
  return false;
}

/** What the engine gets. */
export function resultOf({ findings, timers, counters }: Run): DetectResult {
  return {
    findings: findings ?? [],
    ...(timers === undefined ? {} : { timers: [...timers.values()] }),
    ...(counters === undefined ? {} : { counters: Object.fromEntries(counters) }),
  };
}

/** Counts something that was left out. */
export function count(run: Run, name: string, by = 1): void {
  run.counters ??= new Map();
  run.counters.set(name, (run.counters.get(name) ?? 0) + by);
}

/** Says a finding. */
export function tell(run: Run, draft: FindingDraft): void {
  run.findings ??= [];
  run.findings.push(draft);
}

/** Asks to be called at a moment; null takes it back. */
export function setTimer(run: Run, name: string, atMs: number | null): void {
  run.timers ??= new Map();
  run.timers.set(name, { name, atMs });
}

/** Id of the first filter that would have removed the match. */
export function filterOf({ filters }: LoadedEventRule, event: object): string | undefined {
  return filters.find((filter) => !filter.keeps(event))?.meta.id;
}

/** Evidence of the event: the same for every rule. */
export function evidenceIn(run: Run, event: CanonicalEvent): Evidence {
  run.evidence ??= evidenceOf(event);
  return run.evidence;
}

/** Facts depend on the features a rule stands on, and on nothing else of it. */
export function factsIn(run: Run, event: CanonicalEvent, { rule }: LoadedEventRule): EntryFacts {
  const key = rule.featureGroups.join();
  run.facts ??= new Map();
  let facts = run.facts.get(key);
  if (facts === undefined)
    run.facts.set(key, (facts = factsOf(event, run.context.warmup, rule.featureGroups)));
  return facts;
}
