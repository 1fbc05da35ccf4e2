/** Work nobody needs, planted to show that the gate sees it (`test/contract/bench-gate.test.ts`). */
import type { Mutation } from '../sim/mutations.ts';

/** One per group of rows that measures code of ours; each makes it several times as dear. */
export const slowDowns: readonly Mutation[] = [
  {
    name: 'every record is mapped five times',
    file: '2-normalise/normalise-record.ts',
    from: 'drafts = normaliser.normalise(record, ofRecord);',
    to: 'for (let i = 0; i < 4; i++) normaliser.normalise(record, ofRecord); drafts = normaliser.normalise(record, ofRecord);',
  },
  {
    name: 'every name is searched five times',
    file: '5-feature/lookalike.ts',
    from: 'const near = label.length >= distanceOneCharsMin ? byDistance(label) : undefined;',
    to: 'for (let i = 0; i < 4; i++) { byDistance(label); bySubstring(label); } const near = label.length >= distanceOneCharsMin ? byDistance(label) : undefined;',
  },
];
