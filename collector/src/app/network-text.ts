/** Checks of network notations in files people write. */
import { isIP } from 'node:net';

/** True for a network in CIDR form (RFC 4632, RFC 4291 section 2.3), e.g. `10.0.0.0/8` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || bits === undefined || rest !== undefined || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= (family === 4 ? 32 : 128);
}
