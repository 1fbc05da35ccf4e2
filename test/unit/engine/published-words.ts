/** Cases and findings as an engine says them, and what of it was published. */
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Finding } from '../../../collector/src/contract/finding.ts';
import type { Publication } from '../../../collector/src/engine/publication.ts';
import type { Published } from '../../../collector/src/engine/statement.ts';

/** A case over these findings under the id that the engine gives it. */
export function caseOf(caseId: string, findingIds: readonly string[], severity = 'high'): Published {
  const body = {
    case_id: caseId,
    tenant: 'acme',
    finding_ids: findingIds,
    severity,
    state: 'new',
    merged_into: null,
  };
  return { kind: 'case', case: body as unknown as Case };
}

/** An open finding; `caseId`: the case that holds it, null when none does. */
export function findingOf(id: string, caseId: string | null, title = 't'): Published {
  return {
    kind: 'finding',
    finding: { finding_id: id, case_id: caseId, title, state: 'open' } as unknown as Finding,
  };
}

/** What was published since the last look: id, revision, state, and severity of a case or case of a finding. */
export function said(publication: Publication): unknown[] {
  return publication
    .take()
    .map((one) =>
      one.kind === 'case'
        ? [one.case.case_id, one.case.revision, one.case.state, one.case.severity]
        : [one.finding.finding_id, one.finding.revision, one.finding.state, one.finding.case_id],
    );
}
