/** Objects in S3 or a store that speaks its API (path-style addresses, ListObjectsV2), for checkpoints. */
import type { AskAws } from '../../1-source/cloudtrail-queue/signed-request.ts';
import type { ObjectStore } from './object-checkpoints.ts';

/** Where the objects lie. */
export interface S3Place {
  /** `https://s3.eu-central-1.amazonaws.com`, without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Put before every name; '' or ending in `/`. */
  readonly prefix: string;
}

const answerBytesMax = 64 * 1024 * 1024;
const timeoutMs = 60_000;
const notFound = 404;

/** RFC 3986 unreserved characters stay; the slash parts names. */
function encoded(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function textOf(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

/** The store. Every call rejects with what the other side said; the caller repeats or stops. */
export function s3Objects(ask: AskAws, place: S3Place, nowMs: () => number): ObjectStore {
  const { endpoint, bucket, prefix } = place;
  const url = (name: string): string => `${endpoint}/${encoded(bucket)}/${encoded(prefix + name)}`;
  const shared = { service: 's3', answerBytesMax, timeoutMs } as const;
  const never = new AbortController().signal;
  return {
    async put(name, body) {
      const answer = await ask({ ...shared, method: 'PUT', url: url(name), body }, nowMs(), never);
      if (!answer.ok) throw new Error(`object ${name} cannot be written: ${answer.failure.message}`);
    },
    async get(name) {
      const answer = await ask({ ...shared, method: 'GET', url: url(name) }, nowMs(), never, 'bytes');
      if (answer.ok) return answer.answer.body;
      if (answer.status === notFound) return undefined;
      throw new Error(`object ${name} cannot be read: ${answer.failure.message}`);
    },
    async list(start) {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const query = new URLSearchParams({ 'list-type': '2', prefix: prefix + start });
        if (token !== undefined) query.set('continuation-token', token);
        // SigV4 wants %20, not +, and both sides must see the same bytes.
        const address = `${endpoint}/${encoded(bucket)}?${query.toString().replaceAll('+', '%20')}`;
        const answer = await ask({ ...shared, method: 'GET', url: address }, nowMs(), never);
        if (!answer.ok) throw new Error(`objects of ${bucket} cannot be listed: ${answer.failure.message}`);
        for (const [, key = ''] of answer.text.matchAll(/<Key>([^<]*)<\/Key>/g))
          names.push(unescaped(key).slice(prefix.length));
        token =
          textOf(answer.text, 'IsTruncated') === 'true'
            ? unescaped(textOf(answer.text, 'NextContinuationToken') ?? '')
            : undefined;
      } while (token !== undefined && token !== '');
      return names;
    },
    async remove(name) {
      const answer = await ask({ ...shared, method: 'DELETE', url: url(name) }, nowMs(), never);
      if (!answer.ok && answer.status !== notFound)
        throw new Error(`object ${name} cannot be removed: ${answer.failure.message}`);
    },
  };
}
