/** A refused batch as a dead letter: what log/quarantine.ts stores and a re-drive reads back. Pure. */
import type { Signal } from '../contract/component.ts';
import { sha256Hex } from '../leaf/sha256.ts';
import type { RefusedBatch } from './outbox.ts';

/** Media type of the bytes of such a letter: a JSON array of signals. */
export const refusedContentType = 'application/vnd.zonewarden.signals+json';

/** One letter for the batch; the id is the same for the same signals and sink, so a repetition is stored once. */
export function letterOfRefused(batch: RefusedBatch, nowMs: number) {
  const { sink, signals, rejectedCount, code, message } = batch;
  const tenants = new Set(signals.map(tenantOf));
  const partial =
    rejectedCount < signals.length ? `${rejectedCount} of these ${signals.length} signals: ` : '';
  return {
    id: sha256Hex(JSON.stringify([sink, ...signals.map((signal) => signal.key)])),
    tenant: tenants.size === 1 ? ([...tenants][0] ?? '') : '',
    source: `sink:${sink}`,
    receivedAtMs: nowMs,
    code,
    path: '',
    message: `${partial}${message}`,
    normaliser: '',
    contentType: refusedContentType,
    bytes: new TextEncoder().encode(JSON.stringify(signals)),
    meta: { sink, keys: signals.map((signal) => signal.key), rejectedCount },
  };
}

function tenantOf(signal: Signal): string {
  const { body } = signal;
  return typeof body === 'object' && body !== null && 'tenant' in body ? String(body.tenant) : '';
}

/** Signals of a letter's bytes, for a re-drive; undefined when they are no such letter. */
export function signalsOfLetter(contentType: string, bytes: Uint8Array): Signal[] | undefined {
  if (contentType !== refusedContentType) return undefined;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(parsed) ? (parsed as Signal[]) : undefined;
  } catch {
    return undefined;
  }
}
