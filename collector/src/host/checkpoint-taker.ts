/**
 * Writes what an engine and its book know into the checkpoint store: what changed since the last time, as it was at one
 * moment, in parts between which the engine goes on.
 */
import { restoreCheckpoint, type CheckpointMeta } from '../engine/checkpoint.ts';
import type { Row } from '../engine/dirty-rows.ts';
import type { Engine } from '../engine/engine.ts';
import type { CheckpointStore, CheckpointWriter } from '../log/checkpoint-store.ts';
import type { CaseBook } from './case-book.ts';
import { KeyRuns } from './key-runs.ts';

const rowSeparator = '\u0001';
const nameSeparator = '\u0000';
/** After the name of an operator: the row holds one value, its key is the JSON array of key and name. */
const valueMark = '@';
/** All cases of a tenant and what is remembered about every name and person are one key: it is written by value. */
const byValue: ReadonlySet<string> = new Set(['case']);
/** Characters of text of one part: a millisecond or two. */
const partChars = 128 * 1024;
/** The same for rows whose texts are made: in the order of their keys they cost a quarter. */
const writtenChars = 4 * partChars;

/** Gives the next rows, about so many characters of text; undefined when there are no more. */
type Supply = (chars: number) => readonly Row[] | undefined;

/** Where a checkpoint belongs. */
export interface CheckpointParts {
  readonly name: string;
  readonly store: CheckpointStore;
  readonly engine: Engine;
  readonly book: CaseBook;
  /** Told after a checkpoint became durable. */
  readonly saved: (position: number, rows: number) => void;
}

