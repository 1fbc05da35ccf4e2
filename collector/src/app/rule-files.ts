/** Rule files from disk: found, read, compiled; every problem named with file and line. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Detector } from '../contract/step.ts';
import { createDetector } from '../6-detect/detector.ts';
import { loadRules, type RuleSet } from '../6-detect/rule-set.ts';
import type { RuleFile } from '../6-detect/sigma-document.ts';
import { problemLine } from '../6-detect/sigma-problem.ts';
import { sha256Hex } from './digest.ts';
import { expandListsOf, isExpandFile } from './expand-lists.ts';
import { UnusableInput } from './unusable-input.ts';

/** Folder of the rules that ship with this version. */
export function shippedRulesPath(): string {
  return fileURLToPath(new URL('../../rules', import.meta.url));
}

function isRuleFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

async function filesUnder(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist; check the path' : `cannot be read (${error.code})`;
    throw new UnusableInput([`${path}: ${why}`]);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const lists = await Promise.all(
    entries
      .filter((entry) => entry.name !== 'playbooks' && !entry.name.startsWith('.'))
      .map((entry) => {
        const inside = join(path, entry.name);
        if (entry.isDirectory()) return filesUnder(inside);
        return Promise.resolve(isRuleFile(entry.name) ? [inside] : []);
      }),
  );
  return lists.flat().sort();
}

/** Rule files under the given files and folders, sorted by path; tests and playbooks are left out. */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFile[]> {
  const files = (await Promise.all(paths.map(filesUnder))).flat();
  const base = shippedRulesPath();
  return Promise.all(
    files.map(async (file) => ({
      path: file.startsWith(base) ? relative(base, file) : file,
      text: await readFile(file, 'utf8'),
    })),
  );
}

/**
 * Rules compiled from text; throws UnusableInput with every error. A file named `expand.yaml` among them holds the values of
 * `|expand` placeholders per tenant: `{acme: {admin_networks: [192.0.2.0/24]}}`.
 */
export function compileRules(files: readonly RuleFile[]): { detector: Detector; ruleSet: RuleSet } {
  const expand = expandListsOf(files.filter(isExpandFile));
  const rules = files.filter((file) => !isExpandFile(file));
  const { ruleSet, problems } = loadRules(rules, { sha256: sha256Hex, expand });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new UnusableInput(errors.map(problemLine));
  return { detector: createDetector(ruleSet), ruleSet };
}

/** Rules under files and folders as a detector. */
export async function detectorFrom(
  paths: readonly string[],
): Promise<{ detector: Detector; ruleSet: RuleSet }> {
  return compileRules(await readRuleFiles(paths));
}
