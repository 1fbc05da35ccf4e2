/**
 * `npm run fuzz -- [seconds per target] [seed] [target]`: one JSON line per target; exit 1 when one broke. What broke it is
 * saved in test/fuzz/corpus, where every later run begins.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusFolder, fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const budgetMs = Number(process.argv[2] ?? 10) * 1000;
const seed = Number(process.argv[3] ?? 1);
const only = process.argv[4];
let broken = false;
for (const target of targets) {
  if (only !== undefined && !target.name.startsWith(only)) continue;
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
