/** Composite risk of a domain, account or person from its signals (3.9). A ranking, not a probability. */
import { featureConstants } from './constants.ts';
import { halfLifeDecay, pow } from '../leaf/deterministic-math.ts';

/** One finding or weak signal that speaks about an entity. */
export interface RiskSignal {
  /** Rule that raised it; several signals of one rule are damped by rank. */
  readonly rule: string;
  /** 0..100. */
  readonly points: number;
  readonly plane: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Ownership actions fade slower. */
  readonly ownership?: boolean;
  /** 1 when the signal is about the entity itself; 0.5 or 0.2 for an identity that may reach it. */
  readonly share?: number;
}

/** One term of the sum, as shown to people. */
export interface RiskTerm<S extends RiskSignal = RiskSignal> {
  readonly of: S;
  /** What is left of points/100 after age, rank and share, 0..1. */
  readonly p: number;
  readonly rank: number;
}

/** Risk 0..100 with its terms, largest first. */
export interface CompositeRisk<S extends RiskSignal = RiskSignal> {
  readonly risk: number;
  readonly planes: readonly string[];
  readonly terms: readonly RiskTerm<S>[];
}

function faded(signal: RiskSignal, nowMs: number): number {
  const { halfLifeMs, ownershipHalfLifeMs } = featureConstants.risk;
  const halfLife = signal.ownership === true ? ownershipHalfLifeMs : halfLifeMs;
  const points = Math.min(1, Math.max(0, signal.points / 100));
  return points * (signal.share ?? 1) * halfLifeDecay(nowMs - signal.atMs, halfLife);
}

/**
 * `p' = p * 2^(-age/h) * rank^-1.5`, `P = 1 - product(1 - p')`, `odds = P/(1-P) * 1.5^(planes-1)`, `R = 100 odds/(1+odds)`.
 * Rank is the order among signals of the same rule, strongest first. 0 without signals; order of the input is irrelevant.
 */
export function compositeRisk<S extends RiskSignal>(signals: readonly S[], nowMs: number): CompositeRisk<S> {
  const weighed = signals
    .map((signal) => ({ signal, p: faded(signal, nowMs) }))
    .sort(
      (a, b) => b.p - a.p || (a.signal.rule < b.signal.rule ? -1 : a.signal.rule > b.signal.rule ? 1 : 0),
    );
  const seen = new Map<string, number>();
  const terms: RiskTerm<S>[] = [];
  let left = 1;
  for (const { signal, p } of weighed) {
    const rank = (seen.get(signal.rule) ?? 0) + 1;
    seen.set(signal.rule, rank);
    const damped = p * pow(rank, featureConstants.risk.rankExponent);
    terms.push({ of: signal, p: damped, rank });
    left *= 1 - damped;
  }
  const planes = [...new Set(terms.filter(({ p }) => p > 0).map(({ of }) => of.plane))].sort();
  if (left >= 1) return { risk: 0, planes, terms };
  if (left <= 0) return { risk: 100, planes, terms };
  const odds = ((1 - left) / left) * pow(featureConstants.risk.planeFactor, Math.max(0, planes.length - 1));
  return { risk: (100 * odds) / (1 + odds), planes, terms };
}
