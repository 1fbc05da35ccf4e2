/** What holds the keys names no domain: mailboxes of registrar accounts and accounts at DNS providers join what follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plane } from '../../../collector/src/contract/severity.ts';
import { Bench, draft, evidence, hour, minute, start, type TestInventory } from './keeper-harness.ts';

const inventory: TestInventory = {
  accounts: [{ id: 'reg/1', tenant: 'acme', contact_mailboxes: ['domains@acme.example'] }],
  domains: ['pay.example', 'two.example'].map((domain) => ({
    domain,
    tenant: 'acme',
    tier: 0,
    registrar_account: 'reg/1',
    dns_provider: 'provider-a',
  })),
};

function finding(
  detection: string,
  fields: {
    domains?: string[];
    mailboxes?: string[];
    providers?: string[];
    type: string;
    likelihood?: number;
  },
) {
  const { domains = [], type, likelihood = 0.7, ...context } = fields;
  const [domain] = domains;
  const made = draft({ detection, domains, likelihood, effect: 'own' }, [
    evidence({ event_type: type, ...(domain === undefined ? {} : { domain }) }, start),
  ]);
  const { domain: _domain, actor_id: _actor, registrar_account: _account, ...rest } = made;
  return {
    ...rest,
    ...(domain === undefined ? {} : { domain }),
    context: { ...made.context, ...context },
  };
}

const moved = (domain: string) =>
  finding('R05', { domains: [domain], type: 'registrar.domain.nameservers_changed' });
const rule = finding('M01', { mailboxes: ['domains@acme.example'], type: 'mail.rule.forwarding_created' });
const token = finding('R17', {
  providers: ['provider-a'],
  type: 'dns.provider.api_token_created',
  likelihood: 0.3,
});

function casesAfter(...findings: ReturnType<typeof finding>[]): string[][] {
  const bench = new Bench(inventory);
  findings.forEach((each, n) => bench.finding(each, start + n * hour));
  return bench.standing().map(({ detections }) => [...detections].sort());
}

void test('a rule on the registrar mailbox and a delegation that nobody explains are one case, in either order', () => {
  assert.deepEqual(casesAfter(rule, moved('pay.example')), [['M01', 'R05']]);
  assert.deepEqual(casesAfter(moved('pay.example'), rule), [['M01', 'R05']]);
});

void test('a token at the provider joins what happens in its zones, in either order', () => {
  assert.deepEqual(casesAfter(token, moved('pay.example')), [['R05', 'R17']]);
  assert.deepEqual(casesAfter(moved('pay.example'), token), [['R05', 'R17']]);
});

void test('a token elsewhere, and another mailbox, join nothing', () => {
  const other = finding('R17', {
    providers: ['provider-b'],
    type: 'dns.provider.api_token_created',
    likelihood: 0.3,
  });
  assert.equal(casesAfter(other, moved('pay.example')).length, 2);
  const foreign = finding('M01', { mailboxes: ['jo@acme.example'], type: 'mail.rule.forwarding_created' });
  assert.equal(casesAfter(foreign, moved('pay.example')).length, 2);
});

void test('in a large account somebody always works on something: a name speaks for its share of it', () => {
  const risk = (names: number): number => {
    const bench = new Bench({
      accounts: [{ id: 'reg/1', tenant: 'acme' }],
      domains: Array.from({ length: names }, (_, n) => ({
        domain: `n${n}.example`,
        tenant: 'acme',
        tier: 1,
        registrar_account: 'reg/1',
      })),
    });
    ['R04', 'R05', 'C02', 'I02'].forEach((detection, n) => {
      const domain = `n${n}.example`;
      const made = draft({ detection, risk_points: 50, likelihood: 0.3, registrar_account: 'reg/1' }, [
        evidence({ event_type: 'dns.record.updated', domain, registrar_account: 'reg/1' }, start + n * hour),
      ]);
      bench.finding(made, start + n * hour);
    });
    const sums = [...bench.findings.values()].filter(({ detection }) => detection === 'S04');
    return Math.max(
      0,
      ...sums.filter(({ registrar_account: id }) => id === 'reg/1').map((each) => each.risk_points),
    );
  };
  assert.ok(risk(20) >= 85, `twenty names: ${risk(20)}`);
  assert.equal(risk(2000), 0, 'two thousand names: below 50, so no finding');
});

void test('a high sum about an unimportant name does not become the sum of an important one in the same case', () => {
  const bench = new Bench({
    accounts: [{ id: 'reg/1', tenant: 'acme' }],
    domains: ['parked.example', 'pay.example'].map((domain, n) => ({
      domain,
      tenant: 'acme',
      tier: n === 0 ? 2 : 0,
      registrar_account: 'reg/1',
    })),
  });
  const signal = (detection: string, domains: string[], points: number, plane: Plane, at: number): void => {
    const items = domains.map((domain) =>
      evidence(
        { event_type: 'registrar.domain.contact_changed', domain, change_fact_id: `${detection}-${domain}` },
        at,
      ),
    );
    const made = draft(
      { detection, domains, plane, risk_points: points, likelihood: 0.3, effect: 'weak' },
      items,
    );
    bench.finding(made, at);
  };
  signal('I02', ['parked.example', 'pay.example'], 60, 'identity', start);
  signal('R05', ['parked.example'], 75, 'dns', start + minute);
  signal('R04', ['pay.example'], 15, 'registrar', start + 2 * minute);
  const sums = [...bench.findings.values()].filter(({ detection }) => detection === 'S04');
  assert.ok(sums.length > 0);
  // parked: 1 - 0.25 x 0.4 = 0.9, odds 9 x 1.5, R 93, tier 2: S 0.465. pay: 0.66, odds 1.94 x 1.5, R 74, tier 0: high at most.
  assert.deepEqual([...new Set(sums.map(({ severity }) => severity))], ['high']);
});

void test('renewals of many names of one account add up to nothing about the account', () => {
  const bench = new Bench({
    accounts: [{ id: 'reg/1', tenant: 'acme' }],
    domains: Array.from({ length: 10 }, (_, n) => ({
      domain: `n${n}.example`,
      tenant: 'acme',
      tier: 2,
      registrar_account: 'reg/1',
    })),
  });
  for (let n = 0; n < 10; n++) {
    const domain = `n${n}.example`;
    const made = draft({ detection: 'R13', risk_points: 30, likelihood: 0.5, registrar_account: 'reg/1' }, [
      evidence({ event_type: 'registrar.domain.expiry_approaching', domain }, start + n * hour),
    ]);
    bench.finding(made, start + n * hour);
  }
  assert.equal([...bench.findings.values()].filter(({ detection }) => detection === 'S04').length, 0);
  assert.equal(bench.standing().length, 10);
});

const hosting: TestInventory = {
  domains: [
    { domain: 'infra.example', tenant: 'acme', tier: 0, approved: { nameservers: ['ns1.other.example'] } },
    { domain: 'bank.example', tenant: 'acme', tier: 0, approved: { nameservers: ['ns1.infra.example'] } },
    { domain: 'shop.example', tenant: 'acme', tier: 0, approved: { nameservers: ['ns1.infra.example'] } },
    { domain: 'blog.example', tenant: 'acme', tier: 0, approved: { nameservers: ['ns1.other.example'] } },
  ] as NonNullable<TestInventory['domains']>,
};

function wrong(domain: string, record_name: string, n: number) {
  const at = start + n * hour;
  const seen = { event_type: 'dnsquery.answer.changed', domain, record_name, record_type: 'A' } as const;
  const made = draft({ detection: 'C02', domains: [domain], likelihood: 0.7, effect: 'red', plane: 'dns' }, [
    evidence({ ...seen, source_kind: 'answer_probe', new_value: [`203.0.113.${n + 1}`] }, at),
  ]);
  const { actor_id: _actor, registrar_account: _account, ...rest } = made;
  return rest;
}

function casesOf(...steps: (readonly [domain: string, host: string])[]): string[][] {
  const bench = new Bench(hosting);
  steps.forEach(([domain, host], n) => bench.finding(wrong(domain, host, n), start + n * hour));
  return bench.standing().map(({ domains }) => [...domains].sort());
}

void test('names fall with the host that serves them: one case, in either order', () => {
  const host = ['infra.example', 'ns1.infra.example'] as const;
  const served = ['bank.example', 'bank.example'] as const;
  assert.deepEqual(casesOf(host, served), [['bank.example', 'infra.example']]);
  assert.deepEqual(casesOf(served, host), [['bank.example', 'infra.example']]);
});

void test('two names at one host, another host, and a name elsewhere are tied by nothing', () => {
  assert.equal(casesOf(['bank.example', 'bank.example'], ['shop.example', 'shop.example']).length, 2);
  assert.equal(casesOf(['infra.example', 'www.infra.example'], ['bank.example', 'bank.example']).length, 2);
  assert.equal(casesOf(['infra.example', 'ns1.infra.example'], ['blog.example', 'blog.example']).length, 2);
});
