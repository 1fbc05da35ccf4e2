import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'node:test';
import { rules } from '../../../collector/src/cli/rules.ts';

interface Ran {
  readonly status: number;
  readonly lines: Record<string, unknown>[];
  readonly errors: string;
}

async function run(...argv: string[]): Promise<Ran> {
  const text = { out: '', err: '' };
  const into = (key: 'out' | 'err') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text[key] += chunk.toString();
        done();
      },
    });
  const status = await rules(argv, { stdout: into('out'), stderr: into('err') });
  const lines = text.out.split('\n').filter((line) => line.startsWith('{'));
  return {
    status,
    lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    errors: text.err,
  };
}

const rule = (detection: string, more = ''): string =>
  `title: T\nid: 00000000-0000-4000-8000-000000000001\nname: t\nlogsource: {product: test}\ndetection: ${detection}\n${more}`;

void test('check, match and test, with exit codes of the contract', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const good = put('good.yaml', rule('{s: {user.name: admin}, condition: s}'));
    const bad = put(
      'bad.yml',
      rule("{s: {'f|sounds': 1, 'g|gt': x}, condition: s}")
        .replace('0001', '0002')
        .replace('name: t', 'name: u'),
    );
    assert.deepEqual((await run('check', good)).lines, [
      { documents: 1, rules: 1, correlations: 0, filters: 0, loaded: 1, refused: [] },
    ]);
    const refused = await run('check', folder);
    assert.equal(refused.status, 1);
    assert.equal((refused.lines[0]?.['refused'] as unknown[] | undefined)?.length, 1);
    assert.match(refused.errors, /bad\.yml:\d+: detection\.s\.f\|sounds: unknown modifier "sounds"/);
    // Two documents of one file with one title are two refusals.
    const twin = (modifier: string): string =>
      `title: same\nlogsource: {product: p}\ndetection: {s: {f|${modifier}: 1}, condition: s}\n`;
    const both = put('twins.yml', `${twin('hums')}---\n${twin('whistles')}`);
    const twins = await run('check', both);
    assert.deepEqual(
      (twins.lines[0]?.['refused'] as { reason: string }[] | undefined)?.map(
        ({ reason }) => reason.split(':')[0],
      ),
      ['line 3', 'line 7'],
    );
    assert.equal((await run('check', join(folder, 'none'))).status, 2);
    assert.equal((await run('check')).status, 2);
    assert.equal((await run('dance')).status, 2);
    assert.equal((await run('match', '--rules', good)).status, 2);
    const events = put(
      'events.ndjson',
      '{"user":{"name":"Admin"}}\n{"user.name":"admin"}\n{"user":{"name":"x"}}\n',
    );
    const matched = await run('match', '--rules', good, '--events', events, '--raw');
    assert.equal(matched.status, 0);
    assert.deepEqual(matched.lines, [
      { rule_id: '00000000-0000-4000-8000-000000000001', title: 'T', matches: 2 },
    ]);
    const broken = put('broken.ndjson', '{"user":{"name":"admin"}}\nnot json\n');
    const half = await run('match', '--rules', good, '--events', broken, '--raw');
    assert.equal(half.status, 2);
    assert.match(half.errors, /broken\.ndjson:2: not JSON/);
    assert.equal(half.lines[0]?.['matches'], 1);
    rmSync(bad);
    const correlation = put(
      'corr.yaml',
      `title: C\nname: c\ncorrelation: {type: event_count, rules: [t], group-by: [user.name], timespan: 5m, condition: {gte: 2}}\n`,
    );
    const counted = await run('match', '--rules', folder, '--events', events, '--raw');
    assert.deepEqual(
      counted.lines.map((line) => line['matches']),
      [2],
    );
    const sameUser = put(
      'same.ndjson',
      '{"user":{"name":"admin"},"time":"2026-01-01T00:00:00Z"}\n{"user":{"name":"admin"},"time":"2026-01-01T00:04:00Z"}\n',
    );
    const fired = await run('match', '--rules', folder, '--events', sameUser, '--raw');
    assert.deepEqual(
      fired.lines.map((line) => [line['title'], line['matches']]),
      [
        ['C', 1],
        ['T', 2],
      ],
    );
    rmSync(correlation);
    const untested = await run('test', folder);
    assert.equal(untested.status, 1);
    assert.deepEqual(untested.lines.at(-1)?.['untested'], ['t']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

void test('the shipped rules pass their tests', async () => {
  const { status, lines } = await run('test');
  assert.equal(status, 0);
  assert.equal(lines.at(-1)?.['rules'], 50);
});
