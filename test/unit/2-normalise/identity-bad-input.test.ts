/** Every JSON feed of this room against damaged, hostile and random records: a dead letter or events, never a throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import { dmarc } from '../../../collector/src/2-normalise/dmarc/dmarc.ts';
import { entra } from '../../../collector/src/2-normalise/entra/entra.ts';
import { githubAudit } from '../../../collector/src/2-normalise/github-audit/github-audit.ts';
import { googleWorkspace } from '../../../collector/src/2-normalise/google-workspace/google-workspace.ts';
import { m365Audit } from '../../../collector/src/2-normalise/m365-audit/m365-audit.ts';
import { okta } from '../../../collector/src/2-normalise/okta/okta.ts';
import { normaliseBytes } from './normalise-check.ts';

const time = '2026-11-20T10:00:00.000Z';

/** The smallest readable record of each feed, and members whose values may be anything. */
const feeds: readonly (readonly [Normaliser, Record<string, unknown>, readonly string[]])[] = [
  [
    okta,
    { eventType: 'user.account.privilege.grant', published: time },
    [
      'uuid',
      'actor',
      'client',
      'target',
      'outcome',
      'debugContext',
      'securityContext',
      'request',
      'transaction',
      'authenticationContext',
    ],
  ],
  [
    entra,
    { activityDisplayName: 'Update user', activityDateTime: time },
    [
      'id',
      'initiatedBy',
      'targetResources',
      'additionalDetails',
      'result',
      'correlationId',
      'userAgent',
      'category',
    ],
  ],
  [
    entra,
    { createdDateTime: time, status: { errorCode: 0 } },
    [
      'id',
      'userPrincipalName',
      'authenticationDetails',
      'mfaDetail',
      'location',
      'ipAddress',
      'riskEventTypes',
      'sessionId',
    ],
  ],
  [
    googleWorkspace,
    { id: { time, applicationName: 'admin' }, events: [{ name: 'ASSIGN_ROLE' }] },
    ['actor', 'ipAddress', 'networkInfo', 'ownerDomain', 'etag'],
  ],
  [
    githubAudit,
    { action: 'org.update_member', '@timestamp': 1_763_632_800_123 },
    [
      'actor',
      'user',
      'permission',
      'old_permission',
      'actor_location',
      'token_id',
      'hashed_token',
      'org',
      '_document_id',
    ],
  ],
  [
    m365Audit,
    { Operation: 'Set-Mailbox', CreationTime: time },
    [
      'Id',
      'Parameters',
      'UserId',
      'UserType',
      'ClientIP',
      'ObjectId',
      'ModifiedProperties',
      'Actor',
      'Target',
      'ExtendedProperties',
      'DeviceProperties',
    ],
  ],
  [
    m365Audit,
    { Operation: 'Update user.', CreationTime: time },
    ['ModifiedProperties', 'Actor', 'Target', 'ExtendedProperties', 'ObjectId'],
  ],
];

const all = [okta, entra, googleWorkspace, githubAudit, m365Audit, dmarc];

function codeOf(normaliser: Normaliser, bytes: Uint8Array): string {
  const outcome = normaliseBytes(normaliser, bytes);
  return outcome.ok ? 'read' : outcome.failure.code;
}

test('members of any type never break the mapping or the schema', () => {
  for (const [normaliser, minimal, members] of feeds) {
    const anything = fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 4 }), {
      maxKeys: 6,
    });
    fc.assert(
      fc.property(anything, (more) => {
        const code = codeOf(normaliser, Buffer.from(JSON.stringify({ ...more, ...minimal })));
        assert.equal(code, 'read', normaliser.source);
      }),
      { numRuns: 150, seed: 7 },
    );
  }
});

test('any bytes are an event or a stated dead letter', () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.uint8Array({ maxLength: 200 }), (normaliser, bytes) => {
      assert.notEqual(codeOf(normaliser, bytes), 'normaliser_bug');
    }),
    { numRuns: 500, seed: 7 },
  );
});

test('every cut of a record is a dead letter', () => {
  for (const [normaliser, minimal] of feeds) {
    const text = JSON.stringify(minimal);
    for (let end = 0; end < text.length; end += 3)
      assert.notEqual(codeOf(normaliser, Buffer.from(text.slice(0, end))), 'read', normaliser.source);
  }
});

test('deep, wide, huge, wrongly encoded and not an object', () => {
  for (const [normaliser, minimal] of feeds) {
    const base = JSON.stringify(minimal).slice(0, -1);
    const of = (text: string) => codeOf(normaliser, Buffer.from(text));
    assert.equal(of(`${base},"x":${'['.repeat(200)}${']'.repeat(200)}}`), 'too_deep');
    assert.equal(
      of(`${base},"x":{${Array.from({ length: 10_001 }, (_, i) => `"k${i}":1`).join(',')}}}`),
      'too_many_keys',
    );
    assert.equal(of(`${base},"x":"${'a'.repeat(1_048_576)}"}`), 'too_large');
    assert.equal(of('[]'), 'not_an_object');
    assert.equal(of('null'), 'not_an_object');
    assert.equal(
      codeOf(
        normaliser,
        Buffer.concat([Buffer.from(`${base},"x":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      ),
      'not_utf8',
    );
    assert.equal(codeOf(normaliser, Buffer.from(`${base}}`, 'utf16le')), 'not_json');
  }
});

test('prototype keys change nothing', () => {
  for (const [normaliser, minimal] of feeds) {
    const hostile = `${JSON.stringify(minimal).slice(0, -1)},"__proto__":{"polluted":true,"actor":{"id":"x"}},"constructor":{"prototype":{"polluted":true}}}`;
    assert.equal(codeOf(normaliser, Buffer.from(hostile)), 'read', normaliser.source);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  }
});

test('large records keep their facts; long values stay inside the schema', () => {
  for (const [normaliser, minimal, members] of feeds) {
    const long = 'é'.repeat(20_000);
    const more = Object.fromEntries(members.map((member) => [member, long]));
    assert.equal(
      codeOf(normaliser, Buffer.from(JSON.stringify({ ...more, ...minimal }))),
      'read',
      normaliser.source,
    );
  }
});
