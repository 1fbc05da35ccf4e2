/** Bugs planted on purpose, one at a time, to show that the simulator finds what it is there for. */

/** One bug: a piece of a source file, which must stand there exactly once, and what it is replaced by. */
export interface Mutation {
  readonly name: string;
  /** Below collector/src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Durability, order, restore, delivery, honesty about gaps: one or more bugs of each kind. */
export const mutations: readonly Mutation[] = [
  {
    name: 'position durable before its records',
    file: 'log/log-intake.ts',
    from: 'const writing = write(entries);',
    to: "if (cursor) { await write([{ kind: 'cursor', atMs: around.nowMs(), ...cursor }]); await new Promise((resolve) => setTimeout(resolve, 3_000)); } const writing = write(entries);",
  },
  {
    name: 'delivery acknowledged before it is durable',
    file: '1-source/webhook/webhook-source.ts',
    from: 'if (records.length > 0) await intake.accept(records);',
    to: 'if (records.length > 0) setTimeout(() => void intake?.accept(records).catch(() => {}), 2_000);',
  },
  {
    name: 'full disk answered with 200',
    file: '1-source/webhook/webhook-source.ts',
    from: 'return notStored(error, surroundings);',
    to: 'return jsonAnswer(200, { accepted: true });',
  },
  {
    name: 'commit without a sync',
    file: 'log/segment-writer.ts',
    from: 'await file.datasync().catch((error: unknown) => {',
    to: 'await Promise.resolve().catch((error: unknown) => {',
  },
  {
    name: 'torn tail accepted',
    file: 'log/block.ts',
    from: 'return crc === bytes.readUInt32LE(offset + 44);',
    to: 'return crc >= 0;',
  },
  {
    name: 'duplicate not dropped',
    file: 'engine/engine.ts',
    from: 'return this.seen.addNew(id, message.timeMs);',
    to: 'return this.seen.addNew(id, message.timeMs) || true;',
  },
  {
    name: 'known ids lost at restore',
    file: 'host/checkpoint-taker.ts',
    from: "if (kind === '@seen') this.#restoreSeen(row, id, text);",
    to: "if (kind === '@seen') void id;",
  },
  {
    name: 'timers lost at restore',
    file: 'host/checkpoint-taker.ts',
    from: 'this.#operator(operator)?.timers.restoreRow(key + nameSeparator + name, text);',
    to: 'void [operator, key, name];',
  },
  {
    name: 'waiting messages not read again',
    file: 'host/embedded-host.ts',
    from: 'if (sequence < position) position = sequence;',
    to: 'if (sequence > position) position = sequence;',
  },
  {
    name: 'one changed key missing in every checkpoint',
    file: 'host/checkpoint-taker.ts',
    from: 'chars += id.length + (text?.length ?? 0);\n    }\n    return rows;',
    to: 'chars += id.length + (text?.length ?? 0);\n    }\n    return rows.slice(1);',
  },
  {
    name: 'unsettled words forgotten at a checkpoint',
    file: 'host/embedded-host.ts',
    from: 'unsettled: this.engine.publication.unsettledIds(),',
    to: 'unsettled: [],',
  },
  {
    name: 'signals passed before they were delivered',
    file: '8-sink/outbox.ts',
    from: '          await this.#deliver(\n            part',
    to: '          this.#advance(part.at(-1)?.next ?? this.#position);\n          await this.#deliver(\n            part',
  },
  {
    name: '503 of an endpoint taken for success',
    file: '8-sink/http-outcome.ts',
    from: "if (status >= 200 && status < 300) return { status: 'delivered' };",
    to: "if ((status >= 200 && status < 300) || status === 503) return { status: 'delivered' };",
  },
  {
    name: 'blind time over a restart forgotten',
    file: '1-source/reconnecting-socket.ts',
    from: 'let blindFromMs: number | undefined = Number.isFinite(stored) ? stored : undefined;',
    to: 'let blindFromMs: number | undefined = Number.isFinite(stored) ? undefined : undefined;',
  },
  {
    name: 'time of a hold counted as heard',
    file: '1-source/heard-until.ts',
    from: 'if (this.#heldMs === undefined) this.#untilMs = Math.max(this.#untilMs, nowMs);',
    to: 'this.#untilMs = Math.max(this.#untilMs, nowMs);',
  },
];

/** Slow harm: nothing is wrong at any moment, only with time. A soak has to find it. */
export const leaks: readonly Mutation[] = [
  {
    name: 'memory kept for every commit',
    file: 'log/log-intake.ts',
    from: 'const writing = write(entries);',
    to: '((globalThis as any).kept ??= []).push(new Array(4_000).fill(entries)); const writing = write(entries);',
  },
  {
    name: 'timer kept for every poll',
    file: '1-source/page-poller.ts',
    from: 'await around.sleep(ms, signal).catch(() => {});',
    to: 'void around.sleep(1e12, signal).catch(() => {}); await around.sleep(ms, signal).catch(() => {});',
  },
];
