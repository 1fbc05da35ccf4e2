/** What a fuzz target is, and the sources of its seeds. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frameFile } from '../../collector/src/1-source/file/frame-file.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';

/**
 * One parser. `seeds` is never empty. `run` must return, whatever it is given; what it returns tells inputs apart that lead
 * to different results. `open`, when given, prepares what the parser needs; `close` puts it away. `bytesMax`: what the
 * transport before the parser lets through.
 */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly run: (bytes: Buffer) => unknown;
  readonly bytesMax?: number;
  readonly open?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** Root of the repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));
const samples = join(repository, '..', 'shared', 'samples');
const own = join(repository, 'collector', 'demo', 'records');

/** Names and bytes of the files of a folder; none when there is no such folder. */
export function filesIn(folder: string): [name: string, bytes: Buffer][] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map(({ name }) => [name, readFileSync(join(folder, name))]);
  } catch {
    return [];
  }
}

/** Whole sample files of a feed, at most `max`; empty where the samples are not at hand. */
export function sampleFiles(source: SourceName, max = 40): Uint8Array[] {
  return filesIn(join(samples, source))
    .slice(0, max)
    .map(([, bytes]) => bytes);
}

/** Synthetic records of a feed, in this repository where the samples are not. */
function variantsOf(source: SourceName): Uint8Array[] {
  const path = join(repository, 'test', 'fixtures', 'variants', `${source}.json`);
  if (!existsSync(path)) return [];
  const variants = JSON.parse(readFileSync(path, 'utf8')) as { record?: unknown; text?: string }[];
  return variants.map(({ record, text }) => Buffer.from(text ?? JSON.stringify(record) ?? ''));
}

/** Records of a feed: from the samples and our own variants, else those of the demo. */
export function recordsOf(source: SourceName): Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const [name, bytes] of filesIn(join(samples, source)))
    for (const framed of frameFile(source, name, bytes))
      if ('bytes' in framed && seeds.length < 40) seeds.push(framed.bytes);
  seeds.push(...variantsOf(source));
  return seeds.length > 0 ? seeds : filesIn(own).map(([, bytes]) => bytes);
}

/** Texts as seeds. */
export function texts(...all: string[]): Uint8Array[] {
  return all.map((text) => Buffer.from(text));
}

/** Hands JSON that parses to `use`; anything else is refused before it gets there. */
export function ifJson(bytes: Buffer, use: (value: unknown) => unknown): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  return use(value);
}
