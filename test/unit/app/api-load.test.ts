import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import { severities } from '../../../collector/src/contract/severity.ts';
import { startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
before(async () => {
  running = await startCollector();
});
after(() => running.stop());

const linesEach = 100;
const at = '2026-11-21T12:00:00.000Z';

function largeCase(n: number): Case {
  const id = `case-${String(n).padStart(6, '0')}`;
  return {
    case_id: id,
    revision: 0,
    tenant: n % 2 === 0 ? 'acme' : 'beta',
    title: `Something about d${n}.example`,
    kind: 'records',
    severity: severities[n % 5] ?? 'low',
    severity_history: [],
    state: 'new',
    disposition: null,
    domains: [`d${n}.example`],
    registrar_accounts: [],
    actors: [`okta:person-${n % 50}@acme.example`],
    finding_ids: [],
    detections: ['C02'],
    opened_at: at,
    updated_at: `2026-11-21T12:${String(n % 60).padStart(2, '0')}:00.000Z`,
    paged_at: null,
    paged_by: null,
    notify: 'ticket',
    owner: null,
    team: 'ops',
    assignee: null,
    summary: '',
    likelihood: '',
    effect: '',
    playbook: null,
    actions: [],
    timeline: Array.from({ length: linesEach }, (_, line) => ({
      at,
      kind: 'observation' as const,
      plane: 'dns',
      text: `line ${line} of ${id} by okta:person-${line % 50}@acme.example`,
      ref: `${id}-${line}`,
      actor_id: `okta:person-${line % 50}@acme.example`,
    })),
    clock: null,
    merged_into: null,
    drill: false,
  };
}

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
