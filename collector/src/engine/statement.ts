/** What an engine says to the outside, and the forms in which a checkpoint keeps it. */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';

/** A statement that is due to the outside. */
export type Published =
  { readonly kind: 'finding'; readonly finding: Finding } | { readonly kind: 'case'; readonly case: Case };

/**
 * A word of the preliminary lane as it goes out, for whoever may have to take it back. `caseId`: the engine's id of a case,
 * where the public one differs.
 */
export interface EarlyWord {
  readonly word: Published;
  readonly timeMs: number;
  readonly caseId?: string;
}

/**
 * What is remembered of a statement. Older versions wrote no last members: without `isSealed` it counts as sealed, without
 * `heldBy` it is kept for good.
 */
export type SaidRowBody = readonly [
  digest: string,
  revision: number,
  timeMs: number,
  isSealed?: boolean,
  heldBy?: string,
];

/** A row of a snapshot. */
export type SaidRow = readonly [id: string, ...SaidRowBody];

/** Row of what is remembered under an id. */
export function rowOf(
  id: string,
  {
    digest,
    revision,
    timeMs,
    isSealed,
    heldBy,
  }: {
    readonly digest: string;
    readonly revision: number;
    readonly timeMs: number;
    readonly isSealed: boolean;
    readonly heldBy?: string;
  },
): SaidRow {
  const row = [id, digest, revision, timeMs, isSealed] as const;
  return heldBy === undefined ? row : [...row, heldBy];
}

/** Id of a statement: `f/<finding id>`, `c/<case id>`. */
export function statementId(statement: Published): string {
  return statement.kind === 'finding' ? `f/${statement.finding.finding_id}` : `c/${statement.case.case_id}`;
}

/** What may still change a statement: the public case of a finding, an open case itself; empty: nothing. */
export function holderOf(statement: Published): string {
  if (statement.kind === 'finding')
    return statement.finding.state === 'retracted' ? '' : (statement.finding.case_id ?? '');
  const { state, case_id: caseId } = statement.case;
  return state === 'closed' || state === 'merged' ? '' : caseId;
}

/** The same statement under a revision. */
export function withRevision(statement: Published, revision: number, preliminary: boolean): Published {
  if (statement.kind === 'case') return { kind: 'case', case: { ...statement.case, revision } };
  return { kind: 'finding', finding: { ...statement.finding, preliminary, revision } };
}

/** What is said when a statement no longer holds. `holder`: public id of the case that has the findings of a case now. */
export function retraction(statement: Published, holder?: string): Published {
  if (statement.kind === 'finding')
    return { kind: 'finding', finding: { ...statement.finding, state: 'retracted' } };
  const outcome =
    holder === undefined
      ? ({ state: 'closed' } as const)
      : ({ state: 'merged', merged_into: holder } as const);
  return { kind: 'case', case: { ...statement.case, ...outcome, notify: 'none' } };
}
