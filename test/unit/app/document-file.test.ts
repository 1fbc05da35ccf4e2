import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { parseDocumentText } from '../../../collector/src/app/document-file.ts';
import { createSchemaCheck } from '../../../collector/src/app/document-schema.ts';

const check = createSchemaCheck(
  Type.Object({ a: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
);

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('a repeated key is named with its line, in nested maps too; equal keys of different maps are none', () => {
  const read = parseDocumentText('f.yaml', 'a: 1\nb: {c: 1}\nd:\n  c: 1\n  c: 2\na: 3\n');
  assert.ok(!read.ok);
  assert.deepEqual(read.problems.map(({ line, message }) => `${line} ${message}`).sort(), [
    '5 "c" stands here again, first on line 4; keep one of them',
    '6 "a" stands here again, first on line 1; keep one of them',
  ]);
  assert.ok(
    parseDocumentText('f.yaml', '1: a\n"1": b\n').ok === true,
    'a number and a text are different keys',
  );
});

test('a file of sixteen thousand keys is read and judged in time that grows with its length', () => {
  const yaml = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}: 1`).join('\n');
  const judge = (count: number): void => {
    const read = parseDocumentText('f.yaml', yaml(count));
    assert.ok(read.ok);
    const problems = check(read.document.value);
    assert.equal(problems.length, 101);
    assert.match(problems[100]?.message ?? '', new RegExp(`has ${count - 100} more unknown keys`));
    for (const { path } of problems) read.document.lineOf(path);
    assert.equal(read.document.lineOf([`k${count - 1}`]), count);
  };
  cpuMs(() => judge(2_000));
  const small = cpuMs(() => judge(4_000));
  const large = cpuMs(() => judge(16_000));
  assert.ok(large < 20 * small, `${large} ms for four times what took ${small} ms`);
});

test('a value nested without bound is a problem, not a crash', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 200_000; i++) deep = [deep];
  const anything = createSchemaCheck(Type.Object({ a: Type.Cyclic({ L: Type.Array(Type.Ref('L')) }, 'L') }));
  assert.ok(anything({ a: deep }).length > 0);
});
