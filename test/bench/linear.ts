/** Costs grow linearly: records a second at 1, 10 and 100 times the domains, and at 1 and 10 times the rules that ship. */
import { rm } from 'node:fs/promises';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import type { RuleFile } from '../../collector/src/6-detect/sigma-document.ts';
import { benchDirectory, openBenchCollector } from './bench-collector.ts';
import { benchRecords, type BenchKind } from './bench-records.ts';
import { median, rounded, spreadOf, type Figure } from './figure.ts';
import { decideAll } from './pipeline.ts';
import { copyOf } from './sigma.ts';

const domainCounts = [1_000, 10_000, 100_000] as const;
const usualDomains = 1_000;
/** The first collector of the process meets the program before it is compiled. */
const warmUpRounds = 4;
const recordsOfRound: Readonly<Record<'okta' | 'dnsimple' | 'zonestream', number>> = {
  okta: 3_000,
  dnsimple: 3_000,
  zonestream: 20_000,
};
/** A record may cost this many times as much where there is a hundred times as much to know, or ten times the rules. */
const dearerMax = { domains: 2, rules: 10 } as const;

/** CPU microseconds per record of each round. */
async function costs(
  kind: BenchKind,
  domains: number,
  rules: readonly RuleFile[],
  rounds: number,
): Promise<number[]> {
  const directory = await benchDirectory();
  const made = await openBenchCollector(directory, domains, rules);
  const count = recordsOfRound[kind];
  const values: number[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const records = benchRecords(kind, count, Date.UTC(2026, 0, 1), domains, round * count);
    const value = await decideAll(records, made);
    if (round >= warmUpRounds) values.push((1000 * value) / count);
  }
  await made.close();
  await rm(directory, { recursive: true });
  return values;
}

function figure(name: string, values: readonly number[], first: number, goal: number | undefined): Figure {
  const value = rounded(1_000_000 / median(values));
  const floor = rounded(1_000_000 / first);
  const ratio = rounded(value / floor);
  return {
    name,
    value,
    unit: 'records/s of one core',
    floor,
    ratio,
    spread: spreadOf(values),
    ...(goal === undefined ? {} : { goal: rounded(1 / goal), held: ratio >= 1 / goal }),
    note:
      goal === undefined
        ? 'the measure of the next lines'
        : `at most ${goal} times the CPU of the first line`,
  };
}

/** One line per size; the first of each table is what the others are measured by. */
export async function* linearFigures(rounds: number): AsyncGenerator<Figure> {
  const shipped = await readRuleFiles([shippedRulesPath()]);
  const three = shipped.filter(({ path }) => /(^|\/)(r01|r05|c01)-/.test(path));
  for (const kind of ['zonestream', 'dnsimple', 'okta'] as const) {
    let first: number | undefined;
    for (const domains of domainCounts) {
      const values = await costs(kind, domains, three, rounds);
      first ??= median(values);
      const goal = domains === domainCounts[0] ? undefined : dearerMax.domains;
      yield figure(`linear.domains.${kind}.${domains}`, values, first, goal);
    }
  }
  const copied = shipped.filter(({ path }) => !path.endsWith('expand.yaml'));
  const tenfold = [
    ...shipped,
    ...Array.from({ length: 9 }, (_, copy) => copied.map((file) => copyOf(file, copy + 1))).flat(),
  ];
  const once = await costs('okta', usualDomains, shipped, rounds);
  yield figure('linear.rules.okta.1x', once, median(once), undefined);
  const values = await costs('okta', usualDomains, tenfold, rounds);
  yield figure('linear.rules.okta.10x', values, median(once), dearerMax.rules);
}
