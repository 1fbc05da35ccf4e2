/** The plugin as Grafana loads it: AMD, shared libraries left outside, pages as chunks of their own. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SubresourceIntegrityPlugin } from 'webpack-subresource-integrity';
import type { Configuration } from 'webpack';

/** Identifier of the plugin, from plugin.json. */
export const pluginId = (
  JSON.parse(readFileSync(new URL('src/plugin.json', import.meta.url), 'utf8')) as { id: string }
).id;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What Grafana gives to every plugin; the same list as create-plugin's. */
const externals: (string | RegExp | Record<string, string>)[] = [
  { 'amd-module': 'module' },
  'lodash',
  'jquery',
  'moment',
  'slate',
  'emotion',
  '@emotion/react',
  '@emotion/css',
  'prismjs',
  'slate-plain-serializer',
  '@grafana/slate-react',
  'react',
  'react-dom',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-redux',
  'redux',
  'rxjs',
  'i18next',
  'react-router',
  'd3',
  'angular',
  /^@grafana\/ui/i,
  /^@grafana\/runtime/i,
  /^@grafana\/data/i,
];

/** React's element functions by means of React itself, for a Grafana before 12.3, whose loader does not share `react/jsx-runtime`. */
const ownElements = {
  externals: externals.filter((name) => name !== 'react/jsx-runtime'),
  alias: { 'react/jsx-runtime$': here('src/jsx-runtime.ts') },
};

/** Configuration of webpack. `production` minifies and names chunks by content; `jsxInside`: see `ownElements`. */
export function webpackConfig(production: boolean, jsxInside = false): Configuration {
  return {
    mode: production ? 'production' : 'development',
    context: here('src/'),
    entry: { module: './module.tsx' },
    devtool: 'source-map',
    externals: jsxInside ? ownElements.externals : externals,
    target: ['web', 'es2022'],
    cache: {
      type: 'filesystem',
      cacheDirectory: here('.cache/webpack'),
      buildDependencies: { config: [here('webpack.config.ts')] },
    },
    module: {
      rules: [
        { test: /\.tsx?$/, exclude: /node_modules/, use: { loader: here('tsx-loader.ts') } },
        { test: /\.css$/, type: 'asset/source' },
      ],
    },
    resolve: { extensions: ['.tsx', '.ts', '.mjs', '.js'], alias: jsxInside ? ownElements.alias : {} },
    output: {
      path: here('dist'),
      clean: true,
      filename: '[name].js',
      chunkFilename: '[name].[contenthash:12].js',
      library: { type: 'amd' },
      // Virtual path of create-plugin; `src/public-path.ts` sets the real one when the bundle is loaded.
      publicPath: `public/plugins/${pluginId}/`,
      uniqueName: pluginId,
      crossOriginLoading: 'anonymous',
      hashFunction: 'sha256',
    },
    performance: { hints: false },
    plugins: [new SubresourceIntegrityPlugin({ hashFuncNames: ['sha256'] })],
    stats: 'errors-warnings',
  };
}

/** Twelve hex digits that change with the content. */
export function contentHash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
