/** Mails that would keep the parser busy for minutes are refused before it sees them; real ones are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailboxRefusal, mailRefusal } from '../../../collector/src/1-source/file/mail-bounds.ts';
import { unpackReports } from '../../../collector/src/1-source/file/unpack-report.ts';

const head = 'From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';

test('lines that could part a mail are counted wherever they stand, lines at all as well', () => {
  assert.equal(mailRefusal(Buffer.from(head + '--b\r\n\r\nx\r\n'.repeat(200))), undefined);
  assert.match(
    mailRefusal(Buffer.from(head + '--b\r\n\r\nx\r\n'.repeat(201))) ?? '',
    /201 lines that could part it/,
  );
  assert.match(mailRefusal(Buffer.from('--\n'.repeat(500))) ?? '', /500 lines that could part it/);
  assert.equal(mailRefusal(Buffer.from('x\n'.repeat(120_000))), undefined);
  assert.match(mailRefusal(Buffer.from('x\n'.repeat(120_001))) ?? '', /120001 lines/);
  assert.equal(mailRefusal(Buffer.from('one line without an end')), undefined);
  assert.equal(mailRefusal(Buffer.alloc(0)), undefined);
  assert.equal(mailboxRefusal(10_000), undefined);
  assert.match(mailboxRefusal(10_001) ?? '', /10001 mails/);
});

for (const [name, text] of [
  ['a million parts', head + '--b\r\n\r\nx\r\n'.repeat(1_000_000)],
  ['a million headers', `${'X-A: b\r\n'.repeat(1_000_000)}\r\n`],
  ['two million mails in a mailbox', 'From x\n\n'.repeat(2_000_000)],
] as const)
  test(`${name}: refused with its figure in little time`, async () => {
    const before = process.cpuUsage();
    const outcome = await unpackReports(Buffer.from(text), 'bomb');
    const { user, system } = process.cpuUsage(before);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, 'too_many_keys');
    assert.match(outcome.failure.message, /at most [\d]+ are read/);
    // The first took minutes; a tenth of a second is usual now.
    assert.ok(user + system < 15_000_000, `${user + system} us`);
  });
