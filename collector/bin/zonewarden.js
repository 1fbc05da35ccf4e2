#!/usr/bin/env -S node --max-semi-space-size=8
/*
 * Launcher: finds a Node.js that can run the collector (>= 24.21) and starts it there.
 * Plain JavaScript for old engines: the distribution's Node may be 18 or 20.
 * The `node` npm package, a dependency of this one, carries the right engine.
 * Young objects get 8 MiB a half: more costs memory and, measured, saves no time (docs/performance.md).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '..', 'src', 'cli', 'main.ts');
const built = join(here, '..', 'dist', 'cli', 'main.js');
const entry = existsSync(source) ? source : built;
const wanted = [24, 21];

function isRecentEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

if (isRecentEnough(process.versions.node)) {
  await import(pathToFileURL(entry).href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `zonewarden: needs Node.js ${wanted.join('.')} or newer, this is ${process.versions.node}; ` +
        'run "npm ci" in the repository, it brings one along\n',
    );
    process.exit(2);
  }
  const child = spawn(node, [...process.execArgv, entry, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ZONEWARDEN_LAUNCHED: '1' },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`zonewarden: ${node}: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137);
    if (child.connected) child.disconnect();
  });
}
