/** Inventory and intents for commands: loaded and checked, or all problems at once. */
import type { Intent, Inventory } from '../contract/inventory.ts';
import { problemLine, type DocumentProblem } from './document-problem.ts';
import { checkIntents, loadIntents } from './intents-file.ts';
import { checkInventory, loadInventory } from './inventory-file.ts';
import { UnusableInput } from './unusable-input.ts';

function refuse(problems: readonly DocumentProblem[]): never {
  throw new UnusableInput(problems.filter(({ level }) => level !== 'warning').map(problemLine));
}

/** Inventory of a file; throws UnusableInput with every problem. */
export async function inventoryFromFile(path: string): Promise<Inventory> {
  const loaded = await loadInventory(path);
  return loaded.ok ? loaded.inventory : refuse(loaded.problems);
}

/** Inventory of a value inside another document, named `label` in messages. */
export function inventoryFromValue(label: string, value: unknown): Inventory {
  const loaded = checkInventory(label, value);
  return loaded.ok ? loaded.inventory : refuse(loaded.problems);
}

/** Intents of a file. Names are not looked up in an inventory: an approval for what is not ours approves nothing. */
export async function intentsFromFile(path: string): Promise<readonly Intent[]> {
  const loaded = await loadIntents(path);
  return loaded.ok ? loaded.intents : refuse(loaded.problems);
}

/** Intents of a list inside another document. */
export function intentsFromValue(label: string, list: readonly unknown[]): readonly Intent[] {
  const loaded = checkIntents(label, { version: 1, intents: list });
  return loaded.ok ? loaded.intents : refuse(loaded.problems);
}
