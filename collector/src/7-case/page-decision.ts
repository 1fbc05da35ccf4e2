/** Whether a finding may wake somebody up. */
import type { FindingRecord } from './case-record.ts';

/** `page` at once; `wait` for a second witness; `no`. */
export type PageDecision = 'page' | 'wait' | 'no';

/** A hint, or one source that is not sure: worth showing, never worth waking somebody up for by itself. */
export function isWeakAlone(record: FindingRecord): boolean {
  const { context } = record.draft;
  if (context.unverified === true) return true;
  return context.source_kinds.length <= 1 && Math.round(context.confidence * 100) < 70;
}

/**
 * Critical pages; high pages through O1 or O6; every other high is a ticket. Suppressed, retracted, warm-up and drill
 * findings never page. `witnesses`: source kinds of the other, sure findings of the same case.
 */
export function pageDecision(record: FindingRecord, witnesses: ReadonlySet<string>): PageDecision {
  if (record.state !== 'open' || record.warmup || record.draft.drill) return 'no';
  const raised = record.overrides.includes('O1') || record.overrides.includes('O6');
  if (record.severity !== 'critical' && !(record.severity === 'high' && raised)) return 'no';
  if (!isWeakAlone(record)) return 'page';
  const own = new Set(record.draft.context.source_kinds);
  for (const each of witnesses) if (!own.has(each)) return 'page';
  return 'wait';
}
