/** webpack loader: TypeScript and JSX through esbuild, so that one transformer serves plugin, host and tests. */
import { transform } from 'esbuild';
import type { LoaderContext } from 'webpack';

async function transformed(this: LoaderContext<object>, source: string): Promise<void> {
  const done = this.async();
  try {
    const { code, map } = await transform(source, {
      loader: this.resourcePath.endsWith('x') ? 'tsx' : 'ts',
      jsx: 'automatic',
      target: 'es2022',
      sourcemap: true,
      sourcefile: this.resourcePath,
    });
    done(null, code, map);
  } catch (error) {
    done(error as Error);
  }
}

export default function (this: LoaderContext<object>, source: string): void {
  void transformed.call(this, source);
}
