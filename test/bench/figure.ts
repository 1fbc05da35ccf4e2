/** One line of the benchmark. */

/** `ratio` is floor/value for times: 1 means as fast as the floor. `goal` is the ratio that must be reached. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number | null;
  readonly ratio: number | null;
  readonly goal?: number;
  readonly held?: boolean;
  readonly note?: string;
}

/** Middle value; the lower one of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
