/** What holds the keys names no domain: mailboxes of registrar accounts and accounts at DNS providers join what follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, draft, evidence, hour, start, type TestInventory } from './keeper-harness.ts';

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
