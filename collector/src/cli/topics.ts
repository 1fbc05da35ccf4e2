/** `zonewarden topics`: creates the topics of a configured Kafka sink, or says what it would change. */
import { loadConfig } from '../app/config-file.ts';
import { problemLine } from '../app/document-problem.ts';
import { kafkaConnectionOf } from '../app/kafka-parts.ts';
import { applyTopics, stageNames, wantedTopics } from '../app/topic-plan.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { limits } from '../contract/limits.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

function optionsOf(argv: readonly string[]) {
  return commandLine('topics', {
    args: [...argv],
    options: {
      config: { type: 'string' },
      sink: { type: 'string' },
      partitions: { type: 'string' },
      replicas: { type: 'string', default: '3' },
      engine: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  }).values;
}

function countOf(name: string, text: string, maximum: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= maximum) return count;
  throw misuse('topics', `--${name} takes a number from 1 to ${maximum}, not ${text}`);
}

/** The engine's cluster when the configuration puts the engine on Kafka, else that of a sink. */
async function placeOf(path: string | undefined, id: string | undefined) {
  if (path === undefined) throw misuse('topics', '--config FILE is needed');
  const loaded = await loadConfig(path, { env: process.env, workingDirectory: process.cwd() });
  if (!loaded.ok) throw new UnusableInput(loaded.problems.map(problemLine));
  const { engine } = loaded.config;
  if (engine.host === 'kafka' && id === undefined)
    return { ...engine, id: 'engine', engine: true, partitions: String(engine.partitions) };
  const sinks = loaded.config.sinks.filter((sink) => sink.kind === 'kafka');
  const [found] = id === undefined ? sinks : sinks.filter((sink) => sink.id === id);
  if (found !== undefined) return { ...found, engine: false, partitions: undefined };
  throw new UnusableInput([
    id === undefined ? `${path}: no sink of kind kafka` : `${path}: no sink of kind kafka is called ${id}`,
  ]);
}

/**
 * A line per change on standard output. Exit status: 0 all topics are as they should be now, 1 something cannot be
 * brought there, 2 bad usage or no answer. A second call changes nothing and says so.
 */
export async function topics(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = optionsOf(argv);
  const replicas = countOf('replicas', options.replicas, 32);
  const place = await placeOf(options.config, options.sink);
  const partitions = countOf('partitions', options.partitions ?? place.partitions ?? '16', limits.shards);
  const client = createKafkaClient(kafkaConnectionOf(place));
  try {
    const wanted = wantedTopics({
      prefix: place.prefix,
      partitions,
      stages: options.engine || place.engine ? stageNames : [],
    });
    const applied = await applyTopics(client, wanted, replicas, options['dry-run']);
    if (!applied.ok) throw new UnusableInput([`zonewarden topics: ${applied.failure.message}`]);
    for (const { topic, change } of applied.value) io.stdout.write(`${topic}: ${change}\n`);
    if (applied.value.length === 0) io.stdout.write(`${wanted.length} topics are as they should be\n`);
    else if (options['dry-run']) io.stdout.write('nothing was changed\n');
    return applied.value.some(({ isRefused }) => isRefused) ? exitCodes.fellShort : exitCodes.held;
  } finally {
    await client.close();
  }
}
