import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { caaAllows, caaLoosening, readCaa } from '../../../collector/src/5-feature/caa.ts';
import {
  plainText,
  readDkimKey,
  readDmarc,
  readSpf,
  weakening,
} from '../../../collector/src/5-feature/mail-auth.ts';
import type { InventoryDomain } from '../../../collector/src/contract/inventory.ts';

const domain: InventoryDomain = {
  domain: 'pay.example',
  tenant: 'acme',
  approved: { mail: { spf_includes: ['_spf.mailhost.example'] } },
};
const spf = '"v=spf1 include:_spf.mailhost.example -all"';

void test('TXT data in presentation form', () => {
  assert.equal(plainText('"v=spf1" " -all"'), 'v=spf1 -all');
  assert.equal(plainText('"a\\"b\\059c"'), 'a"b;c');
  assert.equal(plainText('bare'), 'bare');
});

void test('SPF, DMARC and DKIM are read', () => {
  assert.deepEqual(readSpf([spf]), { all: '-', includes: ['_spf.mailhost.example'], lookups: 1 });
  assert.deepEqual(
    readSpf(['"v=spf1 redirect=_spf.example a mx/24 ptr exists:%{i}.x.example ip4:192.0.2.0/24"']),
    {
      includes: [],
      lookups: 5,
      redirect: '_spf.example',
    },
  );
  assert.equal(readSpf(['"v=spf10 -all"', '"other"']), undefined);
  assert.deepEqual(readDmarc(['"v=DMARC1; p=reject; sp=none; pct=50"']), {
    policy: 'reject',
    subdomainPolicy: 'none',
    pct: 50,
  });
  assert.deepEqual(readDmarc(['"v=DMARC1; p=whatever"'])?.policy, 'none');
  assert.equal(readDkimKey(['"v=DKIM1; k=rsa; p=MIGf MA0"']), 'MIGfMA0');
  assert.equal(readDkimKey(['"v=DKIM1; p="']), '');
});

void test('what weakens SPF', () => {
  const after = (text: string) => weakening('pay.example', [spf], [text], domain);
  assert.deepEqual(after(spf), []);
  assert.deepEqual(after('"v=spf1 include:_spf.mailhost.example +all"'), ['spf_all_loosened']);
  assert.deepEqual(after('"v=spf1 include:_spf.mailhost.example all"'), ['spf_all_loosened']);
  assert.deepEqual(after('"v=spf1 include:_spf.mailhost.example ?all"'), ['spf_all_loosened']);
  assert.deepEqual(after('"v=spf1 include:_spf.mailhost.example include:evil.example -all"'), [
    'spf_include_unapproved',
  ]);
  const eleven = Array.from({ length: 11 }, (_, i) => `a:h${String(i)}.example`).join(' ');
  assert.deepEqual(after(`"v=spf1 ${eleven} -all"`), ['spf_lookups']);
  assert.deepEqual(weakening('pay.example', [spf, '"x"'], ['"x"'], domain), ['spf_removed']);
  assert.deepEqual(weakening('pay.example', ['"x"'], ['"y"'], domain), []);
});

void test('what weakens DMARC and DKIM', () => {
  const dmarc = (before: string, after: string[]) => weakening('_dmarc.pay.example', [before], after, domain);
  assert.deepEqual(dmarc('"v=DMARC1; p=reject"', ['"v=DMARC1; p=quarantine"']), [
    'dmarc_lowered',
    'dmarc_subdomain_lowered',
  ]);
  assert.deepEqual(dmarc('"v=DMARC1; p=reject"', ['"v=DMARC1; p=reject; pct=10"']), ['dmarc_pct_lowered']);
  assert.deepEqual(dmarc('"v=DMARC1; p=reject"', []), ['dmarc_removed']);
  assert.deepEqual(dmarc('"v=DMARC1; p=none"', ['"v=DMARC1; p=reject"']), []);
  const key = 's1._domainkey.pay.example';
  assert.deepEqual(weakening(key, ['"p=AAA"'], ['"p=BBB"'], domain), ['dkim_replaced']);
  assert.deepEqual(weakening(key, ['"p=AAA"'], ['"p="'], domain), ['dkim_removed']);
  assert.deepEqual(weakening(key, ['"p=AAA"'], [], domain), ['dkim_removed']);
});

void test('what loosens CAA', () => {
  const bound = '0 issue "ca.example; accounturi=https://ca.example/acct/1; validationmethods=dns-01"';
  assert.deepEqual(readCaa([bound]), [
    { tag: 'issue', issuer: 'ca.example', accounts: ['https://ca.example/acct/1'], methods: ['dns-01'] },
  ]);
  assert.deepEqual(caaLoosening([bound], [bound]), []);
  assert.deepEqual(caaLoosening([bound], []), ['removed']);
  assert.deepEqual(caaLoosening([bound], ['0 issue "ca.example"']), ['account_dropped', 'methods_dropped']);
  assert.deepEqual(caaLoosening(['0 issue ";"'], ['0 issue "other.example"']), ['issuer_added']);
  assert.deepEqual(caaLoosening([], [bound]), []);
  assert.deepEqual(caaLoosening(['0 issue "ca.example"', '0 issuewild ";"'], ['0 issue "ca.example"']), [
    'issuewild_loosened',
  ]);
});

void test('which authority a CAA set lets issue (RFC 8659)', () => {
  assert.equal(caaAllows([], 'ca.example', undefined, false), true);
  assert.equal(caaAllows(['0 issue ";"'], 'ca.example', undefined, false), false);
  assert.equal(caaAllows(['0 issue "ca.example"', '0 issuewild ";"'], 'ca.example', undefined, true), false);
  assert.equal(caaAllows(['0 issue "ca.example"'], 'ca.example', undefined, true), true);
  const bound = ['0 issue "ca.example; accounturi=a1"'];
  assert.equal(caaAllows(bound, 'ca.example', 'a1', false), true);
  assert.equal(caaAllows(bound, 'ca.example', 'a2', false), false);
});

void test('no text makes the readers throw or hang', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 300 }), { maxLength: 5 }), (values) => {
      readSpf(values);
      readDmarc(values);
      readDkimKey(values);
      readCaa(values);
      weakening('_dmarc.x.example', values, values.toReversed(), undefined);
    }),
  );
});
