/** Stage 6 as the engine sees it: event rules at once, correlations over keyed state, absence by timers. */
import { duePlan, stepPlan } from './correlation-run.ts';
import { plansOf } from './correlation-plan.ts';
import { anyMatch, count, evidenceIn, factsIn, filterOf, isMatch, resultOf, tell } from './detect-run.ts';
import { fieldReader, scalarText } from './field-path.ts';
import { draftOf } from './finding-draft.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { DetectScope, Detector } from '../contract/step.ts';
import type { DetectorLimits } from './correlation-run.ts';
import type { Judged, Run } from './detect-run.ts';
import type { Plan } from './correlation-plan.ts';
import type { LoadedEventRule, RuleSet } from './rule-set.ts';

/** A plan, and which of its event rules may match events of a type. */
interface WantedPlan {
  readonly plan: Plan;
  readonly leaves: readonly Judged[];
}

interface Candidates {
  readonly rules: readonly Judged[];
  readonly plans: readonly WantedPlan[];
}

/** Compiles a rule set into a detector. Pure: the same events in the same order give the same findings. */
export function createDetector(ruleSet: RuleSet, bounds: DetectorLimits = { groupsMax: 10_000 }): Detector {
  const plans = plansOf(ruleSet);
  const planByKey = new Map(plans.map((plan) => [plan.key, plan]));
  const standalone = ruleSet.rules.filter(
    (rule) => rule.kind === 'rule' && rule.standalone,
  ) as LoadedEventRule[];
  const judged = new Map<LoadedEventRule, Judged>();
  for (const rule of [...standalone, ...plans.flatMap((plan) => plan.leaves)])
    if (!judged.has(rule)) judged.set(rule, { rule, round: -1, matched: false });
  const byType = new Map<string, Candidates>();
  const candidatesOf = (type: string): Candidates => {
    const known = byType.get(type);
    if (known !== undefined) return known;
    const lower = type.toLowerCase();
    const wants = ({ rule }: LoadedEventRule): boolean => rule.eventTypes?.has(lower) ?? true;
    const wanted = (rules: readonly LoadedEventRule[]): Judged[] =>
      rules.filter(wants).flatMap((rule) => judged.get(rule) ?? []);
    const found = {
      rules: wanted(standalone),
      plans: plans
        .map((plan) => ({ plan, leaves: wanted(plan.leaves) }))
        .filter(({ leaves }) => leaves.length > 0),
    };
    if (byType.size < 1_000) byType.set(type, found);
    return found;
  };
  let round = 0;
  let asked: CanonicalEvent | undefined;
  const roundOf = (event: CanonicalEvent): number => {
    // The scopes of an event are asked for first, and then its steps: what its rules said holds for all of them.
    if (event !== asked) round += 1;
    asked = event;
    return round;
  };
  const scopesIn = (event: CanonicalEvent, turn: number): DetectScope[] => {
    const { rules, plans: wanted } = candidatesOf(event.event_type);
    let isPrimary = anyMatch(rules, event, turn);
    const others: DetectScope[] = [];
    const primary = primaryScope(event);
    for (const { plan, leaves } of wanted) {
      const inPrimary = plan.scope === primary || !hasScope(event, plan.scope);
      if (inPrimary ? isPrimary : others.includes(plan.scope)) continue;
      if (!anyMatch(leaves, event, turn)) continue;
      if (inPrimary) isPrimary = true;
      else others.push(plan.scope);
    }
    return isPrimary ? [primary, ...others] : others;
  };
  const stepEvent = (run: Run, scope: DetectScope, event: CanonicalEvent): void => {
    const { rules, plans: wanted } = candidatesOf(event.event_type);
    const primary = scope === primaryScope(event);
    if (primary)
      for (const rule of rules) if (isMatch(rule, event, run.round)) tellMatch(rule.rule, event, run);
    for (const { plan, leaves } of wanted) {
      if (plan.scope === scope) stepPlan(plan, leaves, event, run, bounds);
      else if (primary && !hasScope(event, plan.scope) && anyMatch(leaves, event, run.round))
        count(run, 'group_key_missing');
    }
  };
  const shared = <T>(event: CanonicalEvent, work: () => T): T => {
    ruleSet.fields.begin(event);
    try {
      return work();
    } finally {
      ruleSet.fields.end();
    }
  };
  return {
    digest: ruleSet.digest,
    scopesOf: (event) => {
      asked = undefined;
      const turn = roundOf(event);
      return shared(event, () => scopesIn(event, turn));
    },
    step: (state, scope, event, context) => {
      const run: Run = { state, context, tenant: event.tenant, round: roundOf(event) };
      shared(event, () => stepEvent(run, scope, event));
      return resultOf(run);
    },
    due: (state, _scope, timer, context) => {
      const run: Run = { state, context, tenant: '', round: -1 };
      const [, planKey = '', nodeIndex = ''] = timer.split('/', 3);
      const plan = planByKey.get(planKey);
      if (plan === undefined) state.delete(timer);
      else duePlan(plan, Number(nodeIndex), timer, run, bounds);
      return resultOf(run);
    },
  };
}

/** The scope under which rules without state run, so that each event meets them exactly once. */
function primaryScope(event: CanonicalEvent): DetectScope {
  if (event.domain !== undefined) return 'domain';
  if (event.registrar_account !== undefined) return 'account';
  return event.actor_id === 'unknown' ? 'tenant' : 'principal';
}

function hasScope(event: CanonicalEvent, scope: DetectScope): boolean {
  if (scope === 'domain') return event.domain !== undefined;
  if (scope === 'account') return event.registrar_account !== undefined || accountOf(event) !== undefined;
  return scope === 'tenant' || event.actor_id !== 'unknown' || principalOf(event) !== undefined;
}

const accountOf = fieldReader('enrich.registrar_account.id');
const principalOf = fieldReader('enrich.actor.principal');

function tellMatch(rule: LoadedEventRule, event: CanonicalEvent, run: Run): void {
  const group: (readonly [string, string])[] = [['tenant', event.tenant]];
  for (const field of rule.meta.group) {
    const value = field === 'tenant' ? undefined : scalarText((event as Record<string, unknown>)[field]);
    if (value !== undefined) group.push([field, value]);
  }
  const match = {
    rule,
    tenant: event.tenant,
    group,
    anchorIds: [event.event_id],
    evidence: [evidenceIn(run, event)],
    facts: [factsIn(run, event, rule)],
    order: 'certain' as const,
    filteredBy: filterOf(rule, event),
  };
  tell(run, draftOf(match, run.context));
}
