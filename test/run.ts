/**
 * Runs every test of the repository and says what was skipped, by name. Exit status 1 when a test failed.
 * Usage: node test/run.ts [folder or file ...]; default: unit, contract, replay, e2e, components.
 */
import { globSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const folders =
  wanted.length > 0
    ? wanted
    : ['test/unit', 'test/contract', 'test/replay', 'test/e2e', 'grafana-plugin/test'];

function testFiles(path: string): string[] {
  const full = join(root, path);
  if (statSync(full, { throwIfNoEntry: false })?.isFile() === true) return [full];
  return globSync('**/*.test.{ts,tsx}', { cwd: full }).map((name) => join(full, name));
}

const found = folders.flatMap(testFiles).sort();
const components = found.filter((file) => file.endsWith('.tsx'));
const files = found.filter((file) => !file.endsWith('.tsx'));
if (components.length > 0) {
  const builder = new URL('../grafana-plugin/test/build-tests.ts', import.meta.url).href;
  const { buildComponentTests: bundled } = (await import(builder)) as {
    readonly buildComponentTests: (files: readonly string[]) => Promise<string[]>;
  };
  files.push(...(await bundled(components)));
}
if (files.length === 0) {
  process.stderr.write(`no test files under ${folders.join(', ')}\n`);
  process.exit(1);
}

interface Place {
  readonly name: string;
  readonly file: string;
}

const skipped: (Place & { readonly reason: string })[] = [];
const failed: (Place & { readonly error: string })[] = [];
const slow: (Place & { readonly ms: number })[] = [];
let passed = 0;
let filesDone = 0;
const started = performance.now();

function place(data: { name: string; file?: string }): Place {
  return { name: data.name, file: data.file === undefined ? '' : relative(root, data.file) };
}

function reasonOf(skip: string | boolean | undefined): string {
  return typeof skip === 'string' ? skip : 'no reason given';
}

const stream = run({ files, concurrency: Math.max(1, availableParallelism()), timeout: 600_000 });
for await (const { type, data } of stream) {
  if (type === 'test:pass') {
    const isFile = data.nesting === 0 && data.name === data.file;
    if (data.skip !== undefined) skipped.push({ ...place(data), reason: reasonOf(data.skip) });
    else if (data.details.type !== 'suite' && !isFile) {
      passed++;
      if (data.details.duration_ms > 10_000) slow.push({ ...place(data), ms: data.details.duration_ms });
    }
  }
  if (type === 'test:fail') {
    const error = data.details.error;
    const cause =
      error.cause instanceof Error
        ? (error.cause.stack ?? error.cause.message)
        : String(error.cause ?? error.message);
    if (error.failureType !== 'subtestsFailed') failed.push({ ...place(data), error: cause });
  }
  if (type === 'test:summary' && data.file !== undefined) {
    filesDone++;
    if (filesDone % 20 === 0 || filesDone === files.length) {
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(
        `  ${filesDone} of ${files.length} files, ${passed} passed, ${failed.length} failed, ${seconds} s\n`,
      );
    }
  }
}

for (const { name, file, error } of failed) process.stdout.write(`\nFAILED ${file} › ${name}\n${error}\n`);
if (skipped.length > 0) {
  process.stdout.write('\nskipped:\n');
  for (const { name, file, reason } of skipped) process.stdout.write(`  ${file} › ${name}: ${reason}\n`);
}
if (slow.length > 0) {
  process.stdout.write('\nslower than 10 s:\n');
  for (const { name, file, ms } of slow)
    process.stdout.write(`  ${file} › ${name}: ${Math.round(ms / 1000)} s\n`);
}
process.stdout.write(`\ntests: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`);
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
