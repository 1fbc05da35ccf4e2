import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { noteTls } from '../../../collector/src/app/config-tls-check.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';

let directory = '';
let openssl = true;
const dayMs = 86_400_000;

/** A self-signed certificate that is valid for some days from now. */
function make(name: string, days = '2'): void {
  const files = ['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.pem`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', days];
  execFileSync('openssl', ['req', ...kind, '-subj', `/CN=${name}`, ...files], { stdio: 'ignore' });
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'zw-tls-check-'));
  try {
    for (const name of ['one', 'other']) make(name);
  } catch {
    openssl = false;
  }
});
after(() => rmSync(directory, { recursive: true }));

const keyOf = (name: string) => createSecret(readFileSync(join(directory, `${name}.key`), 'utf8'));

async function noted(tls: unknown, nowMs = Date.now()): Promise<string[]> {
  const lines: string[] = [];
  await noteTls(tls, ['tls'], directory, nowMs, (path, message) =>
    lines.push(`${path.join('.')}: ${message.replaceAll(`${directory}/`, '')}`),
  );
  return lines;
}

test('files that belong together are not spoken of', async (t) => {
  if (!openssl) return t.skip('the openssl command is missing');
  assert.deepEqual(await noted({ ca: 'one.pem', cert: 'one.pem', key: keyOf('one') }), []);
  assert.deepEqual(await noted(undefined), []);
  assert.deepEqual(await noted({}), []);
});

test('expired, not yet valid, of another key, cut, without its half', async (t) => {
  if (!openssl) return t.skip('the openssl command is missing');
  const both = { cert: 'one.pem', key: keyOf('one') };
  const [expired] = await noted(both, Date.now() + 10 * dayMs);
  assert.match(
    expired ?? '',
    /^tls\.cert: one\.pem expired on \d{4}-\d\d-\d\d; renew it, or set this machine's clock$/,
  );
  const [early] = await noted(both, Date.now() - 10 * dayMs);
  assert.match(
    early ?? '',
    /^tls\.cert: one\.pem is not valid before \d{4}-\d\d-\d\d; is the clock of this machine right\?$/,
  );
  assert.match(
    (await noted({ ca: 'one.pem' }, Date.now() + 10 * dayMs))[0] ?? '',
    /^tls\.ca: one\.pem expired on/,
  );
  assert.deepEqual(await noted({ cert: 'one.pem', key: keyOf('other') }), [
    'tls.key: does not belong to the certificate in one.pem',
  ]);
  const pem = readFileSync(join(directory, 'one.pem'), 'utf8').split('\n');
  writeFileSync(join(directory, 'cut.pem'), [...pem.slice(0, 3), ...pem.slice(5)].join('\n'));
  assert.deepEqual(await noted({ ca: 'cut.pem' }), [
    'tls.ca: cut.pem: certificate 1 cannot be read; was it cut or edited?',
  ]);
  assert.deepEqual(await noted({ key: keyOf('one') }), [
    'tls.cert: is required with key: a client certificate is both',
  ]);
});

test('a bundle with an old authority beside a current one is a bundle', async (t) => {
  if (!openssl) return t.skip('the openssl command is missing');
  make('long', '30');
  const both = ['one', 'long'].map((name) => readFileSync(join(directory, `${name}.pem`), 'utf8'));
  writeFileSync(join(directory, 'bundle.pem'), both.join('\n'));
  assert.deepEqual(await noted({ ca: 'bundle.pem' }, Date.now() + 10 * dayMs), []);
});
