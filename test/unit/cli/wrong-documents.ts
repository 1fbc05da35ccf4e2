/** Wrong inventories and intents files and the lines they must lead to, written by hand. */
import type { WrongFile } from './wrong-configurations.ts';

/** Inventories, as `i.yaml`. */
export const wrongInventories: readonly WrongFile[] = [
  {
    name: 'a typing error in a key',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomain: []\n',
    lines: ['i.yaml:5: domain: unknown key; did you mean "domains"?'],
  },
  {
    name: 'a list',
    text: '- domain: a\n',
    lines: ['i.yaml:1: must be a mapping, found [{"domain":"a"}]'],
  },
  {
    name: 'empty',
    text: '',
    lines: ['i.yaml:1: must be a mapping, found null'],
  },
  {
    name: 'no version',
    text: 'tenants: [{id: acme}]\ndomains: []\n',
    lines: ['i.yaml:1: version: is required and missing'],
  },
  {
    name: 'domains as a map',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: {pay.example: {tier: 0}}\n',
    lines: ['i.yaml:5: domains: must be a list, found {"pay.example":{"tier":0}}'],
  },
  {
    name: 'a domain as text',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [pay.example]\n',
    lines: ['i.yaml:5: domains[0]: must be a mapping, found "pay.example"'],
  },
  {
    name: 'an unknown tenant',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: pay.example, tenant: acne, tier: 0}]\n',
    lines: ['i.yaml:5: domains[0].tenant: "acne" is not among tenants'],
  },
  {
    name: 'an unknown team',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: pay.example, tenant: acme, tier: 0, team: opps}]\n',
    lines: ['i.yaml:5: domains[0].team: "opps" is not among teams of tenant "acme"'],
  },
  {
    name: 'an unknown account',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: pay.example, tenant: acme, tier: 0, registrar_account: r/2}]\n',
    lines: ['i.yaml:5: domains[0].registrar_account: "r/2" is not among registrar_accounts of tenant "acme"'],
  },
  {
    name: 'a domain twice',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0}\n  - {domain: pay.example, tenant: acme, tier: 1}\n',
    lines: ['i.yaml:7: domains[1].domain: is already given by domains[0]; keep one'],
  },
  {
    name: 'capitals and a final dot',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: PAY.example., tenant: acme, tier: 0}]\n',
    lines: [
      'i.yaml:5: domains[0].domain: must be a name in lower case without a dot at its end, found "PAY.example."',
    ],
  },
  {
    name: 'a tier that is none',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: pay.example, tenant: acme, tier: 9}]\n',
    lines: ['i.yaml:5: domains[0].tier: must be at most 3, found 9'],
  },
  {
    name: 'a tier in words',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: pay.example, tenant: acme, tier: high}]\n',
    lines: ['i.yaml:5: domains[0].tier: must be a whole number, found "high"'],
  },
  {
    name: 'a URL for a domain',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: "https://pay.example/", tenant: acme, tier: 0}]\n',
    lines: [
      'i.yaml:5: domains[0].domain: "https://pay.example/" is not a DNS name (RFC 1035 section 2.3.4, RFC 5891)',
    ],
  },
  {
    name: 'a wildcard',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: "*.pay.example", tenant: acme, tier: 0}]\n',
    lines: [
      'i.yaml:5: domains[0].domain: is not a registrable domain; events about it belong to "pay.example"',
    ],
  },
  {
    name: 'a host for a domain',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains: [{domain: www.pay.co.uk, tenant: acme, tier: 0}]\n',
    lines: [
      'i.yaml:5: domains[0].domain: is not a registrable domain; events about it belong to "pay.co.uk"',
    ],
  },
  {
    name: 'name servers as text',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, approved: {nameservers: ns1.a.example}}\n',
    lines: ['i.yaml:6: domains[0].approved.nameservers: must be a list, found "ns1.a.example"'],
  },
  {
    name: 'a name server by address',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, approved: {nameservers: [192.0.2.1]}}\n',
    lines: [
      'i.yaml:6: domains[0].approved.nameservers[0]: "192.0.2.1" is an address; the parent zone names servers (RFC 1035 section 3.3.11)',
    ],
  },
  {
    name: 'an A record without address',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, approved: {records: [{name: www.pay.example, type: A, values: [192.0.2.1, host.example]}]}}\n',
    lines: ['i.yaml:6: domains[0].approved.records[0].values[1]: "host.example" is no IPv4 address'],
  },
  {
    name: 'an IPv4 address in AAAA',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, approved: {records: [{name: www.pay.example, type: AAAA, values: [192.0.2.1]}]}}\n',
    lines: ['i.yaml:6: domains[0].approved.records[0].values[0]: "192.0.2.1" is no IPv6 address'],
  },
  {
    name: 'a record of another domain',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, approved: {records: [{name: www.other.example, type: A, values: [192.0.2.1]}]}}\n',
    lines: ['i.yaml:6: domains[0].approved.records[0].name: is not inside pay.example'],
  },
  {
    name: 'a typing error in an expectation',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, expect: {transferlock: true}}\n',
    lines: ['i.yaml:6: domains[0].expect.transferlock: unknown key; did you mean "transfer_lock"?'],
  },
  {
    name: 'text for true',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, expect: {transfer_lock: "yes"}}\n',
    lines: ['i.yaml:6: domains[0].expect.transfer_lock: must be true or false, found "yes"'],
  },
  {
    name: 'a day in words',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}]\nregistrar_accounts: [{id: r/1, tenant: acme}]\ndomains:\n  - {domain: pay.example, tenant: acme, tier: 0, team: ops, registrar_account: r/1, expires: tomorrow}\n',
    lines: [
      'i.yaml:6: domains[0].expires: must be a day such as 2026-01-31, or a time in UTC such as 2026-01-31T12:00:00Z, found "tomorrow"',
    ],
  },
  {
    name: 'a team twice',
    text: 'version: 1\ntenants: [{id: acme}]\nteams: [{id: ops, tenant: acme}, {id: ops, tenant: acme}]\ndomains: []\n',
    lines: ['i.yaml:3: teams[1].id: is already given by teams[0]; keep one'],
  },
  {
    name: 'a tab',
    text: 'version: 1\ntenants:\n\t- {id: acme}\n',
    lines: ['i.yaml:3: a tab stands in the indentation; use spaces'],
  },
];

