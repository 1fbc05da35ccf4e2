/**
 * A network in memory. Connections of the collector's own HTTP, WebSocket and OTLP code go over virtual cables: bytes take
 * virtual time, and a connection may be refused, cut after any byte, or go silent without a word. Library timers and the
 * clock are virtual as long as it is installed.
 */
import http, { Agent } from 'node:http';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { outside, type Life, type SimWorld } from './sim-world.ts';

/** What may happen to new connections; all false: a perfect network. */
export interface NetworkLuck {
  readonly refused: number;
  readonly cut: number;
  readonly silent: number;
}

const badLuck: NetworkLuck = { refused: 0.08, cut: 0.12, silent: 0.04 };
const silenceEndsMs = 90_000;

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}

/** One end of a cable, with the parts of a socket that HTTP and WebSocket code asks for. */
class CableEnd extends Duplex {
  #peer: CableEnd | undefined;
  /** What was said before the connection stood. */
  #held: ((peer: CableEnd) => void)[] = [];
  #idleMs = 0;
  #cancelIdle: (() => void) | undefined;
  readonly remoteAddress = '198.51.100.7';
  readonly #world: SimWorld;
  readonly #life: Life;
  readonly #cable: Cable;
  #arrivesMs = 0;

  constructor(world: SimWorld, life: Life, cable: Cable) {
    super({ allowHalfOpen: true });
    this.setMaxListeners(0);
    this.#world = world;
    this.#life = life;
    this.#cable = cable;
  }

  get isDead(): boolean {
    return this.#life.dead;
  }

  /** The connection stands. */
  join(peer: CableEnd): void {
    this.#peer = peer;
    for (const what of this.#held.splice(0)) this.#over(what);
  }

  #sign(): void {
    this.#cancelIdle?.();
    if (this.#idleMs > 0)
      this.#cancelIdle = this.#world.after(
        this.#idleMs,
        this.#life,
        () => this.destroyed || this.emit('timeout'),
      );
  }

