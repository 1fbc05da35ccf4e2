/** Features of what changes: how far from the approved, together with what, and how often. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Inventory, InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, smallInventory } from '../4-ledger/stage-harness.ts';
import {
  day0,
  annotators,
  own,
  strange,
  feature,
  harnessWith,
  answer,
  delegation,
} from './annotator-harness.ts';

void test('deviation: weights of 3.6, providers lower it, reputation and deployments of delegation do not', () => {
  const dev = (event: CanonicalEvent, domain: Partial<InventoryDomain> = {}) =>
    feature(harnessWith(domain).event(event), 'deviation');
  assert.equal(dev(delegation(1, strange)).dev, 1);
  assert.equal(dev(delegation(1, strange, { deployment_correlation_id: 'run-1' })).dev, 1);
  assert.equal(dev(answer(1, 'pay.example', 'MX', ['10 mx.evil.example'])).dev, 0.9);
  const apex = dev(answer(1, 'pay.example', 'A', ['203.0.113.9']));
  assert.equal(apex.dev, 0.8);
  assert.equal(apex.apex, true);
  assert.equal(apex.critical_host, true);
  assert.equal(dev(answer(1, 'login.pay.example', 'A', ['203.0.113.9'])).dev, 0.8);
  assert.equal(dev(answer(1, 'shop.pay.example', 'A', ['203.0.113.9'])).dev, 0.4);
  // A delegation below the apex redirects as an alias does, and needs no history to be judged.
  const delegated = dev(answer(1, 'login.pay.example', 'NS', strange));
  assert.deepEqual([delegated.dev, delegated.cap_medium], [0.8, false]);
  assert.equal(dev(answer(1, 'shop.pay.example', 'NS', strange)).dev, 0.4);
  assert.equal(
    dev(answer(1, 'shop.pay.example', 'A', ['203.0.113.9']), { critical_hosts: ['shop'] }).dev,
    0.8,
  );
  assert.equal(dev(answer(1, '_dmarc.pay.example', 'TXT', ['"v=DMARC1; p=none"'])).dev, 0.7);
  assert.equal(dev(answer(1, 'pay.example', 'CAA', ['0 issue "ca.example"'])).dev, 0.6);
  assert.equal(dev(answer(1, 'x.pay.example', 'TXT', ['"token"'])).dev, 0.2);
  const approved = smallInventory().domains?.[0]?.approved;
  const inside = {
    approved: { ...approved, providers: [{ kind: 'address' as const, cidr: '203.0.113.0/24' }] },
  };
  assert.equal(dev(answer(1, 'pay.example', 'A', ['203.0.113.9']), inside).dev, 0.24);
  const back = dev(answer(1, 'pay.example', 'A', ['192.0.2.10']));
  assert.equal(back.dev, 0);
  assert.equal(back.outside_approved, false);
});

void test('deviation: sets of one transaction add up as 1 - product(1 - w m)', () => {
  const harness = harnessWith();
  const common = { transaction_id: 'tx-1', transaction_size: 2, source_kind: 'dns_provider_audit' as const };
  harness.event(
    answer(1, 'shop.pay.example', 'A', ['203.0.113.9'], { ...common, event_type: 'dns.record.updated' }),
  );
  const second = harness.event(
    answer(1, 'x.pay.example', 'TXT', ['"t"'], { ...common, event_type: 'dns.record.updated' }),
  );
  // 1 - 0.6 * 0.8
  assert.equal(feature(second, 'deviation').dev, 0.52);
});

void test('sweep: address, MX and name servers within half an hour; a second witness adds nothing', () => {
  const harness = harnessWith();
  harness.event(answer(0, 'pay.example', 'A', ['203.0.113.9']));
  harness.event(answer(5, 'pay.example', 'MX', ['10 mx.evil.example']));
  const two = harness.event(
    answer(6, 'pay.example', 'MX', ['10 mx.evil.example'], { source_kind: 'resolver_log' }),
  );
  assert.equal(feature(two, 'sweep').controls, 2);
  const three = harness.event(delegation(20, strange));
  assert.deepEqual(feature(three, 'sweep').kinds, ['address', 'mx', 'ns']);
  assert.equal(feature(three, 'sweep').alert, true);
  const later = harness.event(answer(40, 'pay.example', 'CAA', []));
  assert.deepEqual(feature(later, 'sweep').kinds, ['caa', 'ns']);
});

void test('hit and run: the value comes back within a day', () => {
  const harness = harnessWith();
  harness.event({ ...delegation(0, own), event_type: 'registrar.domain.state_observed' });
  harness.event(delegation(60, strange));
  harness.event(delegation(90, ['ns9.elsewhere.example']));
  const back = feature(harness.event(delegation(180, own)), 'revert');
  assert.equal(back.returned, true);
  assert.equal(back.within_h, 2);
  assert.equal(back.excursion_approved, false);
  assert.deepEqual(back.away_value, [
    'ns1.elsewhere.example',
    'ns2.elsewhere.example',
    'ns9.elsewhere.example',
  ]);
  const slow = harnessWith();
  slow.event({ ...delegation(0, own), event_type: 'registrar.domain.state_observed' });
  slow.event(delegation(60, strange));
  assert.equal(feature(slow.event(delegation(60 + 25 * 60, own)), 'revert').returned, false);
});

void test('TTL lowered first, value changed within 48 hours', () => {
  const harness = harnessWith();
  const ttl = (minutes: number, now: number) =>
    answer(minutes, 'www.pay.example', 'A', ['192.0.2.20'], {
      event_type: 'dns.record.ttl_changed',
      source_kind: 'dns_provider_audit',
      ttl_old: 3600,
      ttl_new: now,
    });
  assert.equal(feature(harness.event(ttl(0, 300)), 'ttl').lowered, true);
  const value = harness.event(answer(60, 'www.pay.example', 'A', ['203.0.113.9']));
  assert.equal(feature(value, 'ttl').lowered_before_change, true);
  const other = harness.event(answer(61, 'api.pay.example', 'A', ['203.0.113.9']));
  assert.equal(feature(other, 'ttl').lowered_before_change, false);
});

void test('answers against the provider state (Q03)', () => {
  const harness = harnessWith();
  harness.event(
    answer(0, 'pay.example', 'A', ['192.0.2.10'], {
      event_type: 'registrar.domain.state_observed',
      source_kind: 'dns_provider_api_state',
    }),
  );
  harness.event(answer(1, 'pay.example', 'A', ['192.0.2.10'], { event_type: 'dnsquery.answer.observed' }));
  const hijacked = feature(harness.event(answer(5, 'pay.example', 'A', ['203.0.113.5'])), 'answer');
  assert.deepEqual(
    [hijacked.vantages, hijacked.outside_approved, hijacked.provider_unchanged, hijacked.confirmed],
    [3, true, true, true],
  );
  const single = feature(
    harness.event(answer(9, 'api.pay.example', 'A', ['203.0.113.5'], { query: { vantage: '1 of 3' } })),
    'answer',
  );
  assert.equal(single.confirmed, false);
});

void test('certificates are judged against the state at issuance, also after the hijack was undone', () => {
  const cert = (minutes: number, notBefore: number) =>
    eventOf({
      event_type: 'cert.issued',
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      source_kind: 'ct_log',
      cert: {
        names: ['pay.example'],
        issuer_cn: 'Free CA',
        not_before: at(day0, notBefore),
        serial: String(minutes),
      },
    });
  const harness = harnessWith();
  harness.event({ ...delegation(0, own), event_type: 'registrar.domain.state_observed' });
  assert.equal(feature(harness.event(cert(5, 4)), 'certificate').verdict, 'new_but_ours');
  const away = harness.event(delegation(60, strange));
  harness.event(delegation(120, own));
  const found = feature(harness.event(cert(300, 90)), 'certificate');
  assert.equal(found.verdict, 'issued_while_not_ours');
  assert.deepEqual(found.not_ours, ['nameservers']);
  assert.equal(found.after_change, true);
  assert.deepEqual(found.change_ids, [away.event_id]);
  const later = feature(harness.event(cert(60 * 40, 60 * 40 - 5)), 'certificate');
  assert.equal(later.verdict, 'new_but_ours');
  assert.equal(later.after_change, false);
});

void test('an order of our own makes a certificate expected', () => {
  const harness = harnessWith();
  harness.event(
    eventOf({
      event_type: 'cert.order_requested',
      timestamp: at(day0, 0),
      domain: 'pay.example',
      source_kind: 'acme_log',
      cert: { names: ['www.pay.example'] },
    }),
  );
  const issued = harness.event(
    eventOf({
      event_type: 'cert.issued',
      timestamp: at(day0, 10),
      domain: 'pay.example',
      source_kind: 'ct_log',
      cert: { names: ['www.pay.example'], issuer_cn: 'Free CA', serial: 'a' },
    }),
  );
  assert.equal(feature(issued, 'certificate').verdict, 'expected');
  assert.equal(feature(issued, 'certificate').ordered, true);
});

function fleet(size: number): Inventory {
  const inventory = smallInventory();
  const first = inventory.domains?.[0];
  if (first === undefined) return inventory;
  inventory.domains = Array.from({ length: size }, (_, i) => ({
    ...first,
    domain: `d${String(i).padStart(3, '0')}.example`,
    tier: 2,
  }));
  return inventory;
}

void test('cluster: three of twenty domains in an hour, with the value they now share (fleet pivot)', () => {
  const harness = createHarness(annotators, { inventory: fleet(20) });
  const move = (i: number, minutes: number) =>
    harness.event(delegation(minutes, strange, { domain: `d00${String(i)}.example` }));
  move(1, 0);
  move(2, 10);
  const third = move(3, 14);
  const cluster = feature(third, 'cluster');
  assert.equal(cluster.k, 3);
  assert.equal(cluster.score?.toFixed(1), '5.5');
  assert.equal(cluster.alert, true);
  assert.deepEqual(cluster.domains, ['d001.example', 'd002.example', 'd003.example']);
  const stated = harness.derived.filter(({ draft }) => draft.event_type === 'derived.cluster.detected');
  assert.equal(stated.length, 1);
  const pivot = feature(third, 'pivot');
  assert.equal(pivot.domains, 3);
  assert.equal(pivot.first_seen_min, 14);
  assert.equal(pivot.approved_elsewhere, false);
});

void test('mass unlock counts domains that no intent lists', () => {
  const harness = createHarness(annotators, { inventory: fleet(20) });
  const change = { action: 'lock' as const, new: 'disabled' };
  harness.intent({
    id: 'CHG-9',
    tenant: 'acme',
    valid_from: day0,
    valid_until: at(day0, 600),
    changes: [
      { domain: 'd001.example', ...change },
      { domain: 'd002.example', ...change },
    ],
  });
  const unlock = (i: number) =>
    harness.event(
      eventOf({
        event_type: 'registrar.domain.lock_disabled',
        timestamp: at(day0, i),
        domain: `d00${String(i)}.example`,
        source_kind: 'registrar_audit',
        actor_id: 'registrar-a:alice',
      }),
    );
  assert.deepEqual(feature(unlock(1), 'mass_unlock'), {});
  unlock(2);
  assert.equal(feature(unlock(3), 'mass_unlock').k, 1);
  assert.equal(feature(unlock(4), 'mass_unlock').alert, false);
  const third = feature(unlock(5), 'mass_unlock');
  assert.deepEqual([third.k, third.threshold, third.alert], [3, 3, true]);
});

void test('a value that stood for two weeks is usual again when it comes back; never for MX', () => {
  const days = 24 * 60;
  const run = (name: string, type: string, home: string[], away: string[], stoodDays: number) => {
    const harness = harnessWith({ approved: {} });
    harness.event(answer(0, name, type, home, { event_type: 'dnsquery.answer.observed' }));
    harness.event(answer(stoodDays * days, name, type, away));
    return feature(harness.event(answer(stoodDays * days + 60, name, type, home)), 'deviation');
  };
  const back = run('www.pay.example', 'A', ['192.0.2.20'], ['203.0.113.9'], 16);
  assert.deepEqual([back.dev, back.baseline, back.outside_approved], [0, 'learned', false]);
  const young = run('www.pay.example', 'A', ['192.0.2.20'], ['203.0.113.9'], 13);
  assert.deepEqual([young.dev, young.baseline, young.outside_approved], [0.8, 'previous', true]);
  const mail = run('pay.example', 'MX', ['10 mx1.mailhost.example'], ['10 mx.evil.example'], 30);
  assert.equal(mail.dev, 0.9);
});

void test('spike: time in which the source was silent is a gap, not a quiet time', () => {
  const dayMs = 86_400_000;
  const burst = (silentDays: number) => {
    const harness = createHarness(annotators, {
      inventory: smallInventory(),
      sources: [{ kind: 'dns_provider_audit', intervalMs: 60_000 }],
      silentMs: (kind) => (kind === 'dns_provider_audit' ? silentDays * dayMs : 0),
    });
    const change = (minutes: number, index: number) =>
      feature(
        harness.event(
          eventOf({
            event_type: 'dns.record.updated',
            timestamp: at(day0, minutes),
            domain: 'pay.example',
            record_name: `h${String(index)}.pay.example`,
            record_type: 'A',
            new_value: [`198.51.100.${String(index)}`],
            source_kind: 'dns_provider_audit',
            acquisition: 'push',
            transaction_id: `t${String(index)}`,
          }),
        ),
        'spike',
      );
    change(0, 0);
    return Array.from({ length: 10 }, (_, i) => change(31 * 1440 + i * 0.4, i + 1));
  };
  // 3 of 30 days are a tenth; 4 are more.
  assert.equal(burst(3)[4]?.known, true);
  assert.equal(burst(3)[4]?.alert, true);
  const blind = burst(4);
  assert.equal(blind[4]?.known, false);
  assert.equal(blind[4]?.alert, false);
  assert.equal(blind[9]?.alert, true);
});
