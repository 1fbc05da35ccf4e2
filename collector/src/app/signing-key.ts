/** The collector's Ed25519 key: made once in the data directory, readable by its user only; signs audit checkpoints and evidence. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnusableInput } from './unusable-input.ts';

/** Signs, and shows the public half. */
export interface SigningKey {
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
  /** First 16 hex digits of SHA-256 over the public key (DER). */
  readonly keyId: string;
  /** Ed25519 signature, base64. */
  sign(bytes: Uint8Array): string;
}

/** Public key and id of a PEM; undefined when it is no Ed25519 key. */
export function publicKeyOf(pem: string): { readonly keyId: string; readonly der: Buffer } | undefined {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') return undefined;
    const der = key.export({ type: 'spki', format: 'der' });
    return { keyId: hash('sha256', der, 'hex').slice(0, 16), der };
  } catch {
    return undefined;
  }
}

/** True when `signature` (base64) over `bytes` was made with the key of `publicKeyPem`. */
export function signatureHolds(publicKeyPem: string, bytes: Uint8Array, signature: string): boolean {
  try {
    return verify(null, bytes, createPublicKey(publicKeyPem), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** Opens `directory`/key.pem, or makes it with mode 0600 and the public half beside it. Throws UnusableInput. */
export function openSigningKey(directory: string): SigningKey {
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  const path = join(directory, 'key.pem');
  try {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new UnusableInput([`${path}: the signing key cannot be made: ${(error as Error).message}`]);
  }
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
    const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
    writeFileSync(join(directory, 'key.pub.pem'), publicKeyPem, { mode: 0o644 });
    return {
      publicKeyPem,
      keyId: publicKeyOf(publicKeyPem)?.keyId ?? '',
      sign: (bytes) => sign(null, bytes, key).toString('base64'),
    };
  } catch (error) {
    throw new UnusableInput([`${path}: the signing key cannot be used: ${(error as Error).message}`]);
  }
}
