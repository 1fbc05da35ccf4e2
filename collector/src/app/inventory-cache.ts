/**
 * A large inventory as it was read and checked the last time: YAML of 200,000 domains takes most of a start, and nearly always
 * nothing of it has changed. The cache counts only for the very bytes of the file and for this version; whatever is wrong with
 * it, the file is read. It holds nothing the file does not.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InventorySchema, type Inventory, type InventoryDomain } from '../contract/inventory.ts';
import { sha256Hex } from './digest.ts';
import { inventoryFromFile } from './documents.ts';
import { makeDataDirectory } from './stores.ts';
import { version } from './version.ts';

/** Raise it when the same file would be checked, or brought into canonical form, in another way within a version. */
const formOfEntries = 1;
/** Smaller files are read faster than they are looked up. */
const cachedFromBytes = 1024 * 1024;
const domainsOfLine = 500;

/** Whose reading this is. */
const readBy = `${version}/${String(formOfEntries)}/${sha256Hex(JSON.stringify(InventorySchema)).slice(0, 16)}`;

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Inventory of a file, by the cache at `cachePath` when that is of the same bytes; throws UnusableInput with every problem. */
export async function cachedInventory(path: string, cachePath: string): Promise<Inventory> {
  const before = await stat(path).catch(() => undefined);
  if (before?.isFile() !== true || before.size < cachedFromBytes) return inventoryFromFile(path);
  const digest = await digestOf(path).catch(() => undefined);
  if (digest === undefined) return inventoryFromFile(path);
  const head = JSON.stringify({ digest, read_by: readBy });
  const known = await readCache(cachePath, head);
  if (known !== undefined) return known;
  const inventory = await inventoryFromFile(path);
  const after = await stat(path).catch(() => undefined);
  // Written over meanwhile: what was read may not be what was digested.
  if (after?.mtimeMs === before.mtimeMs && after.size === before.size)
    await writeCache(cachePath, head, inventory);
  return inventory;
}

/** Lines: whose reading of what, the inventory without its domains, then some domains a line, then how many there are. */
async function readCache(path: string, head: string): Promise<Inventory | undefined> {
  try {
    const bytes = await readFile(path);
    let at = 0;
    const line = (): string => {
      const end = bytes.indexOf(0x0a, at);
      const text = bytes.toString('utf8', at, end < 0 ? bytes.length : end);
      at = end < 0 ? bytes.length : end + 1;
      return text;
    };
    if (line() !== head) return undefined;
    const rest = JSON.parse(line()) as Inventory;
    const domains: InventoryDomain[] = [];
    for (;;) {
      const text = line();
      if (!text.startsWith('[')) return text === String(domains.length) ? { ...rest, domains } : undefined;
      domains.push(...(JSON.parse(text) as InventoryDomain[]));
      await nextTurn();
    }
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written is not there. */
async function writeCache(path: string, head: string, { domains = [], ...rest }: Inventory): Promise<void> {
  const unfinished = `${path}.new`;
  try {
    await makeDataDirectory(dirname(path));
    const file = await open(unfinished, 'w', 0o600);
    try {
      await file.write(`${head}\n${JSON.stringify(rest)}\n`);
      for (let from = 0; from < domains.length; from += domainsOfLine) {
        await file.write(`${JSON.stringify(domains.slice(from, from + domainsOfLine))}\n`);
        await nextTurn();
      }
      await file.write(`${String(domains.length)}\n`);
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}
