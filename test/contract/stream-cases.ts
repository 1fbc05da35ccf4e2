/** Every source that holds a connection open, with the other side on loopback, for the suite that all must pass. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { createOutgoingPolicy } from '../../collector/src/1-source/address-policy.ts';
import { createCertstreamSource } from '../../collector/src/1-source/certstream/certstream-source.ts';
import { createEppPollSource } from '../../collector/src/1-source/epp-poll/epp-poll-source.ts';
import { createSyslogSource } from '../../collector/src/1-source/syslog/syslog-source.ts';
import { createZonestreamSource } from '../../collector/src/1-source/zonestream/zonestream-source.ts';
import type { SourceRun, Surroundings } from '../../collector/src/contract/component.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { identityOf } from '../unit/1-source/api-fake.ts';
import { pem, startRegistry } from '../unit/1-source/epp-poll/epp-registry.ts';
import { canary } from './source-cases.ts';

/** The other side of a connection. */
export interface Peer {
  /** Has these to give, in this order; an id that begins with "bad" is damaged. */
  tell(...ids: string[]): void;
  /** True: refuses or cuts every connection; false: behaves again. */
  fail(isFailing: boolean): void;
  /** How many it took off its queue because they were acknowledged; undefined where nothing is acknowledged. */
  takenAway?(): number;
  /** Gives what it gave last once more, as after a crash before the acknowledgement. */
  repeatLast(): void;
  readonly build: (around: Surroundings) => SourceRun;
  close(): Promise<void>;
}

/** One source under test. */
export interface StreamCase {
  readonly name: string;
  readonly feed: SourceName;
  /** Undefined: it can run here; else why not. */
  readonly missing?: string;
  /** Virtual time after which it has asked or connected again, whatever went wrong before. */
  readonly stepMs: number;
  /** True when it goes to the other side by itself and so has to wait after a failure. */
  readonly isClient: boolean;
  open(): Promise<Peer>;
  /** Id of a stored record; undefined for a damaged one. */
  idOf(text: string): string | undefined;
}

const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });

const eppPoll: StreamCase = {
  name: 'epp-poll',
  feed: 'epp-poll',
  ...(pem === undefined ? { missing: 'the openssl command is not installed' } : {}),
  stepMs: 150_000,
  isClient: true,
  async open() {
    const registry = await startRegistry();
    let given = 0;
    let last = '';
    return {
      tell: (...ids) => {
        given += ids.length;
        last = ids.at(-1) ?? last;
        registry.queue.push(...ids);
      },
      fail: (isFailing) => (registry.loginCode = isFailing ? 2400 : 1000),
      takenAway: () => given - registry.queue.length,
      repeatLast: () => {
        given += 1;
        registry.queue.push(last);
      },
      build: (around) =>
        createEppPollSource(
          {
            identity: identityOf('epp-poll'),
            instance: 'reg/1',
            host: '127.0.0.1',
            port: registry.port,
            user: 'clid',
            password: createSecret(canary),
            tls: { ca: pem?.cert ?? '' },
            timeoutMs: 20_000,
          },
          policy,
          around,
        ),
      close: () => registry.close(),
    };
  },
  idOf: (text) => {
    const id = /<msgQ [^>]*id="([^"]+)"/.exec(text)?.[1];
    return id?.startsWith('bad') === true ? undefined : id;
  },
};

