/**
 * Builds the plugin into `dist` (what Grafana installs) and the host page of the console into `dist-console` (what the
 * collector serves). Usage: node build.ts [--watch] [--development] [--jsx-inside]; the last for a Grafana before 12.3.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context, type BuildOptions } from 'esbuild';
import webpack from 'webpack';
import { sharedNames, sharedNamesPlugin, type SharedNames } from './shared-names.ts';
import { contentHash, webpackConfig } from './webpack.config.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);
const watch = process.argv.includes('--watch');
const production = !watch && !process.argv.includes('--development');
const consoleFolder = join(root, 'dist-console');
const publicFolder = join(consoleFolder, 'public');

function version(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Everything of a plugin folder that is no code. `today` is the date of the sources where it is known. */
function writePluginFiles(): void {
  const dist = join(root, 'dist');
  const seconds = Number(process.env['SOURCE_DATE_EPOCH'] ?? Date.now() / 1000);
  const id = (JSON.parse(readFileSync(join(root, 'src/plugin.json'), 'utf8')) as { id: string }).id;
  const text = readFileSync(join(root, 'src/plugin.json'), 'utf8')
    .replaceAll('%VERSION%', version())
    .replaceAll('%TODAY%', new Date(seconds * 1000).toISOString().slice(0, 10))
    .replaceAll('%PLUGIN_ID%', id);
  writeFileSync(join(dist, 'plugin.json'), text);
  for (const folder of ['img', 'locales'])
    cpSync(join(root, 'src', folder), join(dist, folder), { recursive: true });
  cpSync(join(root, 'src/README.md'), join(dist, 'README.md'));
  for (const name of ['CHANGELOG.md', 'LICENSE']) cpSync(join(root, name), join(dist, name));
}

/** Files of @fontsource under the names that @grafana/ui asks for. */
const fonts: readonly (readonly [string, string])[] = [
  ['inter/files/inter-latin-400-normal.woff2', 'inter/Inter-Regular.woff2'],
  ['inter/files/inter-latin-500-normal.woff2', 'inter/Inter-Medium.woff2'],
  [
    'roboto-mono/files/roboto-mono-latin-400-normal.woff2',
    'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2',
  ],
];

/** Fonts and icons that @grafana/ui asks for by address. */
function writeAssets(): void {
  const icons = join(dirname(require.resolve('@grafana/ui/package.json')), 'dist/public/img/icons');
  cpSync(icons, join(publicFolder, 'build/img/icons'), { recursive: true });
  for (const [from, to] of fonts) {
    const target = join(publicFolder, 'fonts', to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, '../node_modules/@fontsource', from), target);
  }
}

function hostOptions(shared: SharedNames): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: { main: 'host/main.tsx' },
    outdir: join(publicFolder, 'build'),
    bundle: true,
    format: 'esm',
    splitting: true,
    entryNames: production ? '[name]-[hash]' : '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    minify: production,
    sourcemap: production ? false : 'linked',
    metafile: true,
    jsx: 'automatic',
    target: 'es2022',
    mainFields: ['browser', 'module', 'main'],
    define: {
      'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development'),
      global: 'globalThis',
      // Libraries in UMD form would hand themselves to the loader of plugins instead of to the bundle.
      define: 'undefined',
    },
    alias: {
      stream: join(root, 'host/empty.ts'),
      // Zones of the last and the next years; those of all history are a third of everything a page would load.
      'moment-timezone': 'moment-timezone/builds/moment-timezone-with-data-10-year-range.min.js',
    },
    loader: {
      '.woff2': 'file',
      '.woff': 'file',
      '.ttf': 'file',
      '.svg': 'file',
      '.png': 'file',
      '.css': 'css',
    },
    plugins: [sharedNamesPlugin(shared, root)],
    logLevel: 'error',
    logOverride: { 'package.json': 'silent' },
  };
}

