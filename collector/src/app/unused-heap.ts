/** Gives back the memory that V8 claimed and holds no longer. It keeps such pages for good when a process turns quiet. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A program just loaded claims this much; below it the pause is not worth it. */
const worthBytes = 72 * 1024 * 1024;

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

let collect: Collect | undefined;

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return found;
}

/**
 * Collects all garbage and hands empty pages to the system; a pause of a third of a second for 50 MB of objects, two seconds for
 * 150 MB, so only for moments in which nobody waits. False when too little is claimed for that.
 */
export function releaseUnusedHeap(): boolean {
  if (getHeapStatistics().total_physical_size < worthBytes) return false;
  collect ??= collector();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return true;
}
