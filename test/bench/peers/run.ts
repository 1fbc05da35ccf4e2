/**
 * `npm run bench:peers`: the same file of webhooks through programs one would take instead, each as a process of its own, in turns.
 * One JSON line per peer, printed only when its output equals what the file was made from. Peers do this one task; the collector does
 * everything else it does too. ZONEWARDEN_BENCH_ROUNDS and ZONEWARDEN_BENCH_RECORDS set the size. Exit 1: an output differed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLineOf } from '../../command-line.ts';
import { median, rounded, spreadOf } from '../figure.ts';
import { runPeer, type PeerRun } from './measured.ts';
import { isThere, peers } from './programs.ts';
import { writePeerTask } from './task.ts';
import { runCollector } from './whole-collector.ts';

const line = commandLineOf(
  'usage: npm run bench:peers; ZONEWARDEN_BENCH_ROUNDS (3) and ZONEWARDEN_BENCH_RECORDS (40000) set the size',
  {},
);
const sizeOf = (name: string, fallback: string): number =>
  line.number(name, process.env[name] ?? fallback, 1);
const rounds = sizeOf('ZONEWARDEN_BENCH_ROUNDS', '3');
const records = sizeOf('ZONEWARDEN_BENCH_RECORDS', '40000');

const base = await mkdtemp(join(tmpdir(), 'zonewarden-peers-'));
const task = await writePeerTask(join(base, 'task.ndjson'), records);
process.stderr.write(`${records} webhooks, ${Math.round(task.bytes / 1e6)} MB, ${rounds} rounds\n`);

const runs = new Map<string, PeerRun[]>();
const wrong = new Map<string, string>();

/** Keeps a run; one whose output is not what must come out is named and gives no figure. */
function note(name: string, run: PeerRun): void {
  const at = task.expected.findIndex((line, i) => line !== run.lines[i]);
  if (at >= 0 || run.lines.length !== task.expected.length)
    wrong.set(
      name,
      `line ${at + 1} of ${run.lines.length}: ${run.lines[at]} instead of ${task.expected[at]}`,
    );
  runs.set(name, [...(runs.get(name) ?? []), run]);
}

try {
  for (const peer of peers)
    if (!isThere(peer)) process.stderr.write(`skipped ${peer.name}: needs ${peer.needs}\n`);
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers.filter(isThere)) {
      const directory = join(base, `${peer.name}-${round}`);
      await mkdir(directory);
      const output = join(directory, 'output.tsv');
      note(peer.name, await runPeer(peer, directory, task.path, output, task.expected.length));
      process.stderr.write(`round ${round + 1} of ${rounds}: ${peer.name}\n`);
    }
    const directory = join(base, `collector-${round}`);
    await mkdir(join(directory, 'input'), { recursive: true });
    note('zonewarden', await runCollector(directory, task));
    process.stderr.write(`round ${round + 1} of ${rounds}: zonewarden\n`);
  }
} finally {
  await rm(base, { recursive: true, force: true });
}

const costOf = (run: PeerRun): number => (1000 * run.cpuMs) / records;
const own = median((runs.get('zonewarden') ?? []).map(costOf));
for (const [name, found] of runs) {
  const reason = wrong.get(name);
  if (reason !== undefined) {
    process.stderr.write(`${name}: output differs, no figure: ${reason}\n`);
    process.exitCode = 1;
    continue;
  }
  const costs = found.map(costOf);
  const figure = {
    name: `peers.${name}`,
    value: rounded(median(costs)),
    unit: 'cpu us/record',
    // How much of a peer the whole collector costs: above 1 it is dearer.
    ratio: rounded(own / median(costs)),
    spread: spreadOf(costs),
    rss_mb: Math.max(...found.map(({ rssMb }) => rssMb)),
  };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
