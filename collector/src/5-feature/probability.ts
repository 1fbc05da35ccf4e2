/** Tails of counting distributions, as scores -log10 P. Deterministic on every engine. */
import { exp, expm1, ln, lnGamma, log1p } from '../leaf/deterministic-math.ts';

const ln10 = 2.302585092994046;
const termsMax = 100_000;

/** ln of the sum of a decreasing series that starts at `lnFirst`; `ratio(k)` is term k+1 over term k. */
function lnSumFrom(lnFirst: number, start: number, ratio: (k: number) => number): number {
  let term = 1;
  let sum = 1;
  for (let k = start; k < start + termsMax; k += 1) {
    term *= ratio(k);
    sum += term;
    if (term < sum * 1e-17 && ratio(k + 1) < 1) break;
  }
  return lnFirst + ln(sum);
}

/**
 * -log10 P(X >= x) for a negative binomial with shape `r` and success probability `p` (Gamma-Poisson predictive, 3.1).
 * 0 for x <= 0.
 */
export function negativeBinomialTailScore(x: number, r: number, p: number): number {
  if (x <= 0) return 0;
  const q = 1 - p;
  const lnTerm = (k: number) => lnGamma(k + r) - lnGamma(k + 1) - lnGamma(r) + r * ln(p) + k * ln(q);
  const mean = (r * q) / p;
  if (x <= mean) return scoreOfComplement(lnSumBelow(x, lnTerm));
  return -lnSumFrom(lnTerm(x), x, (k) => ((k + r) / (k + 1)) * q) / ln10;
}

/** -log10 P(X >= k) for a Poisson count with mean `mu`. 0 for k <= 0; Infinity for k > 0 when mu is 0. */
export function poissonTailScore(k: number, mu: number): number {
  if (k <= 0) return 0;
  if (!(mu > 0)) return Infinity;
  const lnTerm = (i: number) => i * ln(mu) - mu - lnGamma(i + 1);
  if (k <= mu) return scoreOfComplement(lnSumBelow(k, lnTerm));
  return -lnSumFrom(lnTerm(k), k, (i) => mu / (i + 1)) / ln10;
}

function lnSumBelow(x: number, lnTerm: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < x; k += 1) sum += exp(lnTerm(k));
  return sum >= 1 ? 0 : ln(sum);
}

/** -log10(1 - e^lnBelow). */
function scoreOfComplement(lnBelow: number): number {
  if (lnBelow >= 0) return 0;
  const tail = lnBelow > -0.7 ? ln(0 - expm1(lnBelow)) : log1p(0 - exp(lnBelow));
  return Math.max(0, -tail / ln10);
}

/** Jensen-Shannon divergence to base 2 of two share vectors, 0..1. Shares need not be normalised; empty against anything is 0. */
export function jensenShannon(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const sumA = total(a);
  const sumB = total(b);
  if (sumA <= 0 || sumB <= 0) return 0;
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  let divergence = 0;
  for (const name of names) {
    const p = (a.get(name) ?? 0) / sumA;
    const q = (b.get(name) ?? 0) / sumB;
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p * ln(p / middle)) / 2;
    if (q > 0) divergence += (q * ln(q / middle)) / 2;
  }
  return Math.max(0, divergence / 0.6931471805599453);
}

function total(shares: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const share of shares.values()) sum += share;
  return sum;
}
