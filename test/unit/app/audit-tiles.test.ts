import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AuditLog } from '../../../collector/src/app/audit-log.ts';
import { tileFilesOf } from '../../../collector/src/app/audit-tiles.ts';
import { openSigningKey } from '../../../collector/src/app/signing-key.ts';

test('the checkpoint of the tiles is a signed note over the root that the log itself signs', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-tiles-'));
  try {
    const log = await AuditLog.open({ directory, nowMs: () => 1_800_000_000_000, log: () => undefined });
    for (let n = 0; n < 5; n++)
      await log.append({ tenant: 'acme', by: 'okta:jane', action: 'case.viewed', object: `case ${n}` });
    await log.checkpoint();
    await log.close();
    const text = readFileSync(join(directory, 'entries.ndjson'), 'utf8');
    const key = openSigningKey(directory);
    const made = tileFilesOf(text, 'zonewarden.example', key);
    const own = JSON.parse(readFileSync(join(directory, 'checkpoints.ndjson'), 'utf8').split('\n')[0] ?? '');
    assert.equal(made?.root, own.root, 'one tree, two layouts');
    assert.deepEqual([...(made?.files.keys() ?? [])].sort(), [
      'checkpoint',
      'tile/0/000.p/5',
      'tile/entries/000.p/5',
    ]);
    // c2sp.org/signed-note: text, empty line, em dash, name, base64 of key id and signature.
    const [origin, size, root, empty, line = ''] = Buffer.from(made?.files.get('checkpoint') ?? [])
      .toString('utf8')
      .split('\n');
    assert.deepEqual([origin, size, empty], ['zonewarden.example', '5', '']);
    assert.equal(Buffer.from(root ?? '', 'base64').toString('hex'), own.root);
    const [dash, name, signed = ''] = line.split(' ');
    assert.deepEqual([dash, name], ['\u2014', 'zonewarden.example']);
    const bytes = Buffer.from(signed, 'base64');
    const publicKey = createPublicKey(key.publicKeyPem);
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const id = createHash('sha256').update('zonewarden.example\n\x01').update(raw).digest().subarray(0, 4);
    assert.deepEqual(bytes.subarray(0, 4), id);
    assert.ok(verify(null, Buffer.from(`${origin}\n5\n${root}\n`), publicKey, bytes.subarray(4)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
