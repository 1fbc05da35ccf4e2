/**
 * Approval of certificates. An intent names the authority that is to issue for a domain (`new: {issuer}`, with the ACME account
 * where it is known); a certificate of this authority that was issued while the intent holds is the one that was meant.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { IntentChange } from '../contract/inventory.ts';
import type { Annotation, Annotator, StateView } from '../contract/step.ts';
import { isIssuer } from '../leaf/issuer-name.ts';
import { parseInstant } from '../leaf/time.ts';
import { validDuring } from './intent-match.ts';
import type { IntentUse } from './intent-match.ts';
import { knownIntents, markUsed } from './intent-store.ts';

/** Annotator that sets `approval_state` of issued, logged and served certificates of a domain. */
export const certificateIntents: Annotator = {
  name: 'certificate_intents',
  scope: 'domain',
  wants: ['cert.precert_logged', 'cert.issued', 'cert.renewed', 'cert.served_changed'],
  step(state, message): Annotation {
    return message.kind === 'event' ? approve(state, message.event, message.timeMs) : {};
  },
};

function approve(state: StateView, event: CanonicalEvent, atMs: number): Annotation {
  const { cert } = event;
  if (cert === undefined || event.outcome === 'attempt' || event.outcome === 'failure') return {};
  const issued = cert.not_before === undefined ? undefined : parseInstant(cert.not_before)?.ms;
  const earliestMs = Math.min(atMs, issued ?? atMs);
  const uses: IntentUse[] = [];
  for (const intent of knownIntents(state)) {
    if (!validDuring(intent, earliestMs, atMs)) continue;
    for (const [place, change] of intent.changes.entries())
      if (covers(change, event)) uses.push({ intent: intent.id, place });
  }
  for (const use of uses) markUsed(state, use);
  const [first] = uses;
  if (first === undefined) return {};
  return {
    fields: {
      approval_state: 'approved',
      ...(event.change_request_id === undefined ? { change_request_id: first.intent } : {}),
    },
  };
}

/** Same object, same authority. An account that the certificate does not tell contradicts nothing. */
function covers({ action, domain, name, new: value }: IntentChange, { cert }: CanonicalEvent): boolean {
  if (action !== 'certificate' || cert === undefined) return false;
  const { issuer, account } = authorityOf(value);
  if (issuer === undefined || !isIssuer(cert, issuer)) return false;
  if (account !== undefined && (cert.acme_account_uri ?? account) !== account) return false;
  // A ticket for one host is none for its neighbours.
  return name === undefined || name === domain || (cert.names ?? []).every((each) => each === name);
}

/** The authority of an approval: a text, or an object with `issuer` and perhaps `account`. */
function authorityOf(value: unknown): { readonly issuer?: string; readonly account?: string } {
  if (typeof value === 'string') return { issuer: value };
  const { issuer, account } = (value ?? {}) as Record<string, unknown>;
  return {
    ...(typeof issuer === 'string' && issuer !== '' ? { issuer } : {}),
    ...(typeof account === 'string' ? { account } : {}),
  };
}
