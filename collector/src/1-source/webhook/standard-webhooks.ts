/** Standard Webhooks (standardwebhooks.com specification, symmetric signatures `v1`). */
import { limits } from '../../contract/limits.ts';
import { badSignature, idOf, secretsOf, stale, type SchemeSettings, type Verify } from './delivery.ts';
import { hmacMatches, signatureBytes } from './digest.ts';

/** HMAC-SHA256 over `id.timestamp.body`; secrets are `whsec_` plus base64. Several signatures may stand in the header. */
export function standardWebhooks(settings: SchemeSettings): Verify {
  const keys = secretsOf(settings).map((text) => Buffer.from(text.replace(/^whsec_/, ''), 'base64'));
  return ({ headers, body, receivedAtMs }) => {
    const id = idOf(headers['webhook-id']);
    const timestamp = headers['webhook-timestamp'] ?? '';
    const signatures = headers['webhook-signature'];
    if (id === undefined) return badSignature('header webhook-id is missing or malformed');
    if (!/^\d{1,12}$/.test(timestamp))
      return badSignature('header webhook-timestamp is missing or not epoch seconds');
    if (signatures === undefined) return badSignature('header webhook-signature is missing');
    const known = signatures
      .split(' ')
      .slice(0, 10)
      .filter((one) => one.startsWith('v1,'));
    const proven = known.some((one) => {
      const given = signatureBytes(one.slice(3), 'base64');
      return given !== undefined && hmacMatches('sha256', keys, [id, '.', timestamp, '.', body], given);
    });
    if (!proven) return badSignature('no signature in webhook-signature matches the body');
    // Judged after the signature: an unproven time says nothing.
    if (Math.abs(receivedAtMs - Number(timestamp) * 1000) > limits.webhookToleranceMs)
      return stale(`signed at ${timestamp}, more than ${limits.webhookToleranceMs / 1000} s from now`);
    return { kind: 'verified', deliveryId: id };
  };
}
