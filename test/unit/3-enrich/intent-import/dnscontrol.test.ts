import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentsFromDnscontrol } from '../../../../collector/src/3-enrich/intent-import/dnscontrol.ts';
import { changesOf, facts, refusalsOf } from './import-harness.ts';

function report(details: readonly string[], more: object = { provider: 'bind' }): string {
  return JSON.stringify([
    { domain: 'pay.example', corrections: details.length, correction_details: details, ...more },
  ]);
}

void test('single records become the set that will stand', () => {
  const outcome = intentsFromDnscontrol(
    report([
      '± MODIFY pay.example A (192.0.2.10 ttl=60) -> (192.0.2.44 ttl=300)',
      '+ CREATE pay.example A 192.0.2.45 ttl=300',
      '- DELETE pay.example MX 10 mx1.mailhost.example. ttl=300',
      '+ CREATE pay.example MX 10 mx9.mailhost.example. ttl=300',
      '+ CREATE www.pay.example CNAME edge.cdn.example. ttl=300',
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    { domain: 'pay.example', name: 'pay.example', action: 'ttl', type: 'A', old: 60, new: 300 },
    {
      domain: 'pay.example',
      action: 'record',
      name: 'pay.example',
      type: 'A',
      old: ['192.0.2.10', '192.0.2.11'],
      new: ['192.0.2.11', '192.0.2.44', '192.0.2.45'],
    },
    {
      domain: 'pay.example',
      action: 'record',
      name: 'pay.example',
      type: 'MX',
      old: ['10 mx1.mailhost.example'],
      new: ['10 mx9.mailhost.example'],
    },
    {
      domain: 'pay.example',
      action: 'record',
      name: 'www.pay.example',
      type: 'CNAME',
      new: ['edge.cdn.example'],
    },
  ]);
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('a TTL correction approves the TTL; HTML escapes of the report are undone', () => {
  const outcome = intentsFromDnscontrol(
    report(['± MODIFY-TTL pay.example TXT "v=spf1 -all" ttl=(60-&gt;300)']),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    { domain: 'pay.example', name: 'pay.example', action: 'ttl', type: 'TXT', new: 300 },
  ]);
});

void test('an unknown set, a different state, a proxied record and a foreign name are refused, one by one', () => {
  const outcome = intentsFromDnscontrol(
    report([
      '+ CREATE new.pay.example A 192.0.2.1 ttl=300',
      '- DELETE pay.example A 198.51.100.1 ttl=300',
      '+ CREATE edge.pay.example CNAME a.cdn.example. ttl=300 cloudflare_proxy=on',
      '+ CREATE www.elsewhere.example CNAME a.cdn.example. ttl=300',
      '+ CREATE api.pay.example CNAME a.cdn.example. ttl=300',
    ]),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ name }) => name),
    ['api.pay.example'],
  );
  const refused = refusalsOf(outcome).join('\n');
  assert.match(refused, /which others new\.pay\.example A has is not known/);
  assert.match(refused, /removes 198\.51\.100\.1, which the inventory does not list/);
  assert.match(refused, /\/0\/correction_details\/2 is no record correction/);
  assert.match(refused, /www\.elsewhere\.example lies in no domain/);
});

void test('counts without details and registrar corrections approve nothing', () => {
  const outcome = intentsFromDnscontrol(
    JSON.stringify([
      { domain: 'pay.example', corrections: 2, provider: 'bind' },
      {
        domain: 'pay.example',
        corrections: 1,
        correction_details: ['Update nameservers a -> b'],
        registrar: 'r',
      },
      { domain: 'pay.example', corrections: 0, provider: 'bind' },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.equal(refusalsOf(outcome).length, 2);
});

void test('another kind of file is one failure', () => {
  assert.equal(intentsFromDnscontrol('{}', facts).ok, false);
  assert.equal(intentsFromDnscontrol('[{"domain": 3}]', facts).ok, false);
  assert.equal(intentsFromDnscontrol('not json', facts).ok, false);
});

void test('colours of a terminal are no part of a report', () => {
  const outcome = intentsFromDnscontrol(
    report([
      '\u001b[32m+ CREATE new.pay.example A 192.0.2.9 ttl=300\u001b[0m',
      '\u001b[31m- DELETE pay.example A 192.0.2.10 ttl=300\u001b[0m',
    ]),
    {
      ...facts,
      currentSet: (name, type) => (name === 'new.pay.example' ? [] : facts.currentSet(name, type)),
    },
  );
  assert.deepEqual(
    changesOf(outcome).map(({ name, new: value }) => [name, value]),
    [
      ['new.pay.example', ['192.0.2.9']],
      ['pay.example', ['192.0.2.11']],
    ],
  );
});

void test('one detail may hold several corrections, as providers that apply whole sets report them', () => {
  const outcome = intentsFromDnscontrol(
    report([
      '\u001b[33m± MODIFY pay.example A (192.0.2.10 ttl=300) -> (192.0.2.20 ttl=300)\u001b[0m\n\u001b[32m+ CREATE pay.example A 192.0.2.21 ttl=300\u001b[0m',
      '+ CREATE pay.example TXT "one" ttl=300\n+ CREATE pay.example TXT "two" ttl=300\n',
    ]),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ type, new: value }) => [type, value]),
    [
      ['A', ['192.0.2.11', '192.0.2.20', '192.0.2.21']],
      ['TXT', ['"one"', '"two"', '"v=spf1 -all"']],
    ],
  );
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('only the TTL of a record changes: the TTL is approved, and the set need not be known', () => {
  const outcome = intentsFromDnscontrol(
    report(['± MODIFY *.pay.example A (192.0.2.7 ttl=300) -> (192.0.2.7 ttl=60)']),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    { domain: 'pay.example', name: '*.pay.example', action: 'ttl', type: 'A', old: 300, new: 60 },
  ]);
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('the only CNAME of a name goes: nothing is left, whatever the inventory lists', () => {
  const outcome = intentsFromDnscontrol(
    report(['- DELETE old.pay.example CNAME edge.cdn.example. ttl=300']),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ name, type, new: value }) => [name, type, value]),
    [['old.pay.example', 'CNAME', []]],
  );
});

void test('text keeps its quotes, spaces and semicolons; a wrong name beside it is refused alone', () => {
  const outcome = intentsFromDnscontrol(
    report([
      '+ CREATE k._domainkey.pay.example TXT "v=DKIM1; k=rsa; p=AB ttl=5 \\"q\\"" ttl=300',
      '- DELETE pay.example TXT "v=spf1 -all" ttl=300',
      '+ CREATE pay.example TXT "v=spf1 " "mx -all" ttl=300',
    ]),
    {
      ...facts,
      currentSet: (name, type) =>
        type === 'TXT' && name.startsWith('k.') ? [] : facts.currentSet(name, type),
    },
  );
  assert.deepEqual(
    changesOf(outcome).map(({ name, new: value }) => [name, value]),
    [
      ['k._domainkey.pay.example', ['"v=DKIM1; k=rsa; p=AB ttl=5 \\"q\\""']],
      ['pay.example', ['"v=spf1 mx -all"']],
    ],
  );
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('one of several views of a zone approves nothing for the public', () => {
  const outcome = intentsFromDnscontrol(
    report(['+ CREATE www.pay.example CNAME intra.pay.example. ttl=300'], {
      domain: 'pay.example!inside',
      provider: 'bind',
    }),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.match(refusalsOf(outcome).join(), /several views/);
});
