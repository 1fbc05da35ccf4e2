/** The gate's judgement, worked out by hand; and that it sees a slow-down in the program itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gateGroups, groupOfRow } from '../bench/gate-rows.ts';
import {
  betterOf,
  gateTable,
  judgeGate,
  renewedFloors,
  toRepeat,
  type GateFloors,
  type GateRow,
} from '../bench/gate-verdict.ts';
import { slowDowns } from '../bench/slow-downs.ts';

const root = new URL('../../', import.meta.url);
const kept = JSON.parse(readFileSync(new URL('test/bench/gate-floors.json', root), 'utf8')) as GateFloors;

function row(name: string, ratio: number, noise = 0.1): GateRow {
  return { name, ratio, noise, value: 1 / ratio, floor: 1, unit: 'us/record', goal: 0.5 };
}

const floors: GateFloors = { 'G1 a': { ratio: 0.5, tolerance: 0.25 }, 'G2 b': { ratio: 2, tolerance: 0 } };

test('a row holds down to its floor less the tolerance, and not below', () => {
  const states = (rows: GateRow[]): string[] => judgeGate(rows, floors).map(({ state }) => state);
  assert.deepEqual(states([row('G1 a', 0.375), row('G2 b', 2)]), ['held', 'held']);
  assert.deepEqual(states([row('G1 a', 0.374), row('G2 b', 1.99)]), ['regressed', 'regressed']);
  assert.deepEqual(states([row('G1 a', Number.NaN), row('G2 b', 3)]), ['regressed', 'held']);
  assert.deepEqual(states([row('G1 a', 1), row('G3 new', 1)]), ['held', 'unknown', 'absent']);
});

test('what regressed or stood beside a noisy floor is measured again, and the better measurement counts', () => {
  assert.deepEqual(toRepeat([row('G1 a', 0.2), row('G2 b', 2), row('G3 c', 1, 0.4)], floors), [
    'G1 a',
    'G3 c',
  ]);
  assert.equal(betterOf(row('G1 a', 0.2), row('G1 a', 0.3)).ratio, 0.3);
  assert.equal(betterOf(row('G1 a', 0.3), row('G1 a', 0.2)).ratio, 0.3);
  assert.equal(betterOf(row('G1 a', 0.9, 0.5), row('G1 a', 0.2)).ratio, 0.2, 'a noisy floor flatters');
});

test('renewed floors keep the tolerance and the rows that were not measured', () => {
  assert.deepEqual(
    renewedFloors([row('G1 a', 0.51234), row('G3 c', 1)], floors, () => 0.35),
    {
      'G1 a': { ratio: 0.512, tolerance: 0.25 },
      'G2 b': { ratio: 2, tolerance: 0 },
      'G3 c': { ratio: 1, tolerance: 0.35 },
    },
  );
});

test('the table names the verdict and the goal of each row', () => {
  const rows = [row('G1 a', 0.2), row('G2 b', 2)];
  const lines = gateTable(rows, floors, judgeGate(rows, floors)).split('\n');
  assert.match(lines[0] ?? '', /^row +measured +beside +unit +ratio +kept +least +goal +verdict$/);
  assert.match(lines[1] ?? '', /^G1 a +5 +1 +us\/record +0\.2 +0\.5 +0\.375 +0\.5 +REGRESSED$/);
  assert.match(lines[2] ?? '', /^G2 b .* 0\.5 met +held$/);
});

test('the repository keeps a floor for each goal the gate is for, with a tolerance that a doubled cost exceeds', () => {
  const goals = new Set(Object.values(gateGroups).flatMap((group) => group.goals));
  assert.deepEqual([...goals], ['G1', 'G2', 'G4', 'G6', 'G9', 'G12', 'G13']);
  for (const goal of goals)
    assert.ok(
      Object.keys(kept).some((name) => name.startsWith(`${goal} `)),
      goal,
    );
  for (const [name, { tolerance }] of Object.entries(kept)) {
    assert.ok(Object.hasOwn(gateGroups, groupOfRow(name)), name);
    // Times by the clock are what neighbours make of them.
    assert.ok(tolerance < (name.startsWith('G9') ? 0.7 : 0.5), name);
  }
});

for (const { name, file, from } of slowDowns)
  test(`there is a place for: ${name}`, () => {
    const source = readFileSync(new URL(`collector/src/${file}`, root), 'utf8');
    assert.equal(source.split(from).length, 2, `${file} must hold this exactly once: ${from}`);
  });

test('a search that became five times as dear is a regression, exit status 1', async () => {
  const gate = fileURLToPath(new URL('../bench/gate.ts', import.meta.url));
  const preload = new URL('../sim/mutate.ts', import.meta.url).href;
  const child = spawn(process.execPath, [gate, '--only', 'names', '--rounds', '2', '--tries', '1'], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import ${preload}`,
      ZONEWARDEN_SIM_MUTATION: 'every name is searched five times',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complained = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 1, complained);
  assert.match(said, /^G13 names\.10000 .*REGRESSED/m);
  assert.match(said, /^G13 names\.recall .* held$/m, 'slow, and right');
  assert.match(complained, /^G13 names\.10000 is below its floor less its tolerance$/m);
});
