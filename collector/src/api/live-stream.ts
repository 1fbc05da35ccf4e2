/** Server-sent events for many clients: each has a bounded queue, and a client that fell behind is told to read anew. */
import type { EventStream, ServerSentEvent } from '../contract/http.ts';

/** A message for everybody who may see its tenant; '*' concerns all. */
export interface LiveMessage {
  readonly tenant: string;
  readonly event: 'case' | 'finding' | 'score' | 'status';
  readonly data: unknown;
}

/** Bounds of the hub; absent: 256 queued messages a client, 512 remembered ones, 200 clients. */
export interface LiveBounds {
  readonly queueMax?: number;
  readonly rememberedMax?: number;
  readonly clientsMax?: number;
}

interface Client {
  readonly sees: (tenant: string) => boolean;
  readonly view: (message: LiveMessage) => unknown;
  queue: ServerSentEvent[];
  wake: (() => void) | undefined;
}

interface Numbered {
  readonly id: number;
  readonly message: LiveMessage;
}

/** Distributes messages. Ids grow by one within a process; `epoch` tells processes apart. */
export class LiveHub {
  readonly #epoch: string;
  readonly #queueMax: number;
  readonly #rememberedMax: number;
  readonly #clientsMax: number;
  readonly #clients = new Set<Client>();
  readonly #remembered: Numbered[] = [];
  #lastId = 0;

  constructor(epoch: string, bounds: LiveBounds = {}) {
    this.#epoch = epoch;
    this.#queueMax = bounds.queueMax ?? 256;
    this.#rememberedMax = bounds.rememberedMax ?? 512;
    this.#clientsMax = bounds.clientsMax ?? 200;
  }

  /** Clients connected now. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Sends to everybody who may see it; never waits. */
  publish(message: LiveMessage): void {
    const numbered = { id: ++this.#lastId, message };
    this.#remembered.push(numbered);
    if (this.#remembered.length > this.#rememberedMax) this.#remembered.shift();
    for (const client of this.#clients) this.#offer(client, numbered);
  }

  /**
   * A stream for one client, or undefined when there are too many. `lastEventId`: what the client saw last; what it missed
   * follows when it is still remembered, else a `resync` event says to read everything again. `view` shapes the data.
   */
  subscribe(
    sees: (tenant: string) => boolean,
    view: (message: LiveMessage) => unknown,
    lastEventId?: string,
  ): EventStream | undefined {
    if (this.#clients.size >= this.#clientsMax) return undefined;
    return (signal) => this.#events({ sees, view, queue: [], wake: undefined }, lastEventId, signal);
  }

  async *#events(
    client: Client,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ServerSentEvent> {
    this.#clients.add(client);
    const wake = (): void => client.wake?.();
    signal.addEventListener('abort', wake);
    try {
      if (lastEventId !== undefined && lastEventId !== '') this.#resume(client, lastEventId);
      while (!signal.aborted) {
        const next = client.queue.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        await new Promise<void>((resolve) => {
          client.wake = resolve;
        });
        client.wake = undefined;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#clients.delete(client);
    }
  }

  #resume(client: Client, lastEventId: string): void {
    const [epoch, text] = lastEventId.split('.', 2);
    const seen = Number(text);
    const first = this.#remembered[0]?.id ?? this.#lastId + 1;
    if (epoch !== this.#epoch || !Number.isSafeInteger(seen) || seen > this.#lastId || seen < first - 1) {
      this.#resync(client);
      return;
    }
    for (const numbered of this.#remembered) if (numbered.id > seen) this.#offer(client, numbered);
  }

  #offer(client: Client, { id, message }: Numbered): void {
    if (message.tenant !== '*' && !client.sees(message.tenant)) return;
    if (client.queue.length >= this.#queueMax) this.#resync(client);
    else
      client.queue.push({
        id: `${this.#epoch}.${id}`,
        event: message.event,
        data: JSON.stringify(client.view(message)),
      });
    client.wake?.();
  }

  /** What the client has not read yet is worthless to it once something in between is missing. */
  #resync(client: Client): void {
    client.queue = [{ id: `${this.#epoch}.${this.#lastId}`, event: 'resync', data: '{}' }];
  }
}
