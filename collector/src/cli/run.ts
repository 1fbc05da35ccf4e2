/** `zonewarden run`: the collector; without a configuration the embedded demo. */
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { demoSource } from '../1-source/demo/demo-source.ts';
import { demoFolder, readStory } from '../1-source/demo/story.ts';
import { defaultConfig, loadConfig } from '../app/config-file.ts';
import type { Config } from '../app/config-schema.ts';
import { problemLine } from '../app/document-problem.ts';
import { runCollector } from '../app/run-collector.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { wallClock } from '../app/wall-clock.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine } from './command-line.ts';
import { operatorLog } from './operator-log.ts';
import { stopOnSignals } from './stop-signals.ts';

function parse(argv: readonly string[]) {
  return commandLine('run', {
    args: [...argv],
    options: {
      config: { type: 'string' },
      data: { type: 'string' },
      listen: { type: 'string' },
      demo: { type: 'boolean', default: false },
    },
  }).values;
}

function listenOf(text: string): Config['listen'] {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw new UnusableInput([`zonewarden run: --listen takes host:port, not ${JSON.stringify(text)}`]);
  return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port };
}

async function configOf(path: string | undefined): Promise<Config> {
  const places = { env: process.env, workingDirectory: process.cwd() };
  if (path === undefined) return defaultConfig(places);
  const loaded = await loadConfig(path, places);
  if (loaded.ok) return loaded.config;
  throw new UnusableInput(loaded.problems.filter(({ level }) => level !== 'warning').map(problemLine));
}

function demoBanner(url: string): string {
  return [
    '',
    '  Zonewarden demo: recorded events of several vendors run through the real pipeline.',
    '  In a few seconds somebody takes over example.com. Watch the case grow:',
    '',
    `    console   ${url}/`,
    `    metrics   ${url}/metrics`,
    `    API       ${url}/api/v1/cases`,
    '',
    '  Stop with Ctrl-C. Your own domains: zonewarden run --config zonewarden.yaml',
    '',
    '',
  ].join('\n');
}

/** The command. Exit 0 after a clean stop, 1 when the process had to stop by itself, 2 for what the operator must mend. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parse(argv);
  const demo = options.config === undefined;
  // With a configuration and --demo: the recorded story through configured sinks and access.
  const plays = demo || options.demo;
  const base = await configOf(options.config);
  const demoData =
    demo && options.data === undefined ? mkdtempSync(join(tmpdir(), 'zonewarden-demo-')) : undefined;
  const config: Config = {
    ...base,
    ...(plays ? { inventory: join(demoFolder(), 'inventory.yaml') } : {}),
    ...(options.data === undefined ? {} : { data: resolve(options.data) }),
    ...(demoData === undefined ? {} : { data: demoData }),
    ...(options.listen === undefined ? {} : { listen: listenOf(options.listen) }),
  };
  const around = wallClock(operatorLog(io));
  const stop = stopOnSignals({
    process,
    nowMs: around.nowMs,
    log: around.log,
    afterMs: (ms, work) => void setTimeout(work, ms).unref(),
  });
  const narrate = (line: string): void => {
    io.stdout.write(`  · ${line}\n`);
  };
  try {
    await runCollector(
      {
        config,
        demo,
        extraSources: plays ? [demoSource({ tenant: 'acme', story: readStory(), around, narrate })] : [],
        around,
        env: process.env,
        stdout: io.stdout,
        started: (url) => io.stdout.write(demo ? demoBanner(url) : `zonewarden listens on ${url}\n`),
      },
      stop,
    );
    return exitCodes.held;
  } catch (error) {
    if (error instanceof UnusableInput) throw error;
    around.log('error', `stopped: ${(error as Error).message}`);
    return exitCodes.fellShort;
  }
}
