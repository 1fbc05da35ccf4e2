/** Zone copies on disk, so that a restart compares with what was seen last and not with nothing. */
import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ZoneCopy } from './zone-copy.ts';

/** Loads and saves copies. `load` gives undefined when there is none or it cannot be read; the zone is then loaded in full. */
export interface ZoneStore {
  load(zone: string): Promise<ZoneCopy | undefined>;
  save(copy: ZoneCopy): Promise<void>;
}

const magic = 'zonewarden-zone-copy 1';
const chunkChars = 1024 * 1024;

function fileOf(directory: string, zone: string): string {
  return join(directory, `${encodeURIComponent(zone === '.' ? '@root' : zone)}.zone-copy`);
}

async function loadFile(path: string, zone: string): Promise<ZoneCopy | undefined> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let copy: ZoneCopy | undefined;
  let complete = false;
  for await (const line of lines) {
    if (copy === undefined) {
      const [head, serial, seenAtMs] = line.split('\t');
      if (head !== magic) return undefined;
      copy = { zone, serial: Number(serial), seenAtMs: Number(seenAtMs) || 0, sets: new Map() };
    } else if (line === 'end') complete = true;
    else {
      const [name, type, ttl, ...values] = line.split('\t');
      if (values.length === 0) return undefined;
      copy.sets.set(`${name}\t${type}`, [ttl, ...values].join('\n'));
    }
  }
  return complete ? copy : undefined;
}

/** Copies as one text file per zone in `directory`, replaced as a whole. A line: name, type, TTL, data …, by tabs. */
export function fileZoneStore(directory: string): ZoneStore {
  return {
    async load(zone) {
      try {
        return await loadFile(fileOf(directory, zone), zone);
      } catch {
        return undefined;
      }
    },
    async save(copy) {
      await mkdir(directory, { recursive: true });
      const path = fileOf(directory, copy.zone);
      const file = await open(`${path}.new`, 'w');
      try {
        let text = `${magic}\t${copy.serial}\t${copy.seenAtMs}\n`;
        for (const [key, packed] of copy.sets) {
          text += `${key}\t${packed.replaceAll('\n', '\t')}\n`;
          if (text.length < chunkChars) continue;
          await file.write(text);
          text = '';
        }
        await file.write(`${text}end\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
  };
}
