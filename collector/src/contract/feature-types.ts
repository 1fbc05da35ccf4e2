/** Types of feature groups, made from the table in features.ts. */
import type { featureFields, FeatureFieldType, FeatureGroup } from './features.ts';

interface JsonOf {
  number: number;
  integer: number;
  boolean: boolean;
  text: string;
  texts: readonly string[];
}

/** Value of one feature group: every field optional, absent means unknown. */
export type FeatureOf<G extends FeatureGroup> = {
  readonly [F in keyof (typeof featureFields)[G]]?: (typeof featureFields)[G][F] extends readonly [
    infer T extends FeatureFieldType,
    string,
  ]
    ? JsonOf[T]
    : never;
};

/** Everything under `feature` of an annotated event. */
export type Features = { readonly [G in FeatureGroup]?: FeatureOf<G> };
