/** Bundles component tests, which are TSX, for Node. Output: `.cache/component-tests`, one module a file. */
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../.cache/component-tests/', import.meta.url));

const domWorld = new URL('dom-world.ts', import.meta.url).href;

/** Bundles the given files; answers the paths of their modules in the same order. */
export async function buildComponentTests(files: readonly string[]): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    entryPoints: [...files],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    jsx: 'automatic',
    mainFields: ['module', 'main'],
    conditions: ['module', 'import'],
    external: ['jsdom'],
    // Shared pieces run before the test that names them; the document has to be there before any of them.
    plugins: [
      {
        name: 'one document',
        setup: (one) =>
          one.onResolve({ filter: /\/dom-world\.ts$/ }, () => ({ path: domWorld, external: true })),
      },
    ],
    banner: {
      js: `import '${domWorld}'; import { createRequire as zwRequire } from 'node:module'; const require = zwRequire(import.meta.url);`,
    },
    define: { 'process.env.NODE_ENV': '"test"', define: 'undefined' },
    loader: {
      '.woff2': 'empty',
      '.woff': 'empty',
      '.ttf': 'empty',
      '.svg': 'empty',
      '.png': 'empty',
      '.css': 'text',
    },
    logLevel: 'error',
  });
  return files.map((file) => join(folder, `${basename(file).replace(/\.tsx$/, '')}.mjs`));
}
