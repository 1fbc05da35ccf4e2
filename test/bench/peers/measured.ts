/** CPU and memory of a process of somebody else, read from /proc (proc(5)): Linux only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Peer } from './programs.ts';

/** What one run cost: CPU milliseconds of all threads, the most memory it ever held, and the lines it wrote, sorted. */
export interface PeerRun {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly lines: readonly string[];
}

/** Ticks of utime and stime a second: fixed at 100 for user space on Linux. */
const ticksPerSecond = 100;

/** CPU milliseconds a process has used; what has ended counts with its parent, not here. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Most resident memory a process ever had, MB; 0 when it is ending and has none any more. */
export function peakMbOf(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return Math.round(Number(found) / 1024);
}

/** Lines of a file, sorted; none while it does not exist. */
export function sortedLines(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').filter(Boolean).sort();
}

/** Runs a peer once over the input and waits for its last line. Rejects when nothing comes for half a minute. */
export async function runPeer(
  peer: Peer,
  directory: string,
  input: string,
  output: string,
  expected: number,
): Promise<PeerRun> {
  const [program, ...args] = await peer.prepare(directory, input, output);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const gone = once(child, 'exit');
  const pid = child.pid ?? 0;
  let last = { cpuMs: 0, rssMb: 0 };
  let lines = 0;
  let idle = 0;
  // Who ends by itself is looked at until then: its figures are those of its last moment but one hundredth of a second.
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const now = { cpuMs: cpuMsOf(pid), rssMb: Math.max(last.rssMb, peakMbOf(pid)) };
      idle = now.cpuMs === last.cpuMs ? idle + 1 : 0;
      last = now;
    } catch {
      break;
    }
    if (peer.follows && idle > 50) {
      lines = sortedLines(output).length;
      // The rest stands in a buffer that the signal empties.
      if (lines >= expected * 0.9) break;
      if (idle > 3_000) break;
    }
    await wait(10);
  }
  child.kill('SIGTERM');
  await gone;
  const found = sortedLines(output);
  if (found.length === 0) throw new Error(`${peer.name} wrote nothing: ${said}`);
  return { ...last, lines: found };
}
