import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newestFirst, pageOf, pageRequest } from '../../../collector/src/api/page.ts';

test('all pages together are the list, whatever the size of a page', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' })),
      fc.integer({ min: 1, max: 7 }),
      (items, limit) => {
        const seen: string[] = [];
        let cursor: string | null = '';
        for (let guard = 0; guard < 200 && cursor !== null; guard++) {
          const request = pageRequest(new URLSearchParams({ limit: String(limit), cursor }));
          assert.ok(request !== undefined);
          const page = pageOf(
            items,
            (item) => item,
            request,
            (item) => item,
          );
          assert.equal(page.total, items.length);
          seen.push(...page.items);
          cursor = page.next_cursor;
        }
        assert.deepEqual(seen, [...items].sort());
      },
    ),
  );
});

test('an item that goes away between two pages moves nothing else', () => {
  const request = (cursor: string) => pageRequest(new URLSearchParams({ limit: '2', cursor }))!;
  const first = pageOf(
    ['a', 'b', 'c', 'd'],
    (item) => item,
    request(''),
    (item) => item,
  );
  assert.deepEqual(first.items, ['a', 'b']);
  const second = pageOf(
    ['a', 'c', 'd'],
    (item) => item,
    request(first.next_cursor ?? ''),
    (item) => item,
  );
  assert.deepEqual(second.items, ['c', 'd']);
  assert.equal(second.next_cursor, null);
});

test('later times sort first, unknown ones last', () => {
  const times = [NaN, 5, 1_700_000_000_000, 1_700_000_000_001, -1, Infinity];
  const sorted = [...times].sort((a, b) => (newestFirst(a) < newestFirst(b) ? -1 : 1));
  assert.deepEqual(sorted.slice(0, 3), [1_700_000_000_001, 1_700_000_000_000, 5]);
});
