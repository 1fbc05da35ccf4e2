/** The page for people who run the collector: every alert about Zonewarden, every file it keeps, and units that call it rightly. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { stopWithinMs } from '../../collector/src/cli/stop-signals.ts';
import { metricNames } from '../../collector/src/contract/metric-names.ts';
import { commandCatalogue } from '../../collector/src/cli/command-catalogue.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/operations.md');

test('every alert about the pipeline has a row that says what to do', () => {
  const rules =
    read('alert-rules/prometheus/zonewarden-pipeline.rules.yaml') +
    read('alert-rules/prometheus/zonewarden-slo.rules.yaml');
  const alerts = new Set([...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string));
  assert.ok(alerts.size > 10, `${alerts.size} alerts`);
  const rows = page.split('\n').filter((line) => line.startsWith('| `Zonewarden'));
  for (const alert of alerts)
    assert.ok(
      rows.some((row) => row.includes(`\`${alert}\``)),
      `${alert} has no row`,
    );
  for (const [, name] of rows.join('\n').matchAll(/`(Zonewarden\w+)`/g))
    assert.ok(alerts.has(name as string), `${name} is no alert`);
});

test('metrics named on the page exist', () => {
  const named = new Set([...page.matchAll(/`(zonewarden_[a-z_]+)`/g)].map(([, name]) => name as string));
  const known = Object.values(metricNames).map(({ name }) => name.replaceAll('.', '_'));
  assert.ok(named.size >= 3);
  for (const name of named)
    assert.ok(
      known.some((each) => name.startsWith(each)),
      `${name} is no metric`,
    );
});

test('every store of the data directory has a row', () => {
  const sources = ['collector/src/app/stores.ts', 'collector/src/app/api-service.ts'].map(read).join('\n');
  const files = [...sources.matchAll(/join\(directory, '([\w.]+)'\)/g)].map(([, name]) => name as string);
  assert.ok(files.length >= 6, files.join());
  for (const file of files)
    assert.match(page, new RegExp(`^\\| \`${file.replace('.', '\\.')}/?\` \\|`, 'm'), file);
});

test('units of systemd name commands there are, and wait for a stop longer than it may take', () => {
  const folder = new URL('../../deploy/systemd/', import.meta.url);
  const units = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const called = [...units.join('\n').matchAll(/^Exec\w+=.*bin\/zonewarden (\w+)([^'\n]*)/gm)];
  assert.deepEqual(new Set(called.map(([, command]) => command)), new Set(['check', 'run', 'backup']));
  for (const [, command, rest] of called) {
    const usage = commandCatalogue.find(({ name }) => name === command)?.usage.join(' ') ?? '';
    for (const [flag] of (rest as string).matchAll(/--[a-z]+/g))
      assert.ok(usage.includes(flag), `${command} ${flag}`);
  }
  const waits = /TimeoutStopSec=(\d+)/.exec(units.join('\n'))?.[1];
  assert.ok(Number(waits) * 1000 > stopWithinMs);
});
