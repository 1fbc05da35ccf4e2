/** Server-sent events (HTML standard 9.2) over Grafana's proxy, or regular asking where bytes cannot be streamed. */
import { getBackendSrv } from '@grafana/runtime';
import { apiRoot } from './http.ts';
import type { LiveEvent, LiveState } from './data-layer.ts';

const events = new Set<string>(['case', 'finding', 'score', 'status', 'resync']);

/** Splits a stream of text into events. Give it pieces as they come; it returns the names of whole events. */
export function eventReader(): (piece: string) => {
  readonly names: LiveEvent[];
  readonly lastId: string | undefined;
} {
  let rest = '';
  let lastId: string | undefined;
  return (piece) => {
    rest = (rest + piece).replaceAll('\r\n', '\n');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    const names: LiveEvent[] = [];
    for (const block of blocks) {
      let name = 'message';
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('id:')) lastId = line.slice(3).trim();
      }
      if (events.has(name)) names.push(name as LiveEvent);
    }
    return { names, lastId };
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Reads one connection to its end. Resolves true when at least one byte came. */
function readOnce(
  lastId: string | undefined,
  take: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let came = false;
    const subscription = getBackendSrv()
      .chunked({
        url: `${apiRoot}/stream`,
        method: 'GET',
        headers: {
          accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }),
        },
        showErrorAlert: false,
      })
      .subscribe({
        next: ({ ok, data }) => {
          if (!ok) return;
          came = true;
          take(data === undefined ? '' : decoder.decode(data, { stream: true }));
        },
        error: () => resolve(came),
        complete: () => resolve(came),
      });
    signal.addEventListener('abort', () => (subscription.unsubscribe(), resolve(came)), { once: true });
  });
}

const pollMs = 10_000;
const pauseMaxMs = 30_000;

/** Follows for as long as the page lives, with growing pauses while the collector is away. */
export async function followStream(
  take: (event: LiveEvent) => void,
  told: (state: LiveState) => void,
  signal: AbortSignal,
): Promise<void> {
  if (typeof getBackendSrv().chunked !== 'function') {
    told('polling');
    while (!signal.aborted) {
      await pause(pollMs, signal);
      if (!signal.aborted) take('resync');
    }
    return;
  }
  let pauseMs = 1000;
  let lastId: string | undefined;
  while (!signal.aborted) {
    const read = eventReader();
    const came = await readOnce(
      lastId,
      (text) => {
        told('live');
        pauseMs = 1000;
        const { names, lastId: seen } = read(text);
        lastId = seen ?? lastId;
        for (const name of names) take(name);
      },
      signal,
    );
    if (signal.aborted) return;
    told('lost');
    await pause(pauseMs, signal);
    if (!came) pauseMs = Math.min(pauseMaxMs, pauseMs * 2);
    // What happened meanwhile is asked for once more, so that a lost connection loses nothing on the screen.
    take('resync');
  }
}
