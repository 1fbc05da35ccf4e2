/** Folds of letters that look alike (UTS 39 section 4, detection.md 3.8): ASCII has a path of its own that must say the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { confusableFold } from '../../../collector/src/5-feature/confusable-fold.ts';

test('letters people take for each other have one form', () => {
  assert.equal(confusableFold('acme-pay'), 'acme-pay');
  assert.equal(confusableFold('acrne'), 'acme');
  assert.equal(confusableFold('vvallet'), 'wallet');
  assert.equal(confusableFold('g00g1e'), 'google');
  assert.equal(confusableFold('5afe'), 'safe');
  assert.equal(confusableFold('раypal'), 'paypal');
  assert.equal(confusableFold('münchen'), 'munchen');
  assert.equal(confusableFold(''), '');
});

test('an ASCII label folds as it does beside a letter of another script', () => {
  const ascii = fc.string({
    unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(ascii, (label) => {
      // The Cyrillic letter reads as `a`, which joins with nothing.
      assert.equal(confusableFold(`а${label}`), `a${confusableFold(label)}`);
    }),
  );
});
