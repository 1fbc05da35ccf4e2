/** Comparison of message authentication codes and secrets in constant time. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Hash behind an HMAC (RFC 2104). */
export type HmacAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** True when `given` is the HMAC of the parts under one of `keys`. Time depends on neither content nor length of `given`'s prefix. */
export function hmacMatches(
  algorithm: HmacAlgorithm,
  keys: readonly (string | Uint8Array)[],
  parts: readonly (string | Uint8Array)[],
  given: Uint8Array,
): boolean {
  let matches = false;
  for (const key of keys) {
    const hmac = createHmac(algorithm, key);
    for (const part of parts) hmac.update(part);
    // Every key is tried, so that the time does not tell which one is in use.
    if (sameBytes(hmac.digest(), given)) matches = true;
  }
  return matches;
}

/** True when two secrets are equal; both are hashed first, so that neither length nor common prefix shows in the time. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashed(a), hashed(b));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(hashed(a), hashed(b));
}

function hashed(data: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}

/** Bytes of a signature text, or undefined when it is not strictly of that encoding. */
export function signatureBytes(text: string, encoding: 'hex' | 'base64'): Uint8Array | undefined {
  if (text.length === 0 || text.length > 256) return undefined;
  const valid = encoding === 'hex' ? /^([0-9a-f]{2})+$/i.test(text) : /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return valid ? Buffer.from(text, encoding) : undefined;
}
