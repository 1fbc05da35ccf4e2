import assert from 'node:assert/strict';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameReportFile, unpackReports } from '../../../../collector/src/1-source/file/unpack-report.ts';

const xml = Buffer.from('<feedback><report_id>x</report_id></feedback>');

/** A zip archive with one entry, written by APPNOTE 4.3; `change` damages it. */
function zip(name: string, content: Uint8Array, method: 0 | 8 = 8, flags = 0): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
  const title = Buffer.from(name);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(flags, 6);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(title.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(flags, 8);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(title.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + title.length, 12);
  end.writeUInt32LE(30 + title.length + packed.length, 16);
  return Buffer.concat([local, title, packed, central, title, end]);
}

function mail(parts: readonly { type: string; name: string; bytes: Uint8Array }[]): Buffer {
  const body = parts.map(
    (part) =>
      `--b\r\nContent-Type: ${part.type}; name="${part.name}"\r\nContent-Disposition: attachment; filename="${part.name}"\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(part.bytes).toString('base64')}\r\n`,
  );
  return Buffer.from(
    `From: r@mail.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n` +
      `--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n${body.join('')}--b--\r\n`,
  );
}

async function textOf(bytes: Uint8Array): Promise<string[]> {
  const outcome = await unpackReports(bytes, 'report');
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value.map((report) => Buffer.from(report.bytes).toString('utf8'));
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  const outcome = await unpackReports(bytes, 'report');
  return outcome.ok ? 'read' : outcome.failure.code;
}

test('bare, gzip, zip stored and deflated, and gzip in zip', async () => {
  for (const bytes of [
    xml,
    gzipSync(xml),
    zip('r.xml', xml),
    zip('r.xml', xml, 0),
    zip('r.xml.gz', gzipSync(xml)),
  ])
    assert.deepEqual(await textOf(bytes), [xml.toString()]);
});

test('a mail gives its reports whatever their content type, and leaves the rest', async () => {
  const parts = [
    { type: 'image/png', name: 'logo.png', bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47]) },
    { type: 'application/octet-stream', name: 'a!b!1!2.xml.gz', bytes: gzipSync(xml) },
    { type: 'application/gzip', name: 'wrong.gz', bytes: xml },
    { type: 'application/tlsrpt+gzip', name: 't.json.gz', bytes: gzipSync(Buffer.from('{"report-id":"t"}')) },
  ];
  assert.deepEqual(await textOf(mail(parts)), [xml.toString(), xml.toString(), '{"report-id":"t"}']);
  const records = await frameReportFile('/drop/m.eml', mail(parts));
  assert.deepEqual(
    records.map((record) => [record.index, 'contentType' in record ? record.contentType : 'failure']),
    [
      [0, 'text/xml'],
      [1, 'text/xml'],
      [2, 'application/json'],
    ],
  );
});

test('a mail without a report, and text that is none', async () => {
  assert.equal(await codeOf(mail([])), 'missing_field');
  assert.equal(await codeOf(Buffer.from('hello world')), 'unsupported_format');
  assert.equal(await codeOf(new Uint8Array(0)), 'unsupported_format');
});

test('bombs cost a failure', async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  assert.equal(await codeOf(gzipSync(zeros)), 'too_large');
  assert.equal(await codeOf(zip('bomb.xml', zeros)), 'too_large');
  let nested = gzipSync(xml);
  for (let i = 0; i < 8; i++) nested = gzipSync(nested);
  assert.equal(await codeOf(nested), 'too_deep');
  assert.equal(await codeOf(Buffer.alloc(17 * 1024 * 1024, 0x3c)), 'too_large');
});

test('damaged archives are failures of their own', async () => {
  assert.equal(await codeOf(gzipSync(xml).subarray(0, 20)), 'unsupported_format');
  assert.equal(await codeOf(zip('r.xml', xml).subarray(0, 40)), 'unsupported_format');
  assert.equal(await codeOf(zip('r.xml', xml, 8, 1)), 'unsupported_format');
});

