import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dmarc } from '../../../collector/src/2-normalise/dmarc/dmarc.ts';
import { assertHolds, checkGolden, failureOf, normaliseBytes } from './normalise-check.ts';

const row = (ip: string, count: number, dkim: string, spf: string) =>
  `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated><disposition>None</disposition>` +
  `<dkim>${dkim}</dkim><spf>${spf}</spf><reason/></policy_evaluated></row>` +
  '<identifiers><header_from>Acme.example</header_from></identifiers><auth_results/></record>';

const report = (rows: string, more = '') =>
  `${more}<feedback><report_metadata><org_name>A &amp; B</org_name><email>r@mail.example</email><report_id>r-1</report_id>` +
  '<date_range><begin>1763596800</begin><end>1763683199</end></date_range></report_metadata>' +
  `<policy_published><domain>mail.Acme.co.uk</domain><p>reject</p></policy_published>${rows}</feedback>`;

function read(text: string | Uint8Array) {
  const outcome = normaliseBytes(dmarc, typeof text === 'string' ? Buffer.from(text) : text);
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

test('every sample record gives the expected facts', (t) => checkGolden(t, dmarc));

test('rows: one event each, counted by aligned pass, words in any case', () => {
  const events = read(report(row('192.0.2.1', 4200, 'Fail', 'PASS') + row('2001:DB8::1', 3, 'fail', 'fail')));
  assertHolds(
    events[0],
    {
      domain: 'acme.co.uk',
      zone: 'mail.acme.co.uk',
      source_ip: '192.0.2.1',
      mail: { report_org: 'A & B', pass: 4200, fail: 0 },
      timestamp_earliest: '2025-11-20T00:00:00.000Z',
      timestamp: '2025-11-20T23:59:59.000Z',
      transaction_size: 2,
    },
    '0',
  );
  assertHolds(events[1], { source_ip: '2001:db8::1', mail: { pass: 0, fail: 3 } }, '1');
});

test('equal rows stay apart, and row order does not change ids', () => {
  const ids = (rows: string[]) =>
    read(report(rows.join('')))
      .map((event) => event.event_id)
      .sort();
  const rows = [
    row('192.0.2.1', 1, 'pass', 'pass'),
    row('192.0.2.1', 1, 'pass', 'pass'),
    row('192.0.2.2', 1, 'fail', 'fail'),
  ];
  assert.equal(new Set(ids(rows)).size, 3);
  assert.deepEqual(ids(rows), ids([...rows].reverse()));
});

test('namespace prefix, unclosed schema tag before it, no rows, text dates', () => {
  const prefixed = report(row('192.0.2.1', 1, 'pass', 'pass')).replaceAll(/<(\/?)(?=[a-z])/g, '<$1d:');
  assert.equal(read(prefixed).length, 1);
  assert.equal(
    read(report(row('192.0.2.1', 1, 'pass', 'pass'), '<?xml version="1.0"?><xs:schema x="y">')).length,
    1,
  );
  assertHolds(read(report(''))[0], { mail: { pass: 0, fail: 0 }, transaction_size: 0 }, 'empty');
  const dated = report('').replace('1763596800', '2025-11-20 00:00:00');
  assert.equal(read(dated)[0]?.timestamp_earliest, '2025-11-20T00:00:00.000Z');
});

test('TLS report: one event per policy, failures counted', () => {
  const policy = (domain: string, failures: number) => ({
    policy: { 'policy-type': 'sts', 'policy-domain': domain },
    summary: { 'total-successful-session-count': 5, 'total-failure-session-count': failures },
  });
  const events = read(
    JSON.stringify({
      'organization-name': 'Org',
      'report-id': 'x',
      'date-range': { 'start-datetime': '2026-01-01T00:00:00Z', 'end-datetime': '2026-01-01T23:59:59Z' },
      policies: [policy('acme.example', 0), policy('beta.example', 7)],
    }),
  );
  assert.deepEqual(
    events.map((event) => [event.domain, event.mail?.pass, event.mail?.fail]),
    [
      ['acme.example', 5, 0],
      ['beta.example', 5, 7],
    ],
  );
});

test('an entity bomb is refused, not expanded', () => {
  const inner = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">';
  const before = report('').replace('A &amp; B', '&b;');
  assert.equal(read(`<!DOCTYPE x [${inner}]>${before}`)[0]?.mail?.report_org, '&b;');
  assert.equal(failureOf(dmarc, Buffer.from(report(`<!DOCTYPE x [${inner}]>`))).code, 'not_xml');
});

test('bad reports are dead letters with a reason', () => {
  const code = (text: string | Uint8Array) =>
    failureOf(dmarc, typeof text === 'string' ? Buffer.from(text) : text).code;
  assert.equal(code(report(row('192.0.2.1', 1, 'pass', 'pass')).slice(0, -30)), 'not_xml');
  assert.equal(code(report('<record>'.repeat(100) + '</record>'.repeat(100))), 'too_deep');
  assert.equal(code(report('<record><row></record></row>').replace('</row>', '')), 'not_xml');
  assert.equal(code(report('').replace('mail.Acme.co.uk', 'not a domain')), 'bad_domain_name');
  assert.equal(code(report('').replaceAll(/17[0-9]{8}/g, 'soon')), 'bad_timestamp');
  assert.equal(code('<html></html>'), 'missing_field');
  assert.equal(code('plain text'), 'unsupported_format');
  assert.equal(code(Buffer.from([0x1f, 0x8b, 8, 0])), 'unsupported_format');
  assert.equal(code('{"report-id":"x"}'), 'bad_timestamp');
  assert.equal(code(new Uint8Array(0)), 'unsupported_format');
  assert.equal(code(new Uint8Array(17 * 1024 * 1024)), 'too_large');
});

test('a TLS policy whose name is no DNS name is not counted for the domain of its neighbours', () => {
  const policy = (name: string) => ({
    policy: { 'policy-type': 'sts', 'policy-domain': name },
    summary: { 'total-successful-session-count': 5, 'total-failure-session-count': 1 },
  });
  const outcome = normaliseBytes(
    dmarc,
    Buffer.from(
      JSON.stringify({
        'organization-name': 'R',
        'report-id': 'x',
        'date-range': { 'start-datetime': '2026-11-20T00:00:00Z', 'end-datetime': '2026-11-20T23:59:59Z' },
        policies: [policy('acme.example'), policy('not a domain')],
      }),
    ),
  );
  assert.ok(outcome.ok);
  assert.deepEqual(
    outcome.value.map((event) => [event.domain, event.mail?.pass]),
    [
      ['acme.example', 5],
      [undefined, 5],
    ],
  );
});

test('a report about two domains at once says what is wrong with it', () => {
  const policy = '<policy_published><domain>other.example</domain></policy_published>';
  const failure = failureOf(dmarc, Buffer.from(report(policy)));
  assert.equal(failure.code, 'bad_field');
  assert.equal(failure.path, '/feedback/policy_published');
});
