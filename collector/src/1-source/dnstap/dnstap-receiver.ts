/** Source `dnstap`: Frame Streams over TCP or a Unix socket, two-way handshake or one-way, counted into windows at the edge. */
import { createServer, type Server, type Socket } from 'node:net';
import { rm } from 'node:fs/promises';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { decodeDnstapInto, emptyDnstapFrame } from '../../leaf/dnstap-frame.ts';
import { formatInstant } from '../../leaf/time.ts';
import { dnstapContentType, frameReader, writeControl, type Frame } from '../frame-streams.ts';
import { queryWindows, type QueryWindowLimits, type QueryWindows } from '../query-windows.ts';
import { observationOf } from './dnstap-observation.ts';

/** Where to listen. */
export type DnstapEndpoint = { readonly path: string } | { readonly address: string; readonly port: number };

/** Configuration. `singleFrames`: the debug switch that also writes every frame as a raw record of its own. */
export interface DnstapReceiverOptions {
  readonly tenant: string;
  readonly id: string;
  readonly endpoint: DnstapEndpoint;
  readonly limits: QueryWindowLimits;
  readonly watchedDomain: (name: string) => string | undefined;
  readonly connectionsMax: number;
  readonly singleFrames: boolean;
  /** Called once the socket listens, with the port for TCP. */
  readonly onListening?: (port: number | undefined) => void;
}

/** Counters since the start, for the monitor's own telemetry. */
export interface DnstapCounters {
  frames: number;
  damaged: number;
  connections: number;
}

const windowMediaType = 'application/vnd.zonewarden.query-window+json';
const tickMs = 1000;

/** Answers the handshake of one connection and hands data frames on. `false` ends the connection. */
export function handleFrame(
  frame: Frame,
  socket: Pick<Socket, 'write' | 'end'>,
  onData: (bytes: Uint8Array) => void,
): boolean {
  if (frame.kind === 'data') {
    onData(frame.bytes);
    return true;
  }
  const isOurs = frame.contentTypes.length === 0 || frame.contentTypes.includes(dnstapContentType);
  switch (frame.type) {
    case 'ready':
      if (!isOurs) return false;
      socket.write(writeControl('accept', [dnstapContentType]));
      return true;
    case 'start':
      return isOurs;
    case 'stop':
      socket.write(writeControl('finish'));
      socket.end();
      return true;
    default:
      return false;
  }
}

/** The feed, with its counters. */
export function dnstapReceiver(
  options: DnstapReceiverOptions,
  surroundings: Surroundings,
): SourceRun & { readonly counters: DnstapCounters; readonly windows: QueryWindows } {
  const identity: SourceIdentity = {
    tenant: options.tenant,
    id: options.id,
    feed: 'dnstap',
    kind: 'resolver_log',
    intervalMs: options.limits.windowMs,
  };
  const counters: DnstapCounters = { frames: 0, damaged: 0, connections: 0 };
  const windows = queryWindows(options.id, options.limits, options.watchedDomain, formatInstant);
  const isWatched = (name: string): boolean => options.watchedDomain(name) !== undefined;
  const frame = emptyDnstapFrame();
  let singles: RawRecord[] = [];
  let isListening = false;

  function raw(bytes: Uint8Array, contentType: string): RawRecord {
    return {
      tenant: options.tenant,
      source: 'dnstap',
      instance: options.id,
      receivedAtMs: surroundings.nowMs(),
      contentType,
      verified: true,
      bytes,
    };
  }

  function onData(bytes: Uint8Array): void {
    counters.frames++;
    if (!decodeDnstapInto(bytes, frame)) {
      counters.damaged++;
      return;
    }
    const observation = observationOf(frame, surroundings.nowMs(), isWatched);
    if (observation === 'damaged') counters.damaged++;
    else if (typeof observation === 'object') windows.observe(observation);
    if (options.singleFrames || observation === 'update')
      singles.push(raw(bytes.slice(), 'application/protobuf'));
  }

  function onConnection(socket: Socket): void {
    counters.connections++;
    const reader = frameReader();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      let keep = true;
      const read = reader.push(chunk, (each) => {
        keep &&= handleFrame(each, socket, onData);
      });
      if (read.ok && keep) return;
      surroundings.log(
        'warn',
        read.ok ? 'dnstap: the sender speaks another content type' : read.failure.message,
      );
      counters.damaged++;
      socket.destroy();
    });
  }

  async function write(intake: Intake, isFinal: boolean): Promise<void> {
    const nowMs = surroundings.nowMs();
    const batch = singles;
    singles = [];
    if (windows.isDue(nowMs) || isFinal)
      for (const document of windows.flush(nowMs))
        batch.push(raw(new TextEncoder().encode(JSON.stringify(document)), windowMediaType));
    // Until the log takes it we keep it: an edge counter has no second copy.
    while (batch.length > 0) {
      try {
        await intake.accept(batch.slice(0, 500));
        batch.splice(0, 500);
      } catch (error) {
        if (isFinal) throw error;
        singles.unshift(...batch);
        return;
      }
    }
    intake.heartbeat(identity);
  }

  async function listen(server: Server): Promise<void> {
    const { endpoint } = options;
    if ('path' in endpoint) await rm(endpoint.path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if ('path' in endpoint) server.listen(endpoint.path, resolve);
      else server.listen(endpoint.port, endpoint.address, resolve);
    });
    const bound = server.address();
    isListening = true;
    options.onListening?.(typeof bound === 'object' && bound !== null ? bound.port : undefined);
  }

  return {
    identity,
    counters,
    windows,
    async run(intake, signal) {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        onConnection(socket);
      });
      server.maxConnections = options.connectionsMax;
      await listen(server);
      while (!signal.aborted) {
        await surroundings.sleep(Math.min(tickMs, options.limits.windowMs), signal).catch(() => undefined);
        if (!signal.aborted) await write(intake, false);
      }
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await write(intake, true);
    },
    probe() {
      if (!isListening)
        return Promise.resolve(succeeded('name servers connect to it once the collector runs'));
      return Promise.resolve(
        counters.connections > 0
          ? succeeded(`${counters.frames} frames so far`)
          : failed('endpoint_unreachable', 'no name server has connected yet'),
      );
    },
  };
}
