/** Vantage points behind an answer, as probes write them: `3 of 3`. */

/** Vantage points that agreed and that were asked, from `3 of 3`; a single named vantage counts as 1 of 1. */
export function vantagesOf(text: string | undefined): [agreed: number, asked: number] | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,4}) of (\d{1,4})$/u.exec(text);
  return match === null ? [1, 1] : [Number(match[1]), Number(match[2])];
}

/** True when several vantage points were asked and only one gave this answer: local poisoning or a geo answer (3.7). */
export function isLoneVantage(text: string | undefined): boolean {
  const vantages = vantagesOf(text);
  return vantages !== undefined && vantages[1] > 1 && vantages[0] < 2;
}
