/** Syslog: the examples of RFC 5424, both framings of RFC 6587, and the receiver over real sockets. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createSyslogSplitter,
  readSyslog,
} from '../../../../collector/src/1-source/syslog/syslog-message.ts';
import {
  createSyslogSource,
  type SyslogSettings,
} from '../../../../collector/src/1-source/syslog/syslog-source.ts';
import { createRecorder, identityOf, textsOf } from '../api-fake.ts';

test('the examples of RFC 5424 section 6.5', () => {
  assert.deepEqual(
    readSyslog("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \uFEFF'su root' failed"),
    {
      facility: 4,
      severity: 2,
      timestamp: '2003-10-11T22:14:15.003Z',
      hostname: 'mymachine.example.com',
      app_name: 'su',
      msgid: 'ID47',
      message: "'su root' failed",
    },
  );
  const data =
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App \\"x\\"\\]"][p@32473 class="high"] An entry';
  assert.deepEqual(JSON.parse(JSON.stringify(readSyslog(data).structured_data)), {
    'exampleSDID@32473': { iut: '3', eventSource: 'App "x"]' },
    'p@32473': { class: 'high' },
  });
  assert.equal(readSyslog(data).message, 'An entry');
  const old = "<34>Oct 11 22:14:15 mymachine su: 'su root' failed";
  assert.deepEqual(readSyslog(old), {
    facility: 4,
    severity: 2,
    message: "Oct 11 22:14:15 mymachine su: 'su root' failed",
  });
  assert.deepEqual(readSyslog('no syslog at all'), { message: 'no syslog at all' });
});

test('any text is read without a throw, and its own words are never lost', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof readSyslog(text).message === 'string'));
  fc.assert(
    fc.property(
      fc.string(),
      (text) => readSyslog(`<13>1 - - - - - - ${text}`).message === text.replace(/^\uFEFF/, ''),
    ),
  );
});

test('frames come out the same however the stream is cut; a message that is too long costs only itself', () => {
  const long = 'x'.repeat(1024 * 1024 + 1);
  const stream = Buffer.from(
    `5 <1>ab7 <1>\nab\n\r\n<1>line\r\n${long.length} ${long}3 <1><1>${long}\n<1>end\n`,
  );
  const expected = [
    '<1>ab',
    '<1>\nab\n'.slice(0, 7),
    '<1>line',
    `long ${long.length}`,
    '<1>',
    `long ${long.length + 3}`,
    '<1>end',
  ];
  for (const size of [1, 7, 4096, stream.length]) {
    const splitter = createSyslogSplitter();
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size)
      for (const frame of splitter.push(stream.subarray(at, at + size)))
        found.push('bytes' in frame ? Buffer.from(frame.bytes).toString() : `long ${frame.tooLongBytes}`);
    assert.deepEqual(found, expected, `pieces of ${size}`);
  }
});

async function listening(fields: Partial<SyslogSettings>) {
  const recorder = createRecorder();
  const stop = new AbortController();
  let opened: (port: number) => void = () => {};
  const port = new Promise<number>((resolve) => (opened = resolve));
  const around = {
    nowMs: () => 1_000,
    random: () => 0,
    sleep: () => Promise.resolve(),
    log: (level: string, message: string) => void recorder.log.push(`${level} ${message}`),
  };
  const settings: SyslogSettings = {
    identity: identityOf('bind-log'),
    feed: 'bind-log',
    protocol: 'tcp',
    host: '127.0.0.1',
    port: 0,
    allows: () => true,
    connectionsMax: 8,
    listening: (at) => opened(at),
    ...fields,
  };
  const running = createSyslogSource(settings, around).run(recorder.intake, stop.signal);
  return {
    recorder,
    port: await port,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(holds());
}

test('tcp: the text of a message is the record, also of one the sender did not end, and a full disk makes it wait', async () => {
  const { recorder, port, stop } = await listening({});
  recorder.refuse = 3;
  const socket = connect(port, '127.0.0.1');
  socket.end(
    '<30>1 2026-11-20T12:00:00Z ns1 named 7 - - zone acme.example/IN: loaded serial 5\n<30>1 - - - - - - last',
  );
  await until(() => recorder.records.length === 2);
  assert.deepEqual(textsOf(recorder), ['zone acme.example/IN: loaded serial 5', 'last']);
  assert.deepEqual([recorder.records[0]?.verified, recorder.records[0]?.contentType], [true, 'text/plain']);
  await stop();
});

test('tcp: senders from elsewhere are refused', async () => {
  const { recorder, port, stop } = await listening({ allows: () => false });
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.write('<30>1 - - - - - - x\n');
  });
  assert.equal(recorder.records.length, 0);
  assert.ok(recorder.log[0]?.includes('refused'));
  await stop();
});

test('udp: a datagram is a hint, and feed webhook gets the whole message as JSON with its mapping', async () => {
  const meta = { mapping: '{"event_type":"/msgid"}' };
  const { recorder, port, stop } = await listening({ protocol: 'udp', feed: 'webhook', meta });
  const socket = createSocket('udp4');
  const text = '<30>1 2026-11-20T12:00:00Z host app - CHANGE [z@1 name="acme.example"] done';
  await until(() => {
    if (recorder.records.length === 0) socket.send(text, port, '127.0.0.1');
    return recorder.records.length > 0;
  });
  socket.close();
  const [record] = recorder.records;
  assert.deepEqual([record?.verified, record?.meta], [false, { ...meta, source: 'bind-log-1' }]);
  assert.deepEqual(JSON.parse(textsOf(recorder)[0] ?? ''), {
    facility: 3,
    severity: 6,
    timestamp: '2026-11-20T12:00:00Z',
    hostname: 'host',
    app_name: 'app',
    msgid: 'CHANGE',
    structured_data: { 'z@1': { name: 'acme.example' } },
    message: 'done',
  });
  await stop();
});
