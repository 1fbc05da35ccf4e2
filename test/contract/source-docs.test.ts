/** The pages about sources: each feed has one, each says what people need to know, and each example is a valid configuration. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../collector/src/app/config-file.ts';
import { configSections } from '../../collector/src/app/config-meanings.ts';
import { feedsOf, sourceSchemas, webSocketFeeds } from '../../collector/src/app/config-sources.ts';
import { limits } from '../../collector/src/contract/limits.ts';
import { sourceNames } from '../../collector/src/contract/source-name.ts';

const folder = new URL('../../docs/sources/', import.meta.url);

/** Examples on a page: everything in backticks that begins like a list of sources, and every block of YAML. */
function examplesOf(page: string): string[] {
  const inline = [...page.matchAll(/`(sources: \[[^`]*\])`/g)];
  const blocks = [...page.matchAll(/^```yaml\n(sources:\n[\s\S]*?)^```/gm)];
  return [...inline, ...blocks].map((found) => found[1] ?? '');
}

/** As an operator would fill it in: something for every ellipsis, and secrets that are there. */
function filled(example: string): string {
  return (
    example
      .replace(/(client_id|directory_id|service_account|account_id): …/g, '$1: a1')
      .replace(/access_key_id: AKIA…/, 'access_key_id: AKIAIOSFODNN7EXAMPLE')
      .replace(/signature: \{…\}/g, 'signature: { scheme: header, secret: { env: SECRET } }')
      .replace(/mapping: \{…\}/g, 'mapping: { event_type: /kind }')
      .replace(/key: \{file: k\.pem\}/g, 'key: { env: TLS_KEY }')
      .replace(/\{ ?(env|file): (?!TLS_KEY)[^{}]*\}/g, '{ env: SECRET }')
      .replace(/\{…\}/g, '{ env: SECRET }')
      // Kept short on the pages: the tenant is said once in the configuration reference.
      .replace(/\{id: ([^,]+), feed: ([^,]+), (?!.*tenant:)/g, '{id: $1, feed: $2, tenant: acme, ')
  );
}

/** A key and a certificate for it as `c.pem`, because the check reads both. */
async function clientKey(directory: string): Promise<string> {
  const files = ['-keyout', join(directory, 'k.pem'), '-out', join(directory, 'c.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-subj', '/CN=registrar', ...files], { stdio: 'ignore' });
  return await readFile(join(directory, 'k.pem'), 'utf8');
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
      const env = { SECRET: 'x', ...(example.includes('c.pem') && { TLS_KEY: await clientKey(directory) }) };
      const loaded = await loadConfig(path, { env, workingDirectory: directory });
      const problems = loaded.ok
        ? []
        : loaded.problems.map((each) => `${each.path.join('.')} ${each.message}`);
      assert.deepEqual(problems, [], example);
    }
  });

/** Anchor of a heading as GitHub makes it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

const sourceSections = configSections.filter(({ place }) => place.startsWith('sources[],'));

/** The ways in that a feed has, as sections of the configuration page. */
function sectionsOf(feed: string): typeof sourceSections {
  return sourceSections.filter(({ place }) => {
    const own = /feed: ([a-z0-9-]+)/.exec(place)?.[1];
    if (own !== undefined) return own === feed;
    const via = /via: ([a-z]+)/.exec(place)?.[1] ?? '';
    if (via === 'websocket') return webSocketFeeds.some((each) => each === feed);
    return feedsOf(via)?.includes(feed) ?? true;
  });
}

for (const feed of sourceNames)
  test(`docs/sources/${feed}.md names every way in, with its options one click away`, async () => {
    const page = await readFile(new URL(`${feed}.md`, folder), 'utf8');
    const links = sectionsOf(feed).map(({ title }) => `[${title}](../configuration.md#${anchorOf(title)})`);
    const line = `**Every option:** ${links.join(', ')}.`;
    assert.ok(page.replace(/\s+/g, ' ').includes(line), `missing: ${line}`);
  });