/** Intents files, as `i.yaml`, beside an inventory of pay.example. */
export const wrongIntents: readonly WrongFile[] = [
  {
    name: 'a typing error in a key',
    text: 'version: 1\nintents: []\nintent: []\n',
    lines: ['i.yaml:3: intent: unknown key; did you mean "intents"?'],
  },
  {
    name: 'nothing but a version',
    text: 'version: 1\n',
    lines: ['i.yaml:1: intents: is required and missing'],
  },
  {
    name: 'a list',
    text: '- id: C1\n',
    lines: ['i.yaml:1: must be a mapping, found [{"id":"C1"}]'],
  },
  {
    name: 'empty',
    text: '',
    lines: ['i.yaml:1: must be a mapping, found null'],
  },
  {
    name: 'an end before the beginning',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-02T00:00:00Z, valid_until: 2026-01-01T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: ['i.yaml:3: intents[0].valid_until: must be later than valid_from (2026-01-02T00:00:00Z)'],
  },
  {
    name: 'a time in words',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: tomorrow, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: [
      'i.yaml:3: intents[0].valid_from: must be a time in UTC such as 2026-01-31T12:00:00Z, found "tomorrow"',
    ],
  },
  {
    name: 'a time without zone',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: "2026-01-01T00:00:00", valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: [
      'i.yaml:3: intents[0].valid_from: must be a time in UTC such as 2026-01-31T12:00:00Z, found "2026-01-01T00:00:00"',
    ],
  },
  {
    name: 'days only',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-01, valid_until: 2026-01-02, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: [
      'i.yaml:3: intents[0].valid_from: must be a time in UTC such as 2026-01-31T12:00:00Z, found "2026-01-01"',
      'i.yaml:3: intents[0].valid_until: must be a time in UTC such as 2026-01-31T12:00:00Z, found "2026-01-02"',
    ],
  },
  {
    name: 'an unknown action',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegaton, new: [ns1.b.example]}]}\n',
    lines: [
      'i.yaml:3: intents[0].changes[0].action: must be one of … found "delegaton"; did you mean "delegation"?',
    ],
  },
  {
    name: 'no changes',
    text: 'version: 1\nintents: [{id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z}]\n',
    lines: ['i.yaml:2: intents[0].changes: is required and missing'],
  },
  {
    name: 'changes as a map',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: {domain: pay.example, action: delegation, new: [ns1.b.example]}}\n',
    lines: ['i.yaml:3: intents[0].changes: must be a list, found …'],
  },
  {
    name: 'a change as text',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [pay.example]}\n',
    lines: ['i.yaml:3: intents[0].changes[0]: must be a mapping, found "pay.example"'],
  },
  {
    name: 'an id twice',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n  - {id: C1, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: ['i.yaml:4: intents[1].id: is already given by intents[0]; keep one'],
  },
  {
    name: 'an unknown tenant',
    text: 'version: 1\nintents:\n  - {id: C1, tenant: acne, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: [
      'i.yaml:3: intents[0].changes[0].domain: warning: "pay.example" is not in the inventory of "acne"',
      'i.yaml:3: intents[0].tenant: "acne" is not among tenants of the inventory',
    ],
  },
  {
    name: 'a number for an id',
    text: 'version: 1\nintents:\n  - {id: 17, tenant: acme, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: pay.example, action: delegation, new: [ns1.b.example]}]}\n',
    lines: ['i.yaml:3: intents[0].id: must be text, found 17'],
  },
  {
    name: 'a key twice',
    text: 'version: 1\nintents: []\nintents: []\n',
    lines: ['i.yaml:3: "intents" stands here again, first on line 2; keep one of them'],
  },
  {
    name: 'a tab',
    text: 'version: 1\nintents:\n\t- {id: a}\n',
    lines: ['i.yaml:3: a tab stands in the indentation; use spaces'],
  },
  {
    name: 'nesting without end',
    text: 'version: 1\nintents: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n',
    lines: ['i.yaml: is nested deeper than 32 levels'],
  },
];
