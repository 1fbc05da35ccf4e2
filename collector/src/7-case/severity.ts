/**
 * The severity rubric: likelihood, corrected by circumstances, times how important the name is, times what the change
 * does when hostile; then six overrides. All decisions are made on integers (millionths), each product rounded half up
 * in the order of the terms, so every engine gives the same word.
 */
import type { FindingDraft } from '../contract/finding.ts';
import { compareSeverity, maxSeverity, type Effect, type Severity } from '../contract/severity.ts';
import { classesOfDraft, isTtlOnly, needsRecordApproval, type ChangeClass } from './change-class.ts';

/** The verdict on one finding. `score` is S, 0..1 with six decimals; `overrides` sorted, O1 to O6. */
export interface Judgement {
  readonly severity: Severity;
  readonly score: number;
  /** Each factor in the order it was applied, as a readable term. */
  readonly terms: readonly string[];
  readonly overrides: readonly string[];
}

/** What the rubric needs besides the draft. */
export interface SeverityFacts {
  /** Highest importance among the names concerned (0 crown jewel ... 3 parked); undefined counts as 0 until classified. */
  readonly tier?: number;
  /** An approval naming object and value became known after the finding. */
  readonly approvedLater?: boolean;
  /** A sum of other findings (S04): the overrides belong to the parts and are not counted a second time. */
  readonly sum?: boolean;
  /** Importance of one name; absent, or undefined for a name: that of the finding. Overrides ask it of the very name that changed. */
  readonly tierOf?: (domain: string) => number | undefined;
}

const one = 1_000_000;
const tierPercentOf: Readonly<Record<number, number>> = { 0: 100, 1: 80, 2: 50, 3: 40 };

/** Per cent by which S falls for a tier; an unknown one counts as 0 until somebody classifies it. */
export function tierPercent(tier: number | undefined): number {
  return tierPercentOf[tier ?? 0] ?? 100;
}

/** Per cent by which S falls for each effect: ownership and redirection count fully, cosmetics barely. */
export const effectPercent: Readonly<Record<Effect, number>> = {
  own: 100,
  red: 100,
  imp: 90,
  weak: 70,
  vis: 50,
  cos: 20,
};

const thresholds: readonly (readonly [micro: number, severity: Severity])[] = [
  [600_000, 'critical'],
  [350_000, 'high'],
  [150_000, 'medium'],
  [50_000, 'low'],
];

/** Severity of S given in millionths: 0.6 critical, 0.35 high, 0.15 medium, 0.05 low, below informational. */
export function severityOfScore(scoreMicro: number): Severity {
  for (const [least, severity] of thresholds) if (scoreMicro >= least) return severity;
  return 'informational';
}

function timesPercent(micro: number, percent: number): number {
  return Math.floor((micro * percent + 50) / 100);
}

interface Factor {
  readonly percent: number;
  readonly term: string;
}

function modifiersOf(draft: FindingDraft, facts: SeverityFacts, classes: ReadonlySet<ChangeClass>): Factor[] {
  const { context } = draft;
  const factors: Factor[] = [];
  const approved = isApproved(draft, facts);
  if (approved)
    factors.push({
      percent: 15,
      term: facts.approvedLater === true ? 'approved after the fact x0.15' : 'approved x0.15',
    });
  // The catalogue asks it of delegation changes alone (R05): nobody moves a delegation without planning to.
  if (draft.detection === 'R05' && !approved && context.outside_window === true)
    factors.push({ percent: 120, term: 'outside every change window x1.2' });
  const excusable = !needsRecordApproval(classes);
  if (excusable && !approved && context.inside_window_only === true)
    factors.push({ percent: 70, term: 'only inside a time window x0.7' });
  if (excusable && context.known_deployment === true)
    factors.push({ percent: 20, term: 'known deployment x0.2' });
  if (context.first_seen_network_or_country === true || context.first_seen_country === true)
    factors.push({ percent: 130, term: 'first-seen network or country x1.3' });
  if (context.mfa_absent_or_reset === true || context.mfa_reset_72h === true)
    factors.push({ percent: 130, term: 'second factor absent or reset in 72 h x1.3' });
  if (context.unattributed === true && !approved)
    factors.push({ percent: 140, term: 'nobody on our side explains it x1.4' });
  if (context.intent_mismatch === true && !approved)
    factors.push({ percent: 140, term: 'approved was another value for this very object x1.4' });
  if (context.short_ttl === true && !approved)
    factors.push({ percent: 120, term: 'unapproved answer with a TTL of at most 60 s x1.2' });
  const sure = Math.min(100, Math.round(context.confidence * 100) + 20);
  if (sure < 100)
    factors.push({
      percent: sure,
      term: `confidence ${context.confidence.toFixed(2)} x${(sure / 100).toFixed(2)}`,
    });
  return factors;
}

/** True when a record-level approval covers the finding, from the start or later. */
export function isApproved(draft: FindingDraft, facts: SeverityFacts): boolean {
  return draft.context.approval_state === 'approved' || facts.approvedLater === true;
}

interface Floors {
  readonly overrides: string[];
  readonly atLeast: Severity;
  readonly atMost: Severity;
}

