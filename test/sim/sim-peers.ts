/** The other sides of a simulated collector: a registrar that delivers, Okta, a WebSocket feed, an OTLP endpoint. */
import { createHmac } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { dnsimpleDelivery } from '../fleet/dnsimple-delivery.ts';
import type { SimNetwork } from './sim-network.ts';
import { outside, type SimWorld } from './sim-world.ts';

/** Ports of the simulated network. */
export const ports = { collector: 8470, okta: 9001, zonestream: 9002, otlp: 4318 };
/** Shared secret of the registrar's deliveries. */
export const deliverySecret = 'simulated-secret';

const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
];

/** Bodies that are no delivery of DNSimple: each must end in quarantine, none may take its neighbours along. */
const poison = ['', '[', '{"__proto__":{"a":1}}', '{"name":"zone_record.update","data":{}}', '\u0000\ufffd'];

function deliveryAt(world: SimWorld, n: number): string {
  const domain = `d${world.below(4)}.example`;
  const name = names[world.below(names.length)] as string;
  // Now and then from an hour ago, from 1970 or from 2099: clocks of others decide nothing.
  const luck = world.below(60);
  const offMs = world.below(world.below(20) === 0 ? 1_500_000 : 20_000);
  const atMs =
    luck === 0 ? 0 : luck === 1 ? Date.UTC(2099, 0, 1) : world.nowMs - (luck === 2 ? 3_600_000 : offMs);
  const at = new Date(atMs).toISOString();
  const body = dnsimpleDelivery({ number: n, name, domain, at });
  if (world.below(40) === 0) return body.slice(0, -9);
  return world.below(50) === 0 ? `${poison[world.below(poison.length)]}${n}` : body;
}

/** Delivers over HTTP, each body again until it was answered 2xx, sometimes although it was. */
export class Registrar {
  readonly acknowledged = new Set<string>();
  /** Every body that was ever on its way. */
  readonly everSent = new Set<string>();
  sent = 0;
  refused = 0;
  isOver = false;
  readonly #world: SimWorld;
  readonly #network: SimNetwork;
  #unsent: string[] = [];
  #next = 0;

  constructor(world: SimWorld, network: SimNetwork) {
    this.#world = world;
    this.#network = network;
  }

  async run(): Promise<void> {
    const world = this.#world;
    while (!this.isOver) {
      await world.sleep(world.below(world.below(8) === 0 ? 200_000 : 20_000), undefined, outside);
      for (let i = world.below(4); i >= 0; i--) this.#unsent.push(deliveryAt(world, this.#next++));
      const batch = this.#unsent.splice(0);
      for (const body of batch) this.everSent.add(body);
      const left = await Promise.all(
        batch.map(async (body) => {
          const status = await this.#post(body);
          world.tell(`delivery answered ${status}`);
          if (status >= 200 && status < 300) this.acknowledged.add(body);
          else this.refused++;
          return status >= 300 || status === 0 || world.below(12) === 0 ? [body] : [];
        }),
      );
      this.#unsent = left.flat();
    }
  }

  /** Status of the answer; 0 when none came. */
  #post(body: string): Promise<number> {
    const world = this.#world;
    this.sent++;
    return new Promise((resolve) => {
      const request = http.request({
        method: 'POST',
        host: '127.0.0.1',
        path: '/ingest/dnsimple',
        createConnection: () => this.#network.connect(ports.collector, outside) as never,
        headers: {
          'content-type': 'application/json',
          'x-signature': createHmac('sha256', deliverySecret).update(body).digest('hex'),
        },
      });
      const patience = world.after(30_000, outside, () => request.destroy(new Error('no answer')));
      const settle = (status: number): void => {
        patience();
        resolve(status);
      };
      request.on('error', () => settle(0));
      request.on('response', (answer) => {
        answer.resume();
        answer.on('end', () => settle(answer.statusCode ?? 0));
        answer.on('error', () => settle(0));
      });
      request.end(body);
    });
  }
}

/** The System Log of an organisation: a list that grows, pages, and a server with bad days. */
export class Okta {
  readonly events: string[] = [];
  isCalm = false;
  isOver = false;
  readonly #world: SimWorld;

