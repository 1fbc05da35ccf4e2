/**
 * Delivery of signals to one sink: read from the durable queue, write, and only then move the cursor. A sink that is
 * away costs delay, never data and never memory: at most one read of the queue is held. Order is kept, because the next
 * batch starts only after the one before was taken or refused for good.
 */
import type { Signal, SinkRun, Surroundings } from '../contract/component.ts';
import type { ErrorCode } from '../contract/error-codes.ts';
import type { Delivery } from '../contract/outcome.ts';

/** The durable queue as a sink sees it; log/signal-log.ts is one. Positions grow with each signal. */
export interface SignalQueue {
  readonly end: number;
  position(reader: string): number;
  advance(reader: string, position: number): void;
  read(
    position: number,
    maxBytes: number,
  ): Promise<{
    readonly signals: readonly { readonly signal: Signal; readonly next: number }[];
    readonly next: number;
    readonly lost: number;
  }>;
  waitFor(position: number, signal: AbortSignal): Promise<void>;
}

/** Signals an endpoint refused. `rejectedCount` may be lower than their number: it did not say which ones. */
export interface RefusedBatch {
  readonly sink: string;
  readonly signals: readonly Signal[];
  readonly rejectedCount: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What to run. */
export interface OutboxOptions {
  readonly sink: SinkRun;
  readonly queue: SignalQueue;
  readonly around: Surroundings;
  /** Keeps refused signals; when it throws, delivery waits and tries again. */
  readonly quarantine: (batch: RefusedBatch) => void | Promise<void>;
  /** Further filter besides `sink.accepts`, for example by severity. */
  readonly wants?: (signal: Signal) => boolean;
  /** About this much of the queue is held in memory. Default 1 MiB. */
  readonly readBytesMax?: number;
  /** First and longest pause between attempts. Default 500 ms and one minute. */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
}

/** Counters since the start and the present state; read by self-telemetry. */
export interface OutboxStats {
  readonly sink: string;
  readonly backlog: number;
  readonly delivered: number;
  readonly lost: number;
  readonly isUp: boolean;
  readonly rejected: ReadonlyMap<ErrorCode, number>;
  readonly retries: ReadonlyMap<ErrorCode, number>;
}

const passedStoreMs = 1_000;

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Runs one sink until aborted. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #rejected = new Map<ErrorCode, number>();
  readonly #retries = new Map<ErrorCode, number>();
  #delivered = 0;
  #lost = 0;
  #isUp = true;
  #position: number;
  #stored: number;
  #storedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#position = options.queue.position(options.sink.id);
    this.#stored = this.#position;
  }

  stats(): OutboxStats {
    return {
      sink: this.#options.sink.id,
      backlog: Math.max(0, this.#options.queue.end - this.#position),
      delivered: this.#delivered,
      lost: this.#lost,
      isUp: this.#isUp,
      rejected: this.#rejected,
      retries: this.#retries,
    };
  }

  /** Delivers until `signal` aborts, then resolves. Rejects only when the queue itself cannot be read. */
  async run(signal: AbortSignal): Promise<void> {
    const { sink, queue, wants, readBytesMax = 1024 * 1024 } = this.#options;
    try {
      while (!signal.aborted) {
        const batch = await queue.read(this.#position, readBytesMax);
        if (batch.lost > 0) this.#reportLost(batch.lost);
        if (batch.next === this.#position && batch.signals.length === 0) {
          await queue.waitFor(this.#position, signal);
          continue;
        }
        const wanted = batch.signals.filter(
          (one) => sink.accepts.includes(one.signal.kind) && (wants === undefined || wants(one.signal)),
        );
        for (let at = 0; at < wanted.length; at += sink.batchMax) {
          const part = wanted.slice(at, at + sink.batchMax);
          await this.#deliver(
            part.map((one) => one.signal),
            signal,
          );
          this.#advance(part.at(-1)?.next ?? this.#position);
        }
        this.#pass(batch.next);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#store();
    }
  }

  /** Moves over signals nobody wanted: stored once a second only, since reading them again costs nothing. */
  #pass(position: number): void {
    this.#position = position;
    if (this.#options.around.nowMs() - this.#storedAtMs >= passedStoreMs) this.#store();
  }

  #reportLost(count: number): void {
    this.#lost += count;
    const { sink, around } = this.#options;
    around.log(
      'error',
      `${sink.id} never saw ${count} signals: they were deleted or unreadable before it came to them`,
      {
        sink: sink.id,
        count,
      },
    );
  }

  #advance(position: number): void {
    this.#position = position;
    this.#store();
  }

  #store(): void {
    if (this.#position === this.#stored) return;
    const { sink, queue, around } = this.#options;
    try {
      queue.advance(sink.id, this.#position);
      this.#stored = this.#position;
      this.#storedAtMs = around.nowMs();
    } catch (error) {
      // Not fatal: after a restart these signals are delivered once more, under the same keys.
      around.log('warn', `position of ${sink.id} could not be stored: ${String(error)}`, { sink: sink.id });
    }
  }

  async #deliver(batch: readonly Signal[], signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const delivery = await this.#attempt(batch, signal);
      signal.throwIfAborted();
      if (delivery.status === 'delivered') {
        this.#noteUp();
        this.#delivered += batch.length;
        return;
      }
      if (delivery.status === 'rejected') {
        // One bad signal must not cost its neighbours: find it by halving.
        if (batch.length > 1 && delivery.rejectedCount >= batch.length) {
          const middle = batch.length >> 1;
          await this.#deliver(batch.slice(0, middle), signal);
          await this.#deliver(batch.slice(middle), signal);
        } else await this.#putAside(batch, delivery, signal);
        return;
      }
      this.#noteDown(delivery, attempt);
      await this.#options.around.sleep(this.#pauseMs(attempt, delivery.afterMs), signal);
    }
  }

  async #attempt(batch: readonly Signal[], signal: AbortSignal): Promise<Delivery> {
    const { sink } = this.#options;
    let stop: (() => void) | undefined;
    const aborted = new Promise<Delivery>((resolve) => {
      stop = () => resolve({ status: 'retryable', code: 'endpoint_timeout', message: 'stopping' });
      signal.addEventListener('abort', stop);
    });
    try {
      return await Promise.race([sink.write(batch, signal), aborted]);
    } catch (error) {
      const message = `${sink.id} could not map a signal: ${error instanceof Error ? error.message : String(error)}`;
      return { status: 'rejected', code: 'normaliser_bug', message, rejectedCount: batch.length };
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
    }
  }

  #noteUp(): void {
    if (!this.#isUp)
      this.#options.around.log('info', `${this.#options.sink.id} takes signals again`, {
        sink: this.#options.sink.id,
      });
    this.#isUp = true;
  }

  #noteDown(delivery: Extract<Delivery, { status: 'retryable' }>, attempt: number): void {
    const { sink, around } = this.#options;
    add(this.#retries, delivery.code, 1);
    this.#isUp = false;
    // Once per outage and then about once per ten minutes of longest pauses, so that logs stay readable.
    if (attempt % 10 === 0)
      around.log('warn', `${sink.id} takes nothing (${delivery.message}); signals wait in the log`, {
        sink: sink.id,
        code: delivery.code,
      });
  }

  #pauseMs(attempt: number, afterMs: number | undefined): number {
    const { first, longest } = this.#options.backoffMs ?? { first: 500, longest: 60_000 };
    const { random } = this.#options.around;
    // What the endpoint asked for is a minimum; the jitter keeps several collectors from coming back together.
    if (afterMs !== undefined) return afterMs + random() * Math.min(first, 1000);
    const ceiling = Math.min(longest, first * 2 ** Math.min(attempt, 20));
    return ceiling / 2 + (random() * ceiling) / 2;
  }

  async #putAside(
    batch: readonly Signal[],
    delivery: Extract<Delivery, { status: 'rejected' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { sink, around, quarantine } = this.#options;
    const { code, message, rejectedCount } = delivery;
    for (let attempt = 0; ; attempt++) {
      try {
        await quarantine({ sink: sink.id, signals: batch, rejectedCount, code, message });
        break;
      } catch (error) {
        around.log(
          'warn',
          `refused signals of ${sink.id} could not be put into quarantine yet: ${String(error)}`,
        );
        await around.sleep(this.#pauseMs(attempt, undefined), signal);
      }
    }
    add(this.#rejected, code, rejectedCount);
    this.#delivered += batch.length - rejectedCount;
    around.log(
      'error',
      `${sink.id} refused ${rejectedCount} of ${batch.length} signals for good: ${message}`,
      {
        sink: sink.id,
        code,
      },
    );
  }
}
