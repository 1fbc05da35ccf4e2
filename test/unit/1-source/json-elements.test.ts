import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonElements } from '../../../collector/src/1-source/json-elements.ts';
import { nextLink, sameOrigin } from '../../../collector/src/1-source/api-answer.ts';

const valueOf = (text: string, member?: string) => {
  const outcome = jsonElements(text, member);
  return outcome.ok ? outcome.value : outcome.failure.code;
};

test('elements keep their own bytes', () => {
  assert.deepEqual(valueOf('[ {"a": 12345678901234567890},\n2 , "x,]\\"" ]'), [
    '{"a": 12345678901234567890}',
    '2',
    '"x,]\\""',
  ]);
  assert.deepEqual(
    valueOf('{"n":{"value":[9]},"s":"\\"value\\":[8]","value":[1,[2,3],{"a":[4]}]}', 'value'),
    ['1', '[2,3]', '{"a":[4]}'],
  );
  assert.deepEqual(valueOf('{"value":[1],"value":[2]}', 'value'), ['2']);
  assert.deepEqual(valueOf('{}', 'value'), []);
  assert.deepEqual(valueOf('[]'), []);
});

test('other shapes and cut text are failures', () => {
  for (const text of ['', '[1', '{"value":1}', '{"value":{}}', '[]x'])
    assert.equal(valueOf(text, 'value'), 'not_json');
  assert.equal(valueOf('{}'), 'not_json');
  assert.equal(valueOf('[]', 'value'), 'not_json');
});

test('property: the elements are those JSON.parse gives, with any white space', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat({ max: 3 }),
      (items, more, indent) => {
        const text = JSON.stringify({ ...more, value: items }, null, indent);
        const elements = jsonElements(text, 'value');
        assert.ok(elements.ok);
        assert.deepEqual(
          elements.value.map((each) => JSON.parse(each) as unknown),
          JSON.parse(JSON.stringify(items)),
        );
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('links: next among several, none, and only at the own origin', () => {
  assert.equal(
    nextLink('<https://a.example/1>; rel="self", <https://a.example/2>; rel="next"'),
    'https://a.example/2',
  );
  assert.equal(nextLink(undefined), undefined);
  assert.equal(nextLink('garbage'), undefined);
  assert.ok(sameOrigin('https://a.example/2', 'https://a.example').ok);
  for (const link of ['https://b.example/', 'http://a.example/', 'https://a.example:8443/', '//b.example/x'])
    assert.ok(!sameOrigin(link, 'https://a.example').ok, link);
});
