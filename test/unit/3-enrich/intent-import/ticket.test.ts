import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  intentsFromJira,
  intentsFromServiceNow,
} from '../../../../collector/src/3-enrich/intent-import/ticket.ts';
import { changesOf, facts, refusalsOf } from './import-harness.ts';

const block = [
  'Move the API.',
  '```zonewarden',
  '- {domain: pay.example, action: record, name: api.pay.example, type: A, new: [192.0.2.2, 192.0.2.1]}',
  '- {domain: pay.example, action: lock, new: disabled}',
  '```',
  'Please hurry.',
].join('\n');

void test('ServiceNow: number, approval, planned times and the marked block', () => {
  const outcome = intentsFromServiceNow(
    JSON.stringify({
      result: {
        number: { value: 'CHG0031', display_value: 'CHG0031' },
        approval: 'approved',
        start_date: '2026-11-21 18:00:00',
        end_date: '2026-11-21 20:00:00',
        description: block,
      },
    }),
    facts,
  );
  assert.ok(outcome.ok);
  const [intent] = outcome.value.intents;
  assert.equal(intent?.id, 'CHG0031');
  assert.equal(intent?.valid_from, '2026-11-21T18:00:00.000Z');
  assert.equal(intent?.valid_until, '2026-11-21T20:00:00.000Z');
  assert.deepEqual(changesOf(outcome), [
    {
      domain: 'pay.example',
      action: 'record',
      name: 'api.pay.example',
      type: 'A',
      new: ['192.0.2.1', '192.0.2.2'],
    },
    { domain: 'pay.example', action: 'lock', new: 'disabled' },
  ]);
});

void test('Jira: webhook body, Atlassian document with a code block', () => {
  const description = {
    type: 'doc',
    content: [
      { type: 'paragraph', content: [{ type: 'text', text: 'delegation: anything you like' }] },
      {
        type: 'codeBlock',
        attrs: { language: 'zonewarden' },
        content: [
          {
            type: 'text',
            text: '[{"domain": "pay.example", "action": "delegation", "new": ["ns1.b.example"]}]',
          },
        ],
      },
    ],
  };
  const outcome = intentsFromJira(
    JSON.stringify({ issue: { key: 'OPS-7', fields: { status: { name: 'Approved' }, description } } }),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    { domain: 'pay.example', action: 'delegation', new: ['ns1.b.example'] },
  ]);
});

void test('a rejected or cancelled ticket says that its approval ended; a closed or waiting one does not', () => {
  const ended = (outcome: ReturnType<typeof intentsFromJira>) =>
    outcome.ok ? outcome.value.calledOff : undefined;
  const change = (fields: object) =>
    ended(intentsFromServiceNow(JSON.stringify({ number: 'CHG1', description: block, ...fields }), facts));
  assert.equal(change({ approval: 'approved', state: '4' }), 'CHG1');
  assert.equal(change({ approval: 'rejected' }), 'CHG1');
  assert.equal(change({ approval: 'requested' }), undefined);
  assert.equal(change({ approval: 'approved', state: '3' }), undefined);
  const issue = (fields: object) => ended(intentsFromJira(JSON.stringify({ key: 'OPS-7', fields }), facts));
  assert.equal(issue({ status: { name: 'Canceled' } }), 'OPS-7');
  assert.equal(issue({ status: { name: 'Done' }, resolution: { name: 'Declined' } }), 'OPS-7');
  assert.equal(issue({ status: { name: 'Done' }, resolution: { name: 'Done' } }), undefined);
  assert.equal(issue({ status: { name: 'In review' } }), undefined);
});

void test('a ticket that is not approved, or names its change in prose, approves nothing', () => {
  const ticket = (fields: object): string => JSON.stringify({ number: 'CHG1', ...fields });
  for (const text of [
    ticket({ approval: 'requested', description: block }),
    ticket({ description: block }),
    ticket({ approval: 'approved', state: '4', description: block }),
    ticket({ approval: 'approved', state: { value: 4, display_value: 'Canceled' }, description: block }),
    ticket({ approval: 'approved', description: 'set api.pay.example A to 192.0.2.1' }),
    ticket({ approval: 'approved', start_date: 'tomorrow', description: block }),
    ticket({
      approval: 'approved',
      description: '```zonewarden\n- {domain: pay.example, action: dance}\n```',
    }),
    ticket({
      approval: 'approved',
      description: '```zonewarden\n- {domain: pay.example, action: lock}\n```',
    }),
    ticket({
      approval: 'approved',
      description: '```zonewarden\n- {domain: foreign.example, action: lock, new: disabled}\n```',
    }),
  ]) {
    const outcome = intentsFromServiceNow(text, facts);
    assert.deepEqual(changesOf(outcome), [], text);
    assert.equal(refusalsOf(outcome).length, 1, text);
  }
});

void test('bodies without a ticket are one failure', () => {
  assert.equal(intentsFromServiceNow('{"issue": {}}', facts).ok, false);
  assert.equal(intentsFromJira('{"issue": {}}', facts).ok, false);
});

void test('names as people write them become the names of the inventory; what is elsewhere is refused alone', () => {
  const description = [
    '```zonewarden',
    '- {domain: Pay.Example., action: record, name: API.pay.example., type: MX, old: ["10 A.example."], new: ["20 B.Example."]}',
    '- {domain: pay.example, action: record, name: www.shop.example, type: A, new: [192.0.2.1]}',
    '- {domain: sub.pay.example, action: lock, new: disabled}',
    '```',
  ].join('\n');
  const outcome = intentsFromServiceNow(
    JSON.stringify({ number: 'CHG9', approval: 'approved', description }),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    {
      domain: 'pay.example',
      action: 'record',
      name: 'api.pay.example',
      type: 'MX',
      old: ['10 a.example'],
      new: ['20 b.example'],
    },
  ]);
  assert.deepEqual(refusalsOf(outcome), [
    'block 1/1 www.shop.example is not inside pay.example',
    'block 1/2 sub.pay.example is no domain of the inventory; write domain: pay.example',
  ]);
});

void test('ServiceNow: of a time the value counts, which is UTC, not what the screen of somebody shows', () => {
  const outcome = intentsFromServiceNow(
    JSON.stringify({
      number: 'CHG10',
      approval: { value: 'approved', display_value: 'Approved' },
      start_date: { value: '2026-11-21 18:00:00', display_value: '2026-11-21 10:00:00' },
      end_date: { value: '2026-11-21 20:00:00', display_value: '21-Nov-2026 12:00' },
      description: block,
    }),
    facts,
  );
  assert.ok(outcome.ok);
  const [intent] = outcome.value.intents;
  assert.deepEqual(
    [intent?.valid_from, intent?.valid_until],
    ['2026-11-21T18:00:00.000Z', '2026-11-21T20:00:00.000Z'],
  );
});
