import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { appendAudit } from '../../../collector/src/7-case/audit-chain.ts';
import {
  buildBundle,
  disputeLetter,
  manifestBytes,
  verifyBundle,
  type BundlePart,
  type EvidenceBundle,
} from '../../../collector/src/7-case/evidence-bundle.ts';
import { Bench, movedDelegation, start } from './keeper-harness.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(sha256(bytes)).toString('hex');

function bundle(): EvidenceBundle {
  const bench = new Bench({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start, { event_id: 'seen' }), start);
  const bytes = Buffer.from('{"ns":["ns1.evil.example"]}');
  const fact = {
    at: '2026-11-21T09:00:00.000Z',
    tenant: 'acme',
    by: 'okta:alice',
    action: 'evidence.exported',
    object: bench.only().case_id,
  };
  return buildBundle(
    {
      case: bench.only(),
      findings: [...bench.findings.values()],
      raw: [
        {
          event_id: 'seen',
          sha256: hex(bytes),
          content_type: 'application/json',
          normaliser: 'probe@1',
          bytes,
        },
        { event_id: 'erased', sha256: 'ab'.repeat(32), content_type: 'text/plain', normaliser: 'mail@2' },
      ],
      versions: { 'rule R05': '1' },
      decisions: [appendAudit(undefined, fact, sha256)],
      exportedAt: '2026-11-21T09:00:00.000Z',
      exportedBy: 'okta:alice',
    },
    sha256,
  );
}

const problems = (given: EvidenceBundle): string[] =>
  verifyBundle(given, sha256).map((each) => `${each.problem} ${each.name}`);
const withParts = (given: EvidenceBundle, parts: readonly BundlePart[]): EvidenceBundle => ({
  ...given,
  parts,
});

void test('an untouched bundle has no problems, and is the same every time', () => {
  const made = bundle();
  assert.deepEqual(problems(made), []);
  assert.deepEqual(manifestBytes(made.manifest), manifestBytes(made.manifest));
  assert.deepEqual(
    made.parts.map((part) => part.name),
    [
      'case.json',
      'timeline.ndjson',
      'findings.ndjson',
      'decisions.ndjson',
      'versions.json',
      'raw.ndjson',
      'raw/seen',
    ],
  );
});

void test('one changed byte anywhere names its part', () => {
  const made = bundle();
  for (const [at, part] of made.parts.entries()) {
    const bytes = Uint8Array.from(part.bytes);
    bytes[0] = (bytes[0] as number) ^ 1;
    const found = problems(withParts(made, made.parts.with(at, { ...part, bytes })));
    assert.equal(found[0], `altered ${part.name}`);
  }
});

void test('missing, moved, added and exchanged parts are named', () => {
  const made = bundle();
  const [first, second] = [made.parts[0] as BundlePart, made.parts[1] as BundlePart];
  assert.deepEqual(problems(withParts(made, made.parts.slice(1))), ['missing case.json']);
  assert.deepEqual(problems(withParts(made, [second, first, ...made.parts.slice(2)])), [
    'reordered timeline.ndjson',
  ]);
  assert.deepEqual(problems(withParts(made, [...made.parts, { ...first, name: 'extra' }])), [
    'unlisted extra',
  ]);
  const manifest = { ...made.manifest, parts: made.manifest.parts.slice(0, -1) };
  assert.deepEqual(problems({ ...made, manifest }), ['altered manifest.json', 'unlisted raw/seen']);
  assert.deepEqual(problems({ ...made, manifest: { ...made.manifest, absent: [] } }), ['missing raw/erased']);
});

void test('bytes that are not what was received contradict, even when the manifest agrees', () => {
  const made = bundle();
  const raw = made.parts.find((part) => part.name === 'raw.ndjson') as BundlePart;
  const text = Buffer.from(raw.bytes)
    .toString()
    .replace(/"sha256":"[0-9a-f]{64}"(?=[^\n]*\n$)/, `"sha256":"${'0'.repeat(64)}"`);
  const changed = { ...raw, bytes: Buffer.from(text) };
  const found = problems(withParts(made, made.parts.with(made.parts.indexOf(raw), changed)));
  assert.ok(found.includes('contradiction raw/seen'), found.join());
});

void test('the letter holds names, facts and the root', () => {
  const bench = new Bench({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const letter = disputeLetter(bench.only(), 'ff00');
  assert.match(letter, /Names: pay\.example/);
  assert.match(letter, /to ns1\.evil\.example, seen by the delegation probe/);
  assert.match(letter, /ff00/);
});
