/** Senders without signatures, such as DNSimple (developer.dnsimple.com/v2/webhooks): protected by a secret path at most. */
import type { Verdict, Verify } from './delivery.ts';

const hint: Verdict = { kind: 'hint' };

/** Every delivery is a hint: it says where to look, and is never evidence. */
export function unsigned(): Verify {
  return () => hint;
}
