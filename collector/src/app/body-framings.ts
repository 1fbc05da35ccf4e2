/** How bodies of deliveries become records, by configuration name and by the usual way of a feed. */
import { unpackReports } from '../1-source/file/unpack-report.ts';
import { readOtlpLogs } from '../1-source/otlp/otlp-logs.ts';
import { readFirehoseBody } from '../1-source/webhook/firehose-body.ts';
import { linesBody, listBody, type FrameBody } from '../1-source/webhook/body-framing.ts';
import type { Failure } from '../contract/outcome.ts';
import type { SourceName } from '../contract/source-name.ts';
import type { BodyForm } from './config-sources.ts';

/** Mails, archives and plain reports. */
const reportBody: FrameBody = async (bytes) => {
  const refused: Failure[] = [];
  const unpacked = await unpackReports(bytes, '', refused);
  return unpacked.ok ? { ok: true, value: { records: unpacked.value, refused } } : unpacked;
};

function otlpBody(feed: SourceName): FrameBody {
  return (bytes, contentType) => Promise.resolve(readOtlpLogs(bytes, contentType, feed === 'webhook'));
}

/** Form meant when `body` is left out; absent: `record`. */
const usualForm: Partial<Record<SourceName, BodyForm>> = {
  'cloudflare-audit': 'lines',
  'cloudflare-dns': 'lines',
  dmarc: 'report',
};

/** Forms whose senders compress unless told otherwise: OTLP exporters, Logpush, mail archives, Firehose. */
const compressedForms: ReadonlySet<BodyForm> = new Set<BodyForm>(['otlp', 'lines', 'report', 'firehose']);

/** Whether gzip bodies are taken when the configuration does not say. */
export function takesCompressed(feed: SourceName, form: BodyForm | undefined): boolean {
  const used = form ?? usualForm[feed];
  return used !== undefined && compressedForms.has(used);
}

/** Framing of a source, and the path its sender appends. Nothing for a body that is one record. */
export function framingOf(
  feed: SourceName,
  form: BodyForm | undefined,
): { readonly frame?: FrameBody; readonly pathSuffix?: string } {
  switch (form ?? usualForm[feed] ?? 'record') {
    case 'lines':
      return { frame: linesBody };
    case 'list':
      return { frame: listBody };
    case 'report':
      return { frame: reportBody };
    case 'otlp':
      return { frame: otlpBody(feed), pathSuffix: 'v1/logs' };
    case 'firehose':
      return { frame: (bytes) => Promise.resolve(readFirehoseBody(bytes)) };
    default:
      return {};
  }
}
