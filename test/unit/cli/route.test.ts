import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { route } from '../../../collector/src/cli/route.ts';
import { sampleCase } from '../8-sink/sample-signals.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

async function routed(t: TestContext, content: string, ...flags: string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-route-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'case.json');
  writeFileSync(file, content);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await route(['--case', file, ...flags], { stdout, stderr });
  return {
    code,
    out: String(stdout.read() ?? ''),
    errors: String(stderr.read() ?? '').replaceAll(directory, ''),
  };
}

test('says who is notified and why', async (t) => {
  const { code, out } = await routed(t, JSON.stringify(sampleCase()));
  assert.equal(code, 0);
  for (const words of [
    'zonewarden-pagerduty',
    'somebody is woken',
    'notify = "page"',
    'one notification per case_id',
  ])
    assert.ok(out.includes(words), words);
});

test('a case per line, an API answer, and an object per case with --json', async (t) => {
  const ticket = sampleCase({
    case_id: 'case-2',
    notify: 'ticket',
    severity: 'medium',
    severity_history: [],
  });
  const many = [sampleCase(), ticket].map((one) => JSON.stringify(one)).join('\n');
  const { code, out } = await routed(t, many, '--json');
  assert.equal(code, 0);
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { notifications: { receiver: string }[] });
  assert.deepEqual(
    answers.map(({ notifications }) =>
      notifications.some(({ receiver }) => receiver === 'zonewarden-pagerduty'),
    ),
    [true, false],
  );
  const { out: listed } = await routed(t, JSON.stringify({ items: [ticket] }));
  assert.match(listed, /only during zonewarden-hours-of-cover/);
});

test('suppressed, drill, closed and hand-written cases', async (t) => {
  assert.match(
    (await routed(t, JSON.stringify(sampleCase({ notify: 'none' })))).out,
    /NOT SENT \(zonewarden-always\)/,
  );
  const drill = (await routed(t, JSON.stringify(sampleCase({ drill: true })))).out;
  assert.match(drill, /zonewarden-automation/);
  assert.doesNotMatch(drill, /pagerduty/);
  assert.match((await routed(t, JSON.stringify(sampleCase({ state: 'closed' })))).out, /nobody else is/);
  const short = { case_id: 'c', tenant: 't', severity: 'low', kind: 'mail' };
  assert.match((await routed(t, JSON.stringify(short))).out, /zonewarden-digest/);
});

test('what is no case is named by place, one line each, without forging lines', async (t) => {
  const bad = await routed(t, '{"case_id":"c"}');
  assert.equal(bad.code, 2);
  assert.match(bad.errors, /^\/case\.json: .+\n$/);
  assert.equal((await routed(t, 'not json')).code, 2);
  assert.match((await routed(t, '{"a":1}\nnope\n')).errors, /case\.json:2: not JSON/);
  const forged = await routed(t, JSON.stringify(sampleCase({ domains: ['x\nzonewarden-pagerduty'] })));
  assert.doesNotMatch(forged.out, /^zonewarden-pagerduty/m);
  const stream = new PassThrough();
  await assert.rejects(route([], { stdout: stream, stderr: stream }), UnusableInput);
  assert.equal(await route(['--case', '/nonexistent/case.json'], { stdout: stream, stderr: stream }), 2);
});
