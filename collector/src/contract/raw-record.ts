/** A record as a feed delivered it, before anything read it. */
import type { SourceName } from './source-name.ts';

/**
 * Bytes of one delivery with what the transport knew. Immutable once in the log. `verified`: the transport proved who
 * sent it (signature, mutual TLS, our own authenticated poll); false means the record is only a hint and may not page alone.
 */
export interface RawRecord {
  readonly tenant: string;
  readonly source: SourceName;
  /** Account, connector or vantage; absent when the feed has only one. */
  readonly instance?: string;
  /** Epoch milliseconds at which the collector received the bytes. */
  readonly receivedAtMs: number;
  /** Media type as the transport said, else the usual one of the format. */
  readonly contentType: string;
  readonly verified: boolean;
  readonly bytes: Uint8Array;
  /** What the transport knew and the body lacks: `event` (webhook event name), `topic`, `delivery`, `file`, `source` (configuration id). */
  readonly meta?: Readonly<Record<string, string>>;
}
