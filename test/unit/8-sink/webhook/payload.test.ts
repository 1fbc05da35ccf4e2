import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ocsfOf } from '../../../../collector/src/8-sink/webhook/ocsf.ts';
import { payloadOf } from '../../../../collector/src/8-sink/webhook/payload.ts';
import { atMs, sampleCase, sampleEvent, sampleFinding, sampleScore, signalOf } from '../sample-signals.ts';

function picked(object: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

const product = { name: 'Zonewarden', vendor_name: 'Zonewarden' };

test('CloudEvents 1.0 in structured mode', () => {
  const { contentType, body } = payloadOf(signalOf('finding', sampleFinding(), 'f1.0'), 'cloudevents');
  assert.equal(contentType, 'application/cloudevents+json');
  assert.deepEqual(JSON.parse(body), {
    specversion: '1.0',
    id: 'f1.0',
    source: 'urn:zonewarden:tenant:acme',
    type: 'zonewarden.finding',
    subject: 'f1',
    time: '2026-03-04T05:06:07.089Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:zonewarden:finding:1.0',
    data: sampleFinding(),
  });
});

test('a finding is an OCSF Detection Finding', () => {
  const out = ocsfOf(signalOf('finding', sampleFinding()));
  assert.deepEqual(
    picked(out, [
      'activity_id',
      'category_uid',
      'class_uid',
      'type_uid',
      'time',
      'severity_id',
      'status_id',
      'is_alert',
      'risk_score',
    ]),
    {
      activity_id: 1,
      category_uid: 2,
      class_uid: 2004,
      type_uid: 200401,
      time: atMs,
      severity_id: 4,
      status_id: 1,
      is_alert: true,
      risk_score: 70,
    },
  );
  assert.deepEqual(out['metadata'], { version: '1.8.0', product, uid: 'f1.0', tenant_uid: 'acme' });
  assert.deepEqual(out['finding_info'], {
    uid: 'f1',
    title: 'Delegation changed outside approval',
    desc: 'example.com now points to ns1.evil.example',
    created_time: atMs,
    first_seen_time: atMs,
    last_seen_time: atMs,
    analytic: { uid: 'c0ffee00-0000-4000-8000-000000000005', name: 'R05', type_id: 1, version: '3' },
    related_events: [{ uid: 'abcdefghijklmnopqrstuvwxyz', type: 'registrar.domain.nameservers_changed' }],
    tags: [{ name: 'attack.t1584.002' }],
  });
  const revised = ocsfOf(
    signalOf('finding', sampleFinding({ revision: 1, state: 'suppressed', severity: 'low' })),
  );
  assert.deepEqual(picked(revised, ['activity_id', 'status_id', 'severity_id', 'is_alert']), {
    activity_id: 2,
    status_id: 3,
    severity_id: 2,
    is_alert: false,
  });
  assert.equal(ocsfOf(signalOf('finding', sampleFinding({ state: 'retracted' })))['activity_id'], 3);
});

test('a case is an OCSF Incident Finding', () => {
  const out = ocsfOf(
    signalOf(
      'case',
      sampleCase({ revision: 4, state: 'closed', disposition: 'false_positive', severity: 'critical' }),
    ),
  );
  assert.deepEqual(
    picked(out, [
      'activity_id',
      'class_uid',
      'type_uid',
      'severity_id',
      'status_id',
      'verdict_id',
      'start_time',
    ]),
    {
      activity_id: 3,
      class_uid: 2005,
      type_uid: 200503,
      severity_id: 5,
      status_id: 5,
      verdict_id: 1,
      start_time: atMs,
    },
  );
  assert.deepEqual(out['assignee_group'], { name: 'dns' });
  assert.equal(ocsfOf(signalOf('case', sampleCase()))['verdict_id'], 0);
  assert.equal(ocsfOf(signalOf('case', sampleCase({ revision: 1, state: 'acknowledged' })))['status_id'], 2);
});

test('an event is in the class of its type, with nothing lost', () => {
  const out = ocsfOf(signalOf('event', sampleEvent()));
  assert.deepEqual(
    picked(out, ['class_uid', 'activity_id', 'category_uid', 'type_uid', 'status_id', 'confidence_score']),
    {
      class_uid: 3004,
      activity_id: 3,
      category_uid: 3,
      type_uid: 300403,
      status_id: 1,
      confidence_score: 99,
    },
  );
  assert.deepEqual(out['actor'], { user: { uid: 'dnsimple:77' } });
  assert.deepEqual(out['src_endpoint'], { ip: '192.0.2.7' });
  assert.deepEqual(out['entity'], {
    name: 'example.com',
    type: 'Domain',
    data: { old: ['ns1.example.net', 'ns2.example.net'] },
  });
  assert.deepEqual(out['entity_result'], {
    name: 'example.com',
    type: 'Domain',
    data: { new: ['ns1.evil.example'] },
  });
  const unmapped = out['unmapped'] as Record<string, unknown>;
  assert.equal(unmapped['approval_state'], 'not_found');
  assert.equal(unmapped['event_type'], 'registrar.domain.nameservers_changed');
  const other = ocsfOf(signalOf('event', sampleEvent({ event_type: 'other.activity', outcome: 'failure' })));
  assert.deepEqual(picked(other, ['class_uid', 'type_uid', 'status_id']), {
    class_uid: 0,
    type_uid: 0,
    status_id: 2,
  });
});

test('a score is a base event', () => {
  const out = ocsfOf(signalOf('score', sampleScore(), 's1'));
  assert.deepEqual(picked(out, ['class_uid', 'unmapped']), { class_uid: 0, unmapped: sampleScore() });
});
