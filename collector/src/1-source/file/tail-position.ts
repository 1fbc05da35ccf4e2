/** How far each file was read: the stored position of a file source. */

/** Position in one file. `inode` tells a rotated file from its successor. */
export interface TailPosition {
  readonly inode: number;
  readonly offset: number;
}

/** Positions by path. */
export type TailPositions = ReadonlyMap<string, TailPosition>;

/** Text form for the cursor store. */
export function writePositions(positions: TailPositions): string {
  return JSON.stringify([...positions].map(([path, { inode, offset }]) => [path, inode, offset]));
}

/** Reads the text form; unreadable text counts as no position (files are read again; event ids make repeats harmless). */
export function readPositions(text: string | undefined): Map<string, TailPosition> {
  const positions = new Map<string, TailPosition>();
  if (text === undefined) return positions;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return positions;
  }
  if (!Array.isArray(parsed)) return positions;
  for (const entry of parsed as unknown[]) {
    const [path, inode, offset] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof path === 'string' && Number.isSafeInteger(inode) && Number.isSafeInteger(offset))
      positions.set(path, { inode: Number(inode), offset: Number(offset) });
  }
  return positions;
}
