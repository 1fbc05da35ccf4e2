/** Memory of a collector: at rest with its inventory, and per domain after every domain was changed once. Needs --expose-gc. */
import { appendRecords, benchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { rounded, type Figure } from './figure.ts';

const recordsOfCommit = 500;

function collect(): NodeJS.MemoryUsage {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('memory is measured under --expose-gc');
  gc();
  gc();
  return process.memoryUsage();
}

/** Heap bytes used after each of `domains` domains had one record changed, an hour after the last. */
async function heapAfterChanges(domains: number): Promise<number> {
  const made = await benchCollector(domains, true);
  const startMs = Date.UTC(2026, 0, 1);
  for (let i = 0; i < domains; i += recordsOfCommit) {
    await appendRecords(made, benchRecords('dnsimple', recordsOfCommit, startMs, domains, i));
    await made.collector.host.catchUp();
  }
  // An hour later nothing waits any more: what stays is state.
  const laterMs = startMs + domains * 200 + 3_600_000;
  for (let i = 0; i < 6_000; i += recordsOfCommit) {
    await appendRecords(made, benchRecords('okta', recordsOfCommit, laterMs, domains, i));
    await made.collector.host.catchUp();
  }
  made.collector.host.checkpoint();
  const { heapUsed } = collect();
  await made.close();
  return heapUsed;
}

/** At rest: resident memory. Per domain: slope of the heap between 1,000 and 10,000 domains. */
export async function* memoryFigures(): AsyncGenerator<Figure> {
  const made = await benchCollector(10_000, true);
  await appendRecords(made, benchRecords('zonestream', 200, Date.UTC(2026, 0, 1), 10_000));
  await made.collector.host.catchUp();
  const atRest = rounded(collect().rss / 1024 / 1024);
  await made.close();
  yield {
    name: 'memory.rest.10000',
    value: atRest,
    unit: 'MB rss',
    floor: null,
    ratio: null,
    goal: 200,
    goalOf: 'value',
    held: atRest < 200,
    note: '10,000 domains in the inventory, first records processed, lookalike index built',
  };
  const few = await heapAfterChanges(1_000);
  const many = await heapAfterChanges(10_000);
  yield {
    name: 'memory.domain.10000',
    value: rounded((many - few) / 9_000 / 1024),
    unit: 'KB heap/domain',
    floor: null,
    ratio: null,
    note: `full ledger, features, score and memory of a domain with one change; heap ${rounded(many / 1024 / 1024)} MB`,
  };
}
