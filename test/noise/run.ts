/** `npm run noise -- --domains 500 --days 365 --seed 1`: a benign year and what it would have cost a responder. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runNoise } from './noise-run.ts';

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '500' },
    days: { type: 'string', default: '365' },
    seed: { type: 'string', default: '1' },
    details: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const report = await runNoise({
  domains: Number(values.domains),
  days: Number(values.days),
  seed: Number(values.seed),
  ...(values.details === undefined
    ? {}
    : {
        found: (findings, cases) => {
          const rows = [...cases, ...findings].map((row) => `${JSON.stringify(row)}\n`);
          writeFileSync(values.details as string, rows.join(''));
        },
      }),
  ...(values.quiet ? {} : { progress: (day) => day % 30 === 0 && process.stderr.write(`day ${day}\n`) }),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
