import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimelineEntry } from '../src/api/shapes.ts';
import { densestPart, entriesWithin, layoutTimeline, zoomed } from '../src/model/timeline-layout.ts';

function entry(at: string, more: Partial<TimelineEntry> = {}): TimelineEntry {
  return { at, kind: 'claim', plane: 'registrar', text: 'x', ref: at, ...more };
}
const second = (n: number): string => new Date(Date.UTC(2026, 10, 21, 8, 0, n)).toISOString();
const ms = (at: string): number => Date.parse(at);

test('lanes follow the order in which attacks go, and marks the order of time', () => {
  const { lanes } = layoutTimeline([
    entry(second(30), { plane: 'dns' }),
    entry(second(0), { plane: 'identity', kind: 'identity' }),
    entry(second(10)),
  ]);
  assert.deepEqual(
    lanes.map(({ plane }) => plane),
    ['identity', 'registrar', 'dns'],
  );
  assert.deepEqual([lanes[0]?.marks[0]?.x, lanes[2]?.marks[0]?.x], [0, 1]);
  const middle = lanes[1]?.marks[0]?.x ?? 0;
  assert.ok(middle > 0 && middle < 1);
});

test('eight years of silence do not hide ten seconds, and the silence is named', () => {
  const { lanes, breaks } = layoutTimeline([
    entry('2018-11-21T08:00:00.000Z'),
    entry(second(0)),
    entry(second(10)),
  ]);
  const [, a, b] = lanes[0]?.marks.map(({ x }) => x) ?? [];
  assert.ok(a !== undefined && b !== undefined && b - a > 0.1, `${a} ${b}`);
  assert.equal(breaks.length, 1);
  assert.match(breaks[0]?.label ?? '', /^(8 y|7 y 11 mo)$/);
});

test('entries on one place become one mark with the worst severity and the most telling kind', () => {
  const { lanes } = layoutTimeline([
    entry(second(0)),
    entry(second(20), { kind: 'finding', severity: 'medium', ref: 'f1' }),
    entry(second(20), { kind: 'finding', severity: 'critical', ref: 'f2' }),
    entry(second(20), { ref: 'e' }),
  ]);
  const mark = lanes[0]?.marks[1];
  assert.equal(mark?.entries.length, 3);
  assert.equal(mark?.severity, 'critical');
  assert.equal(mark?.kind, 'claim');
});

test('a blind source is a span in the lane of the plane it watches, open while it lasts', () => {
  const { lanes } = layoutTimeline([
    entry(second(0)),
    entry(second(40)),
    entry(second(10), { kind: 'blind', plane: 'pipeline', source_kind: 'answer_probe', ref: 'b1' }),
    entry(second(10), {
      kind: 'blind',
      plane: 'pipeline',
      source_kind: 'rdap_poll',
      ref: 'b2',
      until: second(20),
    }),
  ]);
  const dns = lanes.find(({ plane }) => plane === 'dns');
  const registrar = lanes.find(({ plane }) => plane === 'registrar');
  assert.deepEqual(dns?.marks, []);
  assert.ok(
    Math.abs((dns?.blind[0]?.x ?? 0) - 0.25) < 1e-9 && Math.abs((dns?.blind[0]?.width ?? 0) - 0.75) < 1e-9,
  );
  assert.ok(Math.abs((registrar?.blind[0]?.width ?? 0) - 0.25) < 1e-9);
});

test('a blind span that began before a window still touches it', () => {
  const before = entry(second(0), { kind: 'blind', source_kind: 'ct_log', until: second(20) });
  const open = entry(second(0), { kind: 'blind', source_kind: 'ct_log', ref: 'open' });
  const window = { fromMs: ms(second(10)), toMs: ms(second(15)) };
  assert.equal(entriesWithin([before, open, entry(second(5)), entry(second(12))], window).length, 3);
  assert.equal(entriesWithin([before], { fromMs: ms(second(21)), toMs: ms(second(30)) }).length, 0);
});

test('the core is the largest group without an hour of silence; none when everything belongs to it', () => {
  const story = [entry('2026-11-20T08:00:00.000Z'), entry(second(0)), entry(second(10)), entry(second(20))];
  assert.deepEqual(densestPart(story), { fromMs: ms(second(0)), toMs: ms(second(20)) });
  assert.equal(densestPart(story.slice(1)), undefined);
  assert.equal(densestPart([]), undefined);
});

test('place and time are each other’s inverse, and zooming in is closer around the asked time', () => {
  const layout = layoutTimeline([0, 7, 30, 90].map((n) => entry(second(n))));
  for (const n of [0, 3, 7, 20, 90])
    assert.ok(Math.abs(layout.timeAt(layout.placeOf(ms(second(n)))) - ms(second(n))) < 1, String(n));
  const { fromMs, toMs } = zoomed(layout, ms(second(30)), 0.4);
  assert.ok(
    fromMs > ms(second(0)) && fromMs < ms(second(30)) && toMs > ms(second(30)) && toMs < ms(second(90)),
  );
});

test('times that cannot be read and empty stories break nothing', () => {
  assert.deepEqual(layoutTimeline([]).lanes, []);
  assert.deepEqual(layoutTimeline([entry('never')]).lanes, []);
  assert.equal(layoutTimeline([entry(second(0))]).lanes[0]?.marks[0]?.x, 0.5);
});
