/** A collector without sources and sinks, over a directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedHost } from '../../collector/src/host/embedded-host.ts';
import { createCollector, type Collector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { openStores, type Stores } from '../../collector/src/app/stores.ts';
import type { RuleFile } from '../../collector/src/6-detect/sigma-document.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import { benchInventory } from './bench-records.ts';

/** What a benchmark works with. */
export interface BenchCollector {
  readonly collector: Collector<EmbeddedHost>;
  readonly stores: Stores;
  close(): Promise<void>;
}

/** Builds one with `domains` in its inventory and three rules (R01, R05, C01), or all that ship. */
export async function benchCollector(domains: number, threeRules: boolean): Promise<BenchCollector> {
  const directory = await benchDirectory();
  const all = await readRuleFiles([shippedRulesPath()]);
  const rules = threeRules ? all.filter(({ path }) => /(^|\/)(r01|r05|c01)-/.test(path)) : all;
  const made = await openBenchCollector(directory, domains, rules);
  return {
    ...made,
    async close() {
      await made.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A new directory; whoever makes it removes it. */
export function benchDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'zonewarden-bench-'));
}

/** Opens one over a directory, which stays when it is closed. */
export async function openBenchCollector(
  directory: string,
  domains: number,
  rules: readonly RuleFile[],
): Promise<BenchCollector> {
  const stores = await openStores(directory, () => Date.now());
  const collector = await createCollector({
    stores,
    documents: { inventory: benchInventory(domains), intents: [], rules },
    paths: { rules: [] },
    sources: [],
    sinks: [],
    retention: {},
    around: {
      nowMs: () => Date.now(),
      random: () => 0.5,
      sleep: () => Promise.resolve(),
      log: () => undefined,
    },
    tracing: startTracing({}, {}),
    version: 'bench',
  });
  return { collector, stores, close: () => stores.close() };
}

/** Appends records as one commit; resolves when they are durable. */
export function appendRecords({ stores }: BenchCollector, records: readonly RawRecord[]): Promise<number> {
  return stores.log.append(records.map((record) => encodeLogEntry({ kind: 'raw', record })));
}
