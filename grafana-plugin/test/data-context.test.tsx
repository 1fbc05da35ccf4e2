import './dom-world.ts';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { act, cleanup, render, screen } from '@testing-library/react';
import type { DataLayer, LiveEvent, LiveState } from '../src/api/data-layer.ts';
import { DataProvider, useData, useRead } from '../src/app/data-context.tsx';

afterEach(cleanup);

/** A layer whose connection the test plays; every question is counted. */
function playedLayer() {
  let asked = 0;
  let take: (event: LiveEvent) => void = () => undefined;
  let told: (state: LiveState) => void = () => undefined;
  const layer = {
    kind: 'collector',
    writable: true,
    status: () => Promise.resolve({ ok: true, value: { number: ++asked } }),
    follow: (to: typeof take, say: typeof told) => {
      take = to;
      told = say;
      return new Promise(() => undefined);
    },
  } as unknown as DataLayer;
  return {
    layer,
    asked: () => asked,
    happen: (event: LiveEvent) => take(event),
    tell: (state: LiveState) => told(state),
  };
}

function Shown() {
  const { live } = useData();
  const { value } = useRead<{ readonly number: number }>({
    key: 'status',
    load: (layer, signal) => layer.status({ signal }) as never,
    on: ['status'],
  });
  return (
    <p>
      {live} {value?.number ?? 'nothing'}
    </p>
  );
}

test('a connection that comes and goes asks nothing again; a message about the thing does, once', async () => {
  const world = playedLayer();
  render(
    <DataProvider layer={world.layer}>
      <Shown />
    </DataProvider>,
  );
  assert.ok(await screen.findByText('connecting 1'));
  for (const state of ['live', 'lost', 'live'] as const) act(() => world.tell(state));
  assert.ok(screen.getByText('live 1'));
  assert.equal(world.asked(), 1);
  for (const event of ['status', 'status', 'case'] as const) world.happen(event);
  assert.ok(await screen.findByText('live 2', {}, { timeout: 5000 }));
  assert.equal(world.asked(), 2);
});

test('asked to read again while an answer is on its way: that answer may be old, so it reads once more', async () => {
  const waiting: ((value: unknown) => void)[] = [];
  const layer = {
    kind: 'collector',
    writable: true,
    status: () => new Promise((resolve) => waiting.push(resolve)),
    follow: () => new Promise(() => undefined),
  } as unknown as DataLayer;
  let reload: () => void = () => undefined;
  function Page() {
    const reading = useRead<{ readonly number: number }>({
      key: 'status',
      load: (asked, signal) => asked.status({ signal }) as never,
      on: [],
    });
    reload = reading.reload;
    return <p>read {reading.value?.number ?? 'nothing'}</p>;
  }
  render(
    <DataProvider layer={layer}>
      <Page />
    </DataProvider>,
  );
  act(() => reload());
  assert.equal(waiting.length, 1);
  waiting[0]?.({ ok: true, value: { number: 1 } });
  assert.ok(await screen.findByText('read 1'));
  assert.equal(waiting.length, 2);
  waiting[1]?.({ ok: true, value: { number: 2 } });
  assert.ok(await screen.findByText('read 2'));
  assert.equal(waiting.length, 2);
});
