/** Fixtures that say `recorded` must still be what the normaliser makes of that payload. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { normalise } from '../../collector/src/cli/normalise.ts';

const root = fileURLToPath(new URL('../../collector/rules', import.meta.url));
const samples = fileURLToPath(new URL('../../../shared/samples', import.meta.url));

type Plain = Record<string, unknown>;

interface Recorded {
  readonly file: string;
  readonly name: string;
  readonly from: string;
  readonly events: readonly Plain[];
}

function recordedTests(): Recorded[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.yaml'))
    .sort()
    .flatMap((file) => {
      const { tests } = parse(readFileSync(join(root, file), 'utf8')) as { tests: Plain[] };
      return tests
        .filter((entry) => entry['provenance'] === 'recorded')
        .map((entry) => ({
          file,
          name: entry['name'] as string,
          from: entry['recorded_from'] as string,
          events: entry['events'] as Plain[],
        }));
    });
}

/** Canonical events of `<source>/<file>`, or of one record of it with `#<index>`. */
async function normalised(from: string): Promise<Plain[]> {
  const [file = '', index] = from.split('#');
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
  const source = file.slice(0, file.indexOf('/'));
  await normalise(['--source', source, '--tenant', 'acme', join(samples, file)], { stdout, stderr });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { index: number; event?: Plain })
    .flatMap((line) =>
      line.event !== undefined && (index === undefined || line.index === Number(index)) ? [line.event] : [],
    );
}

const compared = [
  'event_type',
  'outcome',
  'source_kind',
  'source_system',
  'domain',
  'record_name',
  'record_type',
];
// Not the time: a webhook without one of its own gets the time of receipt.
const values = ['attribute', 'new_value', 'actor_id'];

function sameFacts(recorded: Plain, event: Plain): boolean {
  return [...compared, ...values].every(
    (field) =>
      recorded[field] === undefined || JSON.stringify(recorded[field]) === JSON.stringify(event[field]),
  );
}

void test('recorded fixtures are what the payload says', async (t) => {
  if (!existsSync(samples)) {
    t.skip('the folder with vendor samples is not here');
    return;
  }
  const tests = recordedTests();
  const wrong: string[] = [];
  for (const { file, name, from, events } of tests) {
    const candidates = await normalised(from);
    if (!events.some((recorded) => candidates.some((event) => sameFacts(recorded, event))))
      wrong.push(`${file}: ${name}: ${from}`);
  }
  t.diagnostic(`recorded fixtures ${tests.length}, wrong ${wrong.length}`);
  assert.ok(tests.length >= 20);
  assert.deepEqual(wrong, []);
});
