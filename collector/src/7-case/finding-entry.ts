/** The timeline line of a finding. */
import type { TimelineEntry } from '../contract/case.ts';
import type { FindingRecord } from './case-record.ts';
import { changeWords, keyEvidence, objectOf, shown, witnessName } from './narrative.ts';

/** Says what was found, on which evidence, how bad, and what became of it. One line per finding, told again when it changes. */
export function findingEntry(id: string, record: FindingRecord): TimelineEntry {
  const { draft } = record;
  const evidence = keyEvidence(draft);
  const parts = [`${draft.detection} ${shown(draft.title)}, ${record.severity}`];
  if (evidence !== undefined) {
    const object = objectOf(evidence);
    const on = object === '' ? '' : `${object}${changeWords(evidence)}, `;
    parts.push(`${on}seen by ${witnessName(evidence.source_kind)}`);
  }
  if (record.state === 'suppressed') parts.push(`hidden by suppression ${shown(record.suppressionId ?? '')}`);
  if (record.state === 'retracted') parts.push(`withdrawn: explained by ${shown(record.explainedBy ?? '')}`);
  else if (record.explainedBy !== null)
    parts.push(`approved or explained later by ${shown(record.explainedBy)}`);
  if (record.revision > 0) parts.push(`revision ${record.revision}`);
  const entry: TimelineEntry = {
    at: draft.last_seen,
    kind: 'finding',
    plane: draft.plane,
    text: `${parts.join('; ')}.`,
    ref: id,
    severity: record.severity,
  };
  if (draft.first_seen !== draft.last_seen) entry.earliest = draft.first_seen;
  if (draft.domain !== undefined) entry.domain = draft.domain;
  if (draft.actor_id !== undefined && draft.actor_id !== 'unknown') entry.actor_id = draft.actor_id;
  return entry;
}
