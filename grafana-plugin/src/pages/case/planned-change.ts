/** Lines of a dry run as before and after. Pure. */

/** One thing that would change. */
export interface PlannedChange {
  readonly object: string;
  readonly before: string;
  readonly after: string;
}

/** `www.shop.example A: 203.0.113.66 becomes 192.0.2.1` in its parts; undefined for a sentence of another form. */
export function plannedChange(line: string): PlannedChange | undefined {
  const [, object, before, after] = /^([^:]+): (.*?) becomes (.*)$/s.exec(line) ?? [];
  return object === undefined || before === undefined || after === undefined
    ? undefined
    : { object, before, after };
}
