/** Address databases from MMDB files, read again when they change; one that cannot be read leaves the others in use, and one that is damaged its last good version. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Surroundings } from '../contract/component.ts';
import type { NetworkView } from '../3-enrich/enricher.ts';
import { networkView, type AddressDatabase } from '../3-enrich/network.ts';

const lookEveryMs = 30_000;

/** The view in force. `view` undefined: no database is configured or none could be read, and addresses are unknown. */
export class NetworkDatabases {
  readonly #paths: readonly string[];
  readonly #around: Pick<Surroundings, 'sleep' | 'log'>;
  #seen: string | undefined;
  #view: NetworkView | undefined;
  readonly #good = new Map<string, AddressDatabase>();

  constructor(paths: readonly string[], around: Pick<Surroundings, 'sleep' | 'log'>) {
    this.#paths = paths;
    this.#around = around;
  }

  /** What is known now. */
  get view(): NetworkView | undefined {
    return this.#view;
  }

  /** Reads the files when one of them changed since the last time; true when a new view is in force. */
  async refresh(): Promise<boolean> {
    const seen = await this.#stamp();
    if (seen === this.#seen) return false;
    this.#seen = seen;
    const databases: AddressDatabase[] = [];
    for (const path of this.#paths) {
      const database = await this.#read(path);
      if (database !== undefined) databases.push(database);
    }
    const view = networkView(databases);
    this.#view = view.ok && databases.length > 0 ? view.value : undefined;
    return true;
  }

  /** Looks every 30 s until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#paths.length > 0) {
      await this.#around.sleep(lookEveryMs, signal).catch(() => undefined);
      if (!signal.aborted && (await this.refresh()))
        this.#around.log('info', 'address databases were read again');
    }
  }

  async #read(path: string): Promise<AddressDatabase | undefined> {
    try {
      const database = { name: basename(path), bytes: await readFile(path) };
      const alone = networkView([database]);
      if (alone.ok) {
        this.#good.set(path, database);
        return database;
      }
      // Half a download, most likely: what was read before is still true. The next change of the file is looked at again.
      const before = this.#good.get(path);
      const then = before === undefined ? 'it is left out' : 'its last good version stays in use';
      this.#around.log('warn', `address database: ${alone.failure.message}; ${then}`);
      return before;
    } catch (error) {
      this.#good.delete(path);
      const reason = (error as { code?: string }).code ?? 'unknown error';
      this.#around.log('warn', `address database ${path} cannot be read (${reason}); its facts stay unknown`);
    }
    return undefined;
  }

  async #stamp(): Promise<string> {
    const stamps = await Promise.all(
      this.#paths.map((path) =>
        stat(path).then(
          ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
          () => 'absent',
        ),
      ),
    );
    return stamps.join(' ');
  }
}
