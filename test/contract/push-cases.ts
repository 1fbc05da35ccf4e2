/** Every source that is pushed to over HTTP, with deliveries as the sender's documentation shows them, for the suite that all must pass. */
import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { WebhookSettings } from '../../collector/src/1-source/webhook/webhook-source.ts';
import { framingOf } from '../../collector/src/app/body-framings.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { identityOf, startMs, type Fake } from '../unit/1-source/api-fake.ts';
import { at, bearer, header, json, text, type PushCase } from './push-case.ts';
import { canary } from './source-cases.ts';
import { eventBridge, firehose, logpush, otlp, pubsub } from './cloud-push-cases.ts';

const whole = Buffer.from(canary).toString('base64');

const canonical = (id: string): Record<string, unknown> => ({
  id,
  event_type: 'registrar.domain.lock_disabled',
  timestamp: at,
  domain: 'pay.example',
});

const dnsimple: PushCase = {
  name: 'dnsimple by secret path',
  feed: 'dnsimple',
  isProven: false,
  ages: false,
  settings: () => ({ scheme: 'none', schemeSettings: {}, pathSecret: createSecret(canary) }),
  push: ([id = ''], _atMs, secret = canary) => ({
    headers: json,
    path: secret,
    body: text({
      name: 'domain.transfer_lock_disable',
      api_version: 'v2',
      request_identifier: id,
      data: { domain: { id: 1, name: 'pay.example', state: 'registered' } },
      account: { id: 7, identifier: 'ops' },
      actor: { id: '1', entity: 'user', pretty: 'a@acme.example' },
    }),
  }),
};

const hmac: PushCase = {
  name: 'webhook with HMAC and time',
  feed: 'webhook',
  isProven: true,
  ages: true,
  settings: () => ({
    scheme: 'hmac',
    schemeSettings: { secret: createSecret(canary), header: 'x-signature', timestampHeader: 'x-time' },
  }),
  push: (ids, atMs, secret = canary) => {
    const body = text({ events: ids.map(canonical) });
    const time = String(Math.floor(atMs / 1000));
    const signature = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
    return { headers: { ...json, 'x-signature': signature, 'x-time': time }, body };
  },
};

const standard: PushCase = {
  name: 'Standard Webhooks',
  feed: 'webhook',
  isProven: true,
  ages: true,
  settings: () => ({
    scheme: 'standard-webhooks',
    schemeSettings: { secret: createSecret(`whsec_${whole}`) },
  }),
  push: (ids, atMs, secret) => {
    const body = text({ events: ids.map(canonical) });
    const time = String(Math.floor(atMs / 1000));
    const id = `msg_${ids.join('_')}`;
    const key = secret === undefined ? Buffer.from(whole, 'base64') : Buffer.from(secret);
    const signature = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
    return { headers: { ...json, ...headers }, body };
  },
};

const github: PushCase = {
  name: 'github audit stream, signed',
  feed: 'github-audit',
  isProven: true,
  ages: false,
  settings: () => ({ scheme: 'github', schemeSettings: { secret: createSecret(canary) } }),
  push: ([id = ''], _atMs, secret = canary) => {
    const body = text({
      '@timestamp': startMs,
      action: 'org.add_member',
      actor: 'a',
      org: 'acme',
      _document_id: id,
    });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return {
      headers: { ...json, 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': `d-${id}` },
      body,
    };
  },
};

const okta: PushCase = {
  name: 'okta event hook',
  feed: 'okta',
  isProven: true,
  ages: false,
  settings: () => ({ ...header, scheme: 'okta' }),
  push: (ids, _atMs, secret) => ({
    headers: { ...json, ...bearer(secret) },
    body: text({
      eventType: 'com.okta.event_hook',
      eventTypeVersion: '1.0',
      data: {
        events: ids.map((uuid) => ({
          uuid,
          published: at,
          eventType: 'user.mfa.factor.deactivate',
          actor: { id: '00u', type: 'User', alternateId: 'a@acme.example' },
          outcome: { result: 'SUCCESS' },
          target: [{ id: '00u', type: 'User', alternateId: 'a@acme.example' }],
        })),
      },
    }),
  }),
};

const report = (id: string): string =>
  `<feedback><report_metadata><org_name>R</org_name><report_id>${id}</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range></report_metadata><policy_published><domain>pay.example</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row></record></feedback>`;

const dmarc: PushCase = {
  name: 'DMARC reports uploaded',
  feed: 'dmarc',
  isProven: false,
  ages: false,
  settings: () => ({ scheme: 'none', schemeSettings: {}, pathSecret: createSecret(canary) }),
  push: (ids, _atMs, secret = canary) => ({
    headers: { 'content-type': 'application/gzip' },
    path: secret,
    body: gzipSync(ids.map(report).join('\n')),
  }),
};

/** All pushed sources. */
export const pushCases: readonly PushCase[] = [
  dnsimple,
  hmac,
  standard,
  github,
  okta,
  eventBridge,
  logpush,
  pubsub,
  otlp,
  dmarc,
  firehose,
];

/** Settings of a case with the bounds and the usual framing of its feed. */
export function settingsOf(one: PushCase, keys: Fake | undefined): WebhookSettings {
  return {
    identity: identityOf(one.feed),
    feed: one.feed,
    scheme: 'none',
    schemeSettings: {},
    bodyBytesMax: 100_000,
    acceptCompressed: false,
    ratePerSecond: 1000,
    ...framingOf(one.feed, undefined),
    ...one.settings(keys),
  };
}
