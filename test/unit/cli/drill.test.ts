import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';
import { drill } from '../../../collector/src/cli/drill.ts';
import { startCollector, tokenOf, type TestCollector } from '../app/running-collector.ts';

let running: TestCollector;
let receiver: Server;
let folder: string;
let answer = 204;
const received: any[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zonewarden-drill-'));
  receiver = createServer((message, response) => {
    let body = '';
    message.on('data', (chunk: Buffer) => (body += chunk.toString()));
    message.on('end', () => {
      if (answer === 204) received.push(JSON.parse(body));
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const { port } = receiver.address() as AddressInfo;
  running = await startCollector({
    sinks: `[{id: soar, kind: webhook, url: 'http://127.0.0.1:${port}/', signals: [case, finding], minimum_severity: informational}]`,
  });
  writeFileSync(join(folder, 'token'), tokenOf('acme', 'responder'));
});
after(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function command(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      out += chunk.toString();
      done();
    },
  });
  const flags = ['--url', running.url, '--token-file', join(folder, 'token')];
  try {
    return { code: await drill([...argv, ...flags], { stdout, stderr: stdout }), out, err: '' };
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error;
    return { code: 2, out, err: error.problems.join('\n') };
  }
}

test('a drill arrives at the receiver, labelled, without a page, and proves its rule', async () => {
  const { code, out } = await command();
  assert.equal(code, 0, out);
  for (const hop of ['accepted', 'event', 'finding', 'case', 'sink soar', 'passed: case'])
    assert.ok(out.includes(hop), out);
  const token = tokenOf('acme', 'responder');
  const { body: list } = await running.call('GET', '/cases', { token });
  assert.equal(list.items.length, 1, 'nothing but the drill');
  const [found] = list.items;
  assert.deepEqual([found.drill, found.paged_at, found.domains], [true, null, ['canary.example']]);
  assert.match(found.title, /^\[DRILL\]/);
  const { body: findings } = await running.call('GET', '/findings?limit=500', { token });
  for (const finding of findings.items) assert.equal(finding.drill, true, finding.detection);
  assert.ok(received.some((one) => JSON.stringify(one).includes('"drill":true')));
  const { body: domains } = await running.call('GET', '/domains?q=canary', { token });
  assert.equal(domains.items[0].open_cases, 0, 'drills are no open incidents');
  const { body: rule } = await running.call('GET', '/rules/C02', { token });
  assert.equal(rule.rule.proof, 'proven');
  const beta = await running.call('GET', '/drills', { token: tokenOf('beta', 'viewer') });
  assert.deepEqual(beta.body.items, []);
});

test('the second story passes too', async () => {
  const { code, out } = await command('transfer-lock', '--json');
  assert.equal(code, 0, out);
  assert.equal(JSON.parse(out).state, 'passed');
});

test('a label on another domain is taken off: nobody hides a real change as an exercise', async () => {
  await running.deliver('acme', {
    event_type: 'registrar.domain.lock_disabled',
    domain: 'pay.example',
    attribute: 'statuses',
    old_value: ['clientTransferProhibited'],
    new_value: [],
    source: { drill: true },
  });
  const token = tokenOf('acme', 'responder');
  const found = await running.until('a case', async () => {
    const { body } = await running.call('GET', '/cases?domain=pay.example', { token });
    return body.items[0];
  });
  assert.equal(found.drill, false);
});

test('what cannot be started is said, with status 2', async () => {
  for (const [argv, words] of [
    [['no-such-drill'], /known: record-moved/],
    [['--domain', 'shop.example'], /no canary domain shop\.example/],
    [['--tenant', 'beta'], /not found/],
    [['a', 'b'], /one name/],
    [['--timeout', '0'], /timeout/],
  ] as const) {
    const { code, err } = await command(...argv);
    assert.equal(code, 2, err);
    assert.match(err, words);
  }
});

test('a receiver that does not answer is a missed hop, named; the miss is a finding of its own', async () => {
  answer = 503;
  const { code, out } = await command('--timeout', '2');
  assert.equal(code, 1, out);
  assert.match(out, /missed: sink soar/);
  const token = tokenOf('acme', 'responder');
  const found = await running.until('the finding', async () => {
    const { body } = await running.call('GET', '/findings?detection=P01', { token });
    return body.items[0];
  });
  answer = 204;
  assert.equal(found.drill, false);
  const { body } = await running.call('GET', `/evidence/${found.evidence_event_ids[0]}`, { token });
  assert.match(
    body.event.source.reason,
    /drill record-moved on canary\.example was missed: sink soar not reached/,
  );
  const { body: rule } = await running.call('GET', '/rules/C02', { token });
  assert.equal(rule.rule.proof, 'stale');
});
