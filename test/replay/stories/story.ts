/**
 * Incidents of our own as code: a small world, its history, and the acts with everything a witness could have seen.
 * Expectations are written by hand.
 */
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import type { IncidentFile } from '../../../collector/src/host/incident-file.ts';

/** Fields of a canonical event or of an entry of the inventory, as a story writes them. */
export type Fields = Record<string, unknown>;

/** What one witness saw: a canonical event without the parts that follow from its source, or a raw payload of a feed. */
export type Sight =
  | ({ readonly kind: string; readonly type: string; readonly delayS?: number } & Fields)
  | {
      readonly raw: SourceName;
      readonly payload: unknown;
      readonly delayS?: number;
      readonly contentType?: string;
    };

/** One act. `at`: seconds after the anchor. */
export interface Act {
  readonly n: number;
  readonly at: number;
  readonly seen: readonly Sight[];
}

/** A domain of the story; everything has a sensible value. */
export interface StoryDomain {
  readonly domain: string;
  readonly tenant?: string;
  readonly tier?: number;
  readonly ns?: readonly string[];
  readonly ds?: readonly string[];
  readonly a?: readonly string[];
  readonly mx?: readonly string[];
  readonly txt?: readonly string[];
  readonly more?: readonly { name: string; type: string; values: readonly string[] }[];
  readonly account?: string;
  readonly provider?: string;
  readonly registrar?: string;
  readonly extra?: Fields;
  /** No lock where the registry knows none. */
  readonly lock?: boolean;
}

/** The whole story. */
export interface Story extends Pick<
  IncidentFile,
  | 'page'
  | 'alternative_page'
  | 'latest_acceptable_after_n'
  | 'early_warning'
  | 'escalate'
  | 'expected_cases'
  | 'must_not_checks'
> {
  readonly id: string;
  /** Public cases with these mechanics, and why the expectation is what it is. */
  readonly why: string;
  readonly anchor: string;
  readonly domains: readonly StoryDomain[];
  /** Source kinds; true: part of the minimal set. */
  readonly sources: Readonly<Record<string, boolean>>;
  readonly acts: readonly Act[];
  readonly accounts?: readonly Fields[];
  readonly principals?: readonly Fields[];
  readonly intents?: readonly Fields[];
  /** Further history, seconds before the anchor (negative `at`). */
  readonly history?: readonly Act[];
}
