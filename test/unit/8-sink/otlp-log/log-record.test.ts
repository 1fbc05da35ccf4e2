import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCase } from '../../../../collector/src/contract/case.ts';
import { isCanonicalEvent } from '../../../../collector/src/contract/event.ts';
import { isFinding } from '../../../../collector/src/contract/finding.ts';
import { logRecordOf } from '../../../../collector/src/8-sink/otlp-log/log-record.ts';
import { atMs, sampleCase, sampleEvent, sampleFinding, sampleScore, signalOf } from '../sample-signals.ts';

test('the samples are valid', () => {
  assert.ok(isCanonicalEvent(sampleEvent()) && isFinding(sampleFinding()) && isCase(sampleCase()));
});

test('an event becomes a log record with semantic names where they exist', () => {
  const record = logRecordOf(signalOf('event', sampleEvent()), 0);
  assert.equal(record.timeMs, atMs);
  assert.equal(record.observedMs, Date.UTC(2026, 2, 4, 5, 6, 8));
  assert.equal(record.eventName, 'registrar.domain.nameservers_changed');
  assert.equal(record.severityNumber, undefined);
  assert.equal(
    record.body,
    'registrar.domain.nameservers_changed on example.com: nameservers ns1.example.net, ns2.example.net -> ns1.evil.example; reported by dnsimple, done by dnsimple:77, no approval found',
  );
  const { attributes } = record;
  assert.equal(attributes['event.name'], 'registrar.domain.nameservers_changed');
  assert.equal(attributes['log.record.uid'], 'abcdefghijklmnopqrstuvwxyz');
  assert.equal(attributes['user.id'], 'dnsimple:77');
  assert.equal(attributes['client.address'], '192.0.2.7');
  assert.equal(attributes['zonewarden.domain'], 'example.com');
  assert.equal(attributes['zonewarden.timestamp'], '2026-03-04T05:06:07.089Z');
  assert.deepEqual(attributes['zonewarden.new_value'], ['ns1.evil.example']);
  assert.equal(attributes['zonewarden.enrich.domain.tier'], 1);
  assert.deepEqual(attributes['zonewarden.enrich.domain.roles'], ['mail', 'web']);
  assert.equal(attributes['zonewarden.feature.deviation.known'], true);
  assert.equal(attributes['zonewarden.raw.sha256'], 'a'.repeat(64));
  assert.equal(attributes['log.record.original'], '{"raw":true}');
  assert.equal(attributes['user.email'], undefined);
});

test('findings and cases carry severity numbers and their own ids', () => {
  const finding = logRecordOf(signalOf('finding', sampleFinding({ severity: 'critical' }), 'f1.0'), 0);
  assert.deepEqual(
    [finding.eventName, finding.severityNumber, finding.severityText],
    ['zonewarden.finding', 21, 'critical'],
  );
  assert.equal(finding.attributes['log.record.uid'], 'f1.0');
  assert.equal(finding.attributes['security_rule.uuid'], 'c0ffee00-0000-4000-8000-000000000005');
  assert.equal(finding.attributes['security_rule.name'], 'Delegation changed outside approval');
  assert.equal(finding.attributes['zonewarden.case_id'], 'case-1');
  assert.match(
    finding.body,
    /^critical R05 Delegation changed outside approval on example\.com \(preliminary\): /,
  );
  const one = logRecordOf(signalOf('case', sampleCase(), 'case-1.0'), 0);
  assert.deepEqual([one.eventName, one.severityNumber], ['zonewarden.case', 17]);
  assert.equal(one.attributes['zonewarden.team'], 'dns');
  assert.equal(one.attributes['zonewarden.disposition'], undefined, 'null is absent');
  const score = logRecordOf(signalOf('score', sampleScore()), 0);
  assert.equal(score.eventName, 'zonewarden.control_score');
  assert.equal(score.body, 'control score of example.com is 61 with 75 % known; next: enable registry lock');
});

test('too old times are raised for Loki, the true time stays in an attribute', () => {
  const record = logRecordOf(signalOf('event', sampleEvent()), atMs + 5_000);
  assert.equal(record.timeMs, atMs + 5_000);
  assert.equal(record.attributes['zonewarden.timestamp'], '2026-03-04T05:06:07.089Z');
});

test('a record stays below the limits of Loki, and says what it left out', () => {
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key${i}`, i]));
  const many = logRecordOf(signalOf('event', sampleEvent({ feature: wide })), 0);
  assert.ok(Object.keys(many.attributes).length <= 112);
  assert.ok(many.dropped > 150);
  assert.equal(many.attributes['zonewarden.domain'], 'example.com');
  const long = sampleEvent({
    enrich: { a: 'ä'.repeat(20_000), b: 'b'.repeat(20_000) },
    raw: { sha256: 'a'.repeat(64), size: 1, inline: '€'.repeat(32_000) },
  });
  const large = logRecordOf(signalOf('event', long), 0);
  assert.ok(Buffer.byteLength(JSON.stringify(large.attributes)) < 64 * 1024);
  assert.ok(large.dropped >= 1);
});

test('hostile members reach neither the prototype nor an endless walk', () => {
  const enrich = JSON.parse('{"__proto__":{"polluted":1},"deep":{"a":{"b":{"c":{"d":{"e":1}}}}}}') as Record<
    string,
    unknown
  >;
  const record = logRecordOf(signalOf('event', sampleEvent({ enrich })), 0);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.ok(Object.keys(record.attributes).every((name) => !name.includes('deep.a.b.c.d')));
});
