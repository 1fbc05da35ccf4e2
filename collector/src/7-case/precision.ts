/** How often each detection was right, from what people said about its cases. */
import type { Case } from '../contract/case.ts';
import type { StateView } from '../contract/step.ts';
import { stateName, type CaseRecord } from './case-record.ts';
import { countRegret } from './suppression.ts';
import { readFinding, type Turn } from './turn.ts';

/** Counts of judged findings of one detection. */
export interface Tally {
  true_positive: number;
  false_positive: number;
  benign_positive: number;
}

/** Precision of one detection; `precision` TP/(TP+FP+BP), null when nobody judged any of its findings yet. */
export interface Precision extends Readonly<Tally> {
  readonly detection: string;
  readonly judged: number;
  readonly precision: number | null;
}

/** Moves a case's findings from its present disposition to `next` (null: none), and counts regrets of suppressions. */
export function countDisposition(turn: Turn, record: CaseRecord, next: Case['disposition']): void {
  const before = record.disposition;
  if (before === next) return;
  for (const id of record.findings) {
    const finding = readFinding(turn, id);
    if (finding === undefined) continue;
    if (finding.state === 'suppressed') {
      const { suppressionId } = finding;
      if (suppressionId !== null && next === 'true_positive') countRegret(turn, suppressionId, 1);
      if (suppressionId !== null && before === 'true_positive') countRegret(turn, suppressionId, -1);
      continue;
    }
    const tally = turn.state.edit<Tally>(stateName.tally(finding.draft.detection), () => ({
      true_positive: 0,
      false_positive: 0,
      benign_positive: 0,
    }));
    if (before !== null) tally[before]--;
    if (next !== null) tally[next]++;
  }
}

/** Precision per detection of one tenant's case state, sorted by detection. Costs time in proportion to the state. */
export function readPrecision(state: StateView): Precision[] {
  return state.names('tally:').flatMap((name) => {
    const tally = state.get<Tally>(name);
    if (tally === undefined) return [];
    const judged = tally.true_positive + tally.false_positive + tally.benign_positive;
    return [
      {
        detection: name.slice('tally:'.length),
        ...tally,
        judged,
        precision: judged === 0 ? null : tally.true_positive / judged,
      },
    ];
  });
}
