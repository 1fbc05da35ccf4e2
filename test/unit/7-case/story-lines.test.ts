/** Lines of a story are found in every branch that grew from the same one, also where one was taken back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TimelineEntry } from '../../../collector/src/contract/case.ts';
import { placeOfLine, withLine, withLineAt } from '../../../collector/src/7-case/story-lines.ts';

function line(ref: number, kind: TimelineEntry['kind'] = 'observation'): TimelineEntry {
  return { at: '2026-11-21T08:00:00.000Z', kind, plane: 'dns', text: `line ${ref}`, ref: `e${ref}` };
}

const step = fc.record({
  /** Which of the stories so far it goes on from: the newest, or an older one, as after going back. */
  from: fc.nat(9),
  ref: fc.nat(90),
  kind: fc.constantFrom<TimelineEntry['kind']>('observation', 'finding'),
  asked: fc.nat(90),
});

void test('a line is where it is looked for, in stories that branch', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.array(step, { maxLength: 120 }), (length, steps) => {
      const stories: (readonly TimelineEntry[])[] = [Array.from({ length }, (_, ref) => line(ref))];
      for (const { from, ref, kind, asked } of steps) {
        const story = stories[Math.max(0, stories.length - 1 - from)] ?? [];
        const one = line(ref, kind);
        const at = placeOfLine(story, one);
        assert.equal(
          at,
          story.findIndex((each) => each.ref === one.ref && each.kind === one.kind),
        );
        const next = at < 0 ? withLine(story, one) : withLineAt(story, at, one);
        assert.deepEqual(next, at < 0 ? [...story, one] : story.with(at, one));
        stories.push(next);
        for (const each of stories)
          assert.equal(
            placeOfLine(each, line(asked)),
            each.findIndex(({ ref: its, kind: of }) => its === `e${asked}` && of === 'observation'),
          );
      }
    }),
  );
});
