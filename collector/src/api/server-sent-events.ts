/** Server-sent events (HTML standard, section 9.2) over one response. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventStream, ServerSentEvent } from '../contract/http.ts';

/** Wire form of an event. Line ends inside fields cannot start a field of their own. */
export function eventText(event: ServerSentEvent): string {
  const lines: string[] = [];
  if (event.id !== undefined) lines.push(`id: ${event.id.replace(/[\r\n\0]/g, '')}`);
  if (event.event !== undefined) lines.push(`event: ${event.event.replace(/[\r\n]/g, '')}`);
  for (const line of event.data.split(/\r\n|\r|\n/)) lines.push(`data: ${line}`);
  return `${lines.join('\n')}\n\n`;
}

/**
 * Writes events until the stream ends, the client leaves or `signal` aborts. A slow client slows the stream, it does
 * not fill memory. A comment every `keepAliveMs` lets both sides notice a dead connection.
 */
export async function sendEvents(
  response: ServerResponse,
  stream: EventStream,
  signal: AbortSignal,
  keepAliveMs: number,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const over = AbortSignal.any([signal, gone.signal]);
  const keepAlive = setInterval(() => response.write(': \n\n'), keepAliveMs);
  keepAlive.unref();
  try {
    response.write(': connected\n\n');
    for await (const event of stream(over)) {
      if (over.aborted) break;
      if (!response.write(eventText(event))) await once(response, 'drain', { signal: over }).catch(() => {});
    }
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}
