/** `npm run sim -- [first seed] [count]`: simulated lives; exit 1 when a promise was broken, with the seed to replay. */
import { simulate } from './sim-collector.ts';

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 20);
let broken = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await simulate(seed);
  if (result.problems.length > 0) broken++;
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exitCode = broken === 0 ? 0 : 1;
