/** Approved providers: what stays inside one, and what only looks like it (detection reference 3.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { isInsideProvider, staysInsideProvider } from '../../../collector/src/leaf/approved-state.ts';

const domain: InventoryDomain = {
  domain: 'pay.example',
  tenant: 'acme',
  approved: {
    nameservers: ['ns1.provider-a.example', 'ns2.provider-a.example'],
    providers: [
      { kind: 'nameserver', suffix: 'provider-a.example' },
      { kind: 'address', cidr: '192.0.2.0/24' },
      { kind: 'cname', suffix: 'cdn.example' },
      { kind: 'mail', suffix: 'mailhost.example' },
    ],
  },
};
const apex = 'record:pay.example/A';

void test('addresses of an approved range are inside, one stranger among them is not', () => {
  assert.equal(isInsideProvider(apex, ['192.0.2.7', '192.0.2.9'], domain), true);
  assert.equal(isInsideProvider(apex, ['192.0.2.7', '203.0.113.9'], domain), false);
  assert.equal(isInsideProvider(apex, [], domain), false);
  assert.equal(isInsideProvider(apex, ['192.0.2.7'], undefined), false);
});

void test('a suffix counts by whole labels and for its own kind only', () => {
  assert.equal(isInsideProvider('record:www.pay.example/CNAME', ['a.cdn.example'], domain), true);
  assert.equal(isInsideProvider('record:www.pay.example/CNAME', ['a.evilcdn.example'], domain), false);
  assert.equal(isInsideProvider('record:pay.example/MX', ['10 mx7.mailhost.example'], domain), true);
  assert.equal(isInsideProvider('record:pay.example/MX', ['10 a.cdn.example'], domain), false);
});

void test('a provider may add a name server; an exchanged set could be another customer of the same provider', () => {
  const old = ['ns1.provider-a.example', 'ns2.provider-a.example'];
  const more = [...old, 'ns3.provider-a.example'];
  assert.equal(staysInsideProvider('nameservers', old, more, domain), true);
  assert.equal(
    staysInsideProvider('nameservers', old, ['ns8.provider-a.example', 'ns9.provider-a.example'], domain),
    false,
  );
  assert.equal(staysInsideProvider('nameservers', undefined, more, domain), true);
  assert.equal(staysInsideProvider('nameservers', old, [...old, 'ns1.stranger.example'], domain), false);
});
