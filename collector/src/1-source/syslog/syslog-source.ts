/**
 * Syslog receiver over TCP (RFC 6587) and UDP (RFC 5426). Syslog has no acknowledgement: over TCP a full disk makes the
 * sender wait, over UDP what cannot be stored is lost and counted as blind time.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import type { SourceName } from '../../contract/source-name.ts';
import { acceptWhenPossible } from '../patient-intake.ts';
import { createSyslogSplitter, readSyslog, type SyslogFrame } from './syslog-message.ts';

/** Settings. Records of the feed `webhook` are the message in JSON for its mapping; of every other feed, its text alone. */
export interface SyslogSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** True when this address may send. */
  readonly allows: (address: string) => boolean;
  readonly meta?: Readonly<Record<string, string>>;
  readonly connectionsMax: number;
  /** Told where it listens, when it does. */
  readonly listening?: (port: number) => void;
}

/** A connection that says nothing for so long is closed. */
const idleMs = 3_600_000;
const pendingMax = 10_000;

/** Builds the source. `run` rejects when the address cannot be bound. */
export function createSyslogSource(settings: SyslogSettings, around: Surroundings): SourceRun {
  const { identity, protocol, host, port } = settings;
  return {
    identity,
    probe: () => Promise.resolve(succeeded(`would listen on ${host}:${port}/${protocol}`)),
    run: (intake, signal) =>
      protocol === 'tcp'
        ? overTcp(settings, around, intake, signal)
        : overUdp(settings, around, intake, signal),
  };
}

const lossy = new TextDecoder();

function recordOf(settings: SyslogSettings, bytes: Uint8Array, receivedAtMs: number): RawRecord {
  const { identity, feed, instance, protocol, meta } = settings;
  const message = readSyslog(lossy.decode(bytes));
  const isWhole = feed === 'webhook';
  return {
    tenant: identity.tenant,
    source: feed,
    ...(instance === undefined ? {} : { instance }),
    receivedAtMs,
    contentType: isWhole || /^\s*[{[]/.test(message.message) ? 'application/json' : 'text/plain',
    // The source address of a datagram is what its sender says.
    verified: protocol === 'tcp',
    bytes: Buffer.from(isWhole ? JSON.stringify(message) : message.message),
    meta: { ...meta, source: identity.id },
  };
}

function tell(settings: SyslogSettings, around: Surroundings, frame: { tooLongBytes: number }): void {
  around.log(
    'error',
    `a syslog message of ${frame.tooLongBytes} bytes is larger than ${limits.recordBytesMax} and was dropped`,
    {
      source: settings.identity.id,
      code: 'too_large',
    },
  );
}

function overTcp(
  settings: SyslogSettings,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const open = new Set<Socket>();
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      if (!settings.allows(plainAddress(socket.remoteAddress))) {
        around.log('warn', 'a syslog sender outside "from" was refused', {
          source: settings.identity.id,
          address: socket.remoteAddress,
        });
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => open.delete(socket));
      socket.setTimeout(idleMs, () => socket.destroy());
      serve(settings, socket, around, intake, signal).catch(reject);
    });
    server.maxConnections = settings.connectionsMax;
    server.once('error', (error) => reject(bindError(settings, error)));
    server.listen(settings.port, settings.host, () => {
      intake.heartbeat(settings.identity);
      settings.listening?.((server.address() as { port: number }).port);
    });
    const stop = (): void => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

async function serve(
  settings: SyslogSettings,
  socket: Socket,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const splitter = createSyslogSplitter();
  const take = async (frames: readonly SyslogFrame[]): Promise<boolean> => {
    const records: RawRecord[] = [];
    for (const frame of frames)
      if ('bytes' in frame) records.push(recordOf(settings, frame.bytes, around.nowMs()));
      else tell(settings, around, frame);
    if (records.length === 0) return true;
    if (!(await acceptWhenPossible(intake, records, undefined, around, signal))) return false;
    intake.heartbeat(settings.identity);
    return true;
  };
  try {
    // The iterator reads on only when the records before are durable: that is the back-pressure.
    for await (const chunk of socket as AsyncIterable<Uint8Array>)
      if (!(await take(splitter.push(chunk)))) return;
  } catch (error) {
    if ((error as { code?: string }).code === undefined || socket.errored === null) throw error;
  }
  const last = splitter.end();
  if (last !== undefined) await take([last]);
}

async function overUdp(
  settings: SyslogSettings,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket(settings.host.includes(':') ? 'udp6' : 'udp4');
  const pending: RawRecord[] = [];
  let lostSinceMs: number | undefined;
  let storing = false;
  await new Promise<void>((resolve, reject) => {
    const store = async (): Promise<void> => {
      if (storing) return;
      storing = true;
      while (pending.length > 0 && !signal.aborted) {
        const batch = pending.splice(0, 512);
        if (!(await acceptWhenPossible(intake, batch, undefined, around, signal))) break;
        intake.heartbeat(settings.identity);
        if (lostSinceMs !== undefined)
          intake.gap(
            settings.identity,
            lostSinceMs,
            around.nowMs(),
            'datagrams came faster than they could be stored',
          );
        lostSinceMs = undefined;
      }
      storing = false;
    };
    socket.on('message', (bytes, sender) => {
      if (!settings.allows(plainAddress(sender.address))) return;
      if (pending.length >= pendingMax) {
        lostSinceMs ??= around.nowMs();
        return;
      }
      pending.push(recordOf(settings, bytes, around.nowMs()));
      store().catch(reject);
    });
    socket.once('error', (error) => reject(bindError(settings, error)));
    socket.bind(settings.port, settings.host, () => {
      intake.heartbeat(settings.identity);
      settings.listening?.(socket.address().port);
    });
    const stop = (): void => void socket.close(() => resolve());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** IPv4 senders of a dual-stack listener come as `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

function bindError({ host, port, protocol }: SyslogSettings, error: Error): Error {
  const failure = failed(
    'bad_configuration',
    `cannot listen on ${host}:${port}/${protocol}: ${error.message}`,
  );
  return new Error(failure.ok ? '' : failure.failure.message);
}
