import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackedTexts } from '../../../collector/src/leaf/packed-texts.ts';

test('texts of any characters are given back, wide keys and lone surrogates too', () => {
  const texts = new PackedTexts();
  const rows: [string, string][] = [
    ['', ''],
    ['a', '{"x":1}'],
    ['ä', 'plain'],
    ['plain', 'münchen 🌍'],
    ['\ud800', 'half \udfff'],
    ['\u0000', '\u0000\u007f\u0080\uffff'],
    ['long', 'x'.repeat(700_000)],
  ];
  for (const [key, text] of rows) texts.set(key, text);
  assert.equal(texts.size, rows.length);
  for (const [key, text] of rows) assert.equal(texts.get(key), text);
  assert.deepEqual(
    [...texts.keys()],
    rows.map(([key]) => key),
  );
  assert.equal(texts.get('b'), undefined);
});

test('it does what a Map does, over any sequence of operations, in the order of putting', () => {
  const operation = fc.record({
    key: fc.integer({ min: 0, max: 60 }).map((n) => (n % 7 === 0 ? `ü${n}` : `key-${n}`)),
    text: fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.integer({ min: 0, max: 9000 }).map((n) => 'z'.repeat(n)),
    ),
    isDelete: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const [texts, map] = [new PackedTexts(), new Map<string, string>()];
      for (const { key, text, isDelete } of operations) {
        if (isDelete) assert.equal(texts.delete(key), map.delete(key));
        else {
          map.delete(key);
          map.set(key, text);
          texts.set(key, text);
        }
      }
      assert.equal(texts.size, map.size);
      assert.deepEqual(
        [...texts.keys()].map((key) => [key, texts.get(key)]),
        [...map],
      );
    }),
    { numRuns: 60 },
  );
});

test('rows written over and over leave no growing tables', () => {
  const texts = new PackedTexts();
  const put = (round: number): void => {
    for (let i = 0; i < 2_000; i++)
      texts.set(`acme|brand-${i}.example`, `${round}`.padEnd(300 + (i % 90), 'x'));
  };
  put(0);
  const once = texts.bytes;
  for (let round = 1; round < 20; round++) put(round);
  assert.ok(texts.bytes < 3 * once, `${texts.bytes} bytes after 20 rounds, ${once} after one`);
  assert.equal(texts.get('acme|brand-1999.example')?.startsWith('19x'), true);
  for (let i = 0; i < 2_000; i++) texts.delete(`acme|brand-${i}.example`);
  assert.equal(texts.size, 0);
  texts.clear();
  assert.ok(texts.bytes < 10_000);
});

test('ten thousand short rows cost their characters and at most 64 bytes each', () => {
  const texts = new PackedTexts();
  let characters = 0;
  for (let i = 0; i < 10_000; i++) {
    const key = `acme|brand-${i}.example`;
    const text = 'y'.repeat(200 + (i % 100));
    characters += key.length + text.length;
    texts.set(key, text);
  }
  assert.ok(texts.bytes <= characters + 64 * 10_000 + 256 * 1024, `${texts.bytes} for ${characters}`);
});

test('texts that say alike things cost less than their characters and are given back to the letter', () => {
  const texts = new PackedTexts();
  const told = new Map<string, string>();
  let characters = 0;
  for (let i = 0; i < 9_000; i++) {
    const value = {
      'c/nameservers': { seen: [['ns1.host.example', 'ns2.host.example'], -i, 1_767_225_994_800 + i, 4] },
      'c/registrar': { seen: [i % 50 === 0 ? 'Müller \u00a0\u00ff' : 'markmonitor', i] },
      'quoted "\\" name': [`a\\"b${i}`, '{"c/nameservers":{', '\u0000'],
    };
    const text = i % 97 === 0 ? `not "JSON ${i}\\`.padEnd(90, '"\\') : JSON.stringify(value);
    characters += text.length;
    texts.set(`acme|${i}`, text);
    told.set(`acme|${i}`, text);
  }
  for (const [key, text] of told) assert.equal(texts.get(key), text);
  assert.ok(texts.bytes < 0.8 * characters, `${texts.bytes} bytes for ${characters} characters`);
});
