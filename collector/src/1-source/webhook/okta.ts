/** Okta event hooks (developer.okta.com, "Event hooks"): a shared secret in a header, and a one-time check of the address. */
import { badSignature, type SchemeSettings, type Verify } from './delivery.ts';
import { sharedHeader } from './shared-header.ts';

/**
 * A GET with `x-okta-verification-challenge` is answered with the challenge in JSON. Deliveries carry the configured
 * secret in `authorization` (or the header of the settings); they are not signed, so TLS is part of the proof.
 */
export function okta(settings: SchemeSettings): Verify {
  const holdsSecret = sharedHeader(settings);
  return (delivery) => {
    if (delivery.method !== 'GET') return holdsSecret(delivery);
    const challenge = delivery.headers['x-okta-verification-challenge'];
    if (challenge === undefined || !/^[\x20-\x7e]{1,1024}$/.test(challenge))
      return badSignature('a GET needs the header x-okta-verification-challenge');
    return { kind: 'challenge', body: { verification: challenge } };
  };
}
