import './dom-world.ts';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { problemKind, problemOf } from '../src/api/answer.ts';
import { eventReader } from '../src/api/live-stream.ts';
import { boundMs } from '../src/app/url-state.ts';
import { ScoreBar, ScoreDial } from '../src/components/score.tsx';
import { SeverityBadge } from '../src/components/severity-badge.tsx';
import { ErrorState } from '../src/components/states.tsx';
import { ValueDiff } from '../src/components/value-diff.tsx';

afterEach(cleanup);

test('a severity is a word, not only a colour', () => {
  render(<SeverityBadge severity="critical" count={3} />);
  assert.equal(screen.getByText('Critical').textContent, 'Critical3');
});

test('an unknown score is never zero', () => {
  render(<ScoreBar score={null} coverage={0} />);
  assert.ok(screen.getByText('not known'));
  render(<ScoreDial score={null} coverage={0} />);
  assert.equal(screen.getByRole('img').textContent?.startsWith('?'), true);
});

test('a diff marks what went and what came, and leaves what stayed', () => {
  render(
    <ValueDiff before={['ns1.a.example', 'ns2.a.example']} after={['ns2.a.example', 'ns.evil.example']} />,
  );
  const lines = [...document.querySelectorAll('code')].map(({ textContent }) => textContent);
  assert.deepEqual(lines, ['− ns1.a.example', 'ns2.a.example', 'ns2.a.example', '+ ns.evil.example']);
});

test('a problem says what to do and offers another try', () => {
  let tries = 0;
  render(<ErrorState problem={problemOf(502, undefined)} retry={() => tries++} />);
  assert.ok(screen.getByText('The collector cannot be reached'));
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  assert.equal(tries, 1);
});

test('kinds of failure by status', () => {
  const kinds = [0, 400, 401, 403, 404, 409, 500, 503].map(problemKind);
  assert.deepEqual(kinds, [
    'unreachable',
    'refused',
    'unauthorised',
    'forbidden',
    'missing',
    'conflict',
    'server',
    'unreachable',
  ]);
});

test('live messages are read whole, however they are cut', () => {
  const read = eventReader();
  assert.deepEqual(read('id: e.1\r\nevent: ca').names, []);
  assert.deepEqual(read('se\r\ndata: {}\r\n\r\n: still here\n\nevent: other\ndata: x\n\n'), {
    names: ['case'],
    lastId: 'e.1',
  });
});

test('bounds of time as Grafana writes them', () => {
  assert.equal(boundMs('now-6h', 10 * 3_600_000), 4 * 3_600_000);
  assert.equal(boundMs('1700000000000', 0), 1_700_000_000_000);
  assert.equal(boundMs('yesterday-ish', 0), undefined);
});
