/**
 * Every incident reconstruction beside the repository, with all sources and with the minimal ones, shuffled, doubled,
 * with late audit logs, and restarted in the middle. Judged by the expectation keys of the files only.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { incident } from '../../collector/src/cli/incident.ts';
import { collectingIo } from '../unit/cli/collecting-io.ts';
import type { IncidentVerdict } from '../../collector/src/host/incident-verdict.ts';

const shared = fileURLToPath(new URL('../../../shared/incidents/', import.meta.url));
const own = fileURLToPath(new URL('../fixtures/incidents/', import.meta.url));

function incidentFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => (JSON.parse(readFileSync(path, 'utf8')) as { replay?: unknown }).replay !== null);
  } catch {
    return [];
  }
}

async function verdicts(argv: readonly string[]): Promise<IncidentVerdict[]> {
  const io = collectingIo();
  await incident(argv, io);
  assert.equal(io.errors(), '');
  return io
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as IncidentVerdict);
}

const disturbances: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['all sources', []],
  ['minimal sources', ['--sources', 'minimal']],
  ['shuffled within five minutes', ['--shuffle', '300', '--seed', '7']],
  ['minimal sources, shuffled', ['--sources', 'minimal', '--shuffle', '300', '--seed', '11']],
  ['everything twice', ['--duplicate']],
  ['audit events ten minutes late', ['--late-audit', '600']],
  ['restarted in the middle', ['--restart']],
  ['minimal, twice, restarted', ['--sources', 'minimal', '--duplicate', '--restart']],
];

for (const [name, argv] of disturbances) {
  test(`incidents with ${name}`, async (t) => {
    const files = [...incidentFiles(own), ...incidentFiles(shared)];
    if (incidentFiles(shared).length === 0)
      t.diagnostic('the incident library is not beside the repository: own files only');
    assert.ok(files.length > 0);
    const failed = (await verdicts([...argv, ...files])).filter(({ passed }) => !passed);
    assert.deepEqual(
      failed.map(({ id, failures, must_not_violated: forbidden }) => ({ id, failures, forbidden })),
      [],
    );
    t.diagnostic(`${files.length} incidents`);
  });
}
