import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffRdap, rdapStateOf } from '../../../collector/src/2-normalise/rdap/index.ts';
import { eppStatusOf } from '../../../collector/src/2-normalise/rdap/state.ts';
import type { RdapSnapshot } from '../../../collector/src/2-normalise/rdap/difference.ts';
import { context } from './normalise-check.ts';

const before = {
  objectClassName: 'domain',
  ldhName: 'PAY.EXAMPLE',
  status: ['client transfer prohibited', 'server delete prohibited'],
  nameservers: [{ ldhName: 'NS1.A.EXAMPLE' }, { ldhName: 'ns2.a.example' }],
  secureDNS: { delegationSigned: true, dsData: [{ keyTag: 1, algorithm: 13, digestType: 2, digest: 'ab' }] },
  events: [
    { eventAction: 'expiration', eventDate: '2027-01-01T00:00:00Z' },
    { eventAction: 'last update of RDAP database', eventDate: '2026-11-21T10:00:00Z' },
  ],
  entities: [{ roles: ['registrar'], publicIds: [{ type: 'IANA Registrar ID', identifier: '1606' }] }],
};

function snapshot(body: Record<string, unknown>, minute: number, epoch: number): RdapSnapshot {
  const state = rdapStateOf(body);
  assert.ok(state.ok);
  return { state: state.value, atMs: Date.UTC(2026, 10, 21, 10, minute), epoch };
}

const change = (more: Record<string, unknown>, epoch = 0) =>
  diffRdap(snapshot(before, 0, epoch), snapshot({ ...before, ...more }, 5, epoch + 1), context);

test('order, letter case and the database date are no change', () => {
  assert.deepEqual(
    change({
      ldhName: 'pay.example',
      status: before.status.toReversed(),
      nameservers: before.nameservers.toReversed(),
      events: [
        before.events[0],
        { eventAction: 'last update of RDAP database', eventDate: '2026-11-21T11:00:00Z' },
      ],
      notices: [{}],
    }),
    [],
  );
});

test('what an answer leaves out is not said, so it is no change', () => {
  assert.deepEqual(change({ nameservers: undefined, secureDNS: undefined, status: undefined }), []);
});

test('each meaning of a status change is an event with the whole old and new set', () => {
  const drafts = change({ status: ['active', 'client hold'] });
  assert.deepEqual(
    drafts.map((draft) => draft.event_type),
    [
      'registrar.domain.hold_applied',
      'registrar.domain.lock_disabled',
      'registrar.domain.registry_lock_disabled',
    ],
  );
  for (const draft of drafts) {
    assert.deepEqual(draft.old_value, ['clientTransferProhibited', 'serverDeleteProhibited']);
    assert.deepEqual(draft.new_value, ['clientHold', 'ok']);
    assert.equal(draft.timestamp_earliest, '2026-11-21T10:00:00.000Z');
    assert.equal(draft.timestamp, '2026-11-21T10:05:00.000Z');
  }
});

test('delegation, DS, registrar, expiry and contact have their own types', () => {
  const drafts = change({
    nameservers: [{ ldhName: 'ns1.b.example' }],
    secureDNS: { delegationSigned: false },
    events: [{ eventAction: 'expiration', eventDate: '2028-01-01T00:00:00Z' }],
    entities: [{ roles: ['registrar'], publicIds: [{ type: 'IANA Registrar ID', identifier: '9999' }] }],
  });
  assert.deepEqual(
    drafts.map((draft) => [draft.event_type, draft.attribute]),
    [
      ['registrar.domain.ds_removed', 'ds'],
      ['registrar.domain.renewed', 'expiry'],
      ['registrar.domain.nameservers_changed', 'nameservers'],
      ['registrar.domain.registrar_changed', 'registrar'],
    ],
  );
  assert.equal(drafts[3]?.old_value, '1606');
});

test('the same step has the same key, the same change in a later epoch another', () => {
  const [first] = change({ nameservers: [] });
  const [again] = change({ nameservers: [] });
  const [later] = change({ nameservers: [] }, 2);
  assert.deepEqual(again?.key, first?.key);
  assert.notDeepEqual(later?.key, first?.key);
});

test('RDAP words become EPP statuses (RFC 8056)', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['active', 'ok'],
    ['Client Transfer Prohibited', 'clientTransferProhibited'],
    ['auto renew period', 'autoRenewPeriod'],
    ['redemption period', 'redemptionPeriod'],
    ['clientHold', 'clientHold'],
    ['server recover prohibited', 'serverRecoverProhibited'],
  ];
  for (const [word, status] of pairs) assert.equal(eppStatusOf(word), status);
});
