/**
 * `npm run soak -- [--minutes N] [--rate N] [--every SECONDS] [--leak memory|handles|descriptors|loop|sink] [--keep DIR]`: a real
 * collector process with webhook, poller, WebSocket feed, growing file and OTLP sink under steady load, looked at every few seconds; a
 * JSON line per look, then a line per criterion; exit 1 when one did not hold. `--leak` plants a fault that must be found.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../command-line.ts';
import { SoakLoad, soakSecret } from './soak-load.ts';
import { soakInventory } from './soak-records.ts';
import { judgeSoak, type SoakCount, type SoakSample } from './verdict.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const probe = new URL('./probe.ts', import.meta.url).href;
const usage = `usage: npm run soak -- [--minutes N] [--rate N] [--every N] [--leak memory|descriptors|handles|loop|sink]
  --minutes N  how long (30)      --rate N  records a second (20)      --every N  seconds between two looks
  --leak       plants what the soak has to notice: it must end with status 1`;
const line = commandLineOf(usage, {
  minutes: { type: 'string', default: '30' },
  rate: { type: 'string', default: '20' },
  every: { type: 'string' },
  leak: { type: 'string' },
});
const { values } = line;
const leaks = ['memory', 'descriptors', 'handles', 'loop', 'sink'];
if (values.leak !== undefined && !leaks.includes(values.leak)) line.stop(`there is no leak '${values.leak}'`);
const endMs = line.number('--minutes', values.minutes) * 60_000;
const rate = line.number('--rate', values.rate, 0.1);
const everyMs =
  values.every === undefined ? Math.max(2_000, endMs / 120) : line.number('--every', values.every, 1) * 1000;
const resolutionMs = 10;

function configIn(directory: string, load: SoakLoad): string {
  // JSON is YAML.
  writeFileSync(join(directory, 'inventory.yaml'), JSON.stringify(soakInventory));
  const { okta, feed, otlp } = load.ports;
  const path = join(directory, 'zonewarden.yaml');
  writeFileSync(
    path,
    `version: 1
listen: 127.0.0.1:0
inventory: inventory.yaml
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: SOAK_SECRET}}}
  - {id: okta, feed: okta, via: api, tenant: acme, url: 'http://127.0.0.1:${okta}', token: {env: SOAK_SECRET}, interval_s: 10}
  - {id: zonestream, feed: zonestream, url: 'ws://127.0.0.1:${feed}'}
  - {id: trail, feed: aws-cloudtrail, via: file, tenant: acme, paths: [trail.ndjson]}
  - {id: bind, feed: bind-log, via: file, tenant: acme, paths: [query.log]}
sinks:
  - {id: prometheus, kind: prometheus}
  - {id: otlp, kind: otlp, endpoint: 'http://127.0.0.1:${otlp}'}
`,
  );
  for (const name of ['query.log', 'trail.ndjson']) writeFileSync(join(directory, name), '');
  return path;
}

async function start(
  directory: string,
  config: string,
  facts: string,
): Promise<{ child: ChildProcess; url: string }> {
  const args = [
    '--expose-gc',
    '--import',
    probe,
    main,
    'run',
    '--config',
    config,
    '--data',
    join(directory, 'var'),
  ];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      SOAK_SECRET: soakSecret,
      ZONEWARDEN_SOAK_FACTS: facts,
      ...(values.leak === undefined ? {} : { ZONEWARDEN_SOAK_LEAK: values.leak }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_000)));
  child.once('exit', (code) => {
    if (code !== 0) process.stderr.write(said);
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const found = /listens on (\S+)/.exec(chunk.toString())?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error('the collector did not start')));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(50);
  return { child, url };
}

/** Sum of the series of a metric whose labels contain `label`. */
function sumOf(metrics: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of metrics.split('\n'))
    if ((line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  return sum;
}

async function look(
  child: ChildProcess,
  url: string,
  facts: string,
  atMs: number,
  idleDelayP99Ms: number,
): Promise<SoakSample & { readonly metrics: string }> {
  const before = countLines(facts);
  child.kill('SIGUSR2');
  for (let turn = 0; countLines(facts) === before; turn++) {
    if (turn > 600 || child.exitCode !== null) throw new Error('the collector gives no sign of life');
    await sleep(50);
  }
  const last = JSON.parse(readFileSync(facts, 'utf8').trimEnd().split('\n').at(-1) as string) as Pick<
    SoakSample,
    'heapBytes' | 'residentBytes' | 'handles' | 'loopDelayP99Ms'
  >;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    atMs: Math.round(atMs),
    ...last,
    descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
    idleDelayP99Ms,
    engineBacklog: sumOf(metrics, 'zonewarden_engine_backlog') + sumOf(metrics, 'zonewarden_log_queued'),
    sinkBacklog: sumOf(metrics, 'zonewarden_sink_backlog'),
    metrics,
  };
}