  constructor(world: SimWorld, network: SimNetwork) {
    this.#world = world;
    network.serve(
      ports.okta,
      http.createServer((request, response) => this.#answer(request, response)),
    );
  }

  async run(): Promise<void> {
    const world = this.#world;
    while (!this.isOver) {
      await world.sleep(5_000 + world.below(60_000), undefined, outside);
      const uuid = `okta-${this.events.length}`;
      this.events.push(
        JSON.stringify({
          uuid,
          published: new Date(world.nowMs).toISOString(),
          eventType: world.below(3) === 0 ? 'user.mfa.factor.deactivate' : 'user.session.start',
          version: '0',
          severity: 'INFO',
          actor: { id: '00u1', type: 'User', alternateId: 'x@acme.example', displayName: 'X' },
          client: { ipAddress: `203.0.113.${world.below(250)}` },
          outcome: { result: 'SUCCESS' },
          target: [{ id: '00u1', type: 'User', alternateId: 'x@acme.example', displayName: 'X' }],
        }),
      );
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const world = this.#world;
    const luck = this.isCalm ? 99 : world.below(16);
    if (luck === 0) return void response.writeHead(429, { 'retry-after': '30' }).end('{}');
    if (luck === 1) return void response.writeHead(503).end('bad day');
    if (luck === 2) return void world.after(45_000, outside, () => request.socket.destroy());
    const from = Number(new URL(request.url ?? '/', 'http://okta').searchParams.get('after') ?? 0);
    const page = this.events.slice(from, from + 5);
    const body = `[${page.join()}]`;
    const link = `<http://127.0.0.1:${ports.okta}/api/v1/logs?after=${from + page.length}>; rel="next"`;
    response.writeHead(200, { link, 'content-type': 'application/json' });
    // JSON that ends too early, with a length that says so or one that lies.
    if (luck === 3) return void response.end(body.slice(0, -1));
    response.end(body);
  }
}

/** A feed without replay: whoever is not there when something is said has missed it. */
export class Zonestream {
  readonly said: { readonly text: string; readonly atMs: number }[] = [];
  isOver = false;
  readonly #world: SimWorld;
  readonly #listeners = new Set<WebSocket>();

  constructor(world: SimWorld, network: SimNetwork) {
    this.#world = world;
    const feed = new WebSocketServer({ noServer: true });
    const server = http.createServer();
    server.on('upgrade', (request, socket, head) =>
      feed.handleUpgrade(request, socket as never, head, (opened) => {
        this.#listeners.add(opened);
        opened.on('error', () => {});
        opened.on('close', () => this.#listeners.delete(opened));
      }),
    );
    network.serve(ports.zonestream, server);
  }

  async run(): Promise<void> {
    const world = this.#world;
    while (!this.isOver) {
      await world.sleep(200 + world.below(world.below(10) === 0 ? 60_000 : 5_000), undefined, outside);
      const text = JSON.stringify({
        domain: `d${world.below(4)}-${this.said.length}.example`,
        timestamp: Math.floor(world.nowMs / 1000),
      });
      this.said.push({ text, atMs: world.nowMs });
      for (const one of this.#listeners) one.send(text, () => {});
      if (world.below(80) === 0) for (const one of this.#listeners) one.close(1001);
    }
  }
}

interface OtlpLogs {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly attributes: readonly {
          readonly key: string;
          readonly value?: { readonly stringValue?: string; readonly intValue?: number | string };
        }[];
      }[];
    }[];
  }[];
}

/** An OTLP/HTTP endpoint that takes, refuses, hangs and breaks off. */
export class OtlpEndpoint {
  readonly received = new Set<string>();
  /** Newest revision of each finding and its state, as a reader of the logs sees it. */
  readonly findings = new Map<string, { readonly revision: number; readonly state: string }>();
  requests = 0;
  isCalm = false;
  readonly #world: SimWorld;

  constructor(world: SimWorld, network: SimNetwork) {
    this.#world = world;
    network.serve(
      ports.otlp,
      http.createServer((request, response) => this.#answer(request, response)),
    );
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const world = this.#world;
    const chunks: Buffer[] = [];
    this.requests++;
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const luck = this.isCalm ? 99 : world.below(10);
    if (luck === 0) return request.socket.destroy() as never;
    request.on('end', () => {
      if (luck === 1) return void response.writeHead(503, { 'retry-after': '20' }).end();
      if (luck === 2) return void response.writeHead(429).end();
      if (luck === 3) return void world.after(60_000, outside, () => request.socket.destroy());
      this.#take(Buffer.concat(chunks).toString());
      // Taken, but the sender never hears of it.
      if (luck === 4) return void request.socket.destroy();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }

  #take(text: string): void {
    for (const [, key] of text.matchAll(/"log\.record\.uid","value":\{"stringValue":"([^"]+)"/g))
      this.received.add(key as string);
    const request = JSON.parse(text) as OtlpLogs;
    for (const { attributes } of request.resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords),
    )) {
      const valueOf = (name: string): string => {
        const value = attributes.find(({ key }) => key === name)?.value;
        return String(value?.stringValue ?? value?.intValue ?? '');
      };
      const [id, revision] = [valueOf('zonewarden.finding_id'), Number(valueOf('zonewarden.revision'))];
      if (id !== '' && revision >= (this.findings.get(id)?.revision ?? 0))
        this.findings.set(id, { revision, state: valueOf('zonewarden.state') });
    }
  }
}
