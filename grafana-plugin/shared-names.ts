/**
 * What the plugin takes from the libraries that Grafana shares: the console then carries those exports instead of whole
 * libraries. Read from webpack after it built the plugin, so that nobody keeps a list.
 */
import type { Plugin } from 'esbuild';
import webpack, { type Compilation } from 'webpack';

/** Library by name to the exports that the plugin uses; `true`: all of them. A library that is not named is not used. */
export type SharedNames = ReadonlyMap<string, ReadonlySet<string> | true>;

/** Used exports of every external of a compilation. Without tree shaking, as in development, it is all of them. */
export function sharedNames({ modules, chunkGraph, moduleGraph }: Compilation): SharedNames {
  const found = new Map<string, Set<string> | true>();
  for (const module of modules) {
    if (!(module instanceof webpack.ExternalModule)) continue;
    const library = module.userRequest;
    for (const { runtime } of chunkGraph.getModuleChunks(module)) {
      const used = moduleGraph.getUsedExports(module, runtime);
      const known = found.get(library) ?? new Set<string>();
      if (known === true || used === true || used === null) found.set(library, true);
      else if (used !== false) found.set(library, new Set([...known, ...used]));
    }
  }
  return found;
}

const prefix = 'shared:';

/** Makes `shared:NAME` the exports of NAME that the plugin uses, and an empty module when it uses none. */
export function sharedNamesPlugin(names: SharedNames, folder: string): Plugin {
  return {
    name: 'shared names',
    setup(build) {
      build.onResolve({ filter: /^shared:/ }, ({ path }) => ({ path, namespace: 'shared' }));
      build.onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => {
        const library = path.slice(prefix.length);
        const used = names.get(library);
        const contents =
          used === undefined
            ? 'export {};'
            : used === true
              ? `export * from '${library}';`
              : `export { ${[...used].join(', ')} } from '${library}';`;
        return { contents, resolveDir: folder };
      });
    },
  };
}
