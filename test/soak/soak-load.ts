/** The outside of a soak: senders, feeds and endpoints on loopback, at a steady rate, with some poison and some cuts. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync } from 'node:fs';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { WebSocketServer, type WebSocket } from 'ws';

/** Key of the deliveries. */
export const soakSecret = 'soak-secret';
const domains = 40;
const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
  'domain.renew',
];

/** Name of the i-th watched domain. */
export function soakDomain(i: number): string {
  return `d${i % domains}.example`;
}

/** The inventory of all of them, as YAML. */
export function soakInventory(): string {
  const all = Array.from(
    { length: domains },
    (_, i) =>
      `  - {domain: ${soakDomain(i)}, tenant: acme, tier: ${i % 3}, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}, critical_hosts: [www], approved: {nameservers: [ns1.a.example], records: [{name: www.${soakDomain(i)}, type: A, values: [192.0.2.1]}]}}`,
  );
  return `version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]\ndomains:\n${all.join('\n')}\n`;
}

function isoNow(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}

function deliveryOf(i: number): string {
  // Mostly quiet: a real fleet renews and edits far more than it unlocks.
  const name = names[i % 200 === 0 ? 1 : i % 200 === 1 ? 3 : i % 50 === 10 ? 0 : 4] as string;
  const domain = soakDomain(i >> 1);
  const data = name.startsWith('zone_record')
    ? {
        zone_record: {
          id: i,
          ttl: 60,
          name: 'www',
          type: 'A',
          content: `203.0.113.${i % 200}`,
          zone_id: domain,
          updated_at: isoNow(),
        },
      }
    : { domain: { id: i, name: domain, state: 'registered', account_id: 1010, updated_at: isoNow() } };
  return JSON.stringify({
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  });
}

function oktaEvent(i: number): string {
  const person = {
    id: `00u${i % 20}`,
    type: 'User',
    alternateId: `u${i % 20}@acme.example`,
    displayName: 'X',
  };
  return JSON.stringify({
    uuid: `okta-${i}`,
    published: new Date().toISOString(),
    eventType: i % 200 === 0 ? 'user.mfa.factor.deactivate' : 'user.session.start',
    version: '0',
    severity: 'INFO',
    actor: person,
    client: { ipAddress: `203.0.113.${i % 20}` },
    outcome: { result: 'SUCCESS' },
    target: [person],
  });
}

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
    if (i % 3 === 0) this.#events.push({ at: this.counts.polled++, text: oktaEvent(i) });
    if (this.#events.length > 5_000) this.#events.splice(0, 1_000);
    if (i % 2 === 0 && this.#listeners.size > 0) {
      this.counts.said++;
      const text = JSON.stringify({ domain: `n${i}.example`, timestamp: Math.floor(Date.now() / 1000) });
      for (const socket of this.#listeners) socket.send(text);
    }
    if (i % 2 === 1) appendFileSync(this.#logFile, `${queryLine(i)}\n`);
    if (i % 4 === 0) {
      this.counts.lines++;
      appendFileSync(this.#trailFile, `${trailLine(i)}\n`);
    }
    if (i > 0 && i % 20_000 === 0) renameSync(this.#logFile, `${this.#logFile}.${i}`);
    if (i > 0 && i % 5_000 === 0) {
      this.counts.cuts++;
      // Everything said before is still heard; what is said before they are back is not said to anybody.
      for (const socket of this.#listeners) socket.close(1001);
      this.#listeners.clear();
    }
    const poison = i % 100 === 99;
    const body = poison ? `{"broken ${i}` : deliveryOf(i);
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

const trail = readFileSync(
  new URL('../../collector/demo/records/cloudtrail-change-record-sets.json', import.meta.url),
  'utf8',
);

function trailLine(i: number): string {
  const record = JSON.parse(trail) as Record<string, unknown>;
  return JSON.stringify({ ...record, eventID: `soak-${i}`, eventTime: isoNow() });
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function queryLine(i: number): string {
  const at = new Date();
  const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
  const time = `${pad(at.getUTCDate())}-${months[at.getUTCMonth()]}-${at.getUTCFullYear()} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}.${pad(at.getUTCMilliseconds(), 3)}`;
  return `${time} queries: info: client @0x7f0000000000 192.0.2.${i % 200}#${1024 + (i % 60_000)} (www.${soakDomain(i)}): query: www.${soakDomain(i)} IN A + (198.51.100.1)`;
}
