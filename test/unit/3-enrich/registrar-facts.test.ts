import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { withRegistrar } from '../../../collector/src/3-enrich/registrar-facts.ts';
import { sameValue } from '../../../collector/src/leaf/control-value.ts';
import { canonicalRegistrar, registrars } from '../../../collector/src/leaf/registrar-name.ts';

const event = (fields: Partial<CanonicalEvent>): CanonicalEvent =>
  ({ event_type: 'registrar.domain.registrar_changed', attribute: 'registrar', ...fields }) as CanonicalEvent;

test('RDAP number, registry handle and the name of the provider are one registrar', () => {
  for (const name of [
    '1606',
    'iana:1606',
    'regru-msk-fir',
    'REG-RU',
    'Limited Liability Company "Registrar of domain names REG.RU"',
  ])
    assert.equal(canonicalRegistrar(name), 'reg-ru');
  assert.equal(canonicalRegistrar('146/acct-7'), 'godaddy/acct-7');
  assert.equal(canonicalRegistrar('PDR Ltd. d/b/a PublicDomainRegistry.com'), 'pdr');
  assert.equal(canonicalRegistrar('Somebody/Else Ltd'), 'Somebody/Else Ltd');
  assert.equal(canonicalRegistrar('__proto__'), '__proto__');
});

test('values of the attribute follow, other attributes do not, and the given name is kept', () => {
  const changed = withRegistrar(
    event({ registrar: '1606', old_value: 'GoDaddy.com, LLC', new_value: '1606' }),
  );
  assert.deepEqual(
    [changed.registrar, changed.old_value, changed.new_value],
    ['reg-ru', 'godaddy', 'reg-ru'],
  );
  assert.deepEqual(changed.enrich, { registrar: { given: '1606', source: 'registrars' } });
  const expiry = event({ attribute: 'expiry', registrar: 'reg-ru', new_value: '146' });
  assert.equal(withRegistrar(expiry), expiry);
});

test('an intent that names the registrar by its word matches what RDAP sees as a number', () => {
  assert.equal(sameValue('registrar', 'gandi/acct', '81'), true);
  assert.equal(sameValue('registrar', 'gandi', '146'), false);
});

test('the rows are those of the data file, each with source and date, and no name stands for two', () => {
  const path = new URL('../../../collector/data/registrars.json', import.meta.url);
  const { rows } = JSON.parse(readFileSync(path, 'utf8')) as {
    rows: { slug: string; iana_id: string | null; names: string[]; source: string; date: string }[];
  };
  assert.deepEqual(
    rows.map(({ slug, iana_id: id, names }) => ({ slug, ...(id === null ? {} : { ianaId: id }), names })),
    registrars,
  );
  for (const row of rows) {
    assert.match(row.date, /^\d{4}-\d\d-\d\d$/);
    assert.ok(row.source.length > 10);
    assert.deepEqual(
      row.names,
      row.names.map((name) => name.toLowerCase()),
    );
  }
  const keys = rows.flatMap((row) => [
    row.slug,
    ...(row.iana_id === null ? [] : [row.iana_id]),
    ...row.names,
  ]);
  assert.equal(new Set(keys).size, keys.length);
});
