/** One mapping of the configuration file, for its documentation page. */

/** Where a mapping stands, its schema, and a sentence per key. */
export interface ConfigSection {
  readonly title: string;
  /** Path in the file, e.g. `sources[]` with `via: webhook`. */
  readonly place: string;
  readonly schema: object;
  readonly keys: Readonly<Record<string, string>>;
}
