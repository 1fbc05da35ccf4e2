/**
 * Stands before a broker and lets it claim older versions of its requests, as brokers do that know no topic ids (Azure Event
 * Hubs answers Fetch up to version 6, Metadata up to 7). Everything else passes byte for byte.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Request keys of the protocol. */
export const requestKeys = { fetch: 1, metadata: 3, apiVersions: 18 } as const;

/** A proxy that listens on loopback. */
export interface VersionProxy {
  readonly port: number;
  /** The broker behind it, `host:port`; before, connections are refused. */
  target: string | undefined;
  /** Highest version in which each request passed, by key. */
  readonly used: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

/** Starts one; `highest`: the version claimed at most, by request key. */
export async function startVersionProxy(highest: ReadonlyMap<number, number>): Promise<VersionProxy> {
  const used = new Map<number, number>();
  const sockets = new Set<Socket>();
  const proxy = { target: undefined as string | undefined };
  const server = createServer((client) => {
    const [host = '', port = ''] = proxy.target?.split(':') ?? [];
    const broker = connect(Number(port), host);
    /** Correlation ids of questions about versions. */
    const asked = new Map<number, number>();
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
    eachFrame(client, (frame) => {
      const [key, version, correlation] = [frame.readInt16BE(4), frame.readInt16BE(6), frame.readInt32BE(8)];
      used.set(key, Math.max(version, used.get(key) ?? 0));
      if (key === requestKeys.apiVersions) asked.set(correlation, version);
      broker.write(frame);
    });
    eachFrame(broker, (frame) => {
      const version = asked.get(frame.readInt32BE(4));
      asked.delete(frame.readInt32BE(4));
      if (version !== undefined) lower(frame, version, highest);
      client.write(frame);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    used,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** Frames with their four bytes of length. */
function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      take(Buffer.from(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  });
}

/** Writes lower maxima into an ApiVersions answer: length, correlation, error, then (key, lowest, highest) of each request. */
function lower(frame: Buffer, version: number, highest: ReadonlyMap<number, number>): void {
  // From version 3 on the list has a compact length (one byte below 128 entries) and each entry ends with its tags.
  const isCompact = version >= 3;
  const count = isCompact ? frame.readUInt8(10) - 1 : frame.readInt32BE(10);
  const start = isCompact ? 11 : 14;
  const size = isCompact ? 7 : 6;
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    const claimed = highest.get(frame.readInt16BE(at));
    if (claimed !== undefined) frame.writeInt16BE(Math.min(claimed, frame.readInt16BE(at + 4)), at + 4);
  }
}
