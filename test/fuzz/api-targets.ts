/** A running collector behind its listener: request bytes, API paths with bodies, deliveries to the intake. */
import { connect } from 'node:net';
import { createHmac } from 'node:crypto';
import { startCollector, tokenOf, type TestCollector } from '../unit/app/running-collector.ts';
import { texts, type Target } from './target.ts';

let collector: TestCollector;

const start = async (): Promise<void> => {
  collector = await startCollector({ api: undefined });
};
const stop = (): Promise<void> => collector.stop();

/** Bytes on a fresh connection; the answer's first line. Resolves when the server closes or has answered. */
function exchange(bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(collector.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    const end = (): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(answer.slice(0, answer.indexOf('\r\n') + 1));
    };
    // A request that is not complete keeps the connection open; that is the server's right for its own time-out.
    const patience = setTimeout(end, 100);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n')) end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reject(error) : end(),
    );
    socket.on('close', end);
    socket.end(bytes);
  });
}

/** Nothing a client sends is an error of ours. */
function judged(line: string): string {
  if (/^HTTP\/1\.1 5(?!03)/.test(line)) throw new Error(`answered ${line.trim()}`);
  return line;
}

function request(method: string, path: string, body = '', more: readonly string[] = []): string {
  return [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${tokenOf('acme', 'admin')}`,
    ...(body === '' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]),
    ...more,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

const suppression =
  '{"scope":{"domain":"shop.example"},"reason":"r","ticket":"T-1","owner":"ops","expires_at":"2030-01-01T00:00:00Z"}';

/** First line method and path, the rest the body. */
async function call(bytes: Buffer): Promise<string> {
  const cut = bytes.indexOf('\n');
  const [method = 'GET', path = '/'] = bytes.subarray(0, Math.max(cut, 0)).toString('latin1').split(' ');
  const body = bytes.subarray(cut + 1);
  const head = request(/^[A-Z]{3,7}$/.test(method) ? method : 'POST', path.replace(/[\r\n]/g, ''), '', [
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]);
  return judged(await exchange(Buffer.concat([Buffer.from(head, 'latin1'), body])));
}

/** The body signed as it is: past the signature, every byte of it is the parser's. */
async function deliver(bytes: Buffer): Promise<string> {
  const signature = createHmac('sha256', 'intake-secret').update(bytes).digest('hex');
  const head = `POST /ingest/hook-acme HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-signature: ${signature}\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`;
  return judged(await exchange(Buffer.concat([Buffer.from(head), bytes])));
}

/** All of them. */
export const apiTargets: readonly Target[] = [
  {
    name: 'http request',
    seeds: texts(
      request('GET', '/api/v1/cases?limit=5&cursor=abc'),
      request('GET', '/metrics'),
      request('POST', '/api/v1/suppressions', suppression),
      request('POST', '/ingest/hook-acme', '{}', ['x-signature: 00', 'content-encoding: gzip']),
      request('GET', '/console/../../etc/passwd'),
    ),
    open: start,
    close: stop,
    run: async (bytes) => judged(await exchange(bytes)),
  },
  {
    name: 'api body',
    seeds: texts(
      `POST /api/v1/suppressions\n${suppression}`,
      'POST /api/v1/cases/c1/close\n{"disposition":"benign_positive","reason":"x"}',
      'POST /api/v1/cases/c1/notes\n{"text":"hello"}',
      'POST /api/v1/intents\n{"tenant":"acme","id":"C1","valid_from":"2026-01-01T00:00:00Z","valid_until":"2026-01-02T00:00:00Z","changes":[{"domain":"shop.example","action":"delegation","new":["ns1.b.example"]}]}',
      'POST /api/v1/drills\n{"story":"lock","domain":"canary.example"}',
      'POST /api/v1/cases/c1/actions\n{"kind":"lock","domain":"shop.example"}',
      'GET /api/v1/domains/shop.example\n',
      'GET /api/v1/changes?domain=shop.example&from=2026-01-01T00:00:00Z\n',
      'POST /api/v1/rules/proof\n{"rule":"title: x"}',
    ),
    open: start,
    close: stop,
    run: call,
  },
  {
    name: 'delivery',
    seeds: texts(
      '{"id":"e1","timestamp":"2026-11-28T00:00:00Z","source_kind":"registrar_audit","event_type":"registrar.domain.lock_disabled","domain":"shop.example","attribute":"statuses","old_value":["clientTransferProhibited"],"new_value":[]}',
    ),
    open: start,
    close: stop,
    run: deliver,
  },
];
