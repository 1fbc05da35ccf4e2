/** AWS requests signed with SigV4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html) and sent by the one outgoing client. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Secret } from '../../leaf/secret.ts';
import { createSecret } from '../../leaf/secret.ts';
import { askApi, type ApiAnswer } from '../api-answer.ts';
import type { OutgoingClient } from '../outgoing-http.ts';

/** Keys of one IAM user or role session. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Only temporary keys have one. */
  readonly sessionToken?: Secret | undefined;
}

/** What is asked. `url` is already percent-encoded. */
export interface AwsRequest {
  readonly service: 'sqs' | 's3';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly answerBytesMax?: number;
  readonly timeoutMs?: number;
}

/** Sends a signed request. With `bytes`, the body of the answer is not read as text. */
export type AskAws = (
  request: AwsRequest,
  nowMs: number,
  signal: AbortSignal,
  form?: 'bytes',
) => Promise<ApiAnswer>;

/** SHA-256 and HMAC-SHA-256 as the signer wants them. */
class NodeSha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(keyOf(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function keyOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Signed headers of a request, lower-case names; `authorization` and the token still in the clear. */
export async function signedHeaders(
  { service, method, url, headers = {}, body }: AwsRequest,
  region: string,
  keys: AwsKeys,
  nowMs: number,
): Promise<Record<string, string>> {
  const { host, hostname, pathname, searchParams, protocol, port } = new URL(url);
  const signer = new SignatureV4({
    service,
    region,
    sha256: NodeSha256,
    // S3 signs the path as sent, every other service encodes it once more.
    uriEscapePath: service !== 's3',
    // Only S3 wants the hash of the body in a header as well.
    applyChecksum: service === 's3',
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey.reveal(),
      ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken.reveal() }),
    },
  });
  const signed = await signer.sign(
    {
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      ...(port === '' ? {} : { port: Number(port) }),
      ...(body === undefined ? {} : { body }),
    },
    { signingDate: new Date(nowMs) },
  );
  return Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

const credentialHeaders = new Set(['authorization', 'x-amz-security-token']);

/** Builds the asker for one region. */
export function createAskAws(client: OutgoingClient, region: string, keys: AwsKeys): AskAws {
  return async (request, nowMs, signal, form) => {
    const signed = await signedHeaders(request, region, keys, nowMs);
    const headers = Object.fromEntries(
      Object.entries(signed).map(([name, value]) => [
        name,
        credentialHeaders.has(name) ? createSecret(value) : value,
      ]),
    );
    const { method, url, body, answerBytesMax, timeoutMs } = request;
    return askApi(
      client,
      {
        method,
        url,
        headers,
        redirectsMax: 0,
        ...(body === undefined ? {} : { body }),
        ...(answerBytesMax === undefined ? {} : { answerBytesMax }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
      nowMs,
      signal,
      form,
    );
  };
}
