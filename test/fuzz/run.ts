/** `npm run fuzz -- [seconds per target] [seed] [target]`: one JSON line per target; exit 1 when one broke. */
import { fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const budgetMs = Number(process.argv[2] ?? 10) * 1000;
const seed = Number(process.argv[3] ?? 1);
const only = process.argv[4];
let broken = false;
for (const target of targets) {
  if (only !== undefined && only !== target.name) continue;
  const result = fuzz(target, seed, budgetMs);
  broken ||= result.failures.length > 0;
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exitCode = broken ? 1 : 0;
