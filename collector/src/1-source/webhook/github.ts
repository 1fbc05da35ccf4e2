/** GitHub webhooks: `X-Hub-Signature-256` (docs.github.com, "Validating webhook deliveries"). */
import { badSignature, idOf, secretsOf, type SchemeSettings, type Verify } from './delivery.ts';
import { hmacMatches, signatureBytes } from './digest.ts';

/** HMAC-SHA256 of the body in hex after `sha256=`. Nothing signs a time, so the memory of delivery ids is the replay defence. */
export function github(settings: SchemeSettings): Verify {
  const keys = secretsOf(settings);
  return ({ headers, body }) => {
    const header = headers['x-hub-signature-256'];
    if (header === undefined) return badSignature('header x-hub-signature-256 is missing');
    const given = header.startsWith('sha256=') ? signatureBytes(header.slice(7), 'hex') : undefined;
    if (given === undefined) return badSignature('header x-hub-signature-256 is not sha256=<hex>');
    if (!hmacMatches('sha256', keys, [body], given))
      return badSignature('x-hub-signature-256 does not match the body');
    return {
      kind: 'verified',
      deliveryId: idOf(headers['x-github-delivery']),
      event: idOf(headers['x-github-event']),
    };
  };
}
