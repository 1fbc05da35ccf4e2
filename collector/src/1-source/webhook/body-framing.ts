/** How the body of a delivery becomes records: one, a line each, an element each, or what a feed's own unpacking finds. */
import type { HttpAnswer } from '../../contract/http.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import { jsonElements } from '../json-elements.ts';
import { linesIn } from '../line-splitter.ts';

/** One record of a body. `contentType` absent: that of the delivery. */
export interface BodyRecord {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
}

/** Records of a body; `refused`: parts that cannot be records, which are said and counted. `answer`: what the protocol wants to hear. */
export interface FramedBody {
  readonly records: readonly BodyRecord[];
  readonly refused: readonly Failure[];
  readonly answer?: HttpAnswer;
}

/** Splits a body, already inflated. A failure refuses the whole delivery with 400. */
export type FrameBody = (bytes: Uint8Array, contentType: string) => Promise<Outcome<FramedBody>>;

/** The body is the record. */
export const wholeBody: FrameBody = (bytes) =>
  Promise.resolve(succeeded({ records: [{ bytes }], refused: [] }));

/** What Cloudflare Logpush sends first to see whether the destination is ours to write to. */
const logpushTest = /^\s*\{\s*"content"\s*:\s*"tests?"\s*\}\s*$/;

/** A body has more records than one delivery may have. */
export const tooManyRecords: Failure = {
  code: 'too_large',
  path: '',
  message: `a delivery has more than ${limits.bodyRecordsMax} records; send them in several`,
};

/** NDJSON: one record per line; blank lines are none. The test delivery of Cloudflare Logpush holds no record. */
export const linesBody: FrameBody = (bytes) => {
  if (bytes.length < 64 && logpushTest.test(Buffer.from(bytes).toString('latin1')))
    return Promise.resolve(succeeded({ records: [], refused: [] }));
  const records: BodyRecord[] = [];
  const refused: Failure[] = [];
  for (const line of linesIn(bytes, limits.recordBytesMax)) {
    if (records.length === limits.bodyRecordsMax)
      return Promise.resolve({ ok: false, failure: tooManyRecords });
    if ('bytes' in line) records.push({ bytes: line.bytes, contentType: 'application/json' });
    else
      refused.push({
        code: 'too_large',
        path: `byte ${line.endOffset - line.tooLongBytes}`,
        message: `a line has ${line.tooLongBytes} bytes; at most ${limits.recordBytesMax} are accepted`,
      });
  }
  return Promise.resolve(succeeded({ records, refused }));
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON list: one record per element. */
export const listBody: FrameBody = (bytes) => {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return Promise.resolve(failed('not_utf8', 'the body is not UTF-8'));
  }
  const elements = jsonElements(text);
  if (!elements.ok) return Promise.resolve(elements);
  const records = elements.value.map((element) => ({
    bytes: Buffer.from(element),
    contentType: 'application/json',
  }));
  return Promise.resolve(succeeded({ records, refused: [] }));
};