/** Takes checkpoints of one engine, one after the other. */
export class CheckpointTaker {
  readonly #parts: CheckpointParts;
  /** Changed rows that no checkpoint has saved yet. */
  readonly #unsaved = new Map<string, string | undefined>();
  /** Rows an earlier version wrote in another form; removed with the next checkpoint. */
  readonly #obsoleteRows: string[] = [];
  /** Rows of seen ids by day. */
  readonly #seenRows = new Map<number, string[]>();
  #writer: CheckpointWriter | undefined;
  /** Keys of the open checkpoint; written when all are known. */
  #keys = new KeyRuns();
  #supplies: Supply[] = [];
  #position = 0;
  #meta: unknown;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
    for (const { operator, state } of parts.engine.operators)
      if (byValue.has(operator.name)) state.trackNames();
    parts.engine.trackRows();
    parts.book.trackRows();
  }

  /** A checkpoint was begun and is not yet durable, or not yet where it belongs. */
  get isOpen(): boolean {
    return this.#writer !== undefined || this.#parts.store.isLaden;
  }

  /** Begins a checkpoint of this moment; `meta` is what `restore` will be given. One that is open is finished before. */
  begin(position: number, meta: CheckpointMeta): void {
    this.finish();
    this.#position = position;
    this.#meta = meta;
    this.#freeze();
    this.#writer = this.#parts.store.begin(this.#parts.name, () => this.#hurry());
    const owed = [...this.#unsaved];
    this.#keys = new KeyRuns();
    this.#supplies.unshift(() => (owed.length === 0 ? undefined : owed.splice(-500)));
  }

  /** Writes the next part; true when the checkpoint is durable, or none was begun. Throws what SQLite throws. */
  part(): boolean {
    const writer = this.#writer;
    if (writer === undefined) {
      if (this.#parts.store.isLaden) this.#parts.store.carry();
      return true;
    }
    try {
      if (this.#gather()) return false;
      const rows = this.#sorted();
      if (rows.length > 0) {
        writer.put(rows);
        return false;
      }
      writer.commit(this.#position, this.#meta);
    } catch (error) {
      // What was not saved stays owed.
      this.#writer = undefined;
      writer.abandon();
      throw error;
    }
    this.#writer = undefined;
    const count = this.#unsaved.size;
    this.#unsaved.clear();
    this.#parts.saved(this.#position, count);
    return true;
  }

  /** Forgets an open checkpoint: the one before it counts, and what was not saved stays owed. */
  abandon(): void {
    this.#writer?.abandon();
    this.#writer = undefined;
  }

  /** Writes all that is left of an open checkpoint. */
  finish(): void {
    while (!this.part());
    if (this.#parts.store.isLaden) this.#parts.store.carry();
  }

  /** Somebody else has to write. */
  #hurry(): void {
    try {
      this.finish();
    } catch {
      // It is abandoned, and what it owed is part of the next one, which says why it cannot be written.
    }
  }

  /** Takes the next rows in; false when there are no more. */
  #gather(): boolean {
    for (;;) {
      const supply = this.#supplies[0];
      if (supply === undefined) return false;
      const rows = supply(partChars);
      if (rows === undefined) {
        this.#supplies.shift();
        continue;
      }
      for (const [id, text] of rows) {
        this.#unsaved.set(id, text);
        this.#keys.add(id);
      }
      return true;
    }
  }

  /** The next rows in the order of their keys, about as much text as a part may have; empty when all were taken. */
  #sorted(): Row[] {
    const rows: Row[] = [];
    for (let chars = 0; chars < writtenChars;) {
      const id = this.#keys.take();
      if (id === undefined) break;
      const text = this.#unsaved.get(id);
      rows.push([id, text]);
      chars += id.length + (text?.length ?? 0);
    }
    return rows;
  }

  #freeze(): void {
    const { engine, book } = this.#parts;
    this.#freezeSeen();
    for (const row of this.#obsoleteRows.splice(0)) this.#unsaved.set(row, undefined);
    this.#supplies = [];
    for (const { operator, state, timers } of engine.operators) {
      state.beginSnapshot();
      timers.rows?.freeze();
      this.#supplies.push((chars) =>
        state
          .takeRows(chars)
          ?.map(({ key, name, text }) =>
            name === undefined
              ? [operator.name + rowSeparator + key, text]
              : [operator.name + valueMark + rowSeparator + JSON.stringify([key, name]), text],
          ),
      );
      this.#supplies.push((chars) => rowsOf(timers.rows, chars, (id) => timerRow(operator.name, id)));
    }
    const { rows: said } = engine.publication;
    said?.freeze();
    this.#supplies.push((chars) => rowsOf(said, chars, (id) => `@said${rowSeparator}${id}`));
    const entries = book.trackRows();
    entries.freeze();
    this.#supplies.push((chars) => rowsOf(entries, chars, (id) => `@book${rowSeparator}${id}`));
  }

  #freezeSeen(): void {
    const { seen } = this.#parts.engine;
    for (const { day, bytes } of seen.takeNew()) {
      const rows = this.#seenRows.get(day) ?? [];
      this.#seenRows.set(day, rows);
      const last = rows.at(-1);
      const number = last === undefined ? 0 : Number(last.split('/')[1] ?? -1) + 1;
      const row = `@seen${rowSeparator}${day}/${number.toString().padStart(8, '0')}`;
      rows.push(row);
      this.#unsaved.set(row, JSON.stringify(Buffer.from(bytes).toString('base64')));
    }
    for (const [day, rows] of this.#seenRows) {
      if (seen.holds(day)) continue;
      for (const row of rows) this.#unsaved.set(row, undefined);
      this.#seenRows.delete(day);
    }
  }

  /** Puts the last checkpoint into the engine and the book, both fresh. */
  restore(meta: CheckpointMeta): void {
    const { store, engine, name } = this.#parts;
    for (const [row, text] of store.rows(name)) {
      const cut = row.indexOf(rowSeparator);
      this.#restoreRow(row, row.slice(0, cut), row.slice(cut + 1), text);
    }
    restoreCheckpoint(engine, meta, []);
    for (const row of this.#obsoleteRows) {
      const cut = row.indexOf(rowSeparator);
      this.#operator(row.slice(0, cut))?.state.touchAll(row.slice(cut + 1));
    }
    // A checkpoint of an earlier version has them in its meta data: they are written as rows with the next one.
    for (const [id] of meta.said ?? []) engine.publication.rows?.touch(id);
  }

  #operator(name: string) {
    return this.#parts.engine.operators.find(({ operator }) => operator.name === name);
  }

  #restoreRow(row: string, kind: string, id: string, text: string): void {
    const { engine, book } = this.#parts;
    if (kind === '@seen') this.#restoreSeen(row, id, text);
    else if (kind === '@book') book.restore(id, text);
    else if (kind === '@said') engine.publication.restoreRow(id, text);
    else if (kind === '@timer') {
      const [operator, key, name] = JSON.parse(id) as [string, string, string];
      this.#operator(operator)?.timers.restoreRow(key + nameSeparator + name, text);
    } else if (kind.endsWith(valueMark)) {
      const [key, name] = JSON.parse(id) as [string, string];
      this.#operator(kind.slice(0, -1))?.state.restoreText(key, name, text);
    } else {
      this.#operator(kind)?.state.restoreText(id, undefined, text);
      if (byValue.has(kind)) this.#obsoleteRows.push(row);
    }
  }

  #restoreSeen(row: string, id: string, text: string): void {
    const day = Number(id.split('/')[0]);
    this.#parts.engine.seen.restore(day, Buffer.from(JSON.parse(text) as string, 'base64'));
    const rows = this.#seenRows.get(day);
    if (rows === undefined) this.#seenRows.set(day, [row]);
    else rows.push(row);
  }
}

function timerRow(operator: string, id: string): string {
  const cut = id.indexOf(nameSeparator);
  return `@timer${rowSeparator}${JSON.stringify([operator, id.slice(0, cut), id.slice(cut + 1)])}`;
}

function rowsOf(
  from: { readonly isTaken: boolean; take(chars: number): Row[] } | undefined,
  chars: number,
  rowOf: (id: string) => string,
): Row[] | undefined {
  if (from === undefined || from.isTaken) return undefined;
  return from.take(chars).map(([id, text]) => [rowOf(id), text]);
}
