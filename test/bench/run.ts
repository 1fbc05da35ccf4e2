/**
 * The benchmark: `npm run bench [-- NAME]` or `zonewarden bench [--only NAME]`. One JSON line per figure; exit 1 when a goal was
 * missed. Without a name every group runs in a process of its own, so that peak memory is that group's.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../command-line.ts';
import { benchFlags, type Figure } from './figure.ts';
import { apiFigures } from './api.ts';
import { consoleFigures } from './console.ts';
import { dnstapFigures } from './dnstap.ts';
import { featureFigures } from './features.ts';
import { kafkaFigures } from './kafka.ts';
import { kafkaClientFigures } from './kafka-clients.ts';
import { findingLatencyFigures } from './finding-latency.ts';
import { idiomaticFigures } from './idiomatic.ts';
import { latencyFigures } from './latency.ts';
import { linearFigures } from './linear.ts';
import { logFigures } from './log.ts';
import { largeMemoryFigures, memoryFigures, observedFigures } from './memory.ts';
import { nameFigures } from './names.ts';
import { normaliseAloneFigures, normaliseFigures, timeAlone } from './normalise.ts';
import { otlpFigures } from './otlp.ts';
import { pipelineFigure, pipelineFigures } from './pipeline.ts';
import { probeFigures } from './probes.ts';
import { restartFigures } from './restart.ts';
import { scaleFigures } from './scale.ts';
import { scrapeFigures } from './scrape.ts';
import { sigmaFigures } from './sigma.ts';
import { stallFigures } from './stall.ts';
import { zoneFigures } from './zone.ts';

const groups: Readonly<Record<string, () => AsyncGenerator<Figure>>> = {
  pipeline: () => pipelineFigures(rounds),
  'pipeline.all-rules': async function* () {
    yield await pipelineFigure('okta', rounds, false);
  },
  log: () => logFigures(rounds),
  normalise: () => normaliseFigures(rounds),
  'normalise.alone': () => normaliseAloneFigures(rounds),
  sigma: () => sigmaFigures(rounds),
  features: () => featureFigures(rounds),
  memory: memoryFigures,
  'memory.observed': observedFigures,
  'memory.domains': largeMemoryFigures,
  latency: latencyFigures,
  'latency.finding': findingLatencyFigures,
  api: () => apiFigures(rounds),
  console: () => consoleFigures(rounds),
  dnstap: () => dnstapFigures(rounds),
  names: () => nameFigures(rounds),
  probes: probeFigures,
  zone: zoneFigures,
  stall: stallFigures,
  kafka: kafkaFigures,
  'kafka.client': kafkaClientFigures,
  idiomatic: () => idiomaticFigures(rounds),
  linear: () => linearFigures(rounds),
  otlp: () => otlpFigures(rounds),
  restart: () => restartFigures(rounds),
  scale: () => scaleFigures(rounds),
  scrape: () => scrapeFigures(rounds),
};

const usage = `usage: npm run bench -- [GROUP | --only GROUP]; ZONEWARDEN_BENCH_ROUNDS (7) sets the rounds
  groups: ${Object.keys(groups).join(', ')}`;
const line = commandLineOf(usage, { only: { type: 'string' } }, 2);
const rounds = line.number('ZONEWARDEN_BENCH_ROUNDS', process.env['ZONEWARDEN_BENCH_ROUNDS'] ?? '7', 1);

async function runGroup(figures: () => AsyncGenerator<Figure>): Promise<boolean> {
  let held = true;
  for await (const figure of figures()) {
    const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
    process.stdout.write(`${JSON.stringify({ ...figure, rss_mb: rssMb })}\n`);
    held &&= figure.held !== false && figure.revised_held !== false;
    if (figure.revised_held === false)
      process.stderr.write(`${figure.name} became dearer: ${figure.ratio} is below ${figure.revised}\n`);
  }
  return held;
}

/** Each group in its own process, with the flags the figures are meant for. */
function runAll(): number {
  let worst = 0;
  for (const name of Object.keys(groups)) {
    const { status } = spawnSync(process.execPath, [...benchFlags, fileURLToPath(import.meta.url), name], {
      stdio: 'inherit',
    });
    worst = Math.max(worst, status ?? 2);
  }
  return worst;
}

const [word, source] = line.words;
const only = line.values.only ?? word;
const group = only === undefined || !Object.hasOwn(groups, only) ? undefined : groups[only];
if (only === 'normalise.alone' && source !== undefined) await timeAlone(source, rounds);
else if (group !== undefined) process.exitCode = (await runGroup(group)) ? 0 : 1;
else if (only === undefined) process.exitCode = runAll();
else line.stop(`no figures are named '${only}'`);
