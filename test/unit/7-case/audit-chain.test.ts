import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  appendAudit,
  auditCheckpoint,
  verifyAudit,
  type AuditEntry,
} from '../../../collector/src/7-case/audit-chain.ts';
import {
  consistencyProof,
  fromHex,
  inclusionProof,
  leafHash,
  provesConsistency,
  provesInclusion,
  toHex,
  treeRoot,
} from '../../../collector/src/7-case/merkle-tree.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

// The eight leaves and roots used by Certificate Transparency implementations since RFC 6962.
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = inputs.map((hex) => leafHash(fromHex(hex) as Uint8Array, sha256));

void test('roots are those of the RFC 6962 test vectors', () => {
  assert.equal(
    toHex(treeRoot([], sha256)),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  roots.forEach((root, i) => assert.equal(toHex(treeRoot(leaves.slice(0, i + 1), sha256)), root));
});

void test('inclusion and consistency proofs hold for every size, and for nothing else', () => {
  for (let size = 1; size <= 8; size++) {
    const some = leaves.slice(0, size);
    const root = treeRoot(some, sha256);
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(index, some, sha256) ?? [];
      const claim = { index, size, leaf: some[index] as Uint8Array, root };
      assert.ok(provesInclusion(claim, proof, sha256), `${index} of ${size}`);
      if (size > 1) {
        assert.ok(!provesInclusion({ ...claim, index: (index + 1) % size }, proof, sha256));
        assert.ok(!provesInclusion(claim, proof.slice(1), sha256));
        assert.ok(!provesInclusion({ ...claim, leaf: leafHash(new Uint8Array([9]), sha256) }, proof, sha256));
      }
    }
    for (let oldSize = 1; oldSize <= size; oldSize++) {
      const oldRoot = treeRoot(leaves.slice(0, oldSize), sha256);
      const proof = consistencyProof(oldSize, some, sha256) ?? [];
      assert.ok(provesConsistency({ oldSize, oldRoot, size, root }, proof, sha256), `${oldSize} to ${size}`);
      const forged = sha256(oldRoot);
      assert.ok(!provesConsistency({ oldSize, oldRoot: forged, size, root }, proof, sha256));
    }
  }
  assert.equal(inclusionProof(8, leaves, sha256), undefined);
  assert.equal(consistencyProof(0, leaves, sha256), undefined);
});

function chain(size: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let i = 0; i < size; i++) {
    const fact = {
      at: '2026-11-21T08:00:00.000Z',
      tenant: 'acme',
      by: 'okta:alice',
      action: 'case.viewed',
      object: `case-${i}`,
    };
    entries.push(appendAudit(entries.at(-1), fact, sha256));
  }
  return entries;
}

function verdict(
  entries: readonly AuditEntry[],
  checkpoints: Parameters<typeof verifyAudit>[1] = [],
): string {
  const result = verifyAudit(entries, checkpoints, sha256);
  return result.ok ? 'ok' : `${result.problem} ${result.position}`;
}

void test('the first altered, missing, moved or added entry is named', () => {
  const good = chain(10);
  assert.equal(verdict(good), 'ok');
  assert.equal(verdict([]), 'ok');
  const touched = (at: number): AuditEntry => ({
    ...(good[at] as AuditEntry),
    fact: { ...(good[at] as AuditEntry).fact, by: 'okta:eve' },
  });
  assert.equal(verdict(good.with(4, touched(4))), 'altered 4');
  assert.equal(verdict(good.toSpliced(3, 1)), 'missing 3');
  assert.equal(verdict(good.with(2, good[5] as AuditEntry).with(5, good[2] as AuditEntry)), 'reordered 2');
  assert.equal(verdict(good.toSpliced(6, 0, good[2] as AuditEntry)), 'inserted 6');
  const rehashed = appendAudit(good[3], touched(4).fact, sha256);
  assert.equal(verdict(good.with(4, rehashed)), 'altered 4');
});

void test('a cut tail and a log written anew show against checkpoints only', () => {
  const good = chain(10);
  const kept = [auditCheckpoint(good.slice(0, 4), sha256), auditCheckpoint(good, sha256)];
  assert.equal(verdict(good, kept), 'ok');
  assert.equal(verdict(good.slice(0, 8)), 'ok');
  assert.equal(verdict(good.slice(0, 8), kept), 'truncated 8');
  const anew = good.slice(0, 5);
  for (const entry of good.slice(5))
    anew.push(appendAudit(anew.at(-1), { ...entry.fact, by: 'okta:eve' }, sha256));
  assert.equal(verdict(anew), 'ok');
  assert.equal(verdict(anew, kept), 'rewritten 4');
  assert.equal(verdict(good, [{ size: 4, root: 'zz' }]), 'rewritten 0');
});

void test('any single change to any field of any entry is found', () => {
  const good = chain(6);
  const checkpoint = [auditCheckpoint(good, sha256)];
  fc.assert(
    fc.property(
      fc.nat(5),
      fc.constantFrom('at', 'tenant', 'by', 'action', 'object'),
      fc.string(),
      (at, field, text) => {
        const entry = good[at] as AuditEntry;
        const before = entry.fact[field as 'at'];
        const changed = { ...entry, fact: { ...entry.fact, [field]: text } };
        assert.equal(verdict(good.with(at, changed), checkpoint), before === text ? 'ok' : `altered ${at}`);
      },
    ),
    { numRuns: 200, seed: 3 },
  );
});