function countLines(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length;
  } catch {
    return 0;
  }
}

function countsOf(load: SoakLoad, metrics: string): SoakCount[] {
  const { delivered, poisoned, polled, said, lines } = load.counts;
  const records = (source: string): number =>
    sumOf(metrics, 'zonewarden_source_records_total', `source="${source}"`);
  return [
    {
      name: 'deliveries answered 2xx in the log',
      expected: delivered + poisoned,
      found: records('dnsimple'),
    },
    { name: 'events of the polled log', expected: polled, found: records('okta') },
    { name: 'messages of the feed', expected: said, found: records('zonestream') },
    { name: 'lines of the audit trail', expected: lines, found: records('trail') },
    { name: 'poison in quarantine', expected: poisoned, found: sumOf(metrics, 'zonewarden_quarantine') },
    { name: 'deliveries refused', expected: 0, found: load.counts.refused },
    {
      name: 'signals delivered over OTLP, once by key',
      expected: sumOf(metrics, 'zonewarden_sink_delivered_total', 'sink="otlp"'),
      found: load.counts.received.size,
    },
  ];
}

const directory = mkdtempSync(join(tmpdir(), 'zonewarden-soak-'));
const facts = join(directory, 'facts.jsonl');
const load = new SoakLoad(join(directory, 'query.log'), join(directory, 'trail.ndjson'));
await load.open();
const { child, url } = await start(directory, configIn(directory, load), facts);
const idle = monitorEventLoopDelay({ resolution: resolutionMs });
idle.enable();
const startedMs = performance.now();
const samples: SoakSample[] = [];
let due = 0;
let nextLookMs = everyMs;
let metrics = '';

async function sample(): Promise<void> {
  const atMs = performance.now() - startedMs;
  const idleMs = Math.max(0, idle.percentile(99) / 1e6 - resolutionMs);
  const { metrics: text, ...found } = await look(child, url, facts, atMs, idleMs);
  metrics = text;
  idle.reset();
  samples.push(found);
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

try {
  const waiting = new Set<Promise<void>>();
  for (;;) {
    const atMs = performance.now() - startedMs;
    if (atMs >= endMs) break;
    if (values.leak === 'sink' && atMs > endMs / 4) load.sinkHangs = true;
    while (due < (atMs / 1000) * rate && waiting.size < 32) {
      due++;
      const one = load.step(url).finally(() => waiting.delete(one));
      waiting.add(one);
    }
    if (atMs >= nextLookMs) {
      nextLookMs += everyMs;
      await sample();
    }
    await sleep(Math.min(50, 1000 / rate));
  }
  await Promise.all(waiting);
  // Polls come every ten seconds, deliveries and revisions settle meanwhile.
  for (let turn = 0; turn < 12; turn++) {
    await sleep(5_000);
    const text = await (await fetch(`${url}/metrics`)).text();
    const isSettled =
      sumOf(text, 'zonewarden_sink_backlog') === 0 && sumOf(text, 'zonewarden_engine_backlog') === 0;
    if (turn >= 4 && (isSettled || load.sinkHangs)) break;
  }
  await sample();
  const verdicts = judgeSoak(
    samples,
    sumOf(metrics, 'zonewarden_source_records_total'),
    countsOf(load, metrics),
  );
  const { received, ...sent } = load.counts;
  process.stdout.write(
    `${JSON.stringify({ minutes: Number(values.minutes), rate, ...sent, received: received.size })}\n`,
  );
  for (const { name, value, limit, unit, held } of verdicts)
    process.stdout.write(`${held ? 'held    ' : 'BROKEN  '}${name}: ${value} ${unit}, at most ${limit}\n`);
  process.exitCode = verdicts.every(({ held }) => held) ? 0 : 1;
} finally {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  load.close();
  rmSync(directory, { recursive: true, force: true });
}
