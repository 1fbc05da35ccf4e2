/** The pages about sources: each feed has one, each says what people need to know, and each example is a valid configuration. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../collector/src/app/config-file.ts';
import { sourceNames } from '../../collector/src/contract/source-name.ts';

const folder = new URL('../../docs/sources/', import.meta.url);

/** Examples on a page: everything in backticks that begins like a list of sources. */
function examplesOf(page: string): string[] {
  return [...page.matchAll(/`(sources: \[[^`]*\])`/g)].map((found) => found[1] ?? '');
}

/** As an operator would fill it in: something for every ellipsis, and secrets that are there. */
function filled(example: string): string {
  return (
    example
      .replace(/(client_id|directory_id|service_account|account_id): …/g, '$1: a1')
      .replace(/access_key_id: AKIA…/, 'access_key_id: AKIAIOSFODNN7EXAMPLE')
      .replace(/signature: \{…\}/g, 'signature: { scheme: header, secret: { env: SECRET } }')
      .replace(/mapping: \{…\}/g, 'mapping: { event_type: /kind }')
      .replace(/\{(env|file): [^{}]*\}/g, '{ env: SECRET }')
      .replace(/\{…\}/g, '{ env: SECRET }')
      // Kept short on the pages: the tenant is said once in the configuration reference.
      .replace(/\{id: ([^,]+), feed: ([^,]+), (?!.*tenant:)/g, '{id: $1, feed: $2, tenant: acme, ')
  );
}

for (const feed of [...sourceNames, 'otlp-and-syslog'])
  test(`docs/sources/${feed}.md says what it sees, needs, costs and loses, with an example that loads`, async (t) => {
    const page = await readFile(new URL(`${feed}.md`, folder), 'utf8');
    for (const word of ['ermission', 'onfiguration', 'elay', 'oss'])
      assert.ok(page.includes(word), `it says nothing of ${word}`);
    assert.match(
      page,
      /\bnot\s+see\b|\bneither\b|\bNeither\b|\bno crawler\b|other system/,
      'it does not say what it cannot see',
    );
    const examples = examplesOf(page);
    assert.ok(examples.length > 0, 'it has no example');
    const directory = await mkdtemp(join(tmpdir(), 'zw-docs-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    for (const example of examples) {
      const path = join(directory, 'config.yaml');
      await writeFile(path, filled(example));
      const loaded = await loadConfig(path, { env: { SECRET: 'x' }, workingDirectory: directory });
      const problems = loaded.ok
        ? []
        : loaded.problems.map((each) => `${each.path.join('.')} ${each.message}`);
      assert.deepEqual(problems, [], example);
    }
  });
