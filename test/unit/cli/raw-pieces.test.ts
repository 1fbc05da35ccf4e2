/** Raw history in pieces: the same records as the file read whole, with little memory. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { frameFile } from '../../../collector/src/1-source/file/frame-file.ts';
import { rawPieces } from '../../../collector/src/cli/raw-pieces.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

const megabyte = 1024 * 1024;

function written(t: TestContext, name: string, bytes: Uint8Array | string): string {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-pieces-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** Lines of changing length, about 11 MB; every hundredth is blank. */
const lines = Array.from({ length: 40_000 }, (_, i) =>
  i % 100 === 99 ? '' : JSON.stringify({ i, filling: 'x'.repeat((i * 37) % 500) }),
);
const text = `${lines.join('\n')}\n`;

async function recordsOf(path: string) {
  const records: string[] = [];
  const sizes: number[] = [];
  const problems: string[] = [];
  for await (const piece of rawPieces(path)) {
    if ('problem' in piece) {
      problems.push(piece.problem);
      continue;
    }
    sizes.push(piece.bytes.length);
    for (const record of frameFile('okta', piece.name, piece.bytes))
      records.push('bytes' in record ? Buffer.from(record.bytes).toString() : record.failure.message);
  }
  return { records, sizes, problems };
}

const wanted = lines.filter((line) => line !== '');

void test('lines, plain and compressed, with and without a last line end', async (t) => {
  for (const [name, bytes] of [
    ['a.ndjson', text],
    ['b.log', text.trimEnd()],
    ['c.jsonl.gz', gzipSync(text, { level: 0 })],
    ['d.ndjson', gzipSync(text, { level: 0 })],
  ] as const) {
    const { records, sizes } = await recordsOf(written(t, name, bytes));
    assert.equal(sizes.length, 3, name);
    assert.ok(Math.max(...sizes) < 6 * megabyte, name);
    assert.deepEqual(records, wanted, name);
  }
});

void test('small files, texts written for reading and other kinds stay whole', async (t) => {
  const pretty = JSON.stringify(
    Array.from({ length: 60_000 }, (_, i) => ({ i, name: 'x'.repeat(50) })),
    null,
    2,
  );
  for (const [name, bytes] of [
    ['a.ndjson', '{"i":1}\n'],
    ['b.ndjson', pretty],
    ['c.ndjson.gz', gzipSync(pretty, { level: 0 })],
    ['d.ndjson', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['e.json', JSON.stringify(wanted)],
  ] as const) {
    const { sizes } = await recordsOf(written(t, name, bytes));
    assert.equal(sizes.length, 1, name);
  }
});

void test('a cut-off archive gives what came before the cut, and says that it was cut', async (t) => {
  const whole = gzipSync(text, { level: 0 });
  const { records, problems } = await recordsOf(
    written(t, 'a.ndjson.gz', whole.subarray(0, whole.length - 2 * megabyte)),
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^gzip content is damaged/u);
  assert.ok(records.length > 20_000 && records.length < wanted.length);
});

void test('a file that is not there is unusable input', async () => {
  await assert.rejects(recordsOf('/does/not/exist.ndjson'), UnusableInput);
});
