/** Version of this package, as it appears in telemetry and in the console. */
import { readFileSync } from 'node:fs';

/** Semantic version from package.json. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
