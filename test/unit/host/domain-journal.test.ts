/** A journal that rested is the journal it was, also when an earlier version wrote its checkpoint row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackedMap } from '../../../collector/src/engine/packed-map.ts';
import { journalForm, type DomainJournal } from '../../../collector/src/host/domain-journal.ts';

const journal: DomainJournal = {
  certificates: [
    {
      id: 'aa',
      event_id: 'e1',
      at: '2026-01-01T00:00:00.000Z',
      names: ['pay.example', '*.pay.example'],
      issuer: 'R11',
      serial: '04',
      not_before: null,
      not_after: '2026-04-01T00:00:00.000Z',
      spki_sha256: null,
      acme_account_uri: null,
      log: 'Sphinx2026h1',
      source_kind: 'ct',
      verdict: 'expected',
    },
  ],
  changes: [
    {
      event_id: 'e2',
      at: '2026-01-02T00:00:00.000Z',
      type: 'registrar.domain.nameservers_changed',
      object: 'nameservers',
      old: ['ns1.example'],
      new: ['ns2.example'],
      source_kind: 'rdap',
      actor_id: null,
      approval_state: 'not_found',
    },
  ],
};

test('a journal comes back from its rest and from its row', () => {
  const journals = new PackedMap<DomainJournal>(journalForm);
  journals.set('acme|pay.example', journal);
  assert.equal(
    journals.textOf('acme|pay.example', true),
    JSON.stringify(journal),
    'the row is JSON with names',
  );
  assert.deepEqual(journals.get('acme|pay.example'), journal);
  assert.equal(journals.textOf('acme|pay.example', false), JSON.stringify(journal));
  const back = new PackedMap<DomainJournal>(journalForm);
  back.setText('acme|pay.example', JSON.stringify(journal));
  assert.deepEqual(back.get('acme|pay.example'), journal);
  assert.equal(back.get('acme|other.example'), undefined);
});
