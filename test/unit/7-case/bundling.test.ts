import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import {
  Bench,
  day,
  draft,
  event,
  evidence,
  hour,
  minute,
  movedDelegation,
  start,
  type TestInventory,
} from './keeper-harness.ts';

const one = 'registrar-a/1';

function fleet(names: readonly string[], account: string | undefined = one, tier = 0): TestInventory {
  return {
    domains: names.map((domain) => ({
      domain,
      tenant: 'acme',
      tier,
      owner: `owner of ${domain}`,
      team: 'dns-ops',
      registrar_account: account,
      approved: { nameservers: ['ns1.provider-a.example', 'ns2.provider-a.example'] },
    })),
    accounts: [{ id: one, tenant: 'acme', admins: ['okta:alice', 'okta:bob'], event_feed: 'none' }],
    principals: [{ id: 'okta:alice', tenant: 'acme', aliases: ['registrar-a:alice', 'alice@acme.example'] }],
  };
}

function contactChanged(domain: string, atMs: number): FindingDraft {
  const item = evidence(
    {
      event_type: 'registrar.domain.contact_changed',
      domain,
      source_kind: 'rdap_poll',
      attribute: 'contact.admin',
    },
    atMs,
  );
  return draft({ detection: 'R10', likelihood: 0.3, effect: 'own' }, [item]);
}

function answerChanged(
  domain: string,
  type: string,
  value: string,
  atMs: number,
  detection = 'C02',
): FindingDraft {
  const item = evidence(
    {
      event_type: 'dnsquery.answer.changed',
      domain,
      record_name: domain,
      record_type: type,
      new_value: [value],
      source_kind: 'answer_probe',
    },
    atMs,
  );
  return draft({ detection, plane: 'dns' }, [item]);
}

void test('one registrar account, four names, contact and delegation edits: one case', () => {
  const bench = new Bench(fleet(['news.example', 'social.example', 'img.example', 'blog.example']));
  bench.finding(movedDelegation('news.example', 'ns1.boxsecured.example', start), start);
  bench.finding(contactChanged('social.example', start + 20 * minute), start + 25 * minute);
  bench.finding(
    movedDelegation('img.example', 'ns2.boxsecured.example', start + 30 * minute),
    start + 30 * minute,
  );
  bench.finding(
    movedDelegation('blog.example', 'ns1.boxsecured.example', start + 40 * minute),
    start + 40 * minute,
  );
  const only = bench.only();
  assert.deepEqual(only.domains, ['blog.example', 'img.example', 'news.example', 'social.example']);
  assert.equal(only.severity, 'critical');
  for (const finding of bench.findings.values()) assert.equal(finding.case_id, only.case_id);
});

void test('account, delegate and new value hold a theft of several days together', () => {
  const bench = new Bench(fleet(['alpha.example', 'beta.example', 'gamma.example']));
  bench.finding(movedDelegation('alpha.example', 'ns1.swapzone.example', start), start);
  const delegate = evidence(
    {
      event_type: 'registrar.account.delegate_added',
      domain: 'beta.example',
      registrar_account: one,
      actor_id: 'registrar-a:collab-9f2',
      source_kind: 'registrar_audit',
    },
    start + 24 * hour,
  );
  bench.finding(
    draft(
      {
        detection: 'I04',
        likelihood: 0.6,
        effect: 'own',
        plane: 'identity',
        actor_id: 'registrar-a:collab-9f2',
        registrar_account: one,
      },
      [delegate],
    ),
    start + 24 * hour,
  );
  bench.finding(answerChanged('beta.example', 'A', '203.0.113.111', start + 48 * hour), start + 48 * hour);
  bench.finding(
    movedDelegation('gamma.example', 'ns1.swapzone.example', start + 75 * hour),
    start + 75 * hour,
  );
  assert.deepEqual(bench.only().domains, ['alpha.example', 'beta.example', 'gamma.example']);
});

