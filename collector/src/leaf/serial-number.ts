/** Serial number arithmetic of SOA serials (RFC 1982): 32 bits, wrapping. */

const half = 0x8000_0000;
const modulus = 0x1_0000_0000;

/**
 * How `a` stands to `b`: -1 older, 0 equal, 1 newer. Undefined: exactly half the space apart, where RFC 1982 section 3.2
 * leaves the order undefined; a caller must then reload in full.
 */
export function compareSerials(a: number, b: number): -1 | 0 | 1 | undefined {
  if (a === b) return 0;
  const ahead = (a - b + modulus) % modulus;
  if (ahead === half) return undefined;
  return ahead < half ? 1 : -1;
}
