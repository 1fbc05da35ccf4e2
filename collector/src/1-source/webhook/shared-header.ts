/**
 * A shared secret in a header: Cloudflare Logpush (`header_Authorization` of the destination), EventBridge API
 * destinations (API key), basic authentication, and everything that can only send a fixed header.
 */
import { badSignature, secretsOf, type SchemeSettings, type Verify } from './delivery.ts';
import { sameSecret } from './digest.ts';

/** Compares the header of the settings (`authorization` when left out) with the secret. Nothing is signed: TLS is part of the proof. */
export function sharedHeader(settings: SchemeSettings): Verify {
  const secrets = secretsOf(settings);
  const header = (settings.header ?? 'authorization').toLowerCase();
  return ({ headers }) => {
    const given = headers[header];
    if (given === undefined) return badSignature(`header ${header} is missing`);
    let matches = false;
    for (const secret of secrets) if (sameSecret(given, secret)) matches = true;
    return matches ? { kind: 'verified' } : badSignature(`header ${header} does not hold the shared secret`);
  };
}
