/**
 * `npm run fuzz -- [seconds per target] [seed] [target]`: one JSON line per target; exit 1 when one broke. What broke it is
 * saved in test/fuzz/corpus, where every later run begins.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf } from '../command-line.ts';
import { corpusFolder, fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const line = commandLineOf(
  'usage: npm run fuzz -- [seconds per target, 10] [seed, 1] [part of a target’s name]',
  {},
  3,
);
const [seconds = '10', seedText = '1', ...only] = line.words;
const budgetMs = line.number('seconds per target', seconds) * 1000;
const seed = line.number('seed', seedText);
let broken = false;
for (const target of line.named(targets, only)) {
  const result = await fuzz(target, seed, budgetMs);
  broken ||= result.failures.length > 0;
  process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const { input } of result.failures) {
    if (input.startsWith('bomb: ')) continue;
    const bytes = Buffer.from(input, 'base64');
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    mkdirSync(corpusFolder(target), { recursive: true });
    writeFileSync(join(corpusFolder(target), `${name}.bin`), bytes);
  }
}
process.exitCode = broken ? 1 : 0;
