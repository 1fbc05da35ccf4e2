/** Servers that fail in every way and repeat what they were sent, secrets included, wherever an answer has room for it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { TestContext } from 'node:test';

/** Certificate and key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** One that listens on loopback; `count` are requests or connections so far. */
export interface Telltale {
  readonly port: number;
  readonly url: string;
  readonly count: () => number;
}

type Fault = (echo: string, response: ServerResponse) => void;

const printableOnly = (text: string): string => text.replace(/[^\x20-\x7e]/g, '.').slice(0, 2_000);
const echoHeaders = (echo: string): Record<string, string> => ({
  'www-authenticate': `Bearer error="invalid_token", error_description="${printableOnly(echo)}"`,
  'x-request-echo': printableOnly(echo),
});
const document = (echo: string): string =>
  JSON.stringify({
    success: false,
    error: 'invalid_client',
    error_description: echo,
    errorSummary: echo,
    message: echo,
    errors: [{ code: 1004, message: echo }],
    __type: echo,
  });

/** Every way, in order, and again from the first. */
const faults: readonly Fault[] = [
  (echo, response) => response.writeHead(401, printableOnly(echo), echoHeaders(echo)).end(document(echo)),
  (echo, response) => response.writeHead(500, printableOnly(echo)).end(echo),
  (echo, response) => response.writeHead(403, { 'retry-after': '0' }).end(document(echo)),
  (echo, response) => response.writeHead(429, { 'retry-after': '0' }).end(echo),
  (echo, response) => response.writeHead(400).end(document(echo)),
  (echo, response) =>
    response.writeHead(302, { location: `/elsewhere?${encodeURIComponent(echo)}` }).end(echo),
  (echo, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(echo),
  (echo, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(document(echo)),
  (echo, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(echo),
  (echo, response) => response.writeHead(422).end(`<error>${echo}</error>`),
  (echo, response) => {
    response.writeHead(503, { 'content-length': String(echo.length + 1_000) });
    response.write(echo, () => response.destroy());
  },
  () => {},
];

/** Number of ways to fail. */
export const faultCount = faults.length;

async function listening(t: TestContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Over HTTP, or HTTPS with a pair. `instead`, when given, may answer a request itself. */
export async function telltaleHttp(
  t: TestContext,
  { pair, instead }: { pair?: Pair; instead?: (turn: number, response: ServerResponse) => boolean } = {},
): Promise<Telltale> {
  let count = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const turn = count++;
      if (instead?.(turn, response) === true) return;
      // Credentials first: many clients quote the beginning of an answer.
      const { authorization, ...others } = request.headers;
      const echo = `${authorization ?? ''} ${JSON.stringify(others)} ${request.url} ${Buffer.concat(chunks).toString('latin1').slice(0, 4_000)}`;
      faults[turn % faults.length]?.(echo, response);
    });
  };
  const server = pair === undefined ? createPlain(answer) : createSecure(pair, answer);
  server.on('upgrade', (request, socket) => {
    count++;
    const echo = printableOnly(`${request.headers.authorization ?? ''} ${JSON.stringify(request.headers)}`);
    socket.on('error', () => {});
    socket.end(`HTTP/1.1 401 ${echo}\r\nx-echo: ${echo}\r\ncontent-length: ${echo.length}\r\n\r\n${echo}`);
  });
  const port = await listening(t, server);
  return { port, url: `http${pair === undefined ? '' : 's'}://127.0.0.1:${port}`, count: () => count };
}

/** An EPP registry that refuses every log-in and quotes it. */
export async function telltaleEpp(t: TestContext, pair: Pair): Promise<Telltale> {
  let count = 0;
  const frame = (inner: string): Buffer => {
    const text = Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${inner}</epp>`,
    );
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length + 4);
    return Buffer.concat([length, text]);
  };
  const server = createTls(pair, (socket) => {
    socket.on('error', () => {});
    socket.write(
      frame(
        '<greeting><svID>r</svID><svcMenu><version>1.0</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcMenu></greeting>',
      ),
    );
    socket.on('data', (chunk: Buffer) => {
      const echo = chunk.toString('latin1').replace(/[<>&]/g, ' ');
      const isOdd = count++ % 2 === 1;
      if (isOdd) return void socket.end(chunk);
      socket.write(
        frame(
          `<response><result code="2200"><msg>${echo}</msg><extValue><value><x>${echo}</x></value><reason>${echo}</reason></extValue></result><trID><svTRID>${echo.slice(-60)}</svTRID></trID></response>`,
        ),
      );
    });
  });
  server.on('tlsClientError', () => {});
  const port = await listening(t, server);
  return { port, url: '', count: () => count };
}

/** Name server over UDP and TCP that sends every question back with one bit changed: an answer nobody signed. */
export async function telltaleDns(t: TestContext): Promise<Telltale> {
  let count = 0;
  const changed = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy[2] = (copy[2] ?? 0) | 0x80;
    copy[3] = 0x05;
    return copy;
  };
  const tcp = createTcp((socket) =>
    socket.on('data', (chunk: Buffer) => {
      count++;
      const message = changed(chunk.subarray(2));
      socket.write(Buffer.concat([chunk.subarray(0, 2), message]));
    }),
  );
  const port = await listening(t, tcp);
  const udp = createSocket('udp4', (message, from) => {
    count++;
    udp.send(changed(message), from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.after(() => udp.close());
  return { port, url: '', count: () => count };
}

/** A Kafka broker, with a pair over TLS, that lets everybody come as far as the password, refuses it and quotes it. `count`: passwords it was told. */
export async function telltaleKafka(t: TestContext, pair?: Pair): Promise<Telltale> {
  let count = 0;
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1');
    return Buffer.concat([int(2, bytes.length), bytes]);
  };
  const compact = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1').subarray(0, 126);
    return Buffer.concat([int(1, bytes.length + 1), bytes]);
  };
  const answers: Readonly<Record<number, (version: number, request: Buffer) => Buffer>> = {
    // ApiVersions: these three and Metadata.
    18: (version) => {
      const keys = [
        [3, 0, 12],
        [17, 0, 1],
        [18, 0, 3],
        [36, 0, 2],
      ] as const;
      const rows = keys.map(([key, from, to]) =>
        Buffer.concat([int(2, key), int(2, from), int(2, to), ...(version >= 3 ? [int(1, 0)] : [])]),
      );
      return version >= 3
        ? Buffer.concat([int(2, 0), int(1, rows.length + 1), ...rows, int(4, 0), int(1, 0)])
        : Buffer.concat([int(2, 0), int(4, rows.length), ...rows, int(4, 0)]);
    },
    // SaslHandshake: every mechanism.
    17: () => Buffer.concat([int(2, 0), int(4, 2), text('PLAIN'), text('SCRAM-SHA-256')]),
    // SaslAuthenticate: 58 is SASL_AUTHENTICATION_FAILED.
    36: (version, request) => {
      count++;
      const echo = `wrong password ${request.subarray(-120).toString('latin1')}`;
      return version >= 2
        ? Buffer.concat([int(1, 0), int(2, 58), compact(echo), int(1, 1), int(8, 0), int(1, 0)])
        : Buffer.concat([int(2, 58), text(echo), int(4, 0), ...(version >= 1 ? [int(8, 0)] : [])]);
    },
  };
  const serve = (socket: Socket): void => {
    let held = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
        const request = held.subarray(4, 4 + held.readUInt32BE(0));
        held = held.subarray(4 + request.length);
        const body = answers[request.readInt16BE(0)]?.(request.readInt16BE(2), request);
        if (body === undefined) return void socket.destroy();
        socket.write(Buffer.concat([int(4, body.length + 4), request.subarray(4, 8), body]));
      }
    });
    socket.on('error', () => {});
  };
  const server = pair === undefined ? createTcp(serve) : createTls(pair, serve);
  const port = await listening(t, server);
  return { port, url: '', count: () => count };
}

function int(octets: number, value: number): Buffer {
  const bytes = Buffer.alloc(octets);
  if (octets === 8) bytes.writeBigInt64BE(BigInt(value));
  else bytes.writeIntBE(value, 0, octets);
  return bytes;
}