interface Output {
  readonly entryPoint?: string;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** Modules that a module needs before it runs, however deep: the page asks for all of them at once. */
function neededBy(outputs: Readonly<Record<string, Output>>, entry: string): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    for (const each of outputs[path]?.imports ?? [])
      if (each.kind === 'import-statement' && !found.has(each.path)) {
        found.add(each.path);
        visit(each.path);
      }
  };
  visit(entry);
  return [...found];
}

/** The page itself: its scripts are files, so that the policy of the page needs no inline script. */
function writeHostPage({ outputs }: { outputs: Record<string, Output> }): void {
  const entry = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'host/main.tsx')?.[0];
  if (entry === undefined) throw new Error('esbuild wrote no entry for host/main.tsx');
  const addressOf = (path: string): string =>
    `/public/build/${relative(join(publicFolder, 'build'), join(root, path))}`;
  const main = addressOf(entry);
  const needed = neededBy(outputs, entry).map(
    (path) => `<link rel="modulepreload" href="${addressOf(path)}" />`,
  );
  const css = main.replace(/\.js$/, '.css');
  const boot = readFileSync(join(root, 'host/boot.js'), 'utf8').replaceAll('%VERSION%', version());
  const bootName = `boot-${contentHash(boot)}.js`;
  writeFileSync(join(publicFolder, 'build', bootName), boot);
  cpSync(join(root, 'host/host.css'), join(publicFolder, 'build/host.css'));
  for (const name of ['system.min.js', 'extras/amd.min.js']) {
    const from = join(dirname(require.resolve('systemjs/package.json')), 'dist', name);
    cpSync(from, join(publicFolder, 'build', name.replace('extras/', '')));
  }
  const styles = existsSync(join(publicFolder, css.slice('/public/'.length)))
    ? `<link rel="stylesheet" href="${css}" />`
    : '';
  const page = readFileSync(join(root, 'host/index.html'), 'utf8')
    .replace('%BOOT%', `/public/build/${bootName}`)
    .replace('%MAIN%', main)
    .replace('%STYLES%', [styles, ...needed].join('\n    '));
  writeFileSync(join(consoleFolder, 'index.html'), page);
}

/** Builds the plugin; answers what it takes from the libraries that Grafana shares. */
async function buildPlugin(): Promise<SharedNames> {
  const compiler = webpack(webpackConfig(production, process.argv.includes('--jsx-inside')));
  if (compiler === null) throw new Error('webpack made no compiler');
  return new Promise<SharedNames>((resolve, reject) => {
    const report = (error: Error | null, stats?: webpack.Stats): void => {
      if (error !== null) return reject(error);
      if (stats?.hasErrors() === true) {
        const text = stats.toString({ preset: 'errors-only' });
        if (!watch) return reject(new Error(text));
        process.stderr.write(`${text}\n`);
      }
      writePluginFiles();
      resolve(stats === undefined ? new Map() : sharedNames(stats.compilation));
    };
    if (watch) compiler.watch({}, report);
    else compiler.run((error, stats) => compiler.close(() => report(error, stats)));
  });
}

async function buildHost(shared: SharedNames): Promise<void> {
  rmSync(consoleFolder, { recursive: true, force: true });
  mkdirSync(join(publicFolder, 'build'), { recursive: true });
  writeAssets();
  if (watch) {
    const running = await context({
      ...hostOptions(shared),
      plugins: [
        sharedNamesPlugin(shared, root),
        {
          name: 'page',
          setup: ({ onEnd }) =>
            onEnd(({ metafile }) => {
              if (metafile !== undefined) writeHostPage(metafile);
            }),
        },
      ],
    });
    await running.watch();
    return;
  }
  const { metafile } = await build(hostOptions(shared));
  if (metafile !== undefined) writeHostPage(metafile);
}

const started = performance.now();
await buildHost(await buildPlugin());
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(
  `grafana-plugin: dist and dist-console written in ${seconds} s${watch ? ', watching' : ''}\n`,
);
