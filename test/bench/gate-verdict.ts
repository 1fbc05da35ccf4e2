/** What the gate says of its rows: ratios of this run beside those kept in the repository. Pure: rows in, verdicts and a table out. */

/** One row as measured. `ratio` compares with the floor of the same run: more is better, whatever the machine. */
export interface GateRow {
  /** Goal of the method it belongs to, a blank, and the figure: `G2 pipeline.okta.zipf`. */
  readonly name: string;
  readonly ratio: number;
  /** Interquartile range of the floor over its median: above `noisyFloor` the machine was too busy to say anything. */
  readonly noise: number;
  /** What was measured and its floor, for people: costs or bytes with their unit. */
  readonly value: number;
  readonly floor: number;
  readonly unit: string;
  /** What the ratio should reach once; it is shown and judges nothing. */
  readonly goal: number;
}

/** What is kept of a row: the ratio seen when the floors were renewed, and the share that may be missing from it. */
export interface GateFloor {
  readonly ratio: number;
  readonly tolerance: number;
}

/** Floors by name of the row. */
export type GateFloors = Readonly<Record<string, GateFloor>>;

/** `unknown`: nothing is kept for the row. `absent`: it is kept and was not measured. */
export interface GateVerdict {
  readonly name: string;
  readonly state: 'held' | 'regressed' | 'unknown' | 'absent';
  readonly least: number | undefined;
}

/** Above this spread of the floor a row is measured again. */
export const noisyFloor = 0.35;

/** A verdict for each row, and for each floor nobody measured. */
export function judgeGate(rows: readonly GateRow[], floors: GateFloors): GateVerdict[] {
  const measured = rows.map(({ name, ratio }): GateVerdict => {
    const floor = Object.hasOwn(floors, name) ? floors[name] : undefined;
    if (floor === undefined) return { name, state: 'unknown', least: undefined };
    const least = floor.ratio * (1 - floor.tolerance);
    // NaN is no ratio that holds.
    return { name, state: ratio >= least ? 'held' : 'regressed', least };
  });
  const names = new Set(rows.map(({ name }) => name));
  for (const name of Object.keys(floors))
    if (!names.has(name)) measured.push({ name, state: 'absent', least: undefined });
  return measured;
}

/** Names of the rows that should be measured again: what regressed or was measured beside a noisy floor. */
export function toRepeat(rows: readonly GateRow[], floors: GateFloors): string[] {
  const regressed = new Set(
    judgeGate(rows, floors).flatMap(({ name, state }) => (state === 'regressed' ? [name] : [])),
  );
  return rows.filter(({ name, noise }) => regressed.has(name) || noise > noisyFloor).map(({ name }) => name);
}

/** Of two measurements of a row the one with the quiet floor, then the better one: neighbours only ever take. */
export function betterOf(a: GateRow, b: GateRow): GateRow {
  const isQuiet = ({ noise }: GateRow): boolean => noise <= noisyFloor;
  if (isQuiet(a) !== isQuiet(b)) return isQuiet(a) ? a : b;
  return b.ratio > a.ratio ? b : a;
}

/** Floors as they are written after a run; a row that was kept before keeps its tolerance. */
export function renewedFloors(
  rows: readonly GateRow[],
  before: GateFloors,
  toleranceOf: (name: string) => number,
): GateFloors {
  const floors: Record<string, GateFloor> = { ...before };
  for (const { name, ratio } of rows)
    floors[name] = {
      ratio: Number(ratio.toPrecision(3)),
      tolerance: before[name]?.tolerance ?? toleranceOf(name),
    };
  return Object.fromEntries(
    Object.entries(floors).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
  );
}

const words = { held: 'held', regressed: 'REGRESSED', unknown: 'no floor', absent: 'NOT RUN' } as const;

function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** The table people read. */
export function gateTable(
  rows: readonly GateRow[],
  floors: GateFloors,
  verdicts: readonly GateVerdict[],
): string {
  const lines = [['row', 'measured', 'beside', 'unit', 'ratio', 'kept', 'least', 'goal', 'verdict']];
  for (const { name, state, least } of verdicts) {
    const row = rows.find((each) => each.name === name);
    const kept = floors[name]?.ratio;
    lines.push([
      name,
      row === undefined ? '' : digits(row.value),
      row === undefined ? '' : digits(row.floor),
      row?.unit ?? '',
      row === undefined ? '' : digits(row.ratio),
      kept === undefined ? '' : digits(kept),
      least === undefined ? '' : digits(least),
      row === undefined ? '' : `${digits(row.goal)}${row.ratio >= row.goal ? ' met' : ''}`,
      words[state] + ((row?.noise ?? 0) > noisyFloor ? ' (noisy)' : ''),
    ]);
  }
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? [];
  const isText = (i: number): boolean => i === 0 || i === 3 || i === 8;
  return lines
    .map((line) =>
      line
        .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
