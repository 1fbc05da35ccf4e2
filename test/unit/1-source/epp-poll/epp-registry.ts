/** A registry on loopback that speaks TLS and frames as RFC 5734 says, for the tests of the EPP client. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { eppFrame } from '../../../../collector/src/1-source/epp-poll/epp-frames.ts';

/** A key and a certificate for 127.0.0.1; undefined where the openssl command is not installed. */
export const pem = certificate();

function certificate(): { key: string; cert: string } | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'zw-epp-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  try {
    execFileSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const epp = (inner: string) =>
  `<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${inner}</epp>`;
const result = (code: number, more = '') =>
  epp(
    `<response><result code="${code}"><msg>text</msg></result>${more}<trID><svTRID>1</svTRID></trID></response>`,
  );
const greeting = epp(
  '<greeting><svID>r</svID><svcMenu><version>1.0</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:host-1.0</objURI><svcExtension><extURI>urn:ietf:params:xml:ns:changePoll-1.0</extURI></svcExtension></svcMenu></greeting>',
);
/** A message of the queue; what begins with "bad" has a time that is none. */
export const message = (id: string): string =>
  result(
    1301,
    `<msgQ count="1" id="${id}">${id.startsWith('bad') ? '<qDate>soon</qDate>' : ''}<msg>m${id}</msg></msgQ>`,
  );

/** The registry: its queue, what it heard, and how it is to misbehave. */
export interface Registry {
  readonly port: number;
  readonly heard: string[];
  queue: string[];
  sessions: number;
  /** Bytes sent instead of the answer to the next poll request; undefined: none. */
  instead: Uint8Array | undefined;
  loginCode: number;
  ackCode: number;
  onAck: () => void;
  close(): Promise<void>;
}

/** Starts one with an empty queue. */
export async function startRegistry(): Promise<Registry> {
  const open = new Set<TLSSocket>();
  const registry: Registry = {
    port: 0,
    heard: [],
    queue: [],
    sessions: 0,
    instead: undefined,
    loginCode: 1000,
    ackCode: 1000,
    onAck: () => {},
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
  const answer = (xml: string): string => {
    registry.heard.push(xml);
    if (xml.includes('<login>')) return result(registry.loginCode);
    if (xml.includes('op="req"')) {
      const [top] = registry.queue;
      return top === undefined ? result(1300) : message(top);
    }
    if (xml.includes('op="ack"')) {
      registry.onAck();
      if (registry.ackCode === 1000 && xml.includes(`msgID="${registry.queue[0]}"`)) registry.queue.shift();
      return result(registry.ackCode);
    }
    return result(1500);
  };
  const server = createServer(pem ?? {}, (socket) => {
    open.add(socket);
    registry.sessions += 1;
    socket.on('error', () => {});
    socket.write(eppFrame(greeting));
    let kept = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]);
      while (kept.length >= 4 && kept.length >= kept.readUInt32BE(0)) {
        const length = kept.readUInt32BE(0);
        const xml = kept.subarray(4, length).toString('utf8');
        kept = kept.subarray(length);
        const odd = xml.includes('op="req"') ? registry.instead : undefined;
        if (odd !== undefined) {
          registry.instead = undefined;
          socket.write(odd);
          return;
        }
        // In two pieces: frames do not keep to segments.
        const frame = eppFrame(answer(xml));
        socket.write(frame.subarray(0, 3));
        socket.write(frame.subarray(3));
      }
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(registry, { port: (server.address() as AddressInfo).port });
}
