import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parsePlaybook, stepSentence } from '../../../collector/src/7-case/playbook.ts';

const folder = new URL('../../../collector/rules/playbooks/', import.meta.url);

void test('PB1 to PB8 are there, whole, and nothing destructive runs by itself', () => {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  assert.deepEqual(
    files,
    [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `pb${i}.yaml`),
  );
  for (const [i, name] of files.entries()) {
    const outcome = parsePlaybook(parse(readFileSync(new URL(name, folder), 'utf8')));
    assert.ok(outcome.ok, outcome.ok ? '' : `${name}: ${outcome.problems.join('; ')}`);
    assert.equal(outcome.playbook.id, `PB${i + 1}`);
    for (const step of outcome.playbook.steps)
      if (step.destructive) assert.equal(step.mode, 'prepared', step.id);
  }
});

void test('all problems at once, each with its place', () => {
  const outcome = parsePlaybook({
    version: 2,
    id: 'PB9',
    title: '',
    when: 'x',
    extra: 1,
    steps: [
      { id: 'Look', mode: 'auto', text: 'a' },
      { id: 'cut', mode: 'automatic', text: 'Cut {domain}.', destructive: true },
      { id: 'ok', mode: 'manual', text: 'x' },
      { id: 'ok', mode: 'manual', text: 'x' },
      7,
    ],
  });
  assert.deepEqual(outcome, {
    ok: false,
    problems: [
      '/extra: unknown key',
      '/version: must be 1',
      '/title: must be a text',
      '/steps/0/id: must be a word like lock_domain',
      '/steps/0/mode: must be automatic, prepared or manual',
      '/steps/1/destructive: only a prepared step may be destructive',
      '/steps/1/facts: the text uses {domain}, which is not listed',
      '/steps/3/id: ok stands twice',
      '/steps/4: must be a step with id, mode and text',
    ],
  });
  for (const broken of [null, 7, 'x', [], { steps: [] }]) assert.equal(parsePlaybook(broken).ok, false);
});

void test('a fact nobody wrote down is noticed, and values are not templates', () => {
  const step = {
    id: 'call',
    mode: 'manual',
    text: 'Call {owner_phone} about {domain}.',
    destructive: false,
    facts: [],
  } as const;
  assert.equal(
    stepSentence(step, { domain: '{owner_phone}' }),
    'Call (owner phone: not in the inventory) about {owner_phone}.',
  );
  assert.equal(stepSentence({ ...step, text: '{constructor}' }, {}), '(constructor: not in the inventory)');
});
