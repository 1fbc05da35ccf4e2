/** `npm run noise -- --domains 500 --days 365 --seed 1`: a benign year and what it would have cost a responder. */
import { writeFileSync } from 'node:fs';
import { commandLineOf } from '../command-line.ts';
import { runNoise } from './noise-run.ts';

const usage = `usage: npm run noise -- [--domains N] [--days N] [--seed N] [--details FILE] [--quiet]
  --domains N     domains of the made-up organisation (500)      --days N  days of the year that are played (365)
  --details FILE  every case and finding, one JSON line each     --quiet   no progress on standard error`;
const line = commandLineOf(usage, {
  domains: { type: 'string', default: '500' },
  days: { type: 'string', default: '365' },
  seed: { type: 'string', default: '1' },
  details: { type: 'string' },
  quiet: { type: 'boolean', default: false },
});
const { values } = line;
const report = await runNoise({
  domains: line.number('--domains', values.domains, 1),
  days: line.number('--days', values.days, 1),
  seed: line.number('--seed', values.seed),
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
