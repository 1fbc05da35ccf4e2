/** Text from outside on a terminal or in a line of a log: nothing acts, nothing hides, nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from '../../../collector/src/leaf/printable.ts';

test('what acts or cannot be seen is written out', () => {
  for (const [text, shown] of [
    ['a\r\nb', 'a\\u{d}\\u{a}b'],
    ['\u001b[31mred\u009b0m', '\\u{1b}[31mred\\u{9b}0m'],
    ['pay\u202epal', 'pay\\u{202e}pal'],
    ['a\u2066b\u2069', 'a\\u{2066}b\\u{2069}'],
    ['ex\u200bam\u2060ple\ufeff', 'ex\\u{200b}am\\u{2060}ple\\u{feff}'],
    ['\u{e0041}\u{e007f}', '\\u{e0041}\\u{e007f}'],
    ['soft\u00adhyphen', 'soft\\u{ad}hyphen'],
    ['\u3164\u115f', '\\u{3164}\\u{115f}'],
    ['line\u2028and\u2029paragraph', 'line\\u{2028}and\\u{2029}paragraph'],
    ['\ud800 alone', '\\u{d800} alone'],
    ['\u0000\u007f\u0085', '\\u{0}\\u{7f}\\u{85}'],
  ] as const)
    assert.equal(printable(text), shown);
});

test('what people write stays as it is', () => {
  for (const text of [
    'münchen.example',
    '例え.テスト',
    'naïve — “quoted”',
    '😀 100 %',
    '<b>&amp;</b> =1+1 `x`',
  ])
    assert.equal(printable(text), text);
});
