/** A collector asked to stop: once cleanly, twice at once, and never longer than its bound. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { stopOnSignals, stopWithinMs } from '../../../collector/src/cli/stop-signals.ts';

function asked() {
  const exits: number[] = [];
  const lines: string[] = [];
  const later: [ms: number, work: () => void][] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const clock = { ms: 1_000 };
  const signal = stopOnSignals({
    process,
    nowMs: () => clock.ms,
    log: (_level, message) => void lines.push(message),
    afterMs: (ms, work) => void later.push([ms, work]),
  });
  return { process, signal, exits, lines, later, clock };
}

test('the first signal asks for a clean stop, a second one ends the process with its number', () => {
  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const { process, signal, exits, lines, clock } = asked();
    assert.equal(signal.aborted, false);
    process.emit('SIGTERM');
    assert.equal(signal.aborted, true);
    assert.deepEqual([exits, lines], [[], []]);
    clock.ms += 500;
    process.emit(name);
    assert.deepEqual(exits, [code]);
    assert.match(lines.join(), new RegExp(`^${name} again`));
  }
});

test('Ctrl-C that arrives from the terminal and from the launcher is one signal', () => {
  const { process, signal, exits, clock } = asked();
  process.emit('SIGINT');
  clock.ms += 20;
  process.emit('SIGINT');
  assert.equal(signal.aborted, true);
  assert.deepEqual(exits, []);
});

test('a stop that does not end is cut short and says so; a lost launcher stops like a signal', () => {
  const { process, signal, exits, lines, later } = asked();
  process.emit('disconnect');
  process.emit('disconnect');
  assert.equal(signal.aborted, true);
  assert.deepEqual(
    later.map(([ms]) => ms),
    [stopWithinMs],
  );
  later[0]?.[1]();
  assert.deepEqual(exits, [1]);
  assert.match(lines.join(), /cut short/);
});
