/** Standard Webhooks signatures (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), version v1. */
import { createHmac } from 'node:crypto';

/** Key bytes of a configured secret: base64 behind `whsec_`, else the UTF-8 bytes of the text. */
export function webhookKey(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}

/**
 * Headers of a signed delivery. `id` is the same at every repetition, so receivers can recognise duplicates;
 * `timestampS` is the time of this attempt in seconds, which receivers check against their tolerance.
 */
export function signedHeaders(
  key: Buffer,
  id: string,
  timestampS: number,
  body: string,
): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': `v1,${signature}`,
  };
}