  /** Runs `what` at the other end after the cable's delay, in order. */
  #over(what: (peer: CableEnd) => void): void {
    const world = this.#world;
    const peer = this.#peer;
    if (peer === undefined) return void this.#held.push(what);
    // Never at the same instant: a stream keeps its order.
    this.#arrivesMs = Math.max(this.#arrivesMs + 0.001, world.nowMs + this.#cable.delayMs());
    world.after(this.#arrivesMs - world.nowMs, outside, () => {
      if (!this.#cable.isSilent && !peer.isDead && !peer.destroyed) what(peer);
    });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const bytes = this.#cable.pass(chunk);
    this.#sign();
    if (bytes.length > 0)
      this.#over((peer) => {
        peer.#sign();
        peer.push(bytes);
      });
    if (bytes.length < chunk.length) this.#cable.cut();
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#over((peer) => peer.push(null));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#over((peer) => peer.destroy(peer.readableEnded || peer.writableFinished ? undefined : reset()));
    done(error);
  }

  setTimeout(ms: number, listener?: () => void): this {
    if (listener !== undefined) this.once('timeout', listener);
    this.#idleMs = ms;
    this.#sign();
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** What one connection will go through, decided when it is opened. */
class Cable {
  isSilent = false;
  readonly #world: SimWorld;
  #bytesLeft: number;
  readonly #ends: CableEnd[] = [];

  constructor(world: SimWorld, luck: NetworkLuck) {
    this.#world = world;
    this.#bytesLeft =
      world.random() < luck.cut ? world.below(world.below(4) === 0 ? 50_000 : 2_500) : Infinity;
    if (world.random() < luck.silent) world.after(world.below(30_000), outside, () => this.silence());
  }

  /** Nothing comes through any more, and nobody says so. */
  silence(): void {
    this.isSilent = true;
    // What nobody hears any more is at last given up by the systems at both ends.
    this.#world.after(silenceEndsMs, outside, () => this.cut());
  }

  hold(...ends: CableEnd[]): void {
    this.#ends.push(...ends);
  }

  delayMs(): number {
    return 1 + this.#world.below(this.#world.below(50) === 0 ? 2_000 : 20);
  }

  /** The part of `chunk` that still goes through. */
  pass(chunk: Buffer): Buffer {
    const passed = chunk.subarray(0, Math.min(chunk.length, this.#bytesLeft));
    this.#bytesLeft -= passed.length;
    return Buffer.from(passed);
  }

  get isOpen(): boolean {
    return this.#ends.some((end) => !end.isDead && !end.destroyed);
  }

  /** Breaks the connection at both ends. */
  cut(): void {
    this.isSilent = true;
    for (const end of this.#ends) if (!end.isDead && !end.destroyed) end.destroy(reset());
  }
}

type Listener = { readonly server: http.Server; readonly life: Life };

/** Every cable of a world. `install` makes the process use it; always call what it returns. */
export class SimNetwork {
  luck: NetworkLuck = badLuck;
  connections = 0;
  readonly #world: SimWorld;
  readonly #listeners = new Map<number, Listener>();
  #cables: Cable[] = [];

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** From now on nothing goes wrong. */
  calm(): void {
    this.luck = { refused: 0, cut: 0, silent: 0 };
    for (const cable of this.#cables) cable.cut();
    this.#cables = [];
  }

  /** Every connection that stands falls silent. */
  silence(): void {
    this.#world.tell('the network is silent');
    for (const cable of this.#cables) if (cable.isOpen) cable.silence();
  }

  /** Connections that stand or are being made. */
  get openConnections(): number {
    this.#cables = this.#cables.filter((cable) => cable.isOpen);
    return this.#cables.length;
  }

  /** The collector died: its ports close and what was connected to it breaks. */
  dropDead(): void {
    for (const [port, { life }] of this.#listeners) if (life.dead) this.#listeners.delete(port);
    for (const cable of this.#cables) cable.cut();
    this.#cables = [];
  }

  /** A server outside, reachable at `port` in every life. */
  serve(port: number, server: http.Server): void {
    this.#listeners.set(port, { server, life: outside });
  }

  /** Opens a connection for `life`. It fails later, as a real one does, when nobody listens. */
  connect(port: number, life: Life): CableEnd {
    const world = this.#world;
    const cable = new Cable(world, this.luck);
    const near = new CableEnd(world, life, cable);
    cable.hold(near);
    this.#cables.push(cable);
    const number = this.connections++;
    const target = this.#listeners.get(port);
    const isRefused = target === undefined || target.life.dead || world.random() < this.luck.refused;
    world.tell(`connection ${number} to ${port}${isRefused ? ' refused' : ''}`);
    world.after(cable.delayMs(), outside, () => {
      if (near.isDead || near.destroyed) return;
      if (isRefused || target.life.dead) {
        near.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
        return;
      }
      const far = new CableEnd(world, target.life, cable);
      cable.hold(far);
      target.server.emit('connection', far);
      far.join(near);
      near.emit('connect');
      near.join(far);
    });
    return near;
  }

  /** Takes over connections, listening, timers and the clock of this process. */
  install(): () => void {
    const world = this.#world;
    const real = {
      connect: net.connect,
      agent: Object.getOwnPropertyDescriptor(Agent.prototype, 'createConnection'),
      timeout: Object.getOwnPropertyDescriptor(AbortSignal, 'timeout'),
      setTimeout: globalThis.setTimeout,
      clearTimeout: globalThis.clearTimeout,
      setInterval: globalThis.setInterval,
      clearInterval: globalThis.clearInterval,
      now: Date.now,
      random: Math.random,
    };
    const open = (options: { port?: number | string }): Duplex =>
      this.connect(Number(options.port), world.life);
    net.connect = open as unknown as typeof net.connect;
    Agent.prototype.createConnection = open as unknown as Agent['createConnection'];
    const listeners = this.#listeners;
    const listen = function (this: http.Server, options: { port: number }, ready: () => void): http.Server {
      listeners.set(options.port, { server: this, life: world.life });
      this.address = () => ({ port: options.port, address: '127.0.0.1', family: 'IPv4' });
      queueMicrotask(ready);
      return this;
    };
    http.Server.prototype.listen = listen as unknown as http.Server['listen'];
    installTimers(world);
    return () => {
      net.connect = real.connect;
      Object.defineProperty(Agent.prototype, 'createConnection', real.agent ?? {});
      // Inherited from the servers of node:net.
      Reflect.deleteProperty(http.Server.prototype, 'listen');
      Object.assign(globalThis, {
        setTimeout: real.setTimeout,
        clearTimeout: real.clearTimeout,
        setInterval: real.setInterval,
        clearInterval: real.clearInterval,
      });
      Object.defineProperty(AbortSignal, 'timeout', real.timeout ?? {});
      Date.now = real.now;
      Math.random = real.random;
    };
  }
}

function installTimers(world: SimWorld): void {
  const timerOf = (work: () => void, ms: number, again: boolean) => {
    let cancel: () => void;
    const { life } = world;
    const arm = (): void => {
      cancel = world.after(Math.max(1, ms), life, () => {
        if (again) arm();
        work();
      });
    };
    arm();
    const timer = {
      ref: () => timer,
      unref: () => timer,
      hasRef: () => false,
      refresh: () => {
        cancel();
        arm();
        return timer;
      },
      cancel: () => cancel(),
    };
    return timer;
  };
  type Timer = ReturnType<typeof timerOf>;
  const clear = (timer?: Timer): void => timer?.cancel?.();
  const starter =
    (again: boolean) =>
    (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      timerOf(() => work(...args), ms, again);
  Object.assign(globalThis, {
    setTimeout: starter(false),
    clearTimeout: clear,
    setInterval: starter(true),
    clearInterval: clear,
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    world.after(ms, world.life, () =>
      controller.abort(new DOMException('The operation timed out', 'TimeoutError')),
    );
    return controller.signal;
  };
  Date.now = () => world.nowMs;
  Math.random = world.random;
}
