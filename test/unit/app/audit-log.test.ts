import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { AuditLog, sha256Bytes } from '../../../collector/src/app/audit-log.ts';
import { GrowingTree } from '../../../collector/src/app/audit-reading.ts';
import { checkAuditLog } from '../../../collector/src/app/audit-verification.ts';
import { leafHash, toHex, treeRoot } from '../../../collector/src/7-case/merkle-tree.ts';

function folder(t: TestContext): string {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-audit-'));
  t.after(() => rmSync(at, { recursive: true, force: true }));
  return at;
}

const logged: string[] = [];
function open(directory: string, nowMs = 1_800_000_000_000): Promise<AuditLog> {
  return AuditLog.open({
    directory,
    nowMs: () => nowMs,
    log: (level, message) => logged.push(`${level} ${message}`),
  });
}

const fact = (n: number) => ({ tenant: 'acme', by: 'okta:jane', action: 'case.viewed', object: `case ${n}` });

async function filled(
  directory: string,
  count: number,
): Promise<{ text: string; checkpoints: string; key: string }> {
  const log = await open(directory);
  await Promise.all(Array.from({ length: count }, (_, n) => log.append(fact(n))));
  await log.checkpoint();
  await log.append(fact(count));
  await log.close();
  return read(directory);
}

function read(directory: string): { text: string; checkpoints: string; key: string } {
  const file = (name: string): string => readFileSync(join(directory, name), 'utf8');
  return { text: file('entries.ndjson'), checkpoints: file('checkpoints.ndjson'), key: file('key.pub.pem') };
}

test('entries written at once keep one order, survive a restart, and are signed', async (t) => {
  const at = folder(t);
  await filled(at, 20);
  const again = await open(at);
  assert.equal(again.size, 21);
  const entry = await again.append(fact(99));
  assert.equal(entry.seq, 21);
  const page = await again.list({ limit: 3, wants: () => true });
  assert.deepEqual(
    page.map(({ seq }) => seq),
    [21, 20, 19],
  );
  const next = await again.list({ limit: 3, before: 19, wants: ({ fact: one }) => one.object !== 'case 17' });
  assert.deepEqual(
    next.map(({ seq }) => seq),
    [18, 16, 15],
  );
  await again.close();
  const { text, checkpoints, key } = read(at);
  const report = checkAuditLog(text, checkpoints, key);
  assert.deepEqual([report.ok, report.entries, report.signedSize], [true, 22, 22]);
});

test('the key is readable by its user only', async (t) => {
  const at = folder(t);
  await (await open(at)).close();
  assert.equal(statSync(join(at, 'key.pem')).mode & 0o777, 0o600);
  const first = read(at).key;
  await (await open(at)).close();
  assert.equal(read(at).key, first);
});

test('an entry cut by a crash is removed; the log goes on behind the last whole one', async (t) => {
  const at = folder(t);
  await filled(at, 3);
  appendFileSync(join(at, 'entries.ndjson'), '{"seq":4,"previous":"');
  const log = await open(at);
  assert.equal((await log.append(fact(4))).seq, 4);
  await log.close();
  const { text, checkpoints, key } = read(at);
  assert.equal(checkAuditLog(text, checkpoints, key).ok, true);
});

test('the first altered, missing, reordered or inserted entry is named; a cut or rewritten log too', async (t) => {
  const at = folder(t);
  const { text, checkpoints, key } = await filled(at, 9);
  const lines = text.trimEnd().split('\n');
  const check = (changed: readonly string[]): string =>
    checkAuditLog(`${changed.join('\n')}\n`, checkpoints, key).problems[0] ?? 'nothing';
  assert.equal(check(lines), 'nothing');
  assert.match(
    check(lines.with(4, (lines[4] ?? '').replace('okta:jane', 'okta:joan'))),
    /^entry 4: .*content/,
  );
  assert.match(check(lines.toSpliced(6, 1)), /^entry 6: is missing/);
  const swapped = lines.with(2, lines[3] ?? '').with(3, lines[2] ?? '');
  assert.match(check(swapped), /^entry 2: stands at place 3/);
  assert.match(check(lines.toSpliced(5, 0, lines[4] ?? '')), /^entry 5: carries number 4/);
  assert.match(check(lines.slice(0, 7)), /^entry 7: is missing; the checkpoint/);
  const other = await filled(folder(t), 9);
  const rewritten = other.text.replaceAll('case.viewed', 'case.viewed');
  assert.equal(checkAuditLog(rewritten, checkpoints, key).ok, true, 'the same facts at the same times');
  const fresh = folder(t);
  const log = await open(fresh);
  for (let n = 0; n < 10; n++) await log.append({ ...fact(n), by: 'okta:mallory' });
  await log.close();
  assert.match(
    checkAuditLog(read(fresh).text, checkpoints, key).problems[0] ?? '',
    /^entry 0: or one of those up to 8/,
  );
});

test('lines that are no entries are named, and a file of nothing else is not read to its end', async (t) => {
  const { text, checkpoints, key } = await filled(folder(t), 3);
  const odd = checkAuditLog(`not an entry\n\n${text}`, checkpoints, key);
  assert.equal(odd.entries, 4);
  assert.deepEqual(odd.problems, ['line 1: is no audit entry']);
  const other = checkAuditLog('x\n'.repeat(2_000_000), 'x\n'.repeat(2_000_000), key);
  assert.equal(other.ok, false);
  assert.equal(other.problems.length, 1_001);
  assert.equal(other.problems[999], 'line 1000: is no audit entry');
  assert.match(other.problems[1_000] ?? '', /is this an audit log\? The rest was not read/);
});

test('a checkpoint signed by somebody else does not count', async (t) => {
  const { text, checkpoints } = await filled(folder(t), 3);
  const { key } = await filled(folder(t), 3);
  const report = checkAuditLog(text, checkpoints, key);
  assert.equal(report.ok, false);
  assert.equal(report.signedSize, 0);
  assert.match(report.problems[0] ?? '', /signature does not hold/);
});

test('the growing tree has the root of RFC 6962 at every size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), (size) => {
      const leaves = Array.from({ length: size }, (_, n) => leafHash(Uint8Array.of(n), sha256Bytes));
      const tree = new GrowingTree(sha256Bytes);
      for (const leaf of leaves) tree.add(leaf);
      assert.equal(toHex(tree.root()), toHex(treeRoot(leaves, sha256Bytes)));
    }),
  );
});
