/** SHA-256 of the platform, for the pure rooms that are handed a digest function. */
import { hash } from 'node:crypto';

/** Lower-case hex SHA-256 of UTF-8 text or bytes (FIPS 180-4). */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
