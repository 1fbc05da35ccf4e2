import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { largeCase } from '../../bench/api.ts';
import { startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
before(async () => {
  running = await startCollector();
});
after(() => running.stop());

/** The middle of nine measurements, ms. */
async function typical(path: string, token: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 9; n++) {
    const startMs = performance.now();
    const { status } = await running.call('GET', path, { token });
    times.push(performance.now() - startMs);
    assert.equal(status, 200);
  }
  return times.sort((a, b) => a - b)[4] ?? Infinity;
}

test('10,000 open cases with 1,000,000 lines: list and open in less than 100 ms', async (t) => {
  const { book } = running.collector.host;
  for (let n = 0; n < 10_000; n++) book.cases.set(largeCase(n).case_id, largeCase(n));
  const everything = 'token-everything-0123456789abcdef';
  const { body } = await running.call('GET', '/cases?limit=50', { token: everything });
  assert.equal(body.total, 10_000);
  assert.equal(body.items[0].severity, 'critical');
  for (const [what, path, token] of [
    ['list', '/cases?limit=50', everything],
    ['search', '/cases?q=d9999.example', everything],
    ['list as viewer', '/cases?limit=500', tokenOf('acme', 'viewer')],
    ['open', '/cases/case-005000', everything],
    ['open as viewer', '/cases/case-005000', tokenOf('acme', 'viewer')],
    ['fleet', '/domains?limit=500', everything],
  ] as const) {
    const ms = await typical(path, token);
    t.diagnostic(`${what}: ${ms.toFixed(1)} ms`);
    assert.ok(ms < 100, `${what}: ${ms.toFixed(1)} ms`);
  }
});
