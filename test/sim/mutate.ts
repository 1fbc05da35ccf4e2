/** `node --import …/mutate.ts` with ZONEWARDEN_SIM_MUTATION: loads the collector's sources with that bug planted. */
import { registerHooks } from 'node:module';
import { missingControls } from '../controls/controls.ts';
import { slowDowns } from '../bench/slow-downs.ts';
import { leaks, mutations } from './mutations.ts';

const name = process.env['ZONEWARDEN_SIM_MUTATION'];
const mutation = [...mutations, ...leaks, ...slowDowns, ...missingControls].find((one) => one.name === name);
if (mutation === undefined) throw new Error(`there is no mutation ${JSON.stringify(name)}`);
let planted = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(`/collector/src/${mutation.file}`)) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    if (source.split(mutation.from).length !== 2)
      throw new Error(`${mutation.file} does not hold the piece of "${mutation.name}" exactly once`);
    planted = true;
    return { ...loaded, source: source.replace(mutation.from, () => mutation.to) };
  },
});

process.on('exit', () => {
  if (!planted) process.stderr.write(`${mutation.file} was never loaded\n`);
});
