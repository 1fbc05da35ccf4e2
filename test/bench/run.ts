/** The benchmark: `npm run bench [-- NAME]`. One JSON line per figure; exit 1 when a goal was missed. */
import { kafkaFigures } from './kafka.ts';
import { pipelineFigures } from './pipeline.ts';
import type { Figure } from './figure.ts';

const only = process.argv[2];
const groups: Readonly<Record<string, () => AsyncGenerator<Figure>>> = {
  pipeline: () => pipelineFigures(Number(process.env['ZONEWARDEN_BENCH_ROUNDS'] ?? 7)),
  kafka: kafkaFigures,
};
let held = true;
for (const [name, figures] of Object.entries(groups)) {
  if (only !== undefined && only !== name) continue;
  for await (const figure of figures()) {
    const rssMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
    process.stdout.write(`${JSON.stringify({ ...figure, rss_mb: rssMb })}\n`);
    held &&= figure.held !== false;
  }
}
process.exitCode = held ? 0 : 1;
