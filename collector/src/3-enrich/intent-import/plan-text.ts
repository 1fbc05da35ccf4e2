/** Reads the JSON text of a plan within the limits of a plan. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';

const charactersMax = 64 * 1024 * 1024;

/** Parses a plan; failures name what was expected. */
export function parsePlan(text: string): Outcome<unknown> {
  if (text.length > charactersMax) return failed('too_large', 'a plan is at most 64 MiB of text');
  try {
    return succeeded(JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown);
  } catch (error) {
    return failed('not_json', `is not JSON: ${(error as Error).message}`);
  }
}
