/** Looks into the TLS files a configuration names, so that a wrong one is found before the first connection fails. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Secret } from '../leaf/secret.ts';
import type { DocumentPath, Note } from './document-problem.ts';

interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
}

const certificateForm = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

function readFault(error: unknown): string {
  const { code } = error as { code?: string };
  if (code === 'ENOENT') return 'does not exist; check the path';
  if (code === 'EISDIR') return 'is a directory, not a PEM file';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user; check its permissions';
  return `cannot be read (${code ?? 'unknown error'})`;
}

async function certificatesIn(file: string, path: DocumentPath, note: Note): Promise<X509Certificate[]> {
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    note(path, `${file} ${readFault(error)}`);
    return [];
  }
  const blocks = pem.match(certificateForm) ?? [];
  if (blocks.length === 0)
    note(path, `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
  return blocks.flatMap((block, at) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      note(path, `${file}: certificate ${at + 1} cannot be read; was it cut or edited?`);
      return [];
    }
  });
}

function noteValidity(
  certificate: X509Certificate,
  file: string,
  path: DocumentPath,
  nowMs: number,
  note: Note,
): void {
  const { validFromDate: from, validToDate: to } = certificate;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  if (to.getTime() < nowMs)
    note(path, `${file} expired on ${day(to)}; renew it, or set this machine's clock`);
  else if (from.getTime() > nowMs)
    note(path, `${file} is not valid before ${day(from)}; is the clock of this machine right?`);
}

/** Notes files that are missing, no PEM, expired, or do not belong together. Paths start from `directory`. */
export async function noteTls(
  tls: unknown,
  path: DocumentPath,
  directory: string,
  nowMs: number,
  note: Note,
): Promise<void> {
  if (typeof tls !== 'object' || tls === null) return;
  const { ca, cert, key } = tls as TlsFiles;
  if (ca !== undefined) {
    const found = await certificatesIn(resolve(directory, ca), [...path, 'ca'], note);
    const usable = found.filter((one) => one.validToDate.getTime() >= nowMs);
    // A bundle may hold old authorities beside those in use.
    if (found.length > 0 && usable.length === 0 && found[0] !== undefined)
      noteValidity(found[0], resolve(directory, ca), [...path, 'ca'], nowMs, note);
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    note([...path, lacks], `is required with ${has}: a client certificate is both`);
  }
  if (cert === undefined) return;
  const certPath = [...path, 'cert'];
  const [own] = await certificatesIn(resolve(directory, cert), certPath, note);
  if (own !== undefined) noteValidity(own, resolve(directory, cert), certPath, nowMs, note);
  if (key === undefined) return;
  try {
    const privateKey = createPrivateKey(key.reveal());
    if (own !== undefined && !own.checkPrivateKey(privateKey))
      note([...path, 'key'], `does not belong to the certificate in ${resolve(directory, cert)}`);
  } catch {
    note([...path, 'key'], 'is no private key in PEM form without a passphrase');
  }
}
