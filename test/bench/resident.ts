/** Resident memory of the real program, started as users start it, over a data directory in which records already wait. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { openStores } from '../../collector/src/app/stores.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { benchInventory } from './bench-records.ts';
import { rounded } from './figure.ts';

const launcher = fileURLToPath(new URL('../../collector/bin/zonewarden.js', import.meta.url));

/** Memory of a process, MB. */
export interface ResidentMemory {
  /** After everything was read and nothing came for a while. */
  readonly rest: number;
  /** The most it ever was. */
  readonly peak: number;
}

/** Memory and time of a start over what an earlier run of the program left. */
export interface RestartedMemory extends ResidentMemory {
  /** From the start of the process until it is ready, ms of wall time. */
  readonly readyMs: number;
}

/** Starts the program with so many domains and the records in its log; gives its memory once it is ready and rests. Linux only. */
export async function residentMemory(
  domains: number,
  records: Iterable<readonly RawRecord[]>,
  restMs = 5_000,
): Promise<ResidentMemory> {
  return inDirectory(domains, records, (config, data) => started(config, data, restMs));
}

/** The same, and then a second start, from the checkpoint with which the first one ended. */
export async function restartedMemory(
  domains: number,
  records: Iterable<readonly RawRecord[]>,
  restMs = 5_000,
): Promise<{ readonly first: ResidentMemory; readonly again: RestartedMemory }> {
  return inDirectory(domains, records, async (config, data) => ({
    first: await started(config, data, restMs),
    again: await started(config, data, restMs),
  }));
}

async function inDirectory<T>(
  domains: number,
  records: Iterable<readonly RawRecord[]>,
  work: (config: string, data: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-resident-'));
  try {
    const data = join(directory, 'var');
    writeFileSync(join(directory, 'inventory.yaml'), stringify(benchInventory(domains)));
    const config = join(directory, 'zonewarden.yaml');
    const lines = ['version: 1', 'listen: 127.0.0.1:0', 'inventory: inventory.yaml', 'sources: []'];
    writeFileSync(config, `${lines.join('\n')}\nsinks: [{id: prometheus, kind: prometheus}]\n`);
    const stores = await openStores(data, () => Date.now());
    for (const batch of records)
      await stores.log.append(batch.map((record) => encodeLogEntry({ kind: 'raw', record })));
    await stores.close();
    return await work(config, data);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function started(config: string, data: string, restMs: number): Promise<RestartedMemory> {
  const startedMs = performance.now();
  const child = spawn(launcher, ['run', '--config', config, '--data', data], {
    // As npm does it: the engine that comes with the program is found first.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const isReady = async (): Promise<boolean> => {
      const url = /listens on (\S+)/.exec(said)?.[1];
      if (url === undefined) return false;
      return await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    while (!(await isReady())) {
      if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}`);
      await wait(100);
    }
    const readyMs = Math.round(performance.now() - startedMs);
    await wait(restMs);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const megabytes = (name: string): number =>
      rounded(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
    return { readyMs, rest: megabytes('VmRSS'), peak: megabytes('VmHWM') };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}
