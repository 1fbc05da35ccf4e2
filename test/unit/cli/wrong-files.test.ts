/**
 * Wrong files as people make them: exit status 2, one line per problem with file, line and path, and what to do. Lines are
 * written by hand; `…` stands for any text. Nothing throws, nothing prints a stack.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../../collector/src/cli/check.ts';
import { collectingIo } from './collecting-io.ts';
import { wrongConfigurations, type WrongFile } from './wrong-configurations.ts';
import { wrongIntents, wrongInventories } from './wrong-documents.ts';

const env = { SET: 'x', EMPTY: '' };

function matches(line: string, pattern: string): boolean {
  const parts = pattern.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(line);
}

async function told(directory: string, config: string): Promise<{ status: number; lines: string[] }> {
  const io = collectingIo();
  const status = await check(['--config', config], io, { env, workingDirectory: directory });
  const lines = io
    .errors()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll(`${directory}/`, ''));
  return { status, lines };
}

function judge(wrong: WrongFile, status: number, lines: readonly string[]): void {
  assert.equal(status, 2, `${wrong.name}: ${lines.join('\n')}`);
  assert.equal(lines.length, wrong.lines.length, `${wrong.name}:\n${lines.join('\n')}`);
  for (const [at, line] of lines.entries())
    assert.ok(
      matches(line, wrong.lines[at] as string),
      `${wrong.name}:\n${line}\nis not\n${wrong.lines[at]}`,
    );
  assert.doesNotMatch(lines.join('\n'), /\n\s+at |node:internal|undefined|\[object/);
}

function inDirectory(t: { after(work: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'zw-wrong-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'folder'));
  writeFileSync(join(directory, 'garbage.pem'), 'not a pem\n');
  return directory;
}

test('there are as many wrong files as promised', () => {
  assert.ok(wrongConfigurations.length >= 40, `${wrongConfigurations.length} configurations`);
  assert.ok(wrongInventories.length >= 20, `${wrongInventories.length} inventories`);
  assert.ok(wrongIntents.length >= 15, `${wrongIntents.length} intents files`);
});

for (const wrong of wrongConfigurations)
  test(`configuration: ${wrong.name}`, async (t) => {
    const directory = inDirectory(t);
    writeFileSync(join(directory, 'c.yaml'), wrong.text);
    const { status, lines } = await told(directory, join(directory, 'c.yaml'));
    judge(wrong, status, lines);
  });

for (const [kind, list] of [
  ['inventory', wrongInventories],
  ['intents', wrongIntents],
] as const)
  for (const wrong of list)
    test(`${kind}: ${wrong.name}`, async (t) => {
      const directory = inDirectory(t);
      const inventory = kind === 'inventory' ? 'i.yaml' : 'sound.yaml';
      writeFileSync(join(directory, 'i.yaml'), wrong.text);
      writeFileSync(
        join(directory, 'sound.yaml'),
        'version: 1\ntenants: [{id: acme}]\ndomains: [{domain: pay.example, tenant: acme, tier: 0}]\n',
      );
      const intents = kind === 'intents' ? 'intents: i.yaml\n' : '';
      writeFileSync(join(directory, 'c.yaml'), `version: 1\ninventory: ${inventory}\n${intents}`);
      const { status, lines } = await told(directory, join(directory, 'c.yaml'));
      judge(wrong, status, lines);
    });

test('a configuration that is a folder, or is not there', async (t) => {
  const directory = inDirectory(t);
  for (const [name, line] of [
    ['folder', 'folder: is a directory, not a file'],
    ['nowhere.yaml', 'nowhere.yaml: does not exist; check the path'],
  ] as const) {
    const { status, lines } = await told(directory, join(directory, name));
    judge({ name, text: '', lines: [line] }, status, lines);
  }
});
