/** Okta event hooks (developer.okta.com, "Event hooks"): a shared secret in a header, and a one-time check of the address. */
import { badSignature, secretsOf, type SchemeSettings, type Verify } from './delivery.ts';
import { sameSecret } from './digest.ts';

/**
 * A GET with `x-okta-verification-challenge` is answered with the challenge in JSON. Deliveries carry the configured
 * secret in `authorization` (or the header of the settings); they are not signed, so TLS is part of the proof.
 */
export function okta(settings: SchemeSettings): Verify {
  const secrets = secretsOf(settings);
  const header = (settings.header ?? 'authorization').toLowerCase();
  return ({ method, headers }) => {
    if (method === 'GET') {
      const challenge = headers['x-okta-verification-challenge'];
      if (challenge === undefined || !/^[\x20-\x7e]{1,1024}$/.test(challenge))
        return badSignature('a GET needs the header x-okta-verification-challenge');
      return { kind: 'challenge', body: { verification: challenge } };
    }
    const given = headers[header];
    if (given === undefined) return badSignature(`header ${header} is missing`);
    let matches = false;
    for (const secret of secrets) if (sameSecret(given, secret)) matches = true;
    return matches ? { kind: 'verified' } : badSignature(`header ${header} does not hold the shared secret`);
  };
}
