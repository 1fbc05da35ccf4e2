/** Transfer of a zone with a million records from a real Knot: memory at its peak, and how long each step takes. Needs knotd. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchZone, type TransferPeer } from '../../collector/src/1-source/dns-xfr/transfer-client.ts';
import { zoneDifference, type ZoneCopy } from '../../collector/src/1-source/dns-xfr/zone-copy.ts';
import { fileZoneStore } from '../../collector/src/1-source/dns-xfr/zone-store.ts';
import { hasProgram, tsigSecret } from '../e2e/dns-servers.ts';
import { rounded, type Figure } from './figure.ts';

const records = 1_000_000;
const memoryMaxMb = 1024;
const zone = 'big.example';

function seconds(name: string, sinceMs: number, note: string): Figure {
  const value = rounded((performance.now() - sinceMs) / 1000);
  return { name: `zone.${name}`, value, unit: 's', floor: null, ratio: null, note };
}

async function fetched(peer: TransferPeer): Promise<ZoneCopy> {
  const outcome = await fetchZone(zone, undefined, peer);
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value.copy;
}

/** A first transfer, a restart with the stored copy, and a second whole transfer compared with it. */
export async function* zoneFigures(): AsyncGenerator<Figure> {
  if (!hasProgram('knotd')) {
    process.stderr.write('zone: skipped, knotd is not installed\n');
    return;
  }
  const script = fileURLToPath(new URL('zone-primary.ts', import.meta.url));
  const primary = spawn(process.execPath, [script, String(records)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-bench-'));
  try {
    const [line] = (await once(primary.stdout, 'data')) as [Buffer];
    const key = {
      name: 'xfr-key',
      algorithm: 'hmac-sha256',
      secret: Buffer.from(tsigSecret, 'base64'),
    } as const;
    const server = { address: '127.0.0.1', port: Number(line.toString()) };
    const peer = { server, key, idleMs: 30_000, recordsMax: 2_000_000, nowMs: () => Date.now() };
    const store = fileZoneStore(directory);
    let startMs = performance.now();
    let copy: ZoneCopy | undefined = await fetched(peer);
    const sets = copy.sets.size;
    yield seconds('axfr', startMs, `${sets} record sets, signed, from Knot`);
    startMs = performance.now();
    await store.save(copy);
    yield seconds('save', startMs, 'as a file');
    copy = undefined;
    startMs = performance.now();
    const stored = await store.load(zone);
    if (stored?.sets.size !== sets) throw new Error('the stored copy is not the one that was saved');
    yield seconds('load', startMs, 'after a restart');
    startMs = performance.now();
    const changes = [...zoneDifference(stored, await fetched(peer))].length;
    if (changes !== 0) throw new Error(`${changes} changes in a zone that did not change`);
    yield seconds('compare', startMs, 'a second whole transfer beside the stored copy, both in memory');
    const peak = Math.round(process.resourceUsage().maxRSS / 1024);
    yield {
      name: 'zone.peak-memory',
      value: peak,
      unit: 'MB rss',
      floor: null,
      ratio: null,
      goal: memoryMaxMb,
      goalOf: 'value',
      held: peak <= memoryMaxMb,
      note: `${records} records, all four steps in one process`,
    };
  } finally {
    primary.stdin.end();
    rmSync(directory, { recursive: true, force: true });
  }
}
