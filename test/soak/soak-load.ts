/** The outside of a soak: senders, feeds and endpoints on loopback, at a steady rate, with some poison and some cuts. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, renameSync } from 'node:fs';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { WebSocketServer, type WebSocket } from 'ws';
import { deliveryOf, oktaEvent, queryLine, trailLine, zoneMessage } from './soak-records.ts';

/** Key of the deliveries. */
export const soakSecret = 'soak-secret';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What was sent, and what became of it. */
export interface LoadCounts {
  delivered: number;
  refused: number;
  /** Deliveries whose connection broke before an answer, and were sent again. */
  repeated: number;
  /** What the refused ones were answered, by status. */
  readonly statuses: Record<number, number>;
  poisoned: number;
  polled: number;
  said: number;
  cuts: number;
  lines: number;
  /** Keys of the log records that the OTLP endpoint took. */
  readonly received: Set<string>;
  otlpRequests: number;
}

/** The peers of one soak. */
export class SoakLoad {
  readonly counts: LoadCounts = {
    delivered: 0,
    refused: 0,
    repeated: 0,
    statuses: {},
    poisoned: 0,
    polled: 0,
    said: 0,
    cuts: 0,
    lines: 0,
    received: new Set(),
    otlpRequests: 0,
  };
  ports = { okta: 0, feed: 0, otlp: 0 };
  /** The endpoint answers nothing any more: the leak of a sink. */
  sinkHangs = false;
  readonly #servers: Server[] = [];
  readonly #listeners = new Set<WebSocket>();
  readonly #logFile: string;
  readonly #trailFile: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  #events: { readonly at: number; readonly text: string }[] = [];
  #i = 0;

  /** `logFile`: a query log that grows and is rotated; `trailFile`: an audit trail that grows. */
  constructor(logFile: string, trailFile: string) {
    this.#logFile = logFile;
    this.#trailFile = trailFile;
  }

  async open(): Promise<void> {
    const okta = http.createServer((request, response) => this.#oktaPage(request, response));
    const otlp = http.createServer((request, response) => this.#otlpTake(request, response));
    const feed = http.createServer();
    const sockets = new WebSocketServer({ server: feed });
    sockets.on('connection', (socket) => {
      this.#listeners.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#listeners.delete(socket));
    });
    this.#servers.push(okta, otlp, feed);
    this.ports = { okta: await listening(okta), otlp: await listening(otlp), feed: await listening(feed) };
  }

  /** One unit of load: a delivery, and by turns an event of each other source. */
  async step(url: string): Promise<void> {
    const i = this.#i++;
    const atMs = Date.now();
    if (i % 3 === 0) this.#events.push({ at: this.counts.polled++, text: oktaEvent(i, atMs) });
    if (this.#events.length > 5_000) this.#events.splice(0, 1_000);
    if (i % 2 === 0 && this.#listeners.size > 0) {
      this.counts.said++;
      const text = zoneMessage(i, atMs);
      for (const socket of this.#listeners) socket.send(text);
    }
    if (i % 2 === 1) appendFileSync(this.#logFile, `${queryLine(i, atMs)}\n`);
    if (i % 4 === 0) {
      this.counts.lines++;
      appendFileSync(this.#trailFile, `${trailLine(i, atMs)}\n`);
    }
    if (i > 0 && i % 20_000 === 0) renameSync(this.#logFile, `${this.#logFile}.${i}`);
    if (i > 0 && i % 5_000 === 0) {
      this.counts.cuts++;
      // Everything said before is still heard; what is said before they are back is not said to anybody.
      for (const socket of this.#listeners) socket.close(1001);
      this.#listeners.clear();
    }
    const poison = i % 100 === 99;
    const body = poison ? `{"broken ${i}` : deliveryOf(i, atMs);
    let status = await this.#post(url, body);
    // An idle connection may be closed at the moment it is used (RFC 9112 section 9.3.1): every sender repeats that.
    if (status === 0) {
      this.counts.repeated++;
      status = await this.#post(url, body);
    }
    if (status < 200 || status > 299) {
      this.counts.refused++;
      this.counts.statuses[status] = (this.counts.statuses[status] ?? 0) + 1;
    } else if (poison) this.counts.poisoned++;
    else this.counts.delivered++;
  }

  close(): void {
    this.#agent.destroy();
    for (const socket of this.#listeners) socket.terminate();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  #post(url: string, body: string): Promise<number> {
    return new Promise((resolve) => {
      const request = http.request(`${url}/ingest/dnsimple`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/json',
          'x-signature': createHmac('sha256', soakSecret).update(body).digest('hex'),
        },
      });
      request.on('error', () => resolve(0));
      request.on('response', (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', () => resolve(0));
      });
      request.end(body);
    });
  }

  #oktaPage(request: IncomingMessage, response: ServerResponse): void {
    const after = Number(new URL(request.url ?? '/', 'http://okta').searchParams.get('after') ?? 0);
    const page = this.#events.filter(({ at }) => at >= after).slice(0, 100);
    const next = (page.at(-1)?.at ?? after - 1) + 1;
    const link = `<http://127.0.0.1:${this.ports.okta}/api/v1/logs?after=${next}>; rel="next"`;
    response
      .writeHead(200, { link, 'content-type': 'application/json' })
      .end(`[${page.map(({ text }) => text).join()}]`);
  }

  #otlpTake(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    this.counts.otlpRequests++;
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (this.sinkHangs) return;
      // Now and then a bad day: refused once, taken when repeated.
      if (this.counts.otlpRequests % 50 === 0)
        return void response.writeHead(503, { 'retry-after': '1' }).end();
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      for (const [, key] of text.toString().matchAll(/"log\.record\.uid","value":\{"stringValue":"([^"]+)"/g))
        this.counts.received.add(key as string);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }
}