function overridesOf(draft: FindingDraft, facts: SeverityFacts): Floors {
  const { context } = draft;
  const approved = isApproved(draft, facts);
  const open = approved ? new Set<ChangeClass>() : classesOfDraft(draft, true);
  const has = (...wanted: ChangeClass[]): boolean => wanted.some((each) => open.has(each));
  // A finding over several names is as important as the highest of them, but each override is about the name that changed.
  const important = namesUpTo(draft, facts, 1);
  const crown = namesUpTo(draft, facts, 0);
  const all = classesOfDraft(crown, false);
  const hasOf = (part: FindingDraft, ...wanted: ChangeClass[]): boolean => {
    if (approved) return false;
    const classes = classesOfDraft(part, true);
    return wanted.some((each) => classes.has(each));
  };
  const overrides: string[] = [];
  let atLeast: Severity = 'informational';
  let atMost: Severity = 'critical';
  const o1 = context.inside_provider !== true && hasOf(important, 'delegation', 'ds_removal', 'mx', 'apex');
  if (o1) {
    overrides.push('O1');
    atLeast = maxSeverity(atLeast, 'high');
  }
  const newPlace = context.first_seen_country ?? context.first_seen_network_or_country ?? false;
  const reset = context.mfa_reset_72h ?? context.mfa_absent_or_reset ?? false;
  if (hasOf(crown, 'unlock', 'transfer') && (newPlace || reset)) {
    overrides.push('O2');
    atLeast = 'critical';
  }
  const never = all.has('unlock') && all.has('transfer');
  if (never) overrides.push('O3');
  if (isTtlOnly(context)) {
    overrides.push('O4');
    atMost = 'low';
  }
  if (context.source_kinds.length <= 1 && Math.round(context.confidence * 100) < 70 && !o1) {
    overrides.push('O5');
    if (compareSeverity(atMost, 'medium') > 0) atMost = 'medium';
  }
  const stranger = draft.detection === 'R09' || draft.detection === 'Q03' || has('holder', 'claimed');
  if (stranger && !approved) {
    overrides.push('O6');
    atLeast = maxSeverity(atLeast, 'high');
  }
  if (context.cap_medium === true && !o1 && compareSeverity(atMost, 'medium') > 0) atMost = 'medium';
  // O3 says "never": it is the one floor that no ceiling lowers.
  if (never) {
    atLeast = maxSeverity(atLeast, 'high');
    if (compareSeverity(atMost, 'high') < 0) atMost = 'high';
  }
  return { overrides, atLeast, atMost };
}

/** The draft with the evidence about names of this importance or a higher one. */
function namesUpTo(draft: FindingDraft, { tier = 0, tierOf }: SeverityFacts, most: number): FindingDraft {
  const evidence = draft.evidence.filter(
    ({ domain }) => ((domain === undefined ? undefined : tierOf?.(domain)) ?? tier) <= most,
  );
  return evidence.length === draft.evidence.length ? draft : { ...draft, evidence };
}

const none: Floors = { overrides: [], atLeast: 'informational', atMost: 'critical' };

const meaning: Readonly<Record<string, string>> = {
  O1: 'O1 unapproved delegation, DS removal, MX or apex change on tier 0/1: at least high',
  O2: 'O2 unlock or transfer step on tier 0 from a new country or after a factor reset: critical',
  O3: 'O3 unlock plus transfer on tier 0: never suppressed, never below high',
  O4: 'O4 only the TTL changed: at most low',
  O5: 'O5 one source, confidence below 0.7: at most medium until confirmed',
  O6: 'O6 a stranger controls registration or answers of one of our names: at least high',
};

/**
 * Judges a draft. Tier undefined counts as tier 0 and says so in the terms. Ceilings win over floors, except that O1
 * lifts the ceiling of O5 and O3 lifts every ceiling to high.
 */
export function judge(draft: FindingDraft, facts: SeverityFacts): Judgement {
  const terms = [`likelihood ${number(draft.likelihood)}`];
  let micro = Math.round(draft.likelihood * one);
  for (const factor of modifiersOf(draft, facts, classesOfDraft(draft, false))) {
    micro = timesPercent(micro, factor.percent);
    terms.push(factor.term);
  }
  micro = Math.min(one, Math.max(0, micro));
  const tier = facts.tier;
  const byTier = tierPercent(tier);
  terms.push(
    tier === undefined
      ? 'tier unknown x1: counts as tier 0 until somebody classifies it'
      : `tier ${tier} x${number(byTier / 100)}`,
  );
  const byEffect = effectPercent[draft.effect];
  terms.push(`effect ${draft.effect} x${number(byEffect / 100)}`);
  const score = timesPercent(timesPercent(micro, byTier), byEffect);
  terms.push(`S ${number(score / one)}`);
  const { overrides, atLeast, atMost } = facts.sum === true ? none : overridesOf(draft, facts);
  for (const each of overrides) terms.push(meaning[each] ?? each);
  if (draft.context.cap_medium === true) terms.push('too little history: at most medium');
  let severity = maxSeverity(severityOfScore(score), atLeast);
  if (compareSeverity(severity, atMost) > 0) severity = atMost;
  return { severity, score: score / one, terms, overrides };
}

function number(value: number): string {
  return String(Math.round(value * one) / one);
}
