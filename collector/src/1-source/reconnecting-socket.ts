/**
 * A WebSocket (RFC 6455) that is kept up: reconnects with back-off and jitter, pings, notices half-open connections,
 * pauses the sender while our log is slow, and writes down every interval in which the feed could not be heard. For
 * feeds without replay; the stored position is the time up to which everything heard is durable, so that blind time over a
 * restart is known as well.
 */
import WebSocket from 'ws';
import { isHeldBack } from '../contract/error-codes.ts';
import type { Intake, SourceIdentity, Surroundings } from '../contract/component.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { Secret } from '../leaf/secret.ts';
import type { OutgoingPolicy } from './address-policy.ts';
import { HeardUntil } from './heard-until.ts';

/** Settings of one connection. Times in milliseconds. */
export interface SocketSettings {
  readonly identity: SourceIdentity;
  /** Cursor name; unique among connections. */
  readonly cursorName: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
  /** A larger message ends the connection (close code 1009). */
  readonly messageBytesMax: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** No message for so long ends the connection although pongs come; 0: never. */
  readonly idleTimeoutMs: number;
  readonly backOff: BackOff;
  /** Makes a record of one message. */
  readonly recordOf: (bytes: Uint8Array, receivedAtMs: number) => RawRecord;
}

/** Waiting times between attempts: first, times factor, up to the longest; each varied by up to a fifth. */
export interface BackOff {
  readonly firstMs: number;
  readonly factor: number;
  readonly longestMs: number;
}

/** 5 s, growing by half, at most two minutes. */
export const standardBackOff: BackOff = { firstMs: 5000, factor: 1.5, longestMs: 120_000 };

const batchMax = 256;
const queueHigh = 1024;
const queueLow = 128;
const connectTimeoutMs = 20_000;
const unheardMs = 1000;
const diskFullPauseMs = 5000;

/** Wait before attempt `attempt` (0: the first repetition). `random` in [0, 1) varies it by a fifth either way. */
export function backOffMs(backOff: BackOff, attempt: number, random: number): number {
  let delayMs = backOff.firstMs;
  for (let step = 0; step < attempt && delayMs < backOff.longestMs; step++) delayMs *= backOff.factor;
  return Math.min(backOff.longestMs, Math.round(Math.min(delayMs, backOff.longestMs) * (0.8 + 0.4 * random)));
}

/** Keeps the connection up until `signal` aborts. Rejects only when our own log failed for good. */
export async function runReconnectingSocket(
  settings: SocketSettings,
  policy: OutgoingPolicy,
  surroundings: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const { identity } = settings;
  const stored = Number(intake.cursor(settings.cursorName) ?? Number.NaN);
  let blindFromMs: number | undefined = Number.isFinite(stored) ? stored : undefined;
  let reason = 'the collector was not running';
  let attempt = 0;
  const closeGap = (): void => {
    const nowMs = surroundings.nowMs();
    if (blindFromMs !== undefined && nowMs > blindFromMs) intake.gap(identity, blindFromMs, nowMs, reason);
    blindFromMs = blindFromMs === undefined ? undefined : nowMs;
  };
  while (!signal.aborted) {
    const startedMs = surroundings.nowMs();
    const session = createSession(settings, policy, surroundings, intake, signal);
    const end = await session.run(() => {
      // A first connection that took its time: the feed spoke meanwhile, and nobody was there.
      if (surroundings.nowMs() - startedMs >= unheardMs) blindFromMs ??= startedMs;
      closeGap();
      surroundings.log('info', 'feed connected', { source: identity.id });
    });
    if (end.fatal !== undefined) throw end.fatal;
    if (end.opened && signal.aborted) return;
    reason = end.reason;
    if (end.messages > 0) attempt = 0;
    if (end.opened) blindFromMs = end.heardUntilMs;
    else {
      // Each failed attempt extends the gap at once, so that a long outage is visible while it lasts.
      blindFromMs ??= startedMs;
      closeGap();
    }
    if (signal.aborted) return;
    const delayMs = backOffMs(settings.backOff, attempt++, surroundings.random());
    surroundings.log('warn', 'feed disconnected', { source: identity.id, reason, retryInMs: delayMs });
    await surroundings.sleep(delayMs, signal).catch(() => {});
    if (signal.aborted) closeGap();
  }
}

/** Opens and closes a connection once; says what is wrong when it does not open. */
export async function probeSocket(
  settings: SocketSettings,
  policy: OutgoingPolicy,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const allowed = policy.check(new URL(settings.url));
  if (!allowed.ok) return allowed;
  return new Promise((resolve) => {
    const socket = connect(settings, policy);
    const give = (): void => socket.terminate();
    signal.addEventListener('abort', give, { once: true });
    socket.once('open', () => {
      resolve(succeeded(`connected to ${new URL(settings.url).host}`));
      socket.terminate();
    });
    socket.on('error', (error) => resolve(failed('endpoint_unreachable', reasonOf(error))));
    socket.once('close', () =>
      resolve(failed('endpoint_unreachable', 'the connection was closed before it opened')),
    );
  });
}

function connect(settings: SocketSettings, policy: OutgoingPolicy): WebSocket {
  const headers: Record<string, string> = { 'user-agent': 'zonewarden' };
  for (const [name, value] of Object.entries(settings.headers))
    headers[name] = typeof value === 'string' ? value : value.reveal();
  const { tls } = settings;
  return new WebSocket(settings.url, {
    headers,
    lookup: policy.lookup,
    maxPayload: settings.messageBytesMax,
    perMessageDeflate: false,
    handshakeTimeout: connectTimeoutMs,
    followRedirects: false,
    // Bytes that are not UTF-8 are a record for quarantine, not a reason to lose the connection.
    skipUTF8Validation: true,
    ...(tls === undefined ? {} : { ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() }),
  });
}

