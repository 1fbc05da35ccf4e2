import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  lockRemoved,
  programToken,
  startCollector,
  tokenOf,
  type TestCollector,
} from './running-collector.ts';

let running: TestCollector;
const responder = tokenOf('acme', 'responder');
const reporter = programToken('acme', 'responder');

before(async () => {
  running = await startCollector();
});
after(() => running.stop());

// Shape of a webhook contact point: grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier
function receipt(caseId: string, receiver: string, status = 'firing'): object {
  return {
    receiver,
    status,
    orgId: 1,
    alerts: [
      {
        status,
        labels: { alertname: 'ZonewardenCase', case_id: caseId, severity: 'high', tenant: 'acme' },
        annotations: { summary: 'words' },
        startsAt: '2026-11-28T10:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        values: { A: 1 },
        generatorURL: 'https://grafana.example/alerting/1/edit',
        fingerprint: '57c6d9296de2ad39',
      },
    ],
    groupLabels: { case_id: caseId },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'https://grafana.example/',
    version: '1',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    title: '[FIRING:1]',
    state: 'alerting',
    message: '',
  };
}

async function caseOf(tenant: string): Promise<any> {
  await running.deliver(tenant, lockRemoved);
  return running.until('a case', async () => {
    const { body } = await running.call('GET', '/cases', { token: tokenOf(tenant, 'responder') });
    return body.items[0];
  });
}

function post(token: string, body: object) {
  return running.call('POST', '/notifications', { token, body });
}

test('a receipt says in the case who was told, once per receiver and firing', async () => {
  const { case_id: id } = await caseOf('acme');
  for (const receiver of ['zonewarden-page', 'zonewarden-page', 'zonewarden-slack'])
    assert.deepEqual((await post(reporter, receipt(id, receiver))).body, { accepted: true });
  assert.deepEqual((await post(reporter, receipt(id, 'zonewarden-mail', 'resolved'))).body, {
    accepted: false,
  });
  const { body } = await running.call('GET', `/cases/${id}`, { token: responder });
  assert.deepEqual(
    body.notifications.map(({ text }: { text: string }) => text),
    [
      'service:acme.responder.program notified zonewarden-page.',
      'service:acme.responder.program notified zonewarden-slack.',
    ],
  );
});

test('receipts about cases of others, or of nobody, change nothing; viewers may not report', async () => {
  const { case_id: id } = await caseOf('beta');
  for (const wanted of [id, 'case-of-nobody'])
    assert.deepEqual((await post(reporter, receipt(wanted, 'zonewarden-page'))).body, { accepted: false });
  const { body } = await running.call('GET', `/cases/${id}`, { token: tokenOf('beta', 'responder') });
  assert.deepEqual(body.notifications, []);
  assert.equal((await post(tokenOf('acme', 'viewer'), receipt(id, 'x'))).status, 403);
  assert.equal((await post(reporter, { receiver: 'x', alerts: 'many' })).status, 400);
});

test('a drill that waits for the notification ends with its receipt', async () => {
  const body = { notified: true, domain: 'canary.example', timeout_s: 15 };
  const started = await running.call('POST', '/drills', { token: responder, body });
  assert.equal(started.status, 200);
  const view = async () =>
    (await running.call('GET', `/drills/${started.body.id}`, { token: responder })).body;
  const atCase = await running.until('the case', async () => {
    const now = await view();
    return now.case_id === null ? undefined : now;
  });
  assert.equal(atCase.state, 'running', 'it waits for the receipt');
  assert.equal(atCase.hops.at(-1).name, 'notification');
  await post(reporter, receipt(atCase.case_id, 'zonewarden-automation'));
  const ended = await running.until('the end', async () => {
    const now = await view();
    return now.state === 'running' ? undefined : now;
  });
  assert.equal(ended.state, 'passed');
  assert.match(ended.hops.at(-1).detail, /zonewarden-automation/);
});
