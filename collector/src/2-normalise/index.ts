/** Every normaliser, one line each. Adding a feed: its file, its line here, its samples. */
import type { Normaliser } from '../contract/normaliser.ts';
import type { SourceName } from '../contract/source-name.ts';

/** All normalisers of this version, in the order of contract/source-name.ts. */
export const normalisers: readonly Normaliser[] = [];

const bySource: ReadonlyMap<string, Normaliser> = new Map(normalisers.map((each) => [each.source, each]));

/** The normaliser of a feed; undefined when this version has none for it. */
export function normaliserFor(source: SourceName): Normaliser | undefined {
  return bySource.get(source);
}
