/**
 * Two versions of the program beside each other: `node --expose-gc --max-semi-space-size=64 test/bench/against.ts OTHER [LOAD…]`, where
 * OTHER is a checkout of another version with its dependencies installed. Both run in one process and take turns over the same
 * records, so that whatever else the machine has to do strikes both. One JSON line per load; `ratio` above 1: this version is cheaper.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchCollector } from './bench-collector.ts';
import { median, rounded, spreadOf } from './figure.ts';
import { decideAll, loadDomains, parseFloor, pipelineLoads, recordsOfLoad, roundOf } from './pipeline.ts';

const rounds = Number(process.env['ZONEWARDEN_BENCH_ROUNDS'] ?? 7);
const warmUpRounds = 2;

const [other, ...chosen] = process.argv.slice(2);
if (other === undefined) {
  process.stderr.write('usage: against.ts OTHER [LOAD…]; OTHER is a checkout of another version\n');
  process.exit(2);
}
const path = join(resolve(other), 'test', 'bench', 'bench-collector.ts');
const before = (await import(pathToFileURL(path).href)) as { benchCollector: typeof benchCollector };

for (const load of chosen.length === 0 ? pipelineLoads : chosen) {
  const [old, now] = [
    await before.benchCollector(loadDomains, true),
    await benchCollector(loadDomains, true),
  ];
  const olds: number[] = [];
  const news: number[] = [];
  const floors: number[] = [];
  const count = roundOf(load);
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const part = recordsOfLoad(load, count, round * count);
    const cost: Record<'old' | 'now', number> = { old: 0, now: 0 };
    // Who goes second finds the records in the caches: each goes first every other round.
    for (const who of round % 2 === 0 ? (['old', 'now'] as const) : (['now', 'old'] as const)) {
      (globalThis as { gc?: () => void }).gc?.();
      cost[who] = await decideAll(part, who === 'old' ? old : now);
    }
    if (round < warmUpRounds) continue;
    floors.push((1000 * parseFloor(part)) / count);
    olds.push((1000 * cost.old) / count);
    news.push((1000 * cost.now) / count);
  }
  await old.close();
  await now.close();
  const ratios = olds.map((each, i) => each / (news[i] as number));
  const line = {
    name: `against.${load}`,
    unit: 'cpu us/record',
    before: rounded(median(olds)),
    now: rounded(median(news)),
    ratio: rounded(median(ratios)),
    spread: spreadOf(ratios),
    floor: rounded(median(floors)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
