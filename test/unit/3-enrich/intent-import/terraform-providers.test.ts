/** Plans as providers really write them: relative names, zones known by id only, structured data, TTL alone, modules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentsFromTerraform } from '../../../../collector/src/3-enrich/intent-import/terraform.ts';
import { changesOf, facts, refusalsOf } from './import-harness.ts';

interface Change {
  readonly type: string;
  readonly address?: string;
  readonly before?: object;
  readonly after?: object;
}

function actionsOf({ before, after }: Change): string[] {
  if (before === undefined) return ['create'];
  return after === undefined ? ['delete'] : ['update'];
}

function planOf(changes: readonly Change[], more: object = {}): string {
  return JSON.stringify({
    format_version: '1.2',
    terraform_version: '1.13.3',
    planned_values: {
      root_module: {
        child_modules: [
          {
            address: 'module.dns["prod"]',
            resources: changes.flatMap(({ type, after }) =>
              after === undefined ? [] : [{ mode: 'managed', type, name: 'x', values: after }],
            ),
          },
        ],
      },
    },
    resource_changes: changes.map((change, index) => ({
      address: change.address ?? `module.dns["prod"].${change.type}.x["${String(index)}"]`,
      mode: 'managed',
      type: change.type,
      change: {
        actions: actionsOf(change),
        before: change.before ?? null,
        after: change.after ?? null,
        after_unknown: { id: true },
      },
    })),
    ...more,
  });
}

const zones = {
  prior_state: {
    values: {
      root_module: {
        resources: [
          { mode: 'data', type: 'aws_route53_zone', values: { zone_id: 'Z1', name: 'pay.example.' } },
          { mode: 'data', type: 'cloudflare_zone', values: { zone_id: 'cf1', name: 'pay.example' } },
          { mode: 'managed', type: 'cloudflare_zone', values: { id: 'cf2', zone: 'shop.example' } },
        ],
      },
    },
  },
};

function recordsOf(changes: readonly Change[], more: object = {}): unknown[] {
  const outcome = intentsFromTerraform(planOf(changes, more), facts);
  assert.deepEqual(refusalsOf(outcome), []);
  return changesOf(outcome).map(({ domain, name, type, action, new: value }) =>
    action === 'record' ? [domain, name, type, value] : [domain, name, type, action, value],
  );
}

test('names relative to a zone that the plan knows by id: Route 53 and Cloudflare', () => {
  const route53 = (name: string, more: object = {}): Change => ({
    type: 'aws_route53_record',
    after: { zone_id: 'Z1', name, type: 'A', ttl: 300, records: ['192.0.2.1'], alias: [], ...more },
  });
  assert.deepEqual(
    recordsOf(
      [
        route53('www'),
        route53(''),
        route53('*.api'),
        route53('mail.pay.example'),
        route53('x', { fqdn: 'x.shop.example', zone_id: 'unknown' }),
        { type: 'cloudflare_record', after: { zone_id: 'cf2', name: '@', type: 'A', value: '192.0.2.2' } },
        {
          type: 'cloudflare_record',
          after: { zone_id: 'nobody', name: 'a', hostname: 'a.pay.example', type: 'A', content: '192.0.2.3' },
        },
      ],
      zones,
    ),
    [
      ['pay.example', 'www.pay.example', 'A', ['192.0.2.1']],
      ['pay.example', 'pay.example', 'A', ['192.0.2.1']],
      ['pay.example', '*.api.pay.example', 'A', ['192.0.2.1']],
      ['pay.example', 'mail.pay.example', 'A', ['192.0.2.1']],
      ['shop.example', 'x.shop.example', 'A', ['192.0.2.1']],
      ['shop.example', 'shop.example', 'A', ['192.0.2.2']],
      ['pay.example', 'a.pay.example', 'A', ['192.0.2.3']],
    ],
  );
});

test('a label whose zone the plan does not name is refused with its address', () => {
  const outcome = intentsFromTerraform(
    planOf([
      {
        type: 'aws_route53_record',
        after: { zone_id: 'Z9', name: 'www', type: 'A', records: ['192.0.2.1'] },
      },
    ]),
    facts,
  );
  assert.deepEqual(refusalsOf(outcome), [
    '/resource_changes/0 (module.dns["prod"].aws_route53_record.x["0"]) www lies in no domain of this tenant\'s inventory',
  ]);
});

test('structured data: CAA, SRV and MX in the words of each provider', () => {
  assert.deepEqual(
    recordsOf(
      [
        {
          type: 'cloudflare_dns_record',
          after: {
            zone_id: 'cf1',
            name: 'pay.example',
            type: 'CAA',
            ttl: 1,
            data: { flags: 0, tag: 'issue', value: 'ca.example' },
          },
        },
        {
          type: 'cloudflare_record',
          after: {
            zone_id: 'cf1',
            name: '_sip._tls',
            type: 'SRV',
            data: [{ priority: 0, weight: 5, port: 443, target: 'sip.pay.example', service: '_sip' }],
          },
        },
        {
          type: 'dnsimple_zone_record',
          after: {
            zone_name: 'pay.example',
            name: '_x._tcp',
            type: 'SRV',
            value: '5 5060 sip.pay.example',
            priority: 1,
          },
        },
        {
          type: 'digitalocean_record',
          after: { domain: 'shop.example', name: '@', type: 'MX', value: 'mx.shop.example.', priority: 10 },
        },
        {
          type: 'azurerm_dns_mx_record',
          after: {
            name: '@',
            zone_name: 'pay.example',
            ttl: 300,
            record: [
              { preference: '20', exchange: 'mx2.pay.example' },
              { preference: '10', exchange: 'MX1.pay.example.' },
            ],
          },
        },
        {
          type: 'azurerm_dns_txt_record',
          after: {
            name: '_dmarc',
            zone_name: 'pay.example',
            ttl: 300,
            record: [{ value: 'v=DMARC1; p=none' }],
          },
        },
        {
          type: 'azurerm_dns_cname_record',
          after: { name: 'www', zone_name: 'shop.example', ttl: 300, record: 'cdn.example.' },
        },
        {
          type: 'ovh_domain_zone_record',
          after: { zone: 'shop.example', subdomain: 'api', fieldtype: 'A', ttl: 60, target: '192.0.2.9' },
        },
      ],
      zones,
    ),
    [
      ['pay.example', 'pay.example', 'CAA', ['0 issue "ca.example"']],
      ['pay.example', '_sip._tls.pay.example', 'SRV', ['0 5 443 sip.pay.example']],
      ['pay.example', '_x._tcp.pay.example', 'SRV', ['1 5 5060 sip.pay.example']],
      ['shop.example', 'shop.example', 'MX', ['10 mx.shop.example']],
      ['pay.example', 'pay.example', 'MX', ['10 mx1.pay.example', '20 mx2.pay.example']],
      ['pay.example', '_dmarc.pay.example', 'TXT', ['"v=DMARC1; p=none"']],
      ['shop.example', 'www.shop.example', 'CNAME', ['cdn.example']],
      ['shop.example', 'api.shop.example', 'A', ['192.0.2.9']],
    ],
  );
});

test('long text of Route 53 is one text however it is cut, and quotes of Cloudflare are text', () => {
  const long = `v=DKIM1; p=${'A'.repeat(244)}`;
  assert.deepEqual(
    recordsOf([
      {
        type: 'aws_route53_record',
        after: { name: 's1._domainkey.pay.example', type: 'TXT', records: [`${long}""${'B'.repeat(40)}`] },
      },
      {
        type: 'cloudflare_dns_record',
        after: { name: 'q.pay.example', type: 'TXT', content: 'say "hello"' },
      },
    ]),
    [
      ['pay.example', 's1._domainkey.pay.example', 'TXT', [`"${long}${'B'.repeat(40)}"`]],
      ['pay.example', 'q.pay.example', 'TXT', ['"say \\"hello\\""']],
    ],
  );
});

test('TTL alone approves the TTL alone, and what is no DNS data approves nothing', () => {
  const before = { name: 'pay.example', type: 'A', ttl: 3600, records: ['192.0.2.10'] };
  assert.deepEqual(
    recordsOf([
      { type: 'aws_route53_record', before, after: { ...before, ttl: 300 } },
      {
        type: 'aws_route53_record',
        before: { ...before, name: 'b.pay.example' },
        after: { ...before, name: 'b.pay.example', allow_overwrite: true },
      },
    ]),
    [['pay.example', 'pay.example', 'A', 'ttl', 300]],
  );
});

test('internationalised names, upper case and final dots are one name', () => {
  const outcome = intentsFromTerraform(
    planOf([
      {
        type: 'google_dns_record_set',
        after: { name: 'BÜCHER.Pay.example.', type: 'CNAME', rrdatas: ['Shop.Example.'] },
      },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    {
      domain: 'pay.example',
      action: 'record',
      name: 'xn--bcher-kva.pay.example',
      type: 'CNAME',
      new: ['shop.example'],
    },
  ]);
});

test('for_each over single records: the set once, deletions leave the rest, a last deletion leaves nothing', () => {
  const one = (content: string): object => ({ name: 'api.pay.example', type: 'A', content });
  assert.deepEqual(
    recordsOf([
      { type: 'cloudflare_dns_record', after: one('192.0.2.1') },
      { type: 'cloudflare_dns_record', after: one('192.0.2.2') },
      { type: 'cloudflare_dns_record', before: one('192.0.2.3') },
      { type: 'cloudflare_dns_record', before: { name: 'old.pay.example', type: 'A', content: '192.0.2.4' } },
    ]),
    [
      ['pay.example', 'api.pay.example', 'A', ['192.0.2.1', '192.0.2.2']],
      ['pay.example', 'old.pay.example', 'A', []],
    ],
  );
});

test('two whole sets for one name contradict each other and approve nothing', () => {
  const whole = (value: string): Change => ({
    type: 'aws_route53_record',
    after: { name: 'api.pay.example', type: 'A', records: [value] },
  });
  const outcome = intentsFromTerraform(planOf([whole('192.0.2.1'), whole('192.0.2.2')]), facts);
  assert.deepEqual(changesOf(outcome), []);
  assert.match(refusalsOf(outcome).join(), /different values in different resources/);
});

test('record resources that are not understood are named; private zones and other resources are passed over', () => {
  const outcome = intentsFromTerraform(
    planOf([
      { type: 'ns1_record', after: { zone: 'pay.example', domain: 'a.pay.example', type: 'A', answers: [] } },
      { type: 'azurerm_private_dns_a_record', after: { name: 'db', zone_name: 'pay.internal' } },
      { type: 'aws_lb', after: {} },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.deepEqual(refusalsOf(outcome), [
    '/resource_changes/0 (module.dns["prod"].ns1_record.x["0"]) resources of type ns1_record are not understood: approve the change in another way',
  ]);
});

test('delegation in the words of other providers; privacy and lock', () => {
  const outcome = intentsFromTerraform(
    planOf([
      {
        type: 'gandi_nameservers',
        before: { domain: 'pay.example', nameservers: ['ns1.a.example'] },
        after: { domain: 'pay.example', nameservers: ['ns2.b.example', 'ns1.b.example.'] },
      },
      {
        type: 'dnsimple_registered_domain',
        before: { name: 'shop.example', transfer_lock_enabled: true, whois_privacy_enabled: true },
        after: { name: 'shop.example', transfer_lock_enabled: false, whois_privacy_enabled: true },
      },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    {
      domain: 'pay.example',
      action: 'delegation',
      old: ['ns1.a.example'],
      new: ['ns1.b.example', 'ns2.b.example'],
    },
    { domain: 'shop.example', action: 'lock', new: 'disabled' },
  ]);
});

test('a plan that ended with an error is refused whole; nulls, numbers and __proto__ cost nothing', () => {
  const errored = intentsFromTerraform(planOf([], { errored: true }), facts);
  assert.ok(!errored.ok && errored.failure.path === '/errored');
  const odd = JSON.stringify({
    format_version: '1.2',
    resource_changes: [
      null,
      7,
      { type: '__proto__', change: { actions: ['create'], after: {} } },
      { type: 'aws_route53_record', change: { actions: ['create'], after: null } },
      { type: 'aws_route53_record', change: { actions: ['create'], after: { name: {}, records: [1] } } },
      { type: 'azurerm_dns_a_record', change: { actions: 'create', after: [] } },
    ],
  });
  const outcome = intentsFromTerraform(odd, facts);
  assert.deepEqual(changesOf(outcome), []);
});
