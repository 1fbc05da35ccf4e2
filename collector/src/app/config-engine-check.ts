/** Checks of the `engine` part of the configuration. */
import { engineSchemas, type EngineConfig } from './config-engine.ts';
import type { SinkConfig } from './config-sinks.ts';
import { withDefaults, withSecrets, type SecretPlaces } from './config-values.ts';
import { choice, quoted, type DocumentPath, type Note } from './document-problem.ts';
import { createSchemaCheck } from './document-schema.ts';

const checks = Object.fromEntries(
  Object.entries(engineSchemas).map(([host, schema]) => [host, createSchemaCheck(schema)]),
);

/** The engine part with defaults and secrets; undefined when something about it was noted. */
export async function checkedEngine(
  entry: unknown,
  places: SecretPlaces,
  note: Note,
): Promise<EngineConfig | undefined> {
  const path = ['engine'];
  const host = (entry as { host?: unknown } | null)?.host;
  if (typeof host !== 'string' || !Object.hasOwn(engineSchemas, host)) {
    const names = Object.keys(engineSchemas);
    const missing = host === undefined ? `is required: ${names.join(', ')}` : choice(host, names);
    note([...path, 'host'], missing);
    return undefined;
  }
  const schema = engineSchemas[host as keyof typeof engineSchemas];
  const value = withDefaults(schema, entry);
  const found = checks[host]?.(value) ?? [];
  for (const problem of found) note([...path, ...problem.path], problem.message);
  if (found.length > 0) return undefined;
  const engine = value as EngineConfig;
  if (engine.host === 'kafka' && Object.keys(engine.checkpoints).length !== 1)
    note([...path, 'checkpoints'], 'needs one of directory, s3');
  const unread: { path: DocumentPath; message: string }[] = [];
  const resolved = await withSecrets(schema, value, places, unread);
  for (const problem of unread) note([...path, ...problem.path], problem.message);
  return resolved as EngineConfig;
}

/** The engine publishes by itself: a sink that wrote the same topics would be read as its words. */
export function noteEngine(
  engine: EngineConfig | undefined,
  sinks: readonly (SinkConfig | undefined)[],
  note: Note,
): void {
  if (engine?.host !== 'kafka') return;
  for (const [at, sink] of sinks.entries())
    if (sink?.kind === 'kafka' && sink.prefix === engine.prefix)
      note(
        ['sinks', at, 'prefix'],
        `${quoted(sink.prefix)} is where the engine publishes; give this sink another one`,
      );
}

/** The engine part with its paths absolute. */
export function placedEngine(engine: EngineConfig, absolute: (path: string) => string): EngineConfig {
  if (engine.host === 'embedded') return engine;
  const { tls, checkpoints } = engine;
  const { directory } = checkpoints;
  const placed = {
    ...engine,
    checkpoints: directory === undefined ? checkpoints : { directory: absolute(directory) },
  };
  if (tls === undefined) return placed;
  const { ca, cert } = tls;
  const files = {
    ...(ca === undefined ? {} : { ca: absolute(ca) }),
    ...(cert === undefined ? {} : { cert: absolute(cert) }),
  };
  return { ...placed, tls: { ...tls, ...files } };
}