test('every schema of a source has its table in docs/configuration.md, with a row for each of its keys', async () => {
  const page = await readFile(new URL('../configuration.md', folder), 'utf8');
  for (const schema of sourceSchemas) {
    const section = configSections.find((each) => each.schema === schema);
    assert.ok(section !== undefined, JSON.stringify(schema).slice(0, 200));
    const start = page.indexOf(`## ${section.title}\n`);
    assert.ok(start > 0, section.title);
    const end = page.indexOf('\n## ', start + 1);
    const rows = [...page.slice(start, end < 0 ? undefined : end).matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(
      (found) => found[1],
    );
    const { properties } = schema as { properties: object };
    assert.deepEqual(new Set(rows), new Set(Object.keys(properties)), section.title);
  }
});

const numberWords: ReadonlyMap<string, number> = new Map([
  ['one', 1],
  ['two', 2],
  ['three', 3],
  ['ten', 10],
]);
const numberOf = (word: string): number => numberWords.get(word) ?? Number(word);
const unitSeconds: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };
const duration = String.raw`(\w+) (second|minute|hour|day)s?`;

/** What a page says of keys that are times: "`overlap_s`, one hour", "`intervals_s` of the tier, 45 seconds to 12 hours". */
function saidTimes(page: string): { key: string; seconds: number[] }[] {
  const said = new RegExp(
    String.raw`\`([a-z_]+_(?:s|days))\`(?: of the tier)?, ${duration}(?: to ${duration})?`,
    'g',
  );
  return [...page.replace(/\s+/g, ' ').matchAll(said)].map(([, key = '', ...parts]) => {
    const seconds: number[] = [];
    for (let i = 0; i + 1 < parts.length && parts[i] !== undefined; i += 2)
      seconds.push(numberOf(parts[i] ?? '') * (unitSeconds[parts[i + 1] ?? ''] ?? Number.NaN));
    return { key, seconds };
  });
}

/** Default of a key of a time, in seconds; of a list its first and last. */
function defaultSeconds(feed: string, key: string): number[] | undefined {
  for (const { place, schema } of sectionsOf(feed)) {
    // The ways in that many feeds share have a page of their own.
    if (/via: (?:webhook|file|stdin|syslog|kafka|websocket)/.test(place)) continue;
    const { properties } = schema as { properties: Record<string, { default?: unknown }> };
    const value = properties[key]?.default;
    const ends: unknown[] = Array.isArray(value) ? [value[0], value.at(-1)] : [value];
    const factor = key.endsWith('_days') ? 86_400 : 1;
    if (ends.every((each) => typeof each === 'number')) return ends.map((each) => Number(each) * factor);
  }
  return undefined;
}

for (const feed of sourceNames)
  test(`docs/sources/${feed}.md says the times that hold unless they are set`, async () => {
    const said = saidTimes(await readFile(new URL(`${feed}.md`, folder), 'utf8'));
    for (const { key, seconds } of said) assert.deepEqual(seconds, defaultSeconds(feed, key), key);
    for (const key of ['interval_s', 'intervals_s', 'overlap_s', 'refresh_s'])
      if (defaultSeconds(feed, key) !== undefined)
        assert.ok(
          said.some((each) => each.key === key),
          `it does not say ${key}`,
        );
  });

test('sizes and depths on the pages are those of the program', async () => {
  const pageOf = async (feed: string): Promise<string> =>
    (await readFile(new URL(`${feed}.md`, folder), 'utf8')).replace(/\s+/g, ' ');
  const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
  const dmarc = await pageOf('dmarc');
  assert.ok(
    dmarc.includes(`deeper than ${limits.jsonDepthMax}, more than ${mebibytes(limits.fileRecordBytesMax)}`),
  );
  const webhook = await pageOf('webhook');
  assert.ok(
    webhook.includes(
      `${mebibytes(limits.fileRecordBytesMax)} for several records, ${mebibytes(limits.inflatedBytesMax)} for one`,
    ),
  );
  const certstream = await pageOf('certstream');
  assert.ok(certstream.includes(`${limits.certificateNamesMax} at most`));
});
