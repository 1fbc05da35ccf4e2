/** The audit log as a transparency log that any client can check: tiles, entry bundles and a signed checkpoint. */
import { createPublicKey, hash } from 'node:crypto';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { checkpointText, tileFiles } from '../7-case/tlog-tiles.ts';
import { auditLines } from './audit-verification.ts';
import type { SigningKey } from './signing-key.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const ed25519 = 1;

/** Signature line of a signed note (c2sp.org/signed-note): key id is SHA-256 over name, newline, type and key. */
function signatureLine(name: string, text: string, key: SigningKey): string {
  const der = createPublicKey(key.publicKeyPem).export({ type: 'spki', format: 'der' });
  const raw = der.subarray(der.length - 32);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), raw])).subarray(0, 4);
  const signed = Buffer.concat([id, Buffer.from(key.sign(Buffer.from(text)), 'base64')]);
  return `\u2014 ${name} ${signed.toString('base64')}\n`;
}

/** Files by path, `checkpoint` among them, over the text of `entries.ndjson`; undefined when an entry fits in no bundle. */
export function tileFilesOf(
  text: string,
  origin: string,
  key: SigningKey,
): { readonly files: ReadonlyMap<string, Uint8Array>; readonly root: string } | undefined {
  const entries = auditLines(text).entries.map(({ seq, previous, fact, hash: own }) =>
    Buffer.from(canonicalJson({ seq, previous, fact, hash: own })),
  );
  const made = tileFiles(entries, sha256);
  if (made === undefined) return undefined;
  const note = checkpointText(origin, entries.length, Buffer.from(made.root).toString('base64'));
  const files = new Map(made.files);
  files.set('checkpoint', Buffer.from(`${note}\n${signatureLine(origin, note, key)}`));
  return { files, root: Buffer.from(made.root).toString('hex') };
}
