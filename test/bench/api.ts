/** The API over 10,000 open cases with 1,000,000 timeline entries: list, search and open, asked over HTTP of a whole collector. */
import type { Case } from '../../collector/src/contract/case.ts';
import { severities } from '../../collector/src/contract/severity.ts';
import { startCollector } from '../unit/app/running-collector.ts';
import { median, quantile, rounded, spreadOf, type Figure } from './figure.ts';

const caseCount = 10_000;
const linesEach = 100;
const goalMs = 100;
const everything = 'token-everything-0123456789abcdef';
const at = '2026-11-21T12:00:00.000Z';

/** An open case with a full story, as it is read from the book. */
export function largeCase(n: number): Case {
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

/** Median of each question in milliseconds, with the p99 beside it: that one is mostly the neighbours of a shared machine; the floor is the status page, the same exchange with next to nothing in it. */
export async function* apiFigures(rounds: number): AsyncGenerator<Figure> {
  const running = await startCollector();
  try {
    const { book } = running.collector.host;
    for (let n = 0; n < caseCount; n++) book.cases.set(largeCase(n).case_id, largeCase(n));
    const ask = async (path: string): Promise<number> => {
      const startMs = performance.now();
      const { status } = await running.call('GET', path, { token: everything });
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      return performance.now() - startMs;
    };
    const count = Math.max(20, rounds * 10);
    for (const [name, path] of [
      ['api.cases_list', '/cases?limit=50'],
      ['api.cases_search', '/cases?q=d9999.example'],
      ['api.case_open', '/cases/case-005000'],
    ] as const) {
      const values: number[] = [];
      const floors: number[] = [];
      for (let n = 0; n < count; n++) {
        floors.push(await ask('/status'));
        values.push(await ask(path));
      }
      const value = rounded(median(values));
      const p99 = rounded(quantile(values, 0.99));
      const floor = rounded(median(floors));
      yield {
        name,
        value,
        unit: 'ms',
        floor,
        ratio: rounded(value / floor),
        goal: goalMs,
        goalOf: 'value',
        held: value <= goalMs,
        spread: spreadOf(values),
        note: `median of ${count} over HTTP, p99 ${p99} ms; ${caseCount} open cases with ${caseCount * linesEach} timeline entries; floor: GET /status`,
      };
    }
  } finally {
    await running.stop();
  }
}
