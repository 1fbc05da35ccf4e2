import assert from 'node:assert/strict';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { checkInventory, loadInventory, parseInventory } from '../../../collector/src/app/inventory-file.ts';
import { checkIntents, loadIntents, parseIntents } from '../../../collector/src/app/intents-file.ts';
import { problemLine, type DocumentProblem } from '../../../collector/src/app/document-problem.ts';

const examples = new URL('../../../docs/examples/', import.meta.url);
const incidents = new URL('../../../../shared/incidents/', import.meta.url);

function lines(
  loaded: { problems: readonly DocumentProblem[] } | { warnings: readonly DocumentProblem[] },
): string[] {
  return ('problems' in loaded ? loaded.problems : loaded.warnings).map(problemLine);
}

test('the examples in the documentation are free of errors and warnings', async () => {
  const loaded = await loadInventory(fileURLToPath(new URL('inventory.yaml', examples)));
  assert.deepEqual(lines(loaded), []);
  assert.ok(loaded.ok);
  const intents = await loadIntents(fileURLToPath(new URL('intents.yaml', examples)), loaded.inventory);
  assert.deepEqual(lines(intents), []);
});

test('every problem of an inventory comes at once with file, line and path', () => {
  const loaded = parseInventory(
    'inv.yaml',
    `version: 1
tenants: [{id: acme}, {id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts:
  - {id: reg/1, tenant: acme, admins: ["okta:bob@acme.example", "okta:eve@acme.example"]}
principals:
  - {id: "okta:bob@acme.example", tenant: acme, aliases: ["reg:shared"]}
  - {id: "okta:ann@acme.example", tenant: other, aliases: []}
  - {id: "okta:cat@acme.example", tenant: acme, aliases: ["REG:shared"]}
domains:
  - {domain: pay.example, tenant: acme, team: opps, registrar_account: reg/2}
  - {domain: pay.example, tenant: acme}
  - domain: shop.pay.example
    tenant: acme
  - domain: a.example
    tenant: acme
    approved:
      nameservers: ["ns 1.example"]
      records:
        - {name: www.b.example, type: A, values: [192.0.2.1]}
        - {name: a.example, type: A, values: [192.0.2.1]}
        - {name: a.example, type: A, values: [192.0.2.2]}
      providers: [{kind: address, suffix: cdn.example}, {kind: address, cidr: 192.0.2.0/40}]
`,
  );
  assert.equal(loaded.ok, false);
  // The schema alone already refuses this one, so the cross-checks wait until it is well-formed.
  assert.match(lines(loaded).join('\n'), /^inv\.yaml:18: domains\[3\]\.approved\.nameservers\[0\]: must be /);
});

test('cross-checks: references, duplicates, names, networks', () => {
  const loaded = parseInventory(
    'inv.yaml',
    `version: 1
tenants: [{id: acme}, {id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts:
  - {id: reg/1, tenant: acme, admins: ["okta:bob@acme.example", "okta:eve@acme.example"]}
principals:
  - {id: "okta:bob@acme.example", tenant: acme, aliases: ["reg:shared"]}
  - {id: "okta:ann@acme.example", tenant: other, aliases: []}
  - {id: "okta:cat@acme.example", tenant: acme, aliases: ["REG:shared"]}
domains:
  - {domain: pay.example, tenant: acme, team: opps, registrar_account: reg/2}
  - {domain: pay.example, tenant: acme}
  - domain: shop.pay.example
    tenant: acme
  - domain: a.example
    tenant: acme
    approved:
      nameservers: ["ns..example"]
      records:
        - {name: www.b.example, type: A, values: [192.0.2.1]}
        - {name: a.example, type: A, values: [192.0.2.1]}
        - {name: a.example, type: A, values: [192.0.2.2]}
      providers: [{kind: address, suffix: cdn.example}, {kind: address, cidr: 192.0.2.0/40}]
`,
  );
  assert.deepEqual(lines(loaded), [
    'inv.yaml:2: tenants[1].id: is already given by tenants[0]; keep one',
    'inv.yaml:5: registrar_accounts[0].admins[1]: "okta:eve@acme.example" is not among principals of tenant "acme"',
    'inv.yaml:8: principals[1].tenant: "other" is not among tenants',
    'inv.yaml:9: principals[2].aliases[0]: "REG:shared" already means okta:bob@acme.example',
    'inv.yaml:11: domains[0].registrar_account: "reg/2" is not among registrar_accounts of tenant "acme"',
    'inv.yaml:11: domains[0].team: "opps" is not among teams of tenant "acme"',
    'inv.yaml:12: domains[1].domain: is already given by domains[0]; keep one',
    'inv.yaml:13: domains[2].domain: is not a registrable domain; events about it belong to "pay.example"',
    'inv.yaml:18: domains[3].approved.nameservers[0]: "ns..example" is not a DNS name (RFC 1035 section 2.3.4, RFC 5891)',
    'inv.yaml:20: domains[3].approved.records[0].name: is not inside a.example',
    'inv.yaml:22: domains[3].approved.records[2].name: is already given by approved.records[1]; keep one',
    'inv.yaml:23: domains[3].approved.providers[0].cidr: is required for kind address',
    'inv.yaml:23: domains[3].approved.providers[1].cidr: must be a network such as 192.0.2.0/24, found "192.0.2.0/40"',
  ]);
});

