/** The real collector, started from a configuration text on loopback, for tests that configure a source and look at what it stored. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadConfig } from '../../collector/src/app/config-file.ts';
import { runCollector } from '../../collector/src/app/run-collector.ts';
import { wallClock } from '../../collector/src/app/wall-clock.ts';
import type { Collector } from '../../collector/src/app/collector.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';

/** What a run left behind. */
export interface ConfiguredRun {
  readonly url: string;
  readonly collector: Collector;
  /** Operator lines and standard output so far. */
  readonly said: string[];
  /** Raw records of a feed that are durable. */
  records(feed: string): Promise<RawRecord[]>;
  /** Text of `/metrics`. */
  metrics(): Promise<string>;
  /** Waits until `holds` is true, at most ten seconds. */
  until(holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Everything that leaves the process: operator lines and metrics. */
  told(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a collector. `yaml` gets the data directory as `data`; loopback is allowed. */
export async function startConfigured(
  yaml: string,
  env: Record<string, string> = {},
  data?: string,
): Promise<ConfiguredRun> {
  const directory = await mkdtemp(join(tmpdir(), 'zw-configured-'));
  const path = join(directory, 'config.yaml');
  const frame = `
listen: 127.0.0.1:0
data: ${data ?? join(directory, 'var')}
outgoing: { allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1] }
sinks: [{ id: prometheus, kind: prometheus }, { id: terminal, kind: terminal, colour: never }]
`;
  await writeFile(path, frame + yaml);
  const loaded = await loadConfig(path, { env, workingDirectory: directory });
  if (!loaded.ok) throw new Error(loaded.problems.map((one) => one.message).join('\n'));
  const said: string[] = [];
  const stop = new AbortController();
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      said.push(chunk.toString());
      done();
    },
  });
  const around = wallClock((level, message, fields) =>
    said.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
  );
  let running: Promise<void> = Promise.resolve();
  const { url, collector } = await new Promise<{ url: string; collector: Collector }>((resolve, reject) => {
    running = runCollector(
      {
        config: loaded.config,
        demo: false,
        extraSources: [],
        around,
        env: {},
        stdout,
        started: (at, built) => resolve({ url: at, collector: built }),
      },
      stop.signal,
    );
    running.catch(reject);
  });
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    const end = Date.now() + 10_000;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`it did not come about; said:\n${said.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until(() => collector.ready());
  return {
    url,
    collector,
    said,
    metrics,
    until,
    told: async () => `${said.join('\n')}\n${await metrics()}`,
    async records(feed) {
      const found: RawRecord[] = [];
      for await (const batch of collector.stores.log.batches(0))
        for (const bytes of batch.records) {
          const entry = decodeLogEntry(bytes);
          if (entry.ok && entry.value.kind === 'raw' && entry.value.record.source === feed)
            found.push(entry.value.record);
        }
      return found;
    },
    async stop() {
      stop.abort();
      await running.catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
}
