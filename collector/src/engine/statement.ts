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

/** A row of a snapshot; without its last member, which older versions did not write, it counts as sealed. */
export type SaidRow = readonly [
  id: string,
  digest: string,
  revision: number,
  timeMs: number,
  isSealed?: boolean,
];

/** Id of a statement: `f/<finding id>`, `c/<case id>`. */
export function statementId(statement: Published): string {
  return statement.kind === 'finding' ? `f/${statement.finding.finding_id}` : `c/${statement.case.case_id}`;
}

/** The same statement under a revision. */
export function withRevision(statement: Published, revision: number, preliminary: boolean): Published {
  if (statement.kind === 'case') return { kind: 'case', case: { ...statement.case, revision } };
  return { kind: 'finding', finding: { ...statement.finding, preliminary, revision } };
}

/** What is said when a statement no longer holds. */
export function retraction(statement: Published): Published {
  if (statement.kind === 'finding')
    return { kind: 'finding', finding: { ...statement.finding, state: 'retracted' } };
  return { kind: 'case', case: { ...statement.case, state: 'closed', notify: 'none' } };
}