interface SessionEnd {
  readonly opened: boolean;
  readonly messages: number;
  /** What was said up to here was heard. */
  readonly heardUntilMs: number;
  readonly reason: string;
  /** Our own log failed for good. */
  readonly fatal?: unknown;
}

/** One connection from opening to its end. */
function createSession(
  settings: SocketSettings,
  policy: OutgoingPolicy,
  surroundings: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): { run(onOpen: () => void): Promise<SessionEnd> } {
  const over = new AbortController();
  const queue: RawRecord[] = [];
  let socket: WebSocket | undefined;
  let opened = false;
  let messages = 0;
  /** Last moment at which the other side was known to be there, or could not say so because we held it. */
  let lastSignMs = surroundings.nowMs();
  let lastMessageMs = lastSignMs;
  let heard = new HeardUntil(lastSignMs);
  let reason = '';
  let fatal: unknown;
  let draining: Promise<void> | undefined;

  const end = (why: string): void => {
    if (reason === '') reason = why;
    over.abort();
    socket?.terminate();
  };

  const hold = (): void => {
    heard.held(surroundings.nowMs());
    socket?.pause();
  };

  const release = (): void => {
    lastSignMs = surroundings.nowMs();
    socket?.resume();
    ask();
  };

  /** A ping that says when it was sent; its answer comes behind everything said before. */
  const ask = (): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.ping(String(surroundings.nowMs()));
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0 && fatal === undefined) {
      const batch = queue.slice(0, batchMax);
      // Not the time of this commit: what still waits behind the batch would not be missed after a restart.
      const durableMs = Math.min(heard.untilMs, batch.at(-1)?.receivedAtMs ?? heard.untilMs);
      try {
        await intake.accept(batch, { source: settings.cursorName, position: String(durableMs) });
        queue.splice(0, batch.length);
      } catch (error) {
        if (!isHeldBack(error)) {
          fatal = error;
          end('the log failed');
          return;
        }
        // What arrived stays in memory and the sender is held by its full connection until there is space again.
        hold();
        await surroundings.sleep(diskFullPauseMs, signal).catch(() => {});
        if (signal.aborted) return;
      }
      if (queue.length <= queueLow && socket?.isPaused === true) release();
    }
  };

  const take = (bytes: Uint8Array): void => {
    const nowMs = surroundings.nowMs();
    lastSignMs = nowMs;
    lastMessageMs = nowMs;
    heard.read(nowMs);
    messages++;
    queue.push(settings.recordOf(bytes, nowMs));
    if (queue.length >= queueHigh) hold();
    draining ??= drain().finally(() => (draining = undefined));
  };

  /** Pings, and ends a connection whose other side has gone without saying so. */
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await surroundings.sleep(settings.pingIntervalMs, over.signal).catch(() => {});
      if (over.signal.aborted || socket === undefined) return;
      // While we hold the sender, its pongs wait behind its messages.
      if (socket.isPaused) continue;
      const askedMs = surroundings.nowMs();
      ask();
      await surroundings.sleep(settings.pongTimeoutMs, over.signal).catch(() => {});
      if (over.signal.aborted || socket.isPaused) continue;
      if (lastSignMs < askedMs) end(`no answer to a ping within ${settings.pongTimeoutMs} ms`);
      else if (settings.idleTimeoutMs > 0 && surroundings.nowMs() - lastMessageMs >= settings.idleTimeoutMs)
        end(`no message for ${settings.idleTimeoutMs} ms`);
      else intake.heartbeat(settings.identity);
    }
  };

  return {
    async run(onOpen) {
      const allowed = policy.check(new URL(settings.url));
      if (!allowed.ok)
        return { opened, messages, heardUntilMs: heard.untilMs, reason: allowed.failure.message };
      const stop = (): void => end('stopped');
      signal.addEventListener('abort', stop, { once: true });
      await new Promise<void>((resolve) => {
        socket = connect(settings, policy);
        socket.once('open', () => {
          opened = true;
          lastSignMs = lastMessageMs = surroundings.nowMs();
          heard = new HeardUntil(lastSignMs);
          onOpen();
          void watch();
        });
        socket.on('message', (data) => take(bytesOf(data)));
        socket.on('pong', (asked) => {
          lastSignMs = surroundings.nowMs();
          const askedMs = Number(asked.toString('latin1'));
          // Some servers send pongs nobody asked for (RFC 6455 5.5.3); those say only that they live.
          if (asked.length > 0 && askedMs <= lastSignMs) heard.answered(askedMs);
        });
        socket.on('ping', () => {
          lastSignMs = surroundings.nowMs();
          heard.read(lastSignMs);
        });
        socket.on('error', (error) => {
          if (reason === '') reason = reasonOf(error);
        });
        socket.once('close', (code) => {
          if (reason === '') reason = `closed by the other side (code ${code})`;
          over.abort();
          resolve();
        });
      });
      signal.removeEventListener('abort', stop);
      // Everything received becomes durable before the next connection.
      await draining;
      return {
        opened,
        messages,
        heardUntilMs: heard.untilMs,
        reason,
        ...(fatal === undefined ? {} : { fatal }),
      };
    },
  };
}

function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function reasonOf(error: Error): string {
  const { code } = error as { code?: string };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'a message was larger than message_bytes_max';
  return code === undefined || code === 'EREFUSED_ADDRESS' ? error.message : `${code}: ${error.message}`;
}