/** A server that gives every new connection what is still to be told, and all open ones what comes later. */
async function socketPeer(
  textOf: (id: string) => string,
  build: (port: number) => Peer['build'],
): Promise<Peer> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const open = new Set<WebSocket>();
  const waiting: string[] = [];
  let last = '';
  let isFailing = false;
  const flush = (): void => {
    for (const socket of open) for (const id of waiting.splice(0)) socket.send(textOf(id));
  };
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    if (isFailing) return socket.terminate();
    open.add(socket);
    flush();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    tell: (...ids) => {
      last = ids.at(-1) ?? last;
      waiting.push(...ids);
      flush();
    },
    fail: (failing) => {
      isFailing = failing;
      if (failing) for (const socket of open) socket.terminate();
    },
    repeatLast: () => {
      waiting.push(last);
      flush();
    },
    build: build((http.address() as AddressInfo).port),
    close: async () => {
      for (const socket of open) socket.terminate();
      server.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

const quietSocket = {
  headers: { authorization: createSecret(canary) },
  messageBytesMax: 10_000,
  pingIntervalMs: 86_400_000,
  pongTimeoutMs: 86_400_000,
  idleTimeoutMs: 0,
};

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const zonestream: StreamCase = {
  name: 'zonestream over a WebSocket',
  feed: 'zonestream',
  stepMs: 10_000,
  isClient: true,
  open: () =>
    socketPeer(
      (id) =>
        id.startsWith('bad')
          ? '{"domain":'
          : JSON.stringify({
              domain: `n${id}.example.`,
              cert_index: 1,
              ct_name: 'log',
              timestamp: 1_795_000_000,
            }),
      (port) => (around) =>
        createZonestreamSource(
          {
            identity: identityOf('zonestream'),
            url: `ws://127.0.0.1:${port}/ws`,
            topics: ['newly_registered_domain'],
            ...quietSocket,
          },
          policy,
          around,
        ),
    ),
  idOf: (text) => /^n(.+)\.example\.$/.exec(String(parsed(text)?.['domain']))?.[1],
};

const certstream: StreamCase = {
  name: 'certstream over a WebSocket',
  feed: 'certstream',
  stepMs: 10_000,
  isClient: true,
  open: () =>
    socketPeer(
      (id) =>
        id.startsWith('bad')
          ? '{"message_type":"certificate_update"}'
          : JSON.stringify({ message_type: 'dns_entries', data: [`n${id}.example`] }),
      (port) => (around) =>
        createCertstreamSource(
          { identity: identityOf('certstream'), url: `ws://127.0.0.1:${port}/`, ...quietSocket },
          policy,
          around,
        ),
    ),
  idOf: (text) => {
    const names = parsed(text)?.['data'];
    return Array.isArray(names) ? /^n(.+)\.example$/.exec(String(names[0]))?.[1] : undefined;
  },
};

const syslog: StreamCase = {
  name: 'syslog over TCP',
  feed: 'bind-log',
  stepMs: 60_000,
  isClient: false,
  open() {
    const waiting: string[] = [];
    let last = '';
    let isFailing = false;
    let socket: Socket | undefined;
    let port: number | undefined;
    const textOf = (id: string): string =>
      id.startsWith('bad')
        ? '<30>1 - - - - - - no line of this server\n'
        : `<30>1 2026-11-20T12:00:00Z ns1 named 7 - - client 192.0.2.9#4011: query: n${id}.example IN A + (192.0.2.53)\n`;
    const flush = (): void => {
      if (port === undefined || waiting.length === 0) return;
      if (socket === undefined || socket.destroyed) {
        socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
      }
      // A sender that breaks off in the middle of a message, and comes back with the whole of it.
      if (isFailing) {
        const whole = textOf(waiting[0] ?? '');
        const broken = socket;
        socket = undefined;
        broken.write(whole.slice(0, 4), () => broken.destroy());
        return;
      }
      for (const id of waiting.splice(0)) socket.write(textOf(id));
    };
    return Promise.resolve({
      tell: (...ids: string[]) => {
        last = ids.at(-1) ?? last;
        waiting.push(...ids);
        flush();
      },
      fail: (failing: boolean) => {
        isFailing = failing;
        flush();
      },
      repeatLast: () => {
        waiting.push(last);
        flush();
      },
      build: (around: Surroundings) => {
        port = undefined;
        return createSyslogSource(
          {
            identity: identityOf('bind-log'),
            feed: 'bind-log',
            protocol: 'tcp',
            host: '127.0.0.1',
            port: 0,
            allows: () => true,
            connectionsMax: 8,
            listening: (at) => {
              port = at;
              socket?.destroy();
              socket = undefined;
              flush();
            },
          },
          around,
        );
      },
      close: () => {
        socket?.destroy();
        return Promise.resolve();
      },
    });
  },
  idOf: (text) => /query: n(.+?)\.example /.exec(text)?.[1],
};

/** All of them; a source with a connection of its own adds a line here. */
export const streamCases: readonly StreamCase[] = [eppPoll, zonestream, certstream, syslog];
