import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutDocument } from '../../../collector/src/app/document-parts.ts';
import type { ReadDocument } from '../../../collector/src/app/parsed-document.ts';
import { yamlSteps } from '../../../collector/src/app/yaml-document.ts';

type Path = (string | number)[];

function readIn(text: string, sizes: { largeChars: number; partChars: number }): [ReadDocument, number] {
  const steps = yamlSteps('f.yaml', text, sizes);
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next();
    if (done === true) return [value, pauses];
  }
}

const whole = (text: string): ReadDocument => readIn(text, { largeChars: Infinity, partChars: 0 })[0];
const inParts = (text: string): [ReadDocument, number] => readIn(text, { largeChars: 0, partChars: 1 });

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value as Record<string, unknown>).flatMap(([key, one]) =>
    pathsOf(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner, [...path, Array.isArray(value) ? value.length : 'nothing of this name']];
}

function assertSame(text: string): number {
  const expected = whole(text);
  const [found, pauses] = inParts(text);
  if (!expected.ok || !found.ok) {
    assert.deepEqual(found, expected, text);
    return pauses;
  }
  assert.deepEqual(found.document.value, expected.document.value, text);
  for (const path of pathsOf(expected.document.value))
    assert.equal(
      found.document.lineOf(path),
      expected.document.lineOf(path),
      `${path.join('/')} of\n${text}`,
    );
  return pauses;
}

test('a document with long lists is read in as many parts as it has entries, with the same values and lines', () => {
  const text = [
    '# ours',
    'version: 1',
    'domains: # all of them',
    '',
    '  # the first',
    '  - domain: a.example',
    '    roles: [mail,',
    '      web]',
    '    note: |',
    '      - no entry',
    '',
    '      text',
    '  - domain: b.example',
    '    approved:',
    '      nameservers:',
    '      - ns1.example',
    '  -',
    '    domain: c.example',
    '# said at the left',
    '  - ',
    'teams:',
    '- id: one',
    '- {id: two}',
    'unit:',
    'tenants:',
    '  id: not-a-list',
    'last: "a',
    '  b"',
    '',
  ];
  assert.equal(assertSame(text.join('\n')), 6);
  assert.equal(assertSame(text.join('\r\n')), 6);
  assert.equal(assertSame(`---\n${text.join('\n')}`), 6);
});

test('text that means something else in parts is read whole', () => {
  const list = 'a:\n  - x: 1\n  - x: 2\n';
  for (const text of [
    `%YAML 1.1\n---\n${list}`,
    `${list}---\nb: 1\n`,
    `${list}...\n`,
    `a:\n  - &n {x: 1}\n  - *n\n`,
    `d: &n 1\na:\n  - *n\n  - 2\n`,
    `a:\n  - x: 1\n\t- x: 2\n`,
    `a:\n    - x: 1\n  - x: 2\n`,
    `a:\n  - "x\n  - y"\n`,
    `{\na:\n  - x\n}\n`,
    `a:\n  - x\n  y: 1\n`,
    `a:\n  - x\n 1\n`,
    `a:\n  - [x,\n  - y]\n`,
    `a:\n- x\nb\n`,
    `__proto__:\n  - x: 1\na:\n  - 1\n`,
    `a:\n  - x: 1\n    x: 2\n  - y: [\n`,
    `${list}a:\n  - 3\n`,
    `a:\n  - ${'['.repeat(200_000)}\n`,
  ])
    assertSame(text);
  assert.equal(cutDocument('a: 1\nb:\n  c: 2\n', 1), undefined);
});

test('how deep is too deep does not depend on the stack that is free', () => {
  for (const depth of [600, 2_000, 20_000, 200_000])
    for (const [open, close] of [
      ['[', ']'],
      ['[', ''],
      ['- ', ''],
      ['{a: ', '}'],
    ] as const) {
      const read = whole(`a:\n  ${open.repeat(depth)}1${close.repeat(depth)}\n`);
      const [message, ...more] = read.ok ? [] : read.problems.map((each) => each.message);
      assert.deepEqual(more, []);
      // What has more parts than are read in one go is not looked at any further.
      const expected = depth < 200_000 ? /^is nested too deeply$/ : /^has \d+ parts /;
      assert.match(message ?? '', expected, `${depth} times ${open}`);
    }
});

test('whatever lines a document is made of, parts say what the whole says', () => {
  const line = fc.constantFrom(
    'version: 1',
    'domains:',
    'teams: # some',
    '  - domain: a.example',
    '  - {domain: b.example, tier: 1}',
    '  - x',
    '  -',
    '- y',
    '    tier: 2',
    '    roles:',
    '      - web',
    '      - "a',
    '        b"',
    '    note: >-',
    '      folded',
    '    - no',
    '',
    '# comment',
    '    # deeper',
    'end: {a: 1}',
    '---',
    '  key: value',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 14 }), (lines) => void assertSame(`${lines.join('\n')}\n`)),
    { numRuns: 3_000 },
  );
});

test('a large document is read with a pause for every 32 KiB, and its last line is found', () => {
  const entries = Array.from({ length: 6_000 }, (_, i) => `  - domain: d${i}.example\n    tenant: acme\n`);
  const text = `version: 1\ndomains:\n${entries.join('')}`;
  const steps = yamlSteps('f.yaml', text);
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses++;
  assert.ok(pauses >= Math.floor(text.length / 33_000) && pauses > 5, `${pauses} pauses`);
  assert.ok(step.value.ok);
  const { document } = step.value;
  assert.equal((document.value as { domains: unknown[] }).domains.length, 6_000);
  assert.equal(document.lineOf(['domains', 5_999, 'tenant']), 2 + 12_000);
});