test('unknown keys are errors with line, path and a suggestion', () => {
  const loaded = parseInventory(
    'i.yaml',
    'version: 1\ndomains:\n  - domain: a.example\n    tenant: t\n    teir: 0\n',
  );
  assert.deepEqual(lines(loaded), ['i.yaml:5: domains[0].teir: unknown key; did you mean "tier"?']);
});

test('all problems means all, not the first few', () => {
  const domains = Array.from({ length: 500 }, (_, at) => ({
    domain: `d${at}.example`,
    tenant: 't',
    teir: 1,
    tier: 'x',
  }));
  const loaded = checkInventory('i', { version: 1, domains });
  assert.equal(lines(loaded).length, 1000);
  const endless = checkInventory('i', { version: 1, domains: Array.from({ length: 30_000 }, () => 5) });
  assert.match(lines(endless)[0] ?? '', /has more problems than/);
});

test('values come out in canonical form, sorted', () => {
  const loaded = parseInventory(
    'i.yaml',
    `version: 1
domains:
  - domain: a.example
    tenant: t
    approved:
      nameservers: [ns2.dns.example, ns1.dns.example]
      records: [{name: a.example, type: AAAA, values: ["2001:DB8:0:0:0:0:0:1"]}, {name: a.example, type: MX, values: ["10 MX.Example."]}]
`,
  );
  assert.ok(loaded.ok, lines(loaded).join('\n'));
  const approved = loaded.inventory.domains?.[0]?.approved;
  assert.deepEqual(approved?.nameservers, ['ns1.dns.example', 'ns2.dns.example']);
  assert.deepEqual(approved?.records?.[0]?.values, ['2001:db8::1']);
  assert.deepEqual(approved?.records?.[1]?.values, ['10 mx.example']);
});

test('sections that are absent are not held against anything', () => {
  const loaded = checkInventory('i', {
    version: 1,
    domains: [{ domain: 'a.example', tenant: 't', team: 'x', registrar_account: 'r/1' }],
  });
  assert.deepEqual(lines(loaded), []);
});

