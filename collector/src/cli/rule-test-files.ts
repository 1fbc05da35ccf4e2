/** Finds and reads the tests that stand beside rules. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readRuleTests, type RuleTestFile } from '../6-detect/rule-test.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { plainYaml } from '../leaf/yaml-bounds.ts';

/** Test files of a folder, or the one of a rule file; sorted by path. */
export async function readTestFiles(path: string, isFolder: boolean): Promise<RuleTestFile[]> {
  const paths = isFolder
    ? (await readdir(path, { recursive: true }))
        .filter((name) => /\.test\.ya?ml$/.test(name))
        .map((name) => join(path, name))
    : [/\.test\.ya?ml$/.test(path) ? path : path.replace(/\.ya?ml$/, '.test.yaml')];
  return Promise.all(
    paths.sort().map(async (file) => {
      try {
        const shown = relative(process.cwd(), file);
        return readRuleTests(shown, plainYaml(await readFile(file, 'utf8'), 100));
      } catch (error) {
        throw new UnusableInput([`${file}: ${(error as Error).message.split('\n')[0] ?? 'cannot be read'}`]);
      }
    }),
  );
}
