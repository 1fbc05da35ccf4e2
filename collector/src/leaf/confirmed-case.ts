/** What a person's verdict on a case means for baselines: nothing that happened in a confirmed case becomes usual. */
import type { Message } from '../contract/step.ts';
import { parseInstant } from './time.ts';

/** Span of a confirmed malicious case, epoch milliseconds. It begins three days before the case was opened. */
export interface ConfirmedSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A login or reset of the intruder may be this much older than the first finding (I01 and I02 look back as far). */
const leadMs = 72 * 3_600_000;

/**
 * Span of the case that a `case.disposition` or `case.closed` directive confirms as true positive; undefined for every other
 * message. `data.opened_at` is RFC 3339; without it nothing is known to forget.
 */
export function confirmedSpan(message: Message): ConfirmedSpan | undefined {
  if (message.kind !== 'directive') return undefined;
  const { type, data } = message.directive;
  if (type !== 'case.disposition' && type !== 'case.closed') return undefined;
  if (data['disposition'] !== 'true_positive' || typeof data['opened_at'] !== 'string') return undefined;
  const opened = parseInstant(data['opened_at']);
  return opened === undefined ? undefined : { fromMs: opened.ms - leadMs, untilMs: message.timeMs };
}
