/**
 * The collector as a process of its own at the same task, and everything else it does: durable log, ledger, features, shipped rules,
 * cases, scores. What it found leaves over OTLP; the endpoint is ours and does not count.
 */
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startCollector, untilReady } from '../../e2e/collector-process.ts';
import { benchInventory } from '../bench-records.ts';
import { cpuMsOf, peakMbOf, type PeerRun } from './measured.ts';
import { peerDomains, type PeerTask } from './task.ts';

interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly arrayValue?: { readonly values: Attribute['value'][] };
  };
}
interface Export {
  readonly resourceLogs?: {
    readonly scopeLogs: { readonly logRecords: { readonly attributes: Attribute[] }[] }[];
  }[];
}

/** The four fields of an update among exported events; undefined for everything else. */
function lineOf(attributes: readonly Attribute[]): string | undefined {
  const value = (key: string): string | undefined => {
    const found = attributes.find((each) => each.key === key)?.value;
    return found?.stringValue ?? found?.arrayValue?.values[0]?.stringValue;
  };
  if (value('zonewarden.event_type_original') !== 'zone_record.update') return undefined;
  const four = ['zonewarden.zone', 'dns.question.name', 'zonewarden.new_value', 'zonewarden.source_event_id'];
  return four.map(value).join('\t');
}

/** Starts it without input, waits until it is ready, gives it the file, and reads what it took from there to the last line. */
export async function runCollector(directory: string, task: PeerTask): Promise<PeerRun> {
  const lines = new Set<string>();
  let complete: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (complete = resolve));
  const endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      for (const resource of (JSON.parse(text.toString()) as Export).resourceLogs ?? [])
        for (const scope of resource.scopeLogs)
          for (const record of scope.logRecords) {
            const line = lineOf(record.attributes);
            if (line !== undefined) lines.add(line);
          }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      if (lines.size >= task.expected.length) complete();
    });
  }).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const { port } = endpoint.address() as AddressInfo;
  await writeFile(join(directory, 'inventory.json'), JSON.stringify(benchInventory(peerDomains)));
  const config = {
    version: 1,
    data: join(directory, 'data'),
    listen: '127.0.0.1:0',
    inventory: join(directory, 'inventory.json'),
    sources: [
      {
        id: 'peer',
        feed: 'dnsimple',
        tenant: 'acme',
        via: 'file',
        paths: [join(directory, 'input', '*.ndjson')],
        poll_interval_ms: 50,
      },
    ],
    sinks: [{ id: 'otlp', kind: 'otlp', endpoint: `http://127.0.0.1:${port}`, signals: ['event'] }],
  };
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify(config));
  const collector = await startCollector(['--config', path]);
  const pid = collector.child.pid ?? 0;
  try {
    await untilReady(collector.url);
    const before = cpuMsOf(pid);
    await rename(task.path, join(directory, 'input', 'task.ndjson'));
    await Promise.race([all, once(collector.child, 'exit')]);
    return { cpuMs: cpuMsOf(pid) - before, rssMb: peakMbOf(pid), lines: [...lines].sort() };
  } finally {
    await collector.end('SIGTERM');
    endpoint.close();
    await rename(join(directory, 'input', 'task.ndjson'), task.path).catch(() => undefined);
  }
}
