/** Configuration that decides results enters the log like any event; here it is written and watched for change. */
import { stat } from 'node:fs/promises';
import type { Intent, Inventory } from '../contract/inventory.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { encodeLogEntry } from '../log/entry-codec.ts';
import type { CheckpointStore } from '../log/checkpoint-store.ts';
import type { SegmentedLog } from '../log/segmented-log.ts';
import type { RuleFile } from '../6-detect/sigma-document.ts';
import { sha256Hex } from './digest.ts';
import { inventoryFromFile, intentsFromFile } from './documents.ts';
import { cachedInventory } from './inventory-cache.ts';
import { compileRules, readRuleFiles } from './rule-files.ts';
import { UnusableInput } from './unusable-input.ts';

const checkpointName = 'control';

/** Paths of the documents a collector follows; absent ones are not used. */
export interface ControlPaths {
  readonly inventory?: string;
  /** Where a large inventory is kept as it was read; absent: it is read every time. */
  readonly inventoryCache?: string;
  readonly intents?: string;
  readonly rules: readonly string[];
}

/** The documents as read and checked. */
export interface ControlDocuments {
  readonly inventory: Inventory;
  readonly intents: readonly Intent[];
  readonly rules: readonly RuleFile[];
}

/** Reads and checks all documents; throws UnusableInput with every problem of all of them. */
export async function readControlDocuments(paths: ControlPaths): Promise<ControlDocuments> {
  const problems: string[] = [];
  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnusableInput)) throw error;
      problems.push(...error.problems);
      return otherwise;
    }
  };
  const { inventory, intents, inventoryCache } = paths;
  const readInventory = (path: string): Promise<Inventory> =>
    inventoryCache === undefined ? inventoryFromFile(path) : cachedInventory(path, inventoryCache);
  const documents: ControlDocuments = {
    inventory:
      inventory === undefined
        ? { version: 1 }
        : await attempt(() => readInventory(inventory), { version: 1 as const }),
    intents: intents === undefined ? [] : await attempt(() => intentsFromFile(intents), []),
    rules: await attempt(async () => {
      const files = await readRuleFiles(paths.rules);
      compileRules(files);
      return files;
    }, []),
  };
  if (problems.length > 0) throw new UnusableInput(problems);
  return documents;
}

/** Appends a control entry; resolves when it is durable. */
export async function appendControl(
  log: SegmentedLog,
  type: string,
  body: unknown,
  atMs: number,
): Promise<void> {
  await log.append([encodeLogEntry({ kind: 'control', atMs, type, body })]);
}

async function modifiedMs(paths: readonly string[]): Promise<string> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs, size }) => `${mtimeMs}/${size}`,
        () => 'absent',
      ),
    ),
  );
  return times.join(' ');
}

/** Settings of the follower. */
export interface FollowOptions {
  readonly paths: ControlPaths;
  /** Writes a document into the stream; false: it is there already. Resolves when durable. */
  readonly put: (type: 'inventory' | 'rules' | 'intent', body: unknown) => Promise<boolean>;
  /** Where the stream ends, for the checkpoint of what was written. */
  readonly position: () => number;
  /** Remembers over restarts what was written last. */
  readonly checkpoints: CheckpointStore;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** False while another collector follows; absent: always. */
  readonly isActive?: () => boolean;
  /** Told what changed, or why a changed document was not taken over. */
  readonly report: (level: 'info' | 'error', message: string) => void;
}

/** Follows the documents of a running collector: a changed and valid one enters the log, an invalid one is reported and ignored. */
export class ControlFollower {
  readonly #options: FollowOptions;
  readonly #known: Map<string, string>;
  #seen = '';

  constructor(options: FollowOptions) {
    this.#options = options;
    const stored = options.checkpoints.head(checkpointName)?.meta as [string, string][] | undefined;
    this.#known = new Map(stored);
  }

  /** Writes what differs from what was written last; `documents` are those just read. */
  async write(documents: ControlDocuments): Promise<string[]> {
    const changed: string[] = [];
    const put = async (
      name: string,
      type: 'inventory' | 'rules' | 'intent',
      body: unknown,
    ): Promise<void> => {
      const digest = sha256Hex(canonicalJson(body));
      if (this.#known.get(name) === digest) return;
      const isNew = await this.#options.put(type, body);
      this.#known.set(name, digest);
      if (isNew) changed.push(name);
    };
    await put('inventory', 'inventory', documents.inventory);
    await put('rules', 'rules', { files: documents.rules });
    for (const intent of documents.intents) await put(`intent ${intent.id}`, 'intent', intent);
    if (changed.length > 0)
      this.#options.checkpoints.save(checkpointName, {
        position: this.#options.position(),
        meta: [...this.#known],
        upserts: [],
      });
    return changed;
  }

  /** Looks every two seconds until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { paths, sleep, report } = this.#options;
    const files = [paths.inventory, paths.intents].filter((path) => path !== undefined);
    const look = async (): Promise<string> => {
      const rules = await readRuleFiles(paths.rules).catch(() => []);
      return `${await modifiedMs(files)} ${sha256Hex(rules.map(({ path, text }) => path + text).join())}`;
    };
    this.#seen = this.#options.isActive === undefined ? await look() : '';
    while (!signal.aborted) {
      await sleep(2000, signal);
      if (this.#options.isActive?.() === false) {
        // Whoever becomes active compares its own files with the stream.
        this.#seen = '';
        continue;
      }
      const seen = await look();
      if (seen === this.#seen) continue;
      if (this.#seen === '') this.#known.clear();
      this.#seen = seen;
      try {
        const changed = await this.write(await readControlDocuments(paths));
        if (changed.length > 0) report('info', `taken over: ${changed.join(', ')}`);
      } catch (error) {
        const problems = error instanceof UnusableInput ? error.problems : [(error as Error).message];
        for (const problem of problems)
          report('error', `not taken over, the last valid version stays: ${problem}`);
      }
    }
  }
}
