/** Parsers of what comes over sockets before it is a record: frames, wire formats, bodies, signatures. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { frameBytesMax } from '../../collector/src/1-source/epp-poll/epp-frames.ts';
import { answerOf, greetingOf } from '../../collector/src/1-source/epp-poll/epp-messages.ts';
import { splitJsonList } from '../../collector/src/1-source/json-list.ts';
import { frameFile } from '../../collector/src/1-source/file/frame-file.ts';
import { unpackReports } from '../../collector/src/1-source/file/unpack-report.ts';
import { frameReader, framesOfFile, readControl } from '../../collector/src/1-source/frame-streams.ts';
import { jsonElements } from '../../collector/src/1-source/json-elements.ts';
import { readOtlpLogs } from '../../collector/src/1-source/otlp/otlp-logs.ts';
import { createSyslogSplitter, readSyslog } from '../../collector/src/1-source/syslog/syslog-message.ts';
import { linesBody, listBody } from '../../collector/src/1-source/webhook/body-framing.ts';
import { schemes, type SchemeName } from '../../collector/src/1-source/webhook/schemes.ts';
import { createGrafanaVerifier } from '../../collector/src/api/grafana-identity.ts';
import { sourceNames } from '../../collector/src/contract/source-name.ts';
import { readDnsMessage } from '../../collector/src/leaf/dns-message.ts';
import { decodeDnstap } from '../../collector/src/leaf/dnstap-frame.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { transferReader } from '../../collector/src/leaf/zone-transfer.ts';
import { recordsOf, sampleFiles, texts, type Target } from './target.ts';

const greeting =
  '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>s</svID><svDate>2026-01-01T00:00:00Z</svDate><svcMenu><version>1.0</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcMenu></greeting></epp>';
const polled =
  '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1301"><msg>Command completed; ack to dequeue</msg></result><msgQ count="5" id="12345"><qDate>2026-01-01T00:00:00Z</qDate><msg>Transfer requested.</msg></msgQ><trID><svTRID>x</svTRID></trID></response></epp>';

const key = 'fuzz-secret';
const atMs = 1_614_265_330_000;
const signedBody = '{"event":"lock","domain":"a.example"}';

/** A delivery as bytes: header lines, an empty line, the body. */
function deliveryOf(headers: Record<string, string>): Uint8Array {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${head.join('\n')}\n\n${signedBody}`);
}

const standard = (text: string): string =>
  createHmac('sha256', Buffer.from(key)).update(text).digest('base64');
const hex = createHmac('sha256', key).update(signedBody).digest('hex');

const settings = {
  secret: createSecret(key),
  header: 'x-signature',
  timestampHeader: 'x-time',
  idHeader: 'x-id',
};

/** A delivery whose body is not the signed one must never be taken as proven. */
function verifyWebhook(bytes: Buffer): unknown {
  const cut = bytes.indexOf('\n\n');
  const head = bytes.subarray(0, Math.max(0, cut)).toString('latin1');
  const body = bytes.subarray(cut + 2);
  const headers = Object.create(null) as Record<string, string>;
  for (const line of head.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const verdicts: string[] = [];
  for (const name of Object.keys(schemes) as SchemeName[]) {
    const verify = schemes[name](name === 'standard-webhooks' ? { secret: settings.secret } : settings);
    const verdict = verify({ method: 'POST', headers, body, receivedAtMs: atMs });
    // A shared header and an unsigned path prove nothing about the body.
    const bindsBody = name === 'standard-webhooks' || name === 'github' || name === 'hmac';
    if (bindsBody && verdict.kind === 'verified' && body.toString('latin1') !== signedBody)
      throw new Error(`${name} accepted a changed body`);
    verdicts.push(verdict.kind === 'refused' ? verdict.failure.code : verdict.kind);
  }
  return verdicts.join();
}

/** The same bytes whole and in pieces must give the same frames. */
function sameInPieces(bytes: Buffer, frames: (pieces: Buffer[]) => string): unknown {
  const whole = frames([bytes]);
  const at = bytes.length >> 1;
  const pieces = frames([bytes.subarray(0, at), bytes.subarray(at)]);
  if (whole !== pieces) throw new Error(`whole ${whole.slice(0, 200)} pieces ${pieces.slice(0, 200)}`);
  return whole.length;
}

function syslogFrames(pieces: Buffer[]): string {
  const splitter = createSyslogSplitter();
  const frames = [...pieces.flatMap((piece) => splitter.push(piece)), splitter.end()];
  return JSON.stringify(
    frames.map((frame) =>
      frame === undefined || 'tooLongBytes' in frame ? frame : Buffer.from(frame.bytes).toString('latin1'),
    ),
  );
}

function streamFrames(pieces: Buffer[]): string {
  const reader = frameReader(4_096);
  const frames: string[] = [];
  for (const piece of pieces) {
    const read = reader.push(piece, (frame) =>
      frames.push(frame.kind === 'data' ? Buffer.from(frame.bytes).toString('latin1') : frame.type),
    );
    if (!read.ok) return JSON.stringify([frames, read.failure.code]);
  }
  return JSON.stringify([frames, reader.pendingBytes]);
}

function transferOf(bytes: Buffer): unknown {
  const message = readDnsMessage(bytes);
  if (!message.ok) return message;
  const zone = message.value.questions[0]?.name ?? 'a.example';
  const receiver = { record: () => {}, step: () => {}, remove: () => {}, add: () => {} };
  const reader = transferReader({ zone, asked: 'IXFR', transport: 'tcp', haveSerial: 1 }, receiver);
  return reader.push(message.value.answers);
}

const mail = Buffer.from(
  `From: reporter@a.example\r\nTo: rua@b.example\r\nSubject: Report Domain: b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/gzip; name="a!b!1!2.xml.gz"\r\nContent-Disposition: attachment; filename="a!b!1!2.xml.gz"\r\nContent-Transfer-Encoding: base64\r\n\r\n${gzipSync('<feedback><report_metadata/></feedback>').toString('base64')}\r\n--b1--\r\n`,
);

function zipOf(name: string, text: string): Uint8Array {
  const data = deflateRawSync(text);
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(text.length, 22);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const central = Buffer.alloc(46 + name.length);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(text.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, central, end]);
}

const otlp = JSON.stringify({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'x' } }] },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: '1790000000000000000',
              body: { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } },
            },
          ],
        },
      ],
    },
  ],
});
// ExportLogsServiceRequest { resource_logs { scope_logs { log_records { body { string_value: "x" } } } } }
const otlpProtobuf = Buffer.from('0a090a0012050a0012010a0a0b12091207120528030a017800', 'hex');

const jwt = [
  { alg: 'ES256', kid: 'k' },
  { sub: 'user:1', iss: 'https://grafana.example', exp: 4_000_000_000 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');
const keySet = JSON.stringify({
  keys: [
    { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'k' },
  ],
});
const grafana = createGrafanaVerifier(
  { jwksUrl: 'https://grafana.example/keys', issuer: 'https://grafana.example' },
  () => Promise.resolve(keySet),
  () => {},
);

const dnstapSeeds = (): Uint8Array[] => {
  const frames = sampleFiles('dnstap').flatMap((bytes) => framesOfFile(bytes).frames.slice(0, 20));
  return frames.length > 0 ? frames : [Buffer.from('0a01780801720a0801180122047f000001', 'hex')];
};

const dnsSeeds = (): Uint8Array[] => {
  const inner = dnstapSeeds().flatMap((bytes) => {
    const frame = decodeDnstap(bytes);
    if (!frame.ok) return [];
    return [frame.value.queryMessage, frame.value.responseMessage].filter((one) => one !== undefined);
  });
  return [
    ...recordsOf('dns-xfr'),
    ...inner,
    Buffer.from('00008180000100010000000001610765786d706c6500000100010c0001', 'hex'),
  ];
};

/** All of them. */
export const wireTargets: readonly Target[] = [
  { name: 'dns message', seeds: dnsSeeds(), run: (bytes) => readDnsMessage(bytes) },
  { name: 'zone transfer', seeds: dnsSeeds(), run: transferOf },
  { name: 'dnstap frame', seeds: dnstapSeeds(), run: (bytes) => decodeDnstap(bytes) },
  {
    name: 'frame streams',
    seeds: [...sampleFiles('dnstap', 4), Buffer.from('00000000000000080000000200000000', 'hex')],
    run: (bytes) => [
      sameInPieces(bytes, streamFrames),
      readControl(bytes).ok,
      framesOfFile(bytes).frames.length,
    ],
  },
  {
    name: 'epp answer',
    bytesMax: frameBytesMax,
    seeds: texts(greeting, polled),
    run: (bytes) => [greetingOf(bytes), answerOf(bytes)],
  },
  {
    name: 'syslog stream',
    seeds: texts('17 <34>1 - - - - - ab<34>Oct 11 22:14:15 mymachine su: hi\n'),
    run: (bytes) => sameInPieces(bytes, syslogFrames),
  },
  {
    name: 'syslog message',
    seeds: texts(
      '<34>1 2026-01-01T00:00:00.000Z host app 1 ID [x@1 a="b\\]c"] hello',
      '<34>Oct 11 22:14:15 mymachine su[10]: failed',
    ),
    run: (bytes) => readSyslog(bytes.toString('utf8')),
  },
  {
    name: 'report mail or archive',
    seeds: [mail, gzipSync('<feedback/>'), zipOf('a.xml', '<feedback/>'), ...sampleFiles('dmarc', 10)],
    run: (bytes) => unpackReports(bytes, 'fuzz'),
  },
  {
    name: 'otlp logs json',
    seeds: texts(otlp),
    run: (bytes) => readOtlpLogs(bytes, 'application/json', bytes.length % 2 === 0),
  },
  {
    name: 'otlp logs protobuf',
    seeds: [otlpProtobuf],
    run: (bytes) => readOtlpLogs(bytes, 'application/x-protobuf', bytes.length % 2 === 0),
  },
  { name: 'body of lines', seeds: texts('{"a":1}\n\n{"b":2}\r\n{'), run: (bytes) => linesBody(bytes, 'x') },
  { name: 'body of a list', seeds: texts('[{"a":"]"},1,"\\"",[[]]]'), run: (bytes) => listBody(bytes, 'x') },
  {
    name: 'json elements',
    seeds: texts('{"other":[1],"value":[{"a":[1,{"b":"]}"}]},null]}', '[1,{"a":"\\u0000"}]'),
    run: (bytes) => {
      const text = bytes.toString('utf8');
      splitJsonList(bytes, ['value']);
      const [list, member] = [jsonElements(text), jsonElements(text, 'value')];
      if (
        list.ok &&
        !text.includes('['.repeat(500)) &&
        JSON.stringify(JSON.parse(`[${list.value.join()}]`)) !== JSON.stringify(JSON.parse(text))
      )
        throw new Error('the elements are not those of the list');
      return [list.ok, member.ok];
    },
  },
  {
    name: 'record file',
    seeds: [...texts('{"a":1}\n{"b":2}\n', '[{"a":1}]', 'HTTP/1.1 200 OK\n\n{}'), gzipSync('{"a":1}\n')],
    run: (bytes) => {
      const source = sourceNames[bytes.length % sourceNames.length]!;
      for (const name of ['a.json', 'a.jsonl', 'a.gz', 'a.http', 'a.xml', 'a'])
        Array.from(frameFile(source, name, bytes));
    },
  },
  {
    name: 'webhook signature',
    seeds: [
      deliveryOf({
        'webhook-id': 'm1',
        'webhook-timestamp': '1614265330',
        'webhook-signature': `v1,${standard(`m1.1614265330.${signedBody}`)}`,
      }),
      deliveryOf({ 'x-hub-signature-256': `sha256=${hex}`, 'x-github-delivery': 'd1' }),
      deliveryOf({
        'x-signature': createHmac('sha256', key).update(`1614265330.${signedBody}`).digest('hex'),
        'x-time': '1614265330',
        'x-id': 'i1',
      }),
    ],
    run: verifyWebhook,
  },
  {
    name: 'grafana identity',
    seeds: texts(`${jwt}.AAAA`, 'a.b.c'),
    run: (bytes) => grafana(bytes.toString('latin1')),
  },
];
