import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTerminalSink, wantsColour, wrapped } from '../../../collector/src/8-sink/terminal.ts';
import { printable } from '../../../collector/src/leaf/printable.ts';
import { sampleCase, sampleEvent, sampleFinding, signalOf } from './sample-signals.ts';

function terminal(colour = false, minimumSeverity: 'low' | 'critical' = 'low') {
  const written: string[] = [];
  const sink = createTerminalSink({
    id: 'terminal',
    write: (text) => written.push(text),
    colour,
    minimumSeverity,
  });
  const write = (...signals: Parameters<typeof sink.write>[0]) =>
    sink.write(signals, new AbortController().signal);
  return { write, text: () => written.join('') };
}

test('a case says what changed, who saw it, what was decided and what to do', async () => {
  const { write, text } = terminal();
  await write(signalOf('case', sampleCase()));
  assert.equal(
    text(),
    `
 HIGH  Delegation of example.com changed without approval
  case       case-1 · pages
  what       Name servers changed from ns1.example.net to ns1.evil.example, nobody approved it.
  why        R05 · high
  05:06:07   dnsimple says: nameservers changed
  do next    1. set the registrar lock
  team       dns

`,
  );
});

test('a finding says from what to what, by whom, and whether it was meant', async () => {
  const { write, text } = terminal();
  await write(signalOf('finding', sampleFinding()), signalOf('event', sampleEvent()));
  assert.equal(
    text(),
    '  high     R05 Delegation changed outside approval · example.com · ns1.example.net, ns2.example.net -> ns1.evil.example (no approval known)\n',
  );
});

test('revisions that change neither severity nor state are not printed again', async () => {
  const { write, text } = terminal();
  await write(
    signalOf('case', sampleCase()),
    signalOf('case', sampleCase({ revision: 1, updated_at: 'later' })),
  );
  await write(signalOf('case', sampleCase({ revision: 2, severity: 'critical' })));
  await write(signalOf('case', sampleCase({ revision: 3, severity: 'critical', state: 'closed' })));
  assert.equal(text().match(/case +case-1/g)?.length, 3);
});

test('long text is broken at spaces and continued beside its name', async () => {
  assert.deepEqual(wrapped('aa bb cc', 5), ['aa bb', 'cc']);
  assert.deepEqual(wrapped('aaaaaaaaaa b', 5), ['aaaaaaaaaa', 'b']);
  const { write, text } = terminal();
  await write(signalOf('case', sampleCase({ summary: 'word '.repeat(60).trim() })));
  assert.ok(
    text()
      .split('\n')
      .every((line) => line.length <= 104),
  );
});

test('what is less severe than asked for is not printed', async () => {
  const { write, text } = terminal(false, 'critical');
  await write(signalOf('case', sampleCase()), signalOf('finding', sampleFinding()));
  assert.equal(text(), '');
});

test('text from outside cannot steer the terminal', async () => {
  const { write, text } = terminal();
  const hostile = '\u001b]0;owned\u0007\u009b2J\r\n\u202egpj\u200b';
  await write(signalOf('case', sampleCase({ title: hostile, summary: hostile, domains: [hostile] })));
  await write(signalOf('finding', sampleFinding({ title: hostile })));
  // eslint-disable-next-line no-control-regex -- looking for exactly these
  assert.doesNotMatch(text(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]/);
  assert.equal(printable('a\u001b[31mb'), 'a\\u{1b}[31mb');
});

test('colour only where it is wanted', async () => {
  assert.equal(wantsColour('auto', { isTTY: true }, {}), true);
  assert.equal(wantsColour('auto', { isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour('auto', { isTTY: true }, { NO_COLOR: '' }), true);
  assert.equal(wantsColour('auto', { isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(wantsColour('auto', {}, {}), false);
  assert.equal(wantsColour('always', {}, { NO_COLOR: '1' }), true);
  assert.equal(wantsColour('never', { isTTY: true }, {}), false);
  const { write, text } = terminal(true);
  await write(signalOf('case', sampleCase()));
  assert.ok(text().startsWith('\n\u001b[1;31m HIGH \u001b[0m'));
});
