/** Checkpoints of static-ct-api logs: signed notes (C2SP). They prove that the log is read, they hold no certificate. */
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { decodedBase64 } from '../base64.ts';

/** Tree head of a log. `size` as text: trees may outgrow exact numbers. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: string;
  readonly signers: readonly string[];
}

/**
 * Reads a checkpoint: origin, size, root hash, optional extension lines, a blank line, signature lines. Signatures are
 * checked for form only; the poller, which knows the log's key, checks them. Failures name the line.
 */
export function readCheckpoint(text: string): Outcome<Checkpoint> {
  const wrong = (line: number, what: string): Outcome<never> =>
    failed('bad_wire_format', `checkpoint line ${line}: ${what}`, `line ${line}`);
  const lines = text.split('\r\n').join('\n').split('\n');
  const [origin = '', size = '', root = ''] = lines;
  if (origin === '') return wrong(1, 'expected the origin of the log');
  if (!/^(0|[1-9]\d{0,18})$/.test(size)) return wrong(2, 'expected the tree size in decimal');
  if (decodedBase64(root)?.length !== 32) return wrong(3, 'expected a root hash of 32 bytes in base64');
  const blank = lines.indexOf('', 3);
  if (blank < 0) return wrong(lines.length, 'expected a blank line before the signatures');
  const signers: string[] = [];
  for (let i = blank + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '' && i === lines.length - 1) break;
    const [dash, name = '', signature, ...rest] = line.split(' ');
    if (dash !== '—' || name === '' || signature === undefined || rest.length > 0)
      return wrong(i + 1, 'expected "— name signature"');
    if ((decodedBase64(signature)?.length ?? 0) < 5)
      return wrong(i + 1, 'signature is not base64 of key id and signature');
    signers.push(name);
  }
  if (!signers.includes(origin)) return wrong(lines.length, 'no signature by the log itself');
  return succeeded({ origin, size, signers });
}
