/** Times of validated objects as numbers. */
import { parseInstant } from '../leaf/time.ts';

/** Epoch milliseconds of a time that a validator has already accepted; throws otherwise, because that is a bug. */
export function instantMs(text: string): number {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new Error(`not a time, although validated: ${text}`);
  return parsed.ms;
}