test('intents: order of times, values, objects, people', () => {
  const inventory = checkInventory('i', {
    version: 1,
    tenants: [{ id: 't' }],
    principals: [{ id: 'okta:ann', tenant: 't' }],
    domains: [{ domain: 'a.example', tenant: 't' }],
  });
  assert.ok(inventory.ok);
  const loaded = parseIntents(
    'intents.yaml',
    `version: 1
intents:
  - id: A
    tenant: t
    approved_by: okta:bob
    valid_from: 2026-11-22T08:00:00Z
    valid_until: 2026-11-21T08:00:00Z
    changes:
      - {domain: a.example, action: delegation}
      - {domain: b.example, action: lock, new: disabled}
      - {action: lock, new: disabled}
      - {domain: a.example, account: r/1, action: transfer, new: r/2}
      - {domain: a.example, action: record, name: www.b.example, type: A, new: [192.0.2.1]}
  - id: A
    tenant: nobody
    valid_from: 2026-02-30T08:00:00Z
    valid_until: 2026-11-21T08:00:00Z
    changes: []
`,
    inventory.inventory,
  );
  assert.deepEqual(lines(loaded), [
    'intents.yaml:5: intents[0].approved_by: warning: "okta:bob" is not among principals of the inventory',
    'intents.yaml:7: intents[0].valid_until: must be later than valid_from (2026-11-22T08:00:00Z)',
    'intents.yaml:9: intents[0].changes[0]: warning: has no "new" value: a change that names no value approves nothing',
    'intents.yaml:10: intents[0].changes[1].domain: warning: "b.example" is not in the inventory of "t"',
    'intents.yaml:11: intents[0].changes[2]: needs exactly one of domain, account and principal; found none',
    'intents.yaml:12: intents[0].changes[3]: needs exactly one of domain, account and principal; found domain, account',
    'intents.yaml:12: intents[0].changes[3].account: warning: "r/1" is not among registrar_accounts',
    'intents.yaml:13: intents[0].changes[4].name: is not inside a.example',
    'intents.yaml:15: intents[1].tenant: "nobody" is not among tenants of the inventory',
    'intents.yaml:16: intents[1].valid_from: "2026-02-30T08:00:00Z" is not a time that exists (RFC 3339, UTC)',
    'intents.yaml:18: intents[1].changes: warning: is empty: this intent approves nothing',
  ]);
});

test('an intent id is unique within its tenant', () => {
  const intent = {
    id: 'A',
    tenant: 't',
    valid_from: '2026-11-21T08:00Z',
    valid_until: '2026-11-22T08:00Z',
    changes: [],
  };
  const repeated = checkIntents('i', { version: 1, intents: [intent, { ...intent, tenant: 'u' }, intent] });
  assert.equal(repeated.ok, false);
  assert.ok(lines(repeated).includes('i: intents[2].id: is already given by intents[0]; keep one'));
});

test('inventories and intents of the incident library are accepted', (t) => {
  if (!existsSync(incidents)) {
    t.skip('no incident library beside this repository');
    return;
  }
  let count = 0;
  for (const file of readdirSync(incidents).filter((name) => name.endsWith('.json'))) {
    const incident = JSON.parse(readFileSync(new URL(file, incidents), 'utf8')) as {
      replay?: { inventory: unknown; intents?: unknown[] };
    };
    if (incident.replay === undefined) continue;
    const loaded = checkInventory(file, incident.replay.inventory);
    assert.ok(loaded.ok, lines(loaded).join('\n'));
    const intents = checkIntents(
      file,
      { version: 1, intents: incident.replay.intents ?? [] },
      loaded.inventory,
    );
    assert.ok(intents.ok, lines(intents).join('\n'));
    count++;
  }
  assert.ok(count > 10, `${count} incidents`);
});

test('twenty thousand domains as JSON are read in seconds', () => {
  const domains = Array.from({ length: 20_000 }, (_, at) => ({
    domain: `d${at}.example`,
    tenant: 't',
    tier: at % 4,
    approved: {
      nameservers: ['ns1.dns.example'],
      records: [{ name: `d${at}.example`, type: 'A', values: ['192.0.2.1'] }],
    },
  }));
  const start = performance.now();
  const loaded = parseInventory('big.json', JSON.stringify({ version: 1, domains }));
  assert.ok(loaded.ok);
  assert.equal(loaded.inventory.domains?.length, 20_000);
  assert.ok(performance.now() - start < 10_000);
});

test('property: whatever an edit does to the example, the reader answers and never throws', () => {
  const text = readFileSync(new URL('inventory.yaml', examples), 'utf8');
  const insert = fc.constantFrom(
    '',
    '\n',
    ': ',
    '[',
    '}',
    '"',
    '&a ',
    '*a',
    '\t',
    '- ',
    '!!js ',
    '\u0000',
    '__proto__',
    '💥',
    '#',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(text.length), fc.nat(20), insert), { minLength: 1, maxLength: 4 }),
      (edits) => {
        let edited = text;
        for (const [at, cut, put] of edits) edited = edited.slice(0, at) + put + edited.slice(at + cut);
        const loaded = parseInventory('inventory.yaml', edited);
        const problems = loaded.ok ? loaded.warnings : loaded.problems;
        if (!loaded.ok) assert.ok(problems.length > 0);
        for (const problem of problems) assert.doesNotMatch(problemLine(problem), /\n/);
      },
    ),
    { numRuns: 300 },
  );
});
