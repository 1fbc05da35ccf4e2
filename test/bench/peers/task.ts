/** The task every peer gets: of a file of webhooks keep the record updates and write four fields of each, as tab-separated lines. */
import { writeFile } from 'node:fs/promises';
import { benchRecords } from '../bench-records.ts';

/** Domains the records are about; the collector watches all of them. */
export const peerDomains = 1_000;
const startMs = Date.UTC(2026, 0, 1);

/** What a file holds and what must come out of it. */
export interface PeerTask {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  /** Zone, name, content and request id of every update, sorted. */
  readonly expected: readonly string[];
}

/** Writes DNSimple webhooks, one a line, one in four an update; the expected lines are those the records were made from. */
export async function writePeerTask(path: string, records: number): Promise<PeerTask> {
  const expected: string[] = [];
  const lines = benchRecords('dnsimple', records, startMs, peerDomains).map(({ bytes }, i) => {
    const text = (bytes as Buffer).toString('utf8');
    if (i % 4 !== 0) return text.replace('"zone_record.update"', '"zone_record.create"');
    const body = JSON.parse(text) as {
      data: { zone_record: { zone_id: string; name: string; content: string } };
      request_identifier: string;
    };
    const { zone_id: zone, name, content } = body.data.zone_record;
    expected.push([zone, `${name}.${zone}`, content, body.request_identifier].join('\t'));
    return text;
  });
  const text = `${lines.join('\n')}\n`;
  await writeFile(path, text);
  return { path, records, bytes: Buffer.byteLength(text), expected: expected.sort() };
}
