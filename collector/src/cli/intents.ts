/** `zonewarden intents import`: the plan of another tool, or a signed file, as an intents file. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import {
  intentImports,
  intentsFromSignedFile,
  type ImportedIntents,
  type ImportFacts,
} from '../3-enrich/intent-import/index.ts';
import { inventoryFromFile } from '../app/documents.ts';
import { importFacts } from '../app/intent-import.ts';
import { checkIntents } from '../app/intents-file.ts';
import { problemLine } from '../app/document-problem.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { Inventory } from '../contract/inventory.ts';
import { parseInstant } from '../leaf/time.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

const tools = [...Object.keys(intentImports), 'signed'];

function parse(argv: readonly string[]) {
  return commandLine('intents', {
    args: [...argv],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      inventory: { type: 'string' },
      tenant: { type: 'string' },
      'valid-hours': { type: 'string', default: '24' },
      at: { type: 'string' },
      'requested-by': { type: 'string' },
      'approved-by': { type: 'string' },
      key: { type: 'string' },
      ndjson: { type: 'boolean', default: false },
    },
  });
}

function tenantOf(inventory: Inventory, wanted: string | undefined): string {
  const ids = new Set([
    ...(inventory.tenants ?? []).map(({ id }) => id),
    ...(inventory.domains ?? []).map(({ tenant }) => tenant),
  ]);
  if (wanted !== undefined) {
    if (!ids.has(wanted)) throw misuse('intents', `--tenant ${wanted} is not in the inventory`);
    return wanted;
  }
  const [only, ...others] = ids;
  if (only === undefined || others.length > 0)
    throw misuse('intents', '--tenant is needed: the inventory has not exactly one');
  return only;
}

function factsOf(
  inventory: Inventory,
  options: ReturnType<typeof parse>['values'],
  text: string,
): ImportFacts {
  const tenant = tenantOf(inventory, options.tenant);
  const hours = Number(options['valid-hours']);
  if (!Number.isFinite(hours) || hours <= 0 || hours > 24 * 90)
    throw misuse('intents', '--valid-hours must be between 0 and 2160');
  const at = parseInstant(options.at ?? new Date().toISOString());
  if (at === undefined) throw misuse('intents', '--at is not an RFC 3339 time');
  return importFacts(inventory, {
    tool: options.from ?? '',
    tenant,
    text,
    atMs: at.ms,
    hours,
    ...(options['requested-by'] === undefined ? {} : { requestedBy: options['requested-by'] }),
    ...(options['approved-by'] === undefined ? {} : { approvedBy: options['approved-by'] }),
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UnusableInput([`${path}: ${(error as Error).message}`]);
  }
}

async function keyFrom(path: string | undefined): Promise<KeyObject> {
  if (path === undefined)
    throw misuse('intents', '--key PEM (the public key of the person who signs) is missing');
  try {
    return createPublicKey(await readText(path));
  } catch (error) {
    if (error instanceof UnusableInput) throw error;
    throw new UnusableInput([`${path}: is not a public key in PEM form`]);
  }
}

async function imported(
  tool: string,
  text: string,
  facts: ImportFacts,
  keyPath: string | undefined,
): Promise<Outcome<ImportedIntents>> {
  if (tool === 'signed') {
    const key = await keyFrom(keyPath);
    return intentsFromSignedFile(text, facts, (signed, signature) =>
      verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64url')),
    );
  }
  return intentImports[tool as keyof typeof intentImports](text, facts);
}

/**
 * The command. Prints the intents file; parts of the plan that approve nothing are named on standard error, one line each,
 * and make the exit status 1.
 */
export async function intents(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values: options, positionals } = parse(argv);
  const [verb, path, ...more] = positionals;
  if (verb !== 'import') throw misuse('intents', 'the only command is "import"');
  if (path === undefined || more.length > 0) throw misuse('intents', 'exactly one FILE is needed');
  const { from, inventory: inventoryPath } = options;
  if (from === undefined || !tools.includes(from))
    throw misuse('intents', `--from must be one of ${tools.join(', ')}`);
  if (inventoryPath === undefined)
    throw misuse('intents', '--inventory FILE is missing: it says which names are ours');
  const inventory = await inventoryFromFile(inventoryPath);
  const text = await readText(path);
  const facts = factsOf(inventory, options, text);
  const outcome = await imported(from, text, facts, options.key);
  if (!outcome.ok) throw new UnusableInput([`${path}:${outcome.failure.path}: ${outcome.failure.message}`]);
  const { intents: found, refused } = outcome.value;
  const checked = checkIntents(path, { version: 1, intents: found }, inventory);
  if (!checked.ok) throw new UnusableInput(checked.problems.map(problemLine));
  for (const failure of refused) io.stderr.write(`${path}:${failure.path}: ${failure.message}\n`);
  if (options.ndjson) for (const intent of checked.intents) io.stdout.write(`${JSON.stringify(intent)}\n`);
  else io.stdout.write(stringify({ version: 1, intents: checked.intents }));
  return refused.length === 0 ? exitCodes.held : exitCodes.fellShort;
}
