/** `node --import`: from the first SIGUSR2 on, the next sync of a file fails once with EIO, as a dying disk does. */
import { open } from 'node:fs/promises';

const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle) as { datasync: (this: unknown) => Promise<void> };
await handle.close();
const sync = prototype.datasync;
let fails = false;
process.on('SIGUSR2', () => (fails = true));
prototype.datasync = function (this: unknown): Promise<void> {
  if (!fails) return sync.call(this);
  fails = false;
  return Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
};
