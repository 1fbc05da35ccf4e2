import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  damerauDistance,
  isBitFlip,
  lookalikeIndex,
  lookalikeScore,
} from '../../../collector/src/5-feature/lookalike.ts';

const index = lookalikeIndex(['acmepay.com', 'northbank.example', 'zip.example']);
const kindOf = (name: string): string => {
  const match = index.match(name);
  return match === undefined ? '-' : `${match.kind} ${match.score} ${match.target}`;
};

test('each kind of likeness gets its score (detection.md 3.8)', () => {
  assert.equal(kindOf('acmepay.com'), '-');
  assert.equal(kindOf('www.acmepay.com'), '-');
  assert.equal(kindOf('acmepay.net'), 'other_tld 75 acmepay.com');
  assert.equal(kindOf('acrnepay.com'), 'skeleton 100 acmepay.com');
  assert.equal(kindOf('acmpay.com'), 'distance_1 88 acmepay.com');
  assert.equal(kindOf('acmeapy.com'), 'distance_1 88 acmepay.com');
  assert.equal(kindOf('nortbhanc.com'), 'distance_2 70 northbank.example');
  assert.equal(kindOf('login-acmepay.com'), 'token_with_service_word 80 acmepay.com');
  assert.equal(kindOf('acmepay.secure.evil.com'), 'token_with_service_word 80 acmepay.com');
  assert.equal(kindOf('acmepay-rewards.com'), 'token 65 acmepay.com');
  assert.equal(kindOf('getacmepaynow.com'), 'substring 50 acmepay.com');
  assert.equal(kindOf('zap.com'), '-', 'a label of three letters has too many neighbours');
  assert.equal(kindOf('unrelated.com'), '-');
  assert.ok(isBitFlip('acmepiy', 'acmepay.com'));
  assert.ok(!isBitFlip('acmepby', 'acmepay.com'));
});

test('a Cyrillic letter in the label is seen through its A-label', () => {
  const cyrillic = new URL('http://аcmepay.com/').hostname;
  assert.ok(cyrillic.startsWith('xn--'));
  assert.equal(kindOf(cyrillic), 'skeleton 100 acmepay.com');
});

test('circumstances add and take away, clamped', () => {
  const match = { target: 'a.example', kind: 'token', score: 65 } as const;
  assert.equal(lookalikeScore(match, {}), 65);
  assert.equal(
    lookalikeScore(match, { hasMx: true, hasCertificate: true, ageDays: 3, sharesNameServerWithHit: true }),
    100,
  );
  assert.equal(lookalikeScore(match, { ageDays: 800 }), 45);
  assert.equal(lookalikeScore(match, { ownRegistration: true, ageDays: 800 }), 5);
});

test('recall: every planted edit of distance 1 or 2 is found among 10,000 names', () => {
  const brands = Array.from(
    { length: 10_000 },
    (_, n) =>
      `${Array.from(String(n * 7919 + 10_000_019))
        .map((d) => 'bcdfghjkmp'[Number(d)])
        .join('')}q.example`,
  );
  const many = lookalikeIndex(brands);
  fc.assert(
    fc.property(
      fc.nat(9_999),
      fc.array(fc.tuple(fc.constantFrom('delete', 'insert', 'swap', 'replace'), fc.nat(8)), {
        minLength: 1,
        maxLength: 2,
      }),
      (n, edits) => {
        const label = brands[n]!.slice(0, -'.example'.length);
        let edited = label;
        for (const [edit, at] of edits) {
          const i = at % edited.length;
          if (edit === 'delete') edited = edited.slice(0, i) + edited.slice(i + 1);
          else if (edit === 'insert') edited = `${edited.slice(0, i)}x${edited.slice(i)}`;
          else if (edit === 'replace') edited = `${edited.slice(0, i)}x${edited.slice(i + 1)}`;
          else
            edited =
              edited.slice(0, i) +
              Array.from(edited.slice(i, i + 2))
                .reverse()
                .join('') +
              edited.slice(i + 2);
        }
        const distance = damerauDistance(edited, label);
        if (distance === 0 || distance > 2 || (distance === 2 && edited.length < 8)) return;
        const match = many.match(`${edited}.example`);
        // Exactly another monitored name is no lookalike.
        if (brands.includes(`${edited}.example`)) return;
        assert.ok(
          match !== undefined && match.score >= (distance === 1 ? 88 : 70),
          `${edited} from ${label}: ${JSON.stringify(match)}`,
        );
      },
    ),
    { numRuns: 1500 },
  );
});

test('the distance is that of the whole table, whatever was compared before', () => {
  /** Optimal string alignment as the definition has it, cell by cell. */
  const whole = (a: string, b: string): number => {
    const cells: number[][] = [];
    for (let i = 0; i <= a.length; i++) {
      cells.push([]);
      for (let j = 0; j <= b.length; j++) {
        let value = i === 0 ? j : i;
        if (i > 0 && j > 0) {
          const same = a[i - 1] === b[j - 1] ? 0 : 1;
          value = Math.min(cells[i - 1]![j]! + 1, cells[i]![j - 1]! + 1, cells[i - 1]![j - 1]! + same);
          if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
            value = Math.min(value, cells[i - 2]![j - 2]! + 1);
        }
        cells[i]!.push(value);
      }
    }
    return Math.min(3, cells[a.length]![b.length]!);
  };
  const label = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  fc.assert(
    fc.property(label, label, (a, b) => damerauDistance(a, b) === whole(a, b)),
    { numRuns: 20_000 },
  );
  const long = 'x'.repeat(63);
  assert.equal(damerauDistance(long, `${'x'.repeat(61)}yx`), 1);
  assert.equal(damerauDistance(long, `y${'x'.repeat(62)}`), 1);
});
