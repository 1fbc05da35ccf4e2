/** One line of the benchmark. */

/**
 * `value` is what was measured, `floor` the bare work measured beside it in the same run. `ratio` is floor/value for times: 1 means
 * as fast as the floor. `goal` is what `ratio` must reach or, with `goalOf: 'value'`, what `value` must not exceed.
 */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number | null;
  readonly ratio: number | null;
  readonly goal?: number;
  readonly goalOf?: 'ratio' | 'value';
  readonly held?: boolean;
  /** Half the distance between the quartiles over the median of the rounds. */
  readonly spread?: number;
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

/** A figure of rounds in which floor and value were measured next to each other. */
export function interleaved(
  name: string,
  unit: string,
  values: readonly number[],
  floors: readonly number[],
  goal: number,
  note: string,
): Figure {
  const ratios = values.map((value, i) => (floors[i] as number) / value);
  const ratio = rounded(median(ratios));
  return {
    name,
    value: rounded(median(values)),
    unit,
    floor: rounded(median(floors)),
    ratio,
    goal,
    held: ratio >= goal,
    spread: spreadOf(ratios),
    note,
  };
}

/** CPU milliseconds of the whole process, all threads: on a shared machine fairer than wall time, and never kinder. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
