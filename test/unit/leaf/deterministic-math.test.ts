import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  atan,
  cos,
  exp,
  expm1,
  halfLifeDecay,
  haversineKm,
  ln,
  lnGamma,
  log10,
  log1p,
  log2,
  pow,
  rounded,
  sin,
} from '../../../collector/src/leaf/deterministic-math.ts';

function close(actual: number, expected: number, relative = 1e-12, absolute = 0): void {
  const limit = Math.max(Math.abs(expected) * relative, absolute);
  assert.ok(Math.abs(actual - expected) <= limit, `${actual} is not ${expected}`);
}

const within = (min: number, max: number) => fc.double({ min, max, noNaN: true });

void test('exp, expm1, ln, log1p, log10, log2 agree with the engine to 1e-12', () => {
  fc.assert(fc.property(within(-700, 700), (x) => close(exp(x), Math.exp(x))));
  fc.assert(fc.property(within(-30, 30), (x) => close(expm1(x), Math.expm1(x), 1e-12, 1e-300)));
  fc.assert(fc.property(within(1e-300, 1e300), (x) => close(ln(x), Math.log(x))));
  fc.assert(fc.property(within(0.5, 2), (x) => close(ln(x), Math.log(x))));
  fc.assert(fc.property(within(-0.99, 1e6), (x) => close(log1p(x), Math.log1p(x), 1e-12, 1e-300)));
  fc.assert(fc.property(within(1e-300, 1e300), (x) => close(log10(x), Math.log10(x), 1e-12, 1e-14)));
  fc.assert(fc.property(within(1e-300, 1e300), (x) => close(log2(x), Math.log2(x), 1e-12, 1e-14)));
  for (const k of [-1074, -1023, -1, 0, 1, 10, 1023]) assert.equal(Math.round(log2(2 ** k)), k);
});

void test('pow agrees with the engine, and edges are as in IEEE 754', () => {
  fc.assert(fc.property(within(1e-6, 1e6), within(-20, 20), (x, y) => close(pow(x, y), x ** y, 1e-12)));
  assert.equal(pow(10, 3), 1000);
  assert.equal(pow(2, -1), 0.5);
  assert.equal(pow(0, 1.5), 0);
  assert.equal(pow(0, -1.5), Infinity);
  assert.equal(pow(5, 0), 1);
  assert.ok(Number.isNaN(pow(-1, 0.5)));
  assert.equal(exp(-1000), 0);
  assert.equal(exp(1000), Infinity);
  assert.ok(Number.isNaN(exp(NaN)));
  assert.equal(ln(0), -Infinity);
  assert.equal(ln(Infinity), Infinity);
  assert.ok(Number.isNaN(ln(-1)));
});

void test('lnGamma gives factorials, the half-integer value, and obeys its recurrence', () => {
  let logFactorial = 0;
  for (let n = 1; n <= 170; n += 1) {
    logFactorial += Math.log(n);
    close(lnGamma(n + 1), logFactorial, 1e-12, 1e-13);
  }
  close(lnGamma(0.5), 0.5723649429247001, 1e-12);
  fc.assert(fc.property(within(0.01, 1e5), (x) => close(lnGamma(x + 1), lnGamma(x) + ln(x), 1e-11, 1e-11)));
  assert.ok(Number.isNaN(lnGamma(0)));
});

void test('sine, cosine and arc tangent agree with the engine', () => {
  fc.assert(fc.property(within(-7, 7), (x) => close(sin(x), Math.sin(x), 1e-12, 1e-14)));
  fc.assert(fc.property(within(-7, 7), (x) => close(cos(x), Math.cos(x), 1e-12, 1e-14)));
  fc.assert(fc.property(within(-1e6, 1e6), (x) => close(atan(x), Math.atan(x), 1e-12, 1e-300)));
});

void test('distance: Amsterdam to Sydney, a point to itself, and antipodes', () => {
  const amsterdamSydney = haversineKm(52.37, 4.9, -33.87, 151.21);
  assert.ok(amsterdamSydney > 16_600 && amsterdamSydney < 16_700, String(amsterdamSydney));
  assert.equal(haversineKm(10, 20, 10, 20), 0);
  close(haversineKm(0, 0, 0, 180), Math.PI * 6371.0088, 1e-6);
  close(haversineKm(0, 0, 0, 1), (Math.PI / 180) * 6371.0088, 1e-12);
});

void test('decay is 1 at once, one half after a half-life, and rounding goes away from zero', () => {
  assert.equal(halfLifeDecay(0, 24), 1);
  assert.equal(halfLifeDecay(-5, 24), 1);
  close(halfLifeDecay(24, 24), 0.5);
  close(halfLifeDecay(72, 24), 0.125);
  assert.equal(rounded(41.849, 1), 41.8);
  assert.equal(rounded(-2.25, 1), -2.3);
  assert.equal(rounded(Infinity, 1), Infinity);
});
