/** One line of the benchmark. */

/**
 * `value` is what was measured, `floor` the bare work measured beside it in the same run, in the same unit; `ratio` is value/floor. Costs
 * are told as rates: a ratio of 1 means as fast as the floor, and `us` says the microseconds. `goal` is what `ratio` must reach or, with
 * `goalOf: 'value'`, what `value` must not exceed.
 */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number | null;
  readonly ratio: number | null;
  /** The cost behind a rate: microseconds of one record, frame or name. */
  readonly us?: number;
  readonly goal?: number;
  readonly goalOf?: 'ratio' | 'value';
  readonly held?: boolean;
  /** Where `goal` is missed by design: the ratio reached so far less a quarter, for noise. Below it something became dearer. */
  readonly revised?: number;
  readonly revised_held?: boolean;
  /** Half the distance between the quartiles over the median of the rounds. */
  readonly spread?: number;
  /** The distance between the quartiles of the floor over its median: how busy the machine was. */
  readonly floor_spread?: number;
  readonly note?: string;
}

/** Middle value; the lower one of two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lies; the lower one of two. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

/** How far rounds lie apart: half the interquartile range over the median. */
export function spreadOf(values: readonly number[]): number {
  return rounded((quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values));
}

/** Four digits are more than a shared machine can tell. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** Whether microseconds are of the CPU or of the clock, and of what. */
export type CostUnit = `${'cpu us' | 'us'}/${string}`;

/**
 * A figure of rounds in which floor and value were measured next to each other, given in microseconds and told as rates.
 * `spread` is that of the ratios within the rounds.
 */
export function interleaved(
  name: string,
  unit: CostUnit,
  values: readonly number[],
  floors: readonly number[],
  goal: number,
  note: string,
): Figure {
  const [time, thing] = unit.split('/') as [string, string];
  const value = rounded(1e6 / median(values));
  const floor = rounded(1e6 / median(floors));
  const ratio = rounded(value / floor);
  return {
    name,
    value,
    unit: `${thing}s/${time === 'us' ? 's' : 'cpu s'}`,
    floor,
    ratio,
    us: rounded(median(values)),
    goal,
    held: ratio >= goal,
    spread: spreadOf(values.map((each, i) => (floors[i] as number) / each)),
    floor_spread: rounded(2 * spreadOf(floors)),
    note,
  };
}

/** The figure with a second goal beside the one it was set, which stays and keeps its verdict. */
export function withRevised(figure: Figure, revised: number): Figure {
  return { ...figure, revised, revised_held: (figure.ratio ?? 0) >= revised };
}

/** The figure for whoever wants to know: nothing has to be reached. */
export function withoutGoal(figure: Figure): Figure {
  const { goal: _goal, held: _held, ...rest } = figure;
  return rest;
}

/** Flags of Node the figures are meant for. */
export const benchFlags: readonly string[] = ['--expose-gc', '--max-semi-space-size=64'];

/** CPU milliseconds of the whole process, all threads: on a shared machine fairer than wall time, and never kinder. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
