import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writable } from 'node:stream';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';
import { evidence } from '../../../collector/src/cli/evidence.ts';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from '../app/running-collector.ts';

let running: TestCollector;
let folder: string;
let caseId: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zonewarden-evidence-'));
  running = await startCollector();
  await running.deliver('acme', lockRemoved);
  const token = tokenOf('acme', 'responder');
  caseId = await running.until('a case', async () => {
    const { body } = await running.call('GET', '/cases', { token });
    return body.items[0]?.case_id as string | undefined;
  });
  await running.call('POST', `/cases/${caseId}/note`, { token, body: { text: 'called the registrar' } });
  writeFileSync(join(folder, 'token'), `${token}\n`);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function command(
  _name: 'evidence',
  ...argv: string[]
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const sink = (take: (text: string) => void): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        take(chunk.toString());
        done();
      },
    });
  const code = await evidence(argv, {
    stdout: sink((text) => (out += text)),
    stderr: sink((text) => (err += text)),
  }).catch((error: unknown) => {
    if (!(error instanceof UnusableInput)) throw error;
    err += `${error.problems.join('\n')}\n`;
    return 2;
  });
  return { code, out, err };
}

test('export over the API, check offline, and every kind of tampering is named', async () => {
  const out = join(folder, 'case.json');
  const flags = ['--url', running.url, '--token-file', join(folder, 'token')];
  const exported = await command('evidence', 'export', caseId, ...flags, '--out', out);
  assert.equal(exported.code, 0, exported.err);
  const good = await command('evidence', 'verify', out);
  assert.equal(good.code, 0, good.out);
  const said = JSON.parse(good.out);
  assert.deepEqual([said.kind, said.ok, said.case_id], ['evidence', true, caseId]);
  const key = join(running.data, 'audit', 'key.pub.pem');
  assert.equal((await command('evidence', 'verify', out, '--key', key)).code, 0);
  const file = JSON.parse(readFileSync(out, 'utf8'));
  const names = file.parts.map((part: { name: string }) => part.name);
  assert.ok(names.some((name: string) => name.startsWith('raw/')));
  const story = Buffer.from(
    file.parts.find((one: { name: string }) => one.name === 'timeline.ndjson').base64,
    'base64',
  );
  assert.match(story.toString(), /called the registrar/);
  const decisions = file.parts.find((one: { name: string }) => one.name === 'decisions.ndjson');
  assert.match(Buffer.from(decisions.base64, 'base64').toString(), /POST \/cases\/\{id\}\/note/);
  assert.match(file.letter, /shop\.example/);
  const tampered = async (change: (copy: any) => void): Promise<string> => {
    const copy = structuredClone(file);
    change(copy);
    const path = join(folder, 'tampered.json');
    writeFileSync(path, JSON.stringify(copy));
    const { code, out: text } = await command('evidence', 'verify', path);
    assert.equal(code, 1, text);
    return JSON.parse(text).problems.join('\n');
  };
  const raw = names.findIndex((name: string) => name.startsWith('raw/'));
  assert.match(await tampered((copy) => (copy.parts[raw].base64 = 'AAAA')), /raw\//);
  assert.match(await tampered((copy) => copy.parts.splice(1, 1)), /timeline\.ndjson/);
  assert.match(await tampered((copy) => (copy.manifest.exported_by = 'okta:mallory')), /signature/);
  assert.match(await tampered((copy) => (copy.manifest.root = '0'.repeat(64))), /manifest/);
  const other = (letter: string): string => letter.replace('shop.example', 'shop.evil.example');
  assert.match(await tampered((copy) => (copy.letter = other(copy.letter))), /^letter: /);
  const unsigned = (copy: any): void => {
    copy.letter = other(copy.letter);
    delete copy.signature.letter;
  };
  assert.match(await tampered(unsigned), /^letter: /);
});

test('the audit log of the data directory checks with its checkpoints and key', async () => {
  const log = join(running.data, 'audit', 'entries.ndjson');
  const { code, out } = await command('evidence', 'verify', log);
  assert.equal(code, 0, out);
  assert.ok(JSON.parse(out).entries >= 3);
  const lines = readFileSync(log, 'utf8').split('\n');
  const path = join(folder, 'entries.ndjson');
  writeFileSync(path, lines.toSpliced(1, 1).join('\n'));
  const cut = await command('evidence', 'verify', path);
  assert.equal(cut.code, 1);
  assert.match(JSON.parse(cut.out).problems[0], /^entry 1: is missing/);
});

test('what cannot be done is said in one line, with status 2', async () => {
  const flags = ['--url', running.url];
  const denied = await command('evidence', 'export', caseId, ...flags);
  assert.equal(denied.code, 2);
  assert.match(denied.err, /API token/);
  const busy = await command('evidence', 'export', caseId, '--data', running.data);
  assert.equal(busy.code, 2);
  assert.match(busy.err, /\n$/);
  const none = await command('evidence', 'export', caseId, '--data', folder);
  assert.equal(none.code, 2);
  const away = await command('evidence', 'export', caseId, '--url', 'http://127.0.0.1:9');
  assert.match(away.err, /cannot be reached/);
  assert.equal((await command('evidence', 'verify', join(folder, 'token'))).code, 2);
  assert.equal((await command('evidence', 'dance', 'x')).code, 2);
});

test('a stopped collector’s data directory gives the same case', async () => {
  await running.stop();
  const out = join(folder, 'stopped.json');
  const exported = await command('evidence', 'export', caseId, '--data', running.data, '--out', out);
  assert.equal(exported.code, 0, exported.err);
  const { code, out: text } = await command('evidence', 'verify', out);
  assert.equal(code, 0, text);
  const file = JSON.parse(readFileSync(out, 'utf8'));
  assert.ok(file.parts.some((part: { name: string }) => part.name.startsWith('raw/')));
});