void test('the same mail host five days later on another name joins', () => {
  const bench = new Bench(fleet(['coin.example', 'hash.example'], undefined));
  bench.finding(answerChanged('coin.example', 'MX', '10 mx.shared-mail.example', start, 'C03'), start);
  const later = start + 5 * day;
  bench.finding(answerChanged('hash.example', 'MX', '10 mx.shared-mail.example', later, 'C03'), later);
  assert.deepEqual(bench.only().domains, ['coin.example', 'hash.example']);
});

void test('a slow theft on one name stays one case over 85 quiet days', () => {
  const bench = new Bench(fleet(['lang.example'], one, 1));
  bench.finding(contactChanged('lang.example', start), start);
  const unlock = evidence(
    { event_type: 'registrar.domain.lock_disabled', domain: 'lang.example' },
    start + 85 * day,
  );
  bench.finding(draft({ detection: 'R02', likelihood: 0.5, effect: 'weak' }, [unlock]), start + 85 * day);
  const moved = evidence(
    { event_type: 'registrar.domain.registrar_changed', domain: 'lang.example' },
    start + 91 * day,
  );
  bench.finding(draft({ detection: 'R09', likelihood: 0.8, effect: 'own' }, [moved]), start + 91 * day);
  const only = bench.only();
  assert.equal(only.paged_by, `finding-R09-${moved.event_id}`);
  assert.equal(only.kind, 'transfer');
  assert.deepEqual(
    only.severity_history.map((each) => each.severity),
    ['medium', 'critical'],
  );
});

void test('unrelated changes of two known people in one account are two cases', () => {
  const bench = new Bench(fleet(['shop.example', 'mail.example']));
  const by = (actor: string, made: FindingDraft): FindingDraft => ({ ...made, actor_id: actor });
  bench.finding(by('okta:carol', answerChanged('shop.example', 'A', '198.51.100.7', start)), start);
  bench.finding(
    by('okta:dave', answerChanged('mail.example', 'MX', '10 mx.new.example', start + hour, 'C03')),
    start + hour,
  );
  assert.equal(bench.standing().length, 2);
});

void test('posture, certificate and traffic findings on other names stay out', () => {
  const bench = new Bench(fleet(['pay.example', 'old.example', 'blog.example']));
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const posture = evidence(
    { event_type: 'derived.control_score.changed', domain: 'old.example', source_kind: 'pipeline' },
    start,
  );
  bench.finding(
    draft({ detection: 'S01', likelihood: 0.4, effect: 'weak', plane: 'score' }, [posture]),
    start + minute,
  );
  const cert = evidence({ event_type: 'cert.issued', domain: 'blog.example', source_kind: 'ct_log' }, start);
  bench.finding(
    draft({ detection: 'T03', likelihood: 0.4, effect: 'imp', plane: 'cert' }, [cert]),
    start + minute,
  );
  const spike = evidence(
    { event_type: 'dnsquery.volume.observed', domain: 'old.example', source_kind: 'resolver_log' },
    start,
  );
  bench.finding(
    draft({ detection: 'Q01', likelihood: 0.4, effect: 'vis', plane: 'query' }, [spike]),
    start + 2 * minute,
  );
  assert.deepEqual(
    bench
      .standing()
      .map((each) => each.domains.join())
      .sort(),
    ['blog.example', 'old.example', 'pay.example'],
  );
});

void test('deployments and approved changes tie nothing together', () => {
  const bench = new Bench(fleet(['a.example', 'b.example']));
  for (let i = 0; i < 3; i++) {
    const when = start - (i + 1) * day;
    const deployed = event(
      {
        event_type: 'dns.record.updated',
        domain: 'z.example',
        actor_id: 'ci:deploy',
        deployment_correlation_id: `run-${i}`,
      },
      when,
    );
    bench.event(deployed, when);
  }
  const by = (made: FindingDraft): FindingDraft => ({ ...made, actor_id: 'ci:deploy' });
  bench.finding(by(answerChanged('a.example', 'A', '198.51.100.1', start)), start);
  bench.finding(by(answerChanged('b.example', 'A', '198.51.100.2', start + hour)), start + hour);
  assert.equal(bench.standing().length, 2, 'usual automation is no intruder');
});

