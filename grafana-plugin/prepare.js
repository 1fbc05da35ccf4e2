// Runs at the end of `npm ci`: builds plugin and console. A build that cannot be made must not keep the collector from
// being installed; the collector then serves a page that says how to build. Plain JavaScript, for any Node.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (
  ['esbuild', 'webpack', '@grafana/ui'].some(
    (name) => !existsSync(`${root}node_modules/${name}/package.json`),
  )
)
  process.stdout.write(
    'console: not built, its packages are not installed (npm ci without --omit=dev brings them)\n',
  );
else {
  const { status } = spawnSync('node', [`${root}grafana-plugin/build.ts`], { stdio: 'inherit', cwd: root });
  if (status !== 0)
    process.stdout.write('console: the build failed; the collector works without it. Again: npm run build\n');
}