test('any damage to an archive or a mail is a value, never a throw', async () => {
  const originals = [
    zip('r.xml', xml),
    gzipSync(xml),
    mail([{ type: 'text/xml', name: 'r.xml', bytes: xml }]),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.nat(),
      fc.nat({ max: 255 }),
      async (bytes, at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at % damaged.length] = value;
        assert.equal(typeof (await codeOf(damaged)), 'string');
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('XML in UTF-16 is a report like any other, handed on as UTF-8', async () => {
  const text = '<?xml version="1.0" encoding="UTF-16"?><feedback>ü</feedback>';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    const [record] = await frameReportFile('r.xml', bytes);
    assert.ok(record !== undefined && 'bytes' in record);
    assert.equal(Buffer.from(record.bytes).toString(), text);
  }
});

test('gzip with line ends behind it, as some mail programs leave them; cut gzip is still damage', async () => {
  const packed = gzipSync(xml);
  for (const tail of ['\r\n', '\n', '\r\n\r\n'])
    assert.deepEqual(await textOf(Buffer.concat([packed, Buffer.from(tail)])), [xml.toString()]);
  assert.equal(
    await codeOf(Buffer.concat([packed.subarray(0, -9), Buffer.from('\r\n')])),
    'unsupported_format',
  );
});

test('a mailbox file gives the reports of all its mails, and says which one is damaged', async () => {
  const one = mail([{ type: 'application/gzip', name: 'a.xml.gz', bytes: gzipSync(xml) }]);
  const cut = mail([{ type: 'application/gzip', name: 'cut.xml.gz', bytes: gzipSync(xml).subarray(0, 20) }]);
  const note = mail([]);
  const mailbox = Buffer.concat(
    [one, cut, note, one].flatMap((each) => [
      Buffer.from('From r@mail.example Sat Nov 21 00:00:00 2026\n'),
      each,
      Buffer.from('\n\n'),
    ]),
  );
  const records = await frameReportFile('reports.mbox', mailbox);
  assert.deepEqual(
    records.map((record) => ('bytes' in record ? Buffer.from(record.bytes).toString() : record.failure.path)),
    [xml.toString(), xml.toString(), 'cut.xml.gz'],
  );
  assert.deepEqual(
    records.map(({ index }) => index),
    [0, 1, 2],
  );
});

test('several reports in one file: XML after XML, and a JSON list', async () => {
  const other = '<feedback><report_id>y</report_id></feedback>';
  assert.deepEqual(await textOf(Buffer.from(`<?xml version="1.0"?>${xml.toString()}\n${other}\n`)), [
    `<?xml version="1.0"?>${xml.toString()}`,
    `\n${other}\n`,
  ]);
  assert.deepEqual(await textOf(Buffer.from('[{"report-id":"a"},{"report-id":"b"}]')), [
    '{"report-id":"a"}',
    '{"report-id":"b"}',
  ]);
});

test('mails that differ in encoding and place of the report: quoted-printable XML, inline XML, a forwarded mail', async () => {
  const head = 'From: r@mail.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\n';
  const quoted = `${head}Content-Type: text/xml; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<feedback><report_id>x</report_=\r\nid></feedback>\r\n`;
  assert.deepEqual(
    (await textOf(Buffer.from(quoted))).map((text) => text.trim()),
    [xml.toString()],
  );
  const inner = mail([{ type: 'application/zip', name: 'a.zip', bytes: zip('a.xml', xml) }]);
  const forwarded = `${head}Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\nfyi\r\n--o\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n${inner.toString()}\r\n--o--\r\n`;
  assert.deepEqual(await textOf(Buffer.from(forwarded)), [xml.toString()]);
});

/** A failure report as RFC 6591 section 3.1 builds it: prose, the report, the mail it is about. */
const failureMail = (about: string) =>
  [
    'From: Reports <noreply@reports.example>',
    'To: ruf@pay.example',
    'Message-ID: <r-1@reports.example>',
    'Date: Tue, 01 Sep 2026 10:00:05 +0200',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'This is an authentication failure report.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: auth-failure',
    'Reported-Domain: pay.example',
    'Source-IP: 192.0.2.1',
    '',
    '--b',
    `Content-Type: ${about}`,
    '',
    'From: billing@pay.example',
    'To: victim@reports.example',
    'Subject: private',
    'Message-ID: <x@spoof.example>',
    '',
    'Dear victim',
    '--b--',
    '',
  ].join('\r\n');

test('failure reports: the report and which mail it was, never its recipient or its content', async () => {
  for (const about of ['message/rfc822', 'text/rfc822-headers']) {
    const unpacked = await unpackReports(Buffer.from(failureMail(about)), 'ruf.eml');
    assert.ok(unpacked.ok);
    assert.deepEqual(
      unpacked.value.map((each) => [each.contentType, Buffer.from(each.bytes).toString()]),
      [
        [
          'message/feedback-report',
          [
            'From: Reports <noreply@reports.example>',
            'Message-ID: <r-1@reports.example>',
            'Date: Tue, 01 Sep 2026 10:00:05 +0200',
            '',
            'Feedback-Type: auth-failure',
            'Reported-Domain: pay.example',
            'Source-IP: 192.0.2.1',
            '',
            'From: billing@pay.example',
            'Message-ID: <x@spoof.example>',
          ].join('\n'),
        ],
      ],
      about,
    );
  }
});

test('failure reports of Exim, which are prose', async () => {
  const mail =
    'From: no-reply@mx.example\r\nSubject: DMARC Forensic Report for pay.example\r\nContent-Type: text/plain\r\n\r\n' +
    'A message claiming to be from you has failed the published DMARC policy for your domain.\r\n\r\n' +
    '  Sender Domain: pay.example\r\n  Sender IP Address: 203.0.113.68\r\n  SPF Alignment: no\r\n\r\n' +
    '------ This is a copy of the headers that were received before the error was detected.\r\n\r\n' +
    'From: <user@pay.example>\r\nTo: <user@mx.example>\r\n';
  const unpacked = await unpackReports(Buffer.from(mail), 'exim.eml');
  assert.ok(unpacked.ok);
  assert.equal(
    Buffer.from(unpacked.value[0]?.bytes ?? '').toString(),
    'From: no-reply@mx.example\n\nSender Domain: pay.example\nSender IP Address: 203.0.113.68\nSPF Alignment: no' +
      '\n\nFrom: <user@pay.example>',
  );
});