void test('a cluster finding folds the cases of its names into the oldest', () => {
  const names = ['a.example', 'b.example', 'c.example'];
  const bench = new Bench(fleet(names, undefined));
  const items = names.map((domain, i) => contactChanged(domain, start + i * minute));
  items.forEach((each, i) => bench.finding(each, start + i * minute));
  const before = [...bench.cases.values()];
  assert.equal(bench.standing().length, 3);
  const cluster = draft(
    { detection: 'S03', likelihood: 0.75, effect: 'own', domains: names },
    items.flatMap((each) => each.evidence),
  );
  bench.finding(cluster, start + 10 * minute);
  const only = bench.only();
  assert.equal(
    only.case_id,
    before.find((each) => each.domains[0] === 'a.example')?.case_id,
    'the oldest survives',
  );
  assert.deepEqual(only.domains, names);
  const merged = [...bench.cases.values()].filter((each) => each.state === 'merged');
  assert.deepEqual(
    merged.map((each) => [each.merged_into, each.notify]),
    [
      [only.case_id, 'none'],
      [only.case_id, 'none'],
    ],
  );
  for (const finding of bench.findings.values()) assert.equal(finding.case_id, only.case_id);
  assert.ok(only.timeline.some((line) => line.text.includes('joined')));
});

void test('the emergency move of the victim joins and pages nobody again', () => {
  const bench = new Bench(fleet(['front.example']));
  bench.finding(answerChanged('front.example', 'A', '203.0.113.5', start, 'Q03'), start);
  const paged = bench.only().paged_at;
  const emergency = movedDelegation('front.example', 'ns1.dns-b.example', start + 75 * minute, {
    approval_state: 'approved',
  });
  bench.finding(emergency, start + 75 * minute);
  const only = bench.only();
  assert.equal(only.paged_at, paged);
  assert.equal(only.finding_ids.length, 2);
  assert.equal(bench.findings.get(emergency.finding_id)?.severity, 'low');
  assert.equal(only.severity, 'critical');
});

void test('a lookalike registered before becomes the name server of ours: one case', () => {
  const bench = new Bench(fleet(['gov.example'], undefined));
  const found = evidence(
    { event_type: 'intel.lookalike.found', domain: 'g0v-ns.test', source_kind: 'ct_log' },
    start - 2 * day,
  );
  bench.finding(
    draft({ detection: 'T04', likelihood: 0.3, effect: 'imp', plane: 'intel' }, [found]),
    start - 2 * day,
  );
  bench.finding(movedDelegation('gov.example', 'ns1.g0v-ns.test', start), start);
  assert.deepEqual(bench.only().domains, ['g0v-ns.test', 'gov.example']);
});

void test('low findings open no case, and are taken in by the one that follows', () => {
  const bench = new Bench(fleet(['chat.example']));
  const ds = evidence(
    { event_type: 'dns.record.created', domain: 'chat.example', approval_state: 'approved' },
    start,
  );
  const low = draft({ detection: 'R06', likelihood: 0.5, effect: 'weak' }, [ds]);
  bench.finding(low, start);
  assert.equal(bench.standing().length, 0);
  assert.equal(bench.findings.get(low.finding_id)?.case_id, null);
  const bogus = evidence(
    { event_type: 'dnsquery.validation.failed', domain: 'chat.example', source_kind: 'resolver_log' },
    start + hour,
  );
  bench.finding(
    draft({ detection: 'Q04', likelihood: 0.4, plane: 'query', playbook: 'PB7' }, [bogus]),
    start + hour,
  );
  const only = bench.only();
  assert.equal(only.severity, 'high');
  assert.equal(only.paged_at, null, 'high without O1 or O6 is a ticket');
  assert.equal(only.notify, 'ticket');
  assert.equal(only.finding_ids.length, 2);
  assert.equal(bench.findings.get(low.finding_id)?.case_id, only.case_id);
  assert.equal(only.kind, 'availability');
});

