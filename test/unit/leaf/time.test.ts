import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatInstant, isNewestInstant, parseInstant } from '../../../collector/src/leaf/time.ts';

const readable: readonly (readonly [string, string, string])[] = [
  ['2024-07-09T14:54:30Z', '2024-07-09T14:54:30.000Z', 's'],
  ['2024-07-09T14:54:30.5Z', '2024-07-09T14:54:30.500Z', 'ms'],
  ['2024-07-09T14:54:30.123456789Z', '2024-07-09T14:54:30.123Z', 'ms'],
  ['2024-07-09T16:54:30+02:00', '2024-07-09T14:54:30.000Z', 's'],
  ['2024-07-09T16:54:30+0200', '2024-07-09T14:54:30.000Z', 's'],
  ['2024-07-09t09:24:30.000-05:30', '2024-07-09T14:54:30.000Z', 'ms'],
  ['2024-07-09 14:54:30z', '2024-07-09T14:54:30.000Z', 's'],
  ['2024-07-09T14:54Z', '2024-07-09T14:54:00.000Z', 'm'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z', 'd'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z', 's'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', 's'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z', 'ms'],
];

test('parseInstant reads RFC 3339', () => {
  for (const [text, expected, precision] of readable) {
    const instant = parseInstant(text);
    assert.equal(instant === undefined ? undefined : formatInstant(instant.ms), expected, text);
    assert.equal(instant?.precision, precision, text);
  }
});

test('the newest instant is one that was written, or read as it would be written', () => {
  assert.equal(isNewestInstant(''), false, 'not even before anything was written');
  assert.ok(isNewestInstant(formatInstant(Date.UTC(2024, 6, 9, 14, 54, 30))));
  parseInstant('2024-07-09T14:54:31.250Z');
  assert.ok(isNewestInstant('2024-07-09T14:54:31.250Z'));
  for (const text of [
    ...readable.map(([each]) => each).filter((each) => each.length !== 24),
    '2024-07-09 14:54:31.250Z',
    'soon',
  ]) {
    parseInstant(text);
    assert.equal(isNewestInstant(text), false, text);
  }
});

test('parseInstant refuses everything else', () => {
  const wrong = [
    '',
    '2024',
    '2024-13-01',
    '2023-02-29',
    '1900-02-29',
    '2024-07-32T00:00:00Z',
    '2024-07-09T24:00:00Z',
    '2024-07-09T14:60:00Z',
    '2024-07-09T14:54:61Z',
    '2024-07-09T14:54:30',
    '2024-07-09T14:54:30.Z',
    '2024-07-09T14:54:30.1234567890Z',
    '2024-07-09T14:54:30Zjunk',
    '2024-07-09T14:54:30+25:00',
    '2024-07-09T14:54:30+02:60',
    '2024-07-09T14:54:30 UTC',
    '0000-12-31T00:00:00Z',
    '0001-01-01T00:00:00+14:00',
    'Tue, 09 Jul 2024 14:54:30 GMT',
    '20240709T145430Z',
    '９024-07-09T14:54:30Z',
  ];
  for (const text of wrong) assert.equal(parseInstant(text), undefined, text);
});

test('formatInstant and parseInstant are inverse for every millisecond of years 1 to 9999', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
      assert.deepEqual(parseInstant(formatInstant(ms)), { ms, precision: 'ms' });
    }),
  );
});

test('a time that was just read is written in the one form, however it was spelled', () => {
  const spellings = [
    ['2026-11-21T10:00:00.123Z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00.123z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21 10:00:00.123Z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T12:00:00.123+02:00', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00.1239Z', '2026-11-21T10:00:00.123Z'],
    ['2026-12-31T23:59:60.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-11-21T10:00:00.123Z', '2026-11-21T10:00:00.123Z'],
  ] as const;
  for (const [text, expected] of spellings) {
    const instant = parseInstant(text);
    assert.ok(instant !== undefined, text);
    assert.equal(formatInstant(instant.ms), expected);
    assert.equal(
      formatInstant(instant.ms + 1),
      expected.replace(/\d{3}Z$/u, (ms) => `${String(Number(ms.slice(0, 3)) + 1).padStart(3, '0')}Z`),
    );
  }
});

test('formatInstant keeps to four digit years', () => {
  assert.equal(formatInstant(8.64e15), '9999-12-31T23:59:59.999Z');
  assert.equal(formatInstant(-8.64e15), '0001-01-01T00:00:00.000Z');
});
