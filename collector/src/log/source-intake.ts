/** The intake as one source sees it: its records say which configured source they came from. */
import type { Intake, SourceIdentity } from '../contract/component.ts';
import type { RawRecord } from '../contract/raw-record.ts';

/** An intake that writes the id of the source into records that do not name one. */
export function sourceIntake(intake: Intake, { id }: SourceIdentity): Intake {
  const stamped = (record: RawRecord): RawRecord =>
    record.meta?.['source'] === undefined ? { ...record, meta: { ...record.meta, source: id } } : record;
  return {
    accept: (records, cursor) => intake.accept(records.map(stamped), cursor),
    cursor: (source) => intake.cursor(source),
    heartbeat: (source) => intake.heartbeat(source),
    gap: (source, fromMs, toMs, reason) => intake.gap(source, fromMs, toMs, reason),
  };
}