void test('case ids come from the entity and how many cases it had', () => {
  const first = new Bench(fleet(['pay.example']));
  const second = new Bench(fleet(['pay.example']));
  first.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  second.finding(contactChanged('pay.example', start + hour), start + hour);
  assert.equal(first.only().case_id, second.only().case_id, 'whichever finding came first');
  assert.match(first.only().case_id, /^case-[a-z2-7]{16}$/);
  first.say('case.closed', { case_id: first.only().case_id, disposition: 'false_positive' }, start + hour);
  first.finding(movedDelegation('pay.example', 'ns1.other.example', start + 2 * hour), start + 2 * hour);
  assert.equal(first.standing().length, 2, 'a closed false positive stays closed');
});

void test('links reach only as far as they say', () => {
  const bench = new Bench(fleet(['a.example', 'b.example', 'c.example']));
  bench.finding(movedDelegation('a.example', 'ns1.evil.example', start), start);
  const after = start + 72 * hour + minute;
  bench.finding(movedDelegation('b.example', 'ns1.else.example', after), after);
  assert.equal(bench.standing().length, 2, 'account: 72 hours');
  const late = start + 14 * day + minute;
  bench.finding({ ...movedDelegation('c.example', 'ns1.evil.example', late), actor_id: 'okta:zoe' }, late);
  assert.equal(bench.standing().length, 3, 'value: 14 days');
  const old = start + 121 * day;
  bench.finding({ ...movedDelegation('a.example', 'ns1.third.example', old), actor_id: 'okta:yan' }, old);
  assert.equal(bench.standing().length, 4, 'domain: 120 days');
});

void test('tenants never share a case', () => {
  const bench = new Bench({
    domains: [...(fleet(['x.example']).domains ?? []), { domain: 'x.example', tenant: 'other', tier: 0 }],
  });
  bench.finding(movedDelegation('x.example', 'ns1.evil.example', start), start);
  bench.finding(
    { ...movedDelegation('x.example', 'ns1.evil.example', start), tenant: 'other', finding_id: 'other-1' },
    start,
  );
  assert.deepEqual(
    bench
      .standing()
      .map((each) => each.tenant)
      .sort(),
    ['acme', 'other'],
  );
});

void test('routes of name servers name no domain: one case, and the wrong answers that follow join it', () => {
  const bench = new Bench(fleet(['wallet.example']));
  for (let i = 0; i < 5; i++) {
    const route = evidence(
      {
        event_type: 'dnsquery.route.origin_changed',
        attribute: 'origin',
        new_value: '64511',
        source_kind: 'bgp_feed',
      },
      start + i,
    );
    bench.finding(draft({ detection: 'Q05', likelihood: 0.6, plane: 'query' }, [route]), start + i);
  }
  assert.equal(bench.only().finding_ids.length, 5);
  bench.finding(
    answerChanged('wallet.example', 'A', '203.0.113.200', start + 5 * minute, 'Q03'),
    start + 5 * minute,
  );
  assert.deepEqual(bench.only().domains, ['wallet.example']);
});

void test('an approved control-plane change on an important name is a case for the digest, elsewhere it is none', () => {
  const removal = (domain: string) =>
    draft({ detection: 'R06', likelihood: 0.5, effect: 'own' }, [
      evidence({ event_type: 'registrar.domain.ds_removed', domain, approval_state: 'approved' }, start),
    ]);
  const bench = new Bench(fleet(['chat.example']));
  bench.finding(removal('chat.example'), start);
  assert.equal(bench.only().severity, 'low');
  assert.equal(bench.only().notify, 'digest');
  assert.equal(bench.only().paged_at, null);
  const small = new Bench(fleet(['small.example'], undefined, 2));
  small.finding({ ...removal('small.example'), likelihood: 0.9 }, start);
  assert.equal(small.standing().length, 0);
});
