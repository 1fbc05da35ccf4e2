/** What `--help` says of each command, held against what the commands take. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandCatalogue } from '../../../collector/src/cli/command-catalogue.ts';
import { commandsPage, helpText, overviewText } from '../../../collector/src/cli/command-help.ts';

const cli = new URL('../../../collector/src/cli/', import.meta.url);

/** Options that the source of a command gives to `parseArgs`. */
function optionsTaken(name: string): string[] {
  const files = name === 'rules' ? ['rules.ts', 'rules-proof.ts'] : [`${name}.ts`];
  const text = files.map((file) => readFileSync(new URL(file, cli), 'utf8')).join('\n');
  return [...text.matchAll(/(?:'([\w-]+)'|\b(\w+)): \{ type: '(?:string|boolean)'/g)].map(
    ([, quoted, plain]) => `--${quoted ?? plain}`,
  );
}

for (const help of commandCatalogue) {
  test(`${help.name}: every option it takes is explained and stands in its usage, and no other`, () => {
    const explained = help.options.flatMap(([name]) => /^--[\w-]+/.exec(name)?.[0] ?? []);
    const shown = help.usage.join(' ').match(/--[\w-]+/g) ?? [];
    const taken = new Set(optionsTaken(help.name));
    assert.deepEqual(new Set(explained), taken);
    assert.deepEqual(new Set(shown), taken);
    for (const flag of help.example.match(/--[\w-]+/g) ?? []) assert.ok(taken.has(flag), flag);
  });

  test(`${help.name}: help fits a terminal`, () => {
    const lines = helpText(help).split('\n');
    assert.match(lines[0] ?? '', new RegExp(`^usage: zonewarden ${help.name}`));
    for (const line of lines) if (!line.startsWith('example')) assert.ok(line.length <= 100, line);
  });
}

test('the overview names every command once, and main loads each', () => {
  const main = readFileSync(new URL('main.ts', cli), 'utf8');
  for (const { name, about } of commandCatalogue) {
    assert.match(overviewText(), new RegExp(`^  ${name} +${about.slice(0, 20)}`, 'm'));
    assert.ok(main.includes(`import('./${name}.ts')`), name);
  }
});

test('docs/commands.md is what the program says', () => {
  const page = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
  assert.equal(page, commandsPage(), 'run `npm run generate`');
});
