import assert from 'node:assert/strict';
import test from 'node:test';
import { rawEvents, windowsFields } from '../../../collector/src/6-detect/raw-event.ts';

void test('NDJSON, array, object, and objects one after the other', () => {
  assert.equal(rawEvents('{"a":1}\n{"a":2}\n').records.length, 2);
  assert.equal(rawEvents('[{"a":1},{"a":2}]').records.length, 2);
  assert.equal(rawEvents('{\n "a": 1\n}').records.length, 1);
  assert.equal(rawEvents('{\n "a": "}{"\n}\n{\n "a": "\\""\n}\n').records.length, 2);
});

void test('a bad line is named and costs no other line', () => {
  const { records, problems } = rawEvents('{"a":1}\n{bad\n7\n{"a":2}\n');
  assert.equal(records.length, 2);
  assert.deepEqual(
    problems.map(({ line }) => line),
    [2, 3],
  );
  assert.equal(rawEvents('{"a": [').problems.length, 1);
  assert.equal(rawEvents('nonsense').problems.length, 1);
});

void test('Windows event JSON gets flat fields, others stay as they are', () => {
  const record = {
    Event: {
      System: { EventID: 7, Provider: { '#attributes': { Name: 'Sysmon' } } },
      EventData: { Image: 'x', 'Threat Name': 't' },
    },
  };
  const flat = windowsFields(record);
  assert.deepEqual(
    [flat['EventID'], flat['Provider_Name'], flat['Image'], flat['ThreatName']],
    [7, 'Sysmon', 'x', 't'],
  );
  const plain = { Event: 'text' };
  assert.equal(windowsFields(plain), plain);
});
