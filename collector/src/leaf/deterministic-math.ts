/**
 * Elementary functions that give the same bytes on every JavaScript engine.
 *
 * ECMA-262 leaves `Math.exp`, `Math.log`, `Math.pow`, `Math.sin` and their like to the implementation, so two engines
 * may differ in the last bit and a replay elsewhere could decide otherwise. The functions below use only + - * / and
 * the square root, which IEEE 754 rounds correctly everywhere. Relative error is below 1e-12 in the ranges stated.
 */

const ln2 = 0.6931471805599453;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const ln10 = 2.302585092994046;
const halfLnTwoPi = 0.9189385332046728;
const pi = 3.141592653589793;
const twoPi = 6.283185307179586;

/** 2 to an integer power, exact; 0 below and Infinity above the range of a double. */
function powerOfTwo(exponent: number): number {
  let result = 1;
  let base = exponent < 0 ? 0.5 : 2;
  for (let left = Math.min(2200, Math.abs(exponent)); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= base;
    base *= base;
  }
  return result;
}

/** e^x. 0 below -745.2, Infinity above 709.8, NaN for NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.round(x / ln2);
  const r = x - k * ln2High - k * ln2Low;
  let sum = 1;
  for (let i = 16; i > 0; i -= 1) sum = 1 + (r / i) * sum;
  const half = Math.trunc(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** e^x - 1 without loss of digits near 0. */
export function expm1(x: number): number {
  if (!(x > -0.4 && x < 0.4)) return exp(x) - 1;
  let sum = 1;
  for (let i = 18; i > 1; i -= 1) sum = 1 + (x / i) * sum;
  return x * sum;
}

/** 2 * atanh(s) for |s| <= 0.2. */
function twiceArtanh(s: number): number {
  const square = s * s;
  let sum = 0;
  for (let i = 27; i > 0; i -= 2) sum = 1 / i + square * sum;
  return 2 * s * sum;
}

/** Natural logarithm. -Infinity at 0, NaN below 0. */
export function ln(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  let m = x;
  let k = 0;
  for (let step = 512; step > 0; step = Math.floor(step / 2)) {
    const factor = powerOfTwo(step);
    if (m >= factor) {
      m /= factor;
      k += step;
    } else if (m < 1 / factor) {
      m *= factor;
      k -= step;
    }
  }
  while (m > 1.4142135623730951) {
    m /= 2;
    k += 1;
  }
  while (m < 0.7071067811865476) {
    m *= 2;
    k -= 1;
  }
  return k * ln2High + (twiceArtanh((m - 1) / (m + 1)) + k * ln2Low);
}

/** ln(1 + x) without loss of digits near 0. */
export function log1p(x: number): number {
  return x > -0.3 && x < 0.4 ? twiceArtanh(x / (2 + x)) : ln(1 + x);
}

/** Logarithm to base 10. */
export function log10(x: number): number {
  return ln(x) / ln10;
}

/** Logarithm to base 2. */
export function log2(x: number): number {
  return ln(x) / ln2;
}

/** `base` to `exponent` for base >= 0; NaN for a negative base. Exact for whole exponents up to 64 in size where the result is. */
export function pow(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent) || base < 0) return NaN;
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 64) {
    let result = 1;
    for (let i = Math.abs(exponent); i > 0; i -= 1) result *= base;
    return exponent > 0 ? result : 1 / result;
  }
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  return exp(exponent * ln(base));
}

/** 2^(-age/halfLife): how much of a signal is left after `age`. 1 for an age of 0 or below. Same unit for both. */
export function halfLifeDecay(age: number, halfLife: number): number {
  return age <= 0 ? 1 : exp((-age / halfLife) * ln2);
}

const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;

/** Logarithm of the gamma function for x > 0 (Stirling series with upward recurrence); NaN otherwise. lnGamma(n + 1) = ln(n!). */
export function lnGamma(x: number): number {
  if (!(x > 0)) return NaN;
  if (x === 1 || x === 2) return 0;
  let shifted = x;
  let product = 1;
  while (shifted < 14) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  let series = 0;
  for (let i = stirling.length - 1; i >= 0; i -= 1) series = (stirling[i] ?? 0) + square * series;
  return (shifted - 0.5) * ln(shifted) - shifted + halfLnTwoPi + series * inverse - ln(product);
}

/** Sine of an angle in radians, for |x| up to 1e4. */
export function sin(x: number): number {
  let r = x - twoPi * Math.round(x / twoPi);
  if (r > pi / 2) r = pi - r;
  else if (r < -pi / 2) r = -pi - r;
  const square = r * r;
  let sum = 1;
  for (let i = 24; i > 0; i -= 2) sum = 1 - (square / (i * (i + 1))) * sum;
  return r * sum;
}

/** Cosine of an angle in radians, for |x| up to 1e4. */
export function cos(x: number): number {
  return sin(x + pi / 2);
}

/** Angle in (-pi/2, pi/2) whose tangent is `x`. */
export function atan(x: number): number {
  let r = x;
  for (let i = 0; i < 3; i += 1) r = r / (1 + Math.sqrt(1 + r * r));
  const square = r * r;
  let sum = 0;
  for (let i = 25; i > 0; i -= 2) sum = 1 / i - square * sum;
  return 8 * r * sum;
}

const earthRadiusKm = 6371.0088;

/** Great-circle distance in kilometres between two points in degrees (haversine, mean Earth radius of IUGG). */
export function haversineKm(latA: number, lonA: number, latB: number, lonB: number): number {
  const radians = pi / 180;
  const sinLat = sin(((latB - latA) * radians) / 2);
  const sinLon = sin(((lonB - lonA) * radians) / 2);
  const a = sinLat * sinLat + cos(latA * radians) * cos(latB * radians) * sinLon * sinLon;
  if (a >= 1) return pi * earthRadiusKm;
  return 2 * earthRadiusKm * atan(Math.sqrt(a / (1 - a)));
}

/** Rounds to `digits` decimals, halves away from zero; for numbers that are shown or stored, after deciding. */
export function rounded(x: number, digits: number): number {
  if (!Number.isFinite(x)) return x;
  const factor = pow(10, digits);
  const scaled = Math.round(Math.abs(x) * factor) / factor;
  return x < 0 ? 0 - scaled : scaled;
}
