/**
 * `npm run bench:gate -- [--only WORD] [--rounds N] [--tries N] [--json FILE] [--renew]`: the goals of the benchmark that a change must not push back,
 * in under five minutes on two cores. Everything is a ratio to a floor measured in the same run, and stands beside the ratio kept in
 * gate-floors.json; exit 1 when one fell by more than its tolerance. `--renew` writes the ratios of this run there; `--only` takes the
 * rows or groups whose name has the word.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../command-line.ts';
import { benchFlags } from './figure.ts';
import { gateGroups, groupOfRow } from './gate-rows.ts';
import {
  betterOf,
  gateTable,
  judgeGate,
  renewedFloors,
  toRepeat,
  type GateFloors,
  type GateRow,
} from './gate-verdict.ts';

const floorsFile = new URL('gate-floors.json', import.meta.url);
/** A group is measured again when it regressed or its floor was noisy, `--tries` times at most and while there is time. */
const repeatUntilMs = 150_000;

const usage = `usage: npm run bench:gate -- [--only ROW|GROUP|GOAL] [--rounds N] [--tries N] [--json FILE] [--renew]
  --only    a row, a group or a goal (G4); groups: ${Object.keys(gateGroups).join(', ')}
  --rounds  rounds of a measurement (5)      --tries  measurements of a row that fell, in all (3)
  --json    absolute figures with machine and noise      --renew  keeps the ratios of this run as floors`;
const line = commandLineOf(usage, {
  only: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  tries: { type: 'string', default: '3' },
  json: { type: 'string' },
  renew: { type: 'boolean', default: false },
  /** For the gate itself: one group in this process. */
  group: { type: 'string' },
});
const { values } = line;
const rounds = line.number('--rounds', values.rounds, 1);
const triesMax = line.number('--tries', values.tries, 1);

/** Rows of a group, measured in a process of its own, so that its memory and its compiled code are its own. */
function measured(group: string): GateRow[] {
  const args = [...benchFlags, fileURLToPath(import.meta.url), '--group', group, '--rounds', String(rounds)];
  const { status, stdout } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${group} could not be measured (exit status ${status})`);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as GateRow);
}

function toleranceOf(name: string): number {
  // What must be found is found or not.
  return name.endsWith('recall') ? 0 : (gateGroups[groupOfRow(name)]?.tolerance ?? 0);
}

/** Whether a group has rows of a goal (`G4`). */
function isGoalOf(name: string, goal: string): boolean {
  return gateGroups[name]?.goals.includes(goal) ?? false;
}

function run(): number {
  const { only } = values;
  const isWanted = (name: string): boolean =>
    only === undefined || name.includes(only) || groupOfRow(name).includes(only);
  const kept = JSON.parse(readFileSync(floorsFile, 'utf8')) as GateFloors;
  const floors = Object.fromEntries(Object.entries(kept).filter(([name]) => isWanted(name)));
  const groups = Object.keys(gateGroups).filter(
    (name) => only === undefined || name.includes(only) || groupOfRow(only) === name || isGoalOf(name, only),
  );
  if (groups.length === 0) line.stop(`nothing to measure is named '${only}'`);
  const startedMs = performance.now();
  const rows = new Map<string, GateRow>();
  const take = (group: string): void => {
    for (const row of measured(group)) {
      if (!isWanted(row.name)) continue;
      const before = rows.get(row.name);
      rows.set(row.name, before === undefined ? row : betterOf(before, row));
    }
  };
  for (const group of groups) take(group);
  for (let tries = 1; tries < triesMax; tries++)
    for (const group of new Set(toRepeat([...rows.values()], floors).map(groupOfRow)))
      if (performance.now() - startedMs < repeatUntilMs) take(group);
  const list = [...rows.values()];
  if (values.renew) {
    const renewed = renewedFloors(list, kept, toleranceOf);
    writeFileSync(floorsFile, `${JSON.stringify(renewed, undefined, 2)}\n`);
  }
  const verdicts = judgeGate(list, values.renew ? renewedFloors(list, floors, toleranceOf) : floors);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
    node: process.version,
    load: loadavg()[0],
  };
  process.stdout.write(
    gateTable(list, values.renew ? renewedFloors(list, floors, toleranceOf) : floors, verdicts),
  );
  process.stdout.write(
    `${seconds} s; ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, load ${machine.load?.toFixed(1)}. ` +
      'A ratio is the cost of the floor over ours: more is better.\n',
  );
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine, seconds, rows: list, verdicts }, undefined, 2)}\n`,
    );
  const bad = verdicts.filter(({ state }) => state !== 'held');
  for (const { name, state } of bad)
    process.stderr.write(
      state === 'unknown'
        ? `${name} has no floor in test/bench/gate-floors.json: npm run bench:gate -- --only '${name}' --renew\n`
        : `${name} ${state === 'absent' ? 'was not measured' : 'is below its floor less its tolerance'}\n`,
    );
  return bad.length === 0 && list.length > 0 ? 0 : 1;
}

const group = values.group === undefined ? undefined : gateGroups[values.group];
if (values.group === undefined) process.exitCode = run();
else if (group === undefined) line.stop(`there is no group '${values.group}'`);
else for await (const row of group.rows(rounds)) process.stdout.write(`${JSON.stringify(row)}\n`);
