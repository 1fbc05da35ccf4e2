/** Reads a request body within its bound. */
import type { IncomingMessage } from 'node:http';

/** The body, or why there is none. `cut`: the client went away before the end. */
export type ReadBody =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'cut' };

/** Collects at most `bytesMax` bytes; a declared length above it is refused before anything is read. Never rejects. */
export async function readBody(message: IncomingMessage, bytesMax: number): Promise<ReadBody> {
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > bytesMax) return { kind: 'too_large' };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return { kind: 'too_large' };
      chunks.push(chunk);
    }
  } catch {
    return { kind: 'cut' };
  }
  return message.complete ? { kind: 'body', bytes: Buffer.concat(chunks) } : { kind: 'cut' };
}
