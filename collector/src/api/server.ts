/**
 * The collector's listener: bounds, time-outs and headers around handlers that know nothing of sockets. A fault in a
 * handler costs its own request only; nobody outside sees more of it than "500".
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { problemAnswer, type HttpAnswer, type HttpRequest } from '../contract/http.ts';
import { limits } from '../contract/limits.ts';
import { hostsOf, originProblem } from './origin-check.ts';
import { readBody } from './request-body.ts';
import { createRouter, type Route } from './route.ts';
import { sendEvents } from './server-sent-events.ts';

/** Settings; times in milliseconds, defaults in `standard`. */
export interface ServerSettings {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** First match wins. */
  readonly routes: readonly Route[];
  /** Names this listener answers to; absent: loopback names on loopback, any name elsewhere. */
  readonly hosts?: readonly string[];
  readonly connectionsMax?: number;
  readonly readTimeoutMs?: number;
  readonly keepAliveMs?: number;
  readonly nowMs: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;
}

/** A listener that is up. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** Stops accepting, ends event streams, waits for running requests up to `graceMs`, then cuts. */
  close(graceMs?: number): Promise<void>;
}

const standard = { connectionsMax: 1024, keepAliveMs: 15_000, bodyBytesMax: 64 * 1024, pathMax: 2048 };

const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Starts listening. Rejects when the address cannot be bound, with a sentence that says why. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const closing = new AbortController();
  const readTimeoutMs = settings.readTimeoutMs ?? limits.webhookReadTimeoutMs;
  const timing = {
    requestTimeout: readTimeoutMs,
    headersTimeout: readTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, readTimeoutMs / 2),
  };
  const running = new Map<Socket, number>();
  const server = createServer(timing, (message, response) => {
    const { socket } = message;
    running.set(socket, (running.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const count = running.get(socket);
      if (count !== undefined) running.set(socket, count - 1);
    });
    void respond(message, response, settings, match, hosts, closing.signal);
  });
  const match = createRouter(settings.routes);
  const hosts = settings.hosts === undefined ? hostsOf(settings.host) : new Set(settings.hosts);
  server.on('connection', (socket: Socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  server.maxConnections = settings.connectionsMax ?? standard.connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  await listen(server, settings);
  const { port } = server.address() as AddressInfo;
  return {
    host: settings.host,
    port,
    close: (graceMs = 5000) => closeServer(server, closing, running, graceMs),
  };
}

function listen(server: Server, settings: ServerSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${settings.host}:${settings.port}`;
      const known: Record<string, string> = {
        EADDRINUSE: 'another process listens there; stop it or change "listen"',
        EACCES: 'this user may not use that port; choose one above 1023',
        EADDRNOTAVAIL: 'this machine has no such address',
      };
      reject(new Error(`cannot listen on ${place}: ${known[error.code ?? ''] ?? error.message}`));
    });
    server.listen({ port: settings.port, host: settings.host }, resolve);
  });
}

function closeServer(
  server: Server,
  closing: AbortController,
  running: ReadonlyMap<Socket, number>,
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    closing.abort();
    server.closeIdleConnections();
    // Connections opened in advance have no request yet and count as busy for the server.
    for (const [socket, requests] of running) if (requests === 0) socket.destroy();
  });
}

type Matcher = ReturnType<typeof createRouter>;

async function respond(
  message: IncomingMessage,
  response: ServerResponse,
  settings: ServerSettings,
  match: Matcher,
  hosts: ReadonlySet<string> | undefined,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.on('error', () => {});
  let answer: HttpAnswer | undefined;
  try {
    answer = await answerTo(message, settings, match, hosts, AbortSignal.any([closing, gone.signal]));
  } catch (error) {
    settings.log('error', 'a request handler threw', {
      path: shownPath(pathOf(message)),
      error: String(error),
    });
    answer = problemAnswer(500, 'internal error');
  }
  if (answer === undefined || response.destroyed) {
    response.destroy();
    return;
  }
  await write(message, response, answer, settings, closing).catch((error: unknown) => {
    settings.log('error', 'a response could not be written', { error: String(error) });
    response.destroy();
  });
}

/** What follows the source in an intake path may be its secret. */
function shownPath(path: string): string {
  return path.replace(/^(\/ingest\/[^/]*\/).*$/s, '$1***').slice(0, 200);
}

/** Undefined: the client went away while sending. */
async function answerTo(
  message: IncomingMessage,
  settings: ServerSettings,
  match: Matcher,
  hosts: ReadonlySet<string> | undefined,
  signal: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const receivedAtMs = settings.nowMs();
  const url = message.url ?? '/';
  const method = message.method ?? 'GET';
  if (url.length > standard.pathMax) return problemAnswer(414, 'address too long');
  const path = pathOf(message);
  const found = match(method, path);
  if (found.kind === 'none') return problemAnswer(404, 'not found');
  if (found.kind === 'wrong_method')
    return problemAnswer(405, 'method not allowed', undefined, { allow: found.allowed.join(', ') });
  const headers = flatHeaders(message);
  if (found.route.machine !== true) {
    const { host, origin } = headers;
    const problem = originProblem({ method, host, origin, fetchSite: headers['sec-fetch-site'] }, hosts);
    if (problem !== undefined) return problemAnswer(problem.status, 'refused', problem.detail);
  }
  const bound = found.route.bodyBytesMax ?? standard.bodyBytesMax;
  const bytesMax = typeof bound === 'number' ? bound : bound(path);
  const body = await readBody(message, bytesMax);
  if (body.kind === 'cut') return undefined;
  if (body.kind === 'too_large')
    return problemAnswer(413, 'too large', `at most ${bytesMax} bytes are accepted`, { connection: 'close' });
  const request: HttpRequest = {
    method,
    path,
    params: found.params,
    query: new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''),
    headers,
    body: body.bytes,
    remoteAddress: message.socket.remoteAddress ?? '',
    receivedAtMs,
  };
  return found.route.handler(request, signal);
}

async function write(
  message: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  settings: ServerSettings,
  closing: AbortSignal,
): Promise<void> {
  const { body } = answer;
  const headers: Record<string, string> = { ...securityHeaders, ...answer.headers };
  if (closing.aborted) headers['connection'] = 'close';
  if (typeof body === 'function') {
    headers['content-type'] = 'text/event-stream; charset=utf-8';
    headers['x-accel-buffering'] = 'no';
    headers['connection'] = 'close';
    response.writeHead(answer.status, headers);
    if (message.method === 'HEAD') response.end();
    else await sendEvents(response, body, closing, settings.keepAliveMs ?? standard.keepAliveMs);
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array());
  if (answer.status !== 304) headers['content-length'] = String(bytes.length);
  response.writeHead(answer.status, headers);
  response.end(message.method === 'HEAD' || answer.status === 304 ? undefined : bytes);
}

function pathOf(message: IncomingMessage): string {
  return (message.url ?? '/').split('?', 1)[0] ?? '/';
}

function flatHeaders(message: IncomingMessage): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}
