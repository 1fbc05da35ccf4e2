/** What is known about a webhook delivery before anything reads its body. */
import type { HttpRequest } from '../../contract/http.ts';
import type { Failure } from '../../contract/outcome.ts';
import type { Secret } from '../../leaf/secret.ts';

/** The parts of a request that its verification may look at. */
export type Delivery = Pick<HttpRequest, 'method' | 'headers' | 'body' | 'receivedAtMs'>;

/**
 * Verdict over a delivery. `verified`: the sender holds the secret. `hint`: nothing speaks for or against it; it may be
 * stored but must not page alone. `refused`: it claims a proof that does not hold. `challenge`: the sender asks whether
 * this address is ours; answer with `body` as JSON and store nothing. `unjudged`: what the judgement needs cannot be had
 * now; the sender is asked to repeat.
 */
export type Verdict =
  | { readonly kind: 'verified'; readonly deliveryId?: string; readonly event?: string }
  | { readonly kind: 'hint'; readonly deliveryId?: string; readonly event?: string }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'challenge'; readonly body: unknown }
  | { readonly kind: 'unjudged'; readonly failure: Failure };

/** One way of proving deliveries. Pure: same delivery, same verdict. */
export type Verify = (delivery: Delivery) => Verdict;

/** A way of proving deliveries that has to ask for keys first. Never rejects. */
export type VerifyLater = (delivery: Delivery) => Promise<Verdict>;

/** Settings of a scheme; which of them are needed is checked by the configuration. */
export interface SchemeSettings {
  readonly secret?: Secret;
  /** Still accepted while a sender is being moved to a new secret. */
  readonly previousSecret?: Secret;
  readonly header?: string;
  readonly algorithm?: 'sha256' | 'sha384' | 'sha512';
  readonly encoding?: 'hex' | 'base64';
  readonly prefix?: string;
  readonly timestampHeader?: string;
  readonly idHeader?: string;
}

/** A verdict that refuses because the proof is missing or wrong. */
export function badSignature(message: string): Verdict {
  return { kind: 'refused', failure: { code: 'bad_signature', path: '', message } };
}

/** A verdict that refuses because the signed time is too far from the time of receipt. */
export function stale(message: string): Verdict {
  return { kind: 'refused', failure: { code: 'stale_delivery', path: '', message } };
}

/** The secrets in force, current first; empty when none is configured. */
export function secretsOf(settings: SchemeSettings): string[] {
  return [settings.secret, settings.previousSecret].flatMap((secret) =>
    secret === undefined ? [] : [secret.reveal()],
  );
}

/** Header value cut to what an id may be: printable ASCII, 1 to 200 characters; undefined otherwise. */
export function idOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined;
}
