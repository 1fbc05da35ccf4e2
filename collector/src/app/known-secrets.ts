/** The secrets a process was given, and the places where others' words leave it: there they are cut out. */
import type { SinkRun, Surroundings } from '../contract/component.ts';
import type { Secret } from '../leaf/secret.ts';

type Hide = (text: string) => string;

function isSecret(value: object): value is Secret {
  return typeof (value as { reveal?: unknown }).reveal === 'function';
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (isSecret(value)) found.add(value.reveal());
  else for (const inner of Object.values(value)) collect(inner, found);
}

/** Every secret of a configuration, and the header values of the `OTEL_EXPORTER_OTLP_*HEADERS` variables. */
export function secretsOf(config: object, env: Readonly<Record<string, string | undefined>>): Set<string> {
  const found = new Set<string>();
  collect(config, found);
  for (const [name, text = ''] of Object.entries(env)) {
    if (!/^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$/.test(name)) continue;
    for (const pair of text.split(',')) {
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      found.add(value);
      try {
        found.add(decodeURIComponent(value));
      } catch {
        // Not percent-encoded: it is meant as it stands.
      }
    }
  }
  found.delete('');
  return found;
}

/** Surroundings whose log lines hold no secret. */
export function discreetLog(around: Surroundings, hide: Hide): Surroundings {
  const hidden = (value: unknown): unknown =>
    typeof value === 'string' ? hide(value) : value instanceof Error ? hide(String(value)) : value;
  return {
    ...around,
    log: (level, message, fields) =>
      around.log(
        level,
        hide(message),
        fields && Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, hidden(value)])),
      ),
  };
}

/** The sink, whose reports of what an endpoint answered hold no secret: they go into the log and into quarantine. */
export function discreetSink(sink: SinkRun, hide: Hide): SinkRun {
  return {
    id: sink.id,
    accepts: sink.accepts,
    batchMax: sink.batchMax,
    async write(batch, signal) {
      const delivery = await sink.write(batch, signal);
      return delivery.status === 'delivered' ? delivery : { ...delivery, message: hide(delivery.message) };
    },
    async probe(signal) {
      const outcome = await sink.probe(signal);
      if (outcome.ok) return outcome;
      const { failure } = outcome;
      return { ok: false, failure: { ...failure, message: hide(failure.message) } };
    },
    close: () => sink.close(),
  };
}
