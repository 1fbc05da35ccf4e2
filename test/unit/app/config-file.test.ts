import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { defaultConfig, loadConfig, type LoadedConfig } from '../../../collector/src/app/config-file.ts';
import { sourceNames } from '../../../collector/src/contract/source-name.ts';
import { problemLine } from '../../../collector/src/app/document-problem.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zw-config-'));
});
after(async () => {
  await rm(directory, { recursive: true });
});

async function load(text: string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  const path = join(directory, 'config.yaml');
  await writeFile(path, text);
  return loadConfig(path, { env, workingDirectory: '/srv/zw' });
}

function lines(loaded: LoadedConfig): string[] {
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  return problems.map((problem) => problemLine({ ...problem, file: 'config.yaml' }));
}

test('an empty file gives the defaults', async () => {
  const loaded = await load('');
  assert.ok(loaded.ok, lines(loaded).join('\n'));
  assert.deepEqual(loaded.config.listen, { host: '127.0.0.1', port: 8470 });
  assert.equal(loaded.config.data, '/srv/zw/var');
  assert.deepEqual(
    loaded.config.sinks.map((sink) => sink.kind),
    ['terminal', 'prometheus'],
  );
  assert.equal(loaded.config.retention.log_days, 30);
  const standard = await defaultConfig({ env: {}, workingDirectory: '/srv/zw' });
  assert.deepEqual(standard, loaded.config);
});

test('sources get the defaults of their transport; paths start from the file', async () => {
  const loaded = await load(`
inventory: inventory.yaml
sources:
  - {id: zs, feed: zonestream}
  - {id: ct, feed: certstream, url: "wss://certstream.example/"}
  - {id: trail, feed: aws-cloudtrail, tenant: acme, via: file, paths: [logs/trail.ndjson]}
`);
  assert.ok(loaded.ok, lines(loaded).join('\n'));
  const [zonestream, , trail] = loaded.config.sources;
  assert.ok(zonestream?.via === 'websocket' && trail?.via === 'file');
  assert.equal(zonestream.url, 'wss://zonestream.openintel.nl/ws');
  assert.deepEqual(zonestream.topics, ['newly_registered_domain']);
  assert.equal(zonestream.ping_interval_s, 20);
  assert.deepEqual(trail.paths, [join(directory, 'logs/trail.ndjson')]);
  assert.equal(loaded.config.inventory, join(directory, 'inventory.yaml'));
});

test('every problem is reported at once, with line, path and a suggestion', async () => {
  const loaded = await load(`listen: nowhere
retension: {log_days: 3}
limits: {record_bytes_max: 10}
sources:
  - id: a
    feed: oktaa
    tenant: acme
    via: webhook
  - id: a
    feed: okta
    via: webhook
    signature: {scheme: standard-webhooks, sekret: {env: X}}
  - id: c
    feed: epp-poll
    tenant: acme
sinks:
  - {id: out, kind: otpl}
  - id: hook
    kind: webhook
    url: https://user:pw@hook.example/
    headers: {Authorization: Bearer hunter2}
outgoing: {allow_networks: [10.0.0.0/99]}
`);
  assert.equal(loaded.ok, false);
  assert.deepEqual(lines(loaded), [
    'config.yaml:1: listen: must be host:port, for example 127.0.0.1:8470 or [::1]:8470, found "nowhere"',
    'config.yaml:2: retension: unknown key; did you mean "retention"?',
    'config.yaml:3: limits.record_bytes_max: must be at least 1024, found 10',
    `config.yaml:6: sources[0].feed: must be one of ${sourceNames.join(', ')}; found "oktaa"; did you mean "okta"?`,
    'config.yaml:9: sources[1].id: "a" is already the id of sources[0]',
    'config.yaml:12: sources[1].signature.sekret: unknown key; did you mean "secret"?',
    'config.yaml:13: sources[2]: epp-poll needs "via": webhook, file, stdin, kafka, epp',
    'config.yaml:17: sinks[0].kind: must be one of otlp, prometheus, webhook, terminal, kafka; found "otpl"; did you mean "otlp"?',
    'config.yaml:20: sinks[1].url: holds credentials; put them into headers as {file: …} or {env: …}',
    'config.yaml:21: sinks[1].headers.Authorization: looks like a credential; give it as {file: PATH} or {env: NAME}',
    'config.yaml:22: outgoing.allow_networks[0]: must be a network such as 10.0.0.0/8, found "10.0.0.0/99"',
  ]);
});

test('cross-checks of sources: tenant, signature, unprotected intake', async () => {
  const loaded = await load(
    `sources:
  - {id: a, feed: okta, via: webhook, tenant: acme, signature: {scheme: okta}}
  - {id: b, feed: dnsimple, tenant: acme}
  - {id: c, feed: okta, via: stdin}
  - {id: d, feed: webhook, tenant: acme, signature: {scheme: hmac, secret: {env: S}}}
`,
    { S: 's' },
  );
  assert.deepEqual(lines(loaded), [
    'config.yaml:2: sources[0].signature.secret: is required for okta: {file: PATH} or {env: NAME}',
    'config.yaml:3: sources[1]: warning: has neither a signature nor a path_secret: anyone who reaches the port can send hints',
    'config.yaml:4: sources[2].tenant: is required: only zonestream, certstream, ct are shared by all tenants',
    'config.yaml:5: sources[3].signature.header: is required for hmac: the header that carries the signature',
  ]);
});

test('a mapping names canonical fields and JSON pointers', async () => {
  const loaded = await load(
    `sources:
  - id: tickets
    feed: webhook
    tenant: acme
    path_secret: {env: S}
    mapping:
      id: /meta/uid
      event_types: {unlocked: registrar.domain.lock_disabled}
      source_kind: {value: registrar_audit}
      domian: /object/name
      timestamp: at
`,
    { S: 's' },
  );
  assert.deepEqual(lines(loaded), [
    'config.yaml:10: sources[0].mapping.domian: is no field of the canonical event; did you mean "domain"?',
    'config.yaml:11: sources[0].mapping.timestamp: must be a JSON pointer such as "/object/name" (RFC 6901), found "at"',
  ]);
});

test('secrets come from files and variables only, and never show', async () => {
  await writeFile(join(directory, 'key.txt'), 'from-file\n');
  const text = `sources:
  - id: a
    feed: okta
    via: webhook
    tenant: acme
    signature: {scheme: okta, secret: {file: key.txt}, previous_secret: {env: OLD}}
sinks:
  - {id: o, kind: otlp, endpoint: "https://otlp.example", headers: {authorization: {env: OLD}, x-scope-orgid: t1}}
`;
  const loaded = await load(text, { OLD: 'from-env' });
  assert.ok(loaded.ok, lines(loaded).join('\n'));
  const [source] = loaded.config.sources;
  assert.ok(source?.via === 'webhook');
  assert.equal(source.signature.secret?.reveal(), 'from-file');
  assert.equal(source.signature.previous_secret?.reveal(), 'from-env');
  for (const shown of [
    JSON.stringify(loaded),
    inspect(loaded, { depth: 20 }),
    String(source.signature.secret),
  ])
    assert.doesNotMatch(shown, /from-(file|env)/);
  assert.match(JSON.stringify(loaded), /"x-scope-orgid":"t1"/);

  const missing = await load(text.replace('key.txt', 'absent.txt'), {});
  assert.deepEqual(
    lines(missing),
    [
      'config.yaml:6: sources[0].signature.secret: secret file absent.txt cannot be read (ENOENT)',
      'config.yaml:6: sources[0].signature.previous_secret: environment variable OLD is not set',
      'config.yaml:8: sinks[0].headers.authorization: environment variable OLD is not set',
    ].toSorted((a, b) => (a < b ? -1 : 1)),
  );

  const literal = await load(text.replace('{file: key.txt}', 'hunter2'), { OLD: 'x' });
  assert.deepEqual(lines(literal), [
    'config.yaml:6: sources[0].signature.secret: must be {file: PATH} or {env: NAME}; secrets are not written into this file',
  ]);
});

test('files that cannot be read at all say why in one line', async () => {
  const absent = await loadConfig(join(directory, 'absent.yaml'), { env: {}, workingDirectory: '/' });
  assert.deepEqual(lines(absent), ['config.yaml: does not exist; check the path']);
  assert.deepEqual(lines(await loadConfig(directory, { env: {}, workingDirectory: '/' })), [
    'config.yaml: is a directory, not a file',
  ]);
  const path = join(directory, 'latin.yaml');
  await writeFile(path, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
  assert.deepEqual(lines(await loadConfig(path, { env: {}, workingDirectory: '/' })), [
    'config.yaml: is not UTF-8 text; save it as UTF-8',
  ]);
  assert.match(lines(await load('a: [1, 2\nb: c')).join('\n'), /^config\.yaml:\d: /);
  assert.deepEqual(lines(await load('{"listen": "[::1]:0", "listen": "[::1]:1"}')), [
    'config.yaml:1: "listen" stands here again, first on line 1; keep one of them',
  ]);
});

test('hostile documents end in problems, not in crashes', async () => {
  for (const text of [
    `a: ${'['.repeat(20_000)}`,
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    'a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]',
    '__proto__: {polluted: true}\nconstructor: 1',
    '{"__proto__": {"polluted": true}, "sources": [{"__proto__": {"id": "x"}}]}',
    '- just\n- a list',
    'null',
    'sources: 3\nsinks: {a: b}\nlisten: [1]',
    'sources: [null, 1, [], {}]',
    '\u0000',
  ]) {
    const loaded = await load(text);
    if (text !== 'null') assert.equal(loaded.ok, false, text.slice(0, 40));
    for (const line of lines(loaded)) assert.doesNotMatch(line, /\n|undefined|\[object/);
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('control characters of the file cannot forge a line of output', async () => {
  const loaded = await load('"evil\\n\\e[31mkey": 1\nlisten: "x\\nconfig.yaml:1: all fine"');
  assert.equal(loaded.ok, false);
  for (const line of lines(loaded)) assert.ok(!line.includes('\n') && !line.includes('\u001b'));
});

test('property: any JSON document gives a result and never throws', async () => {
  const key = fc.constantFrom(
    'sources',
    'sinks',
    'listen',
    'limits',
    'id',
    'feed',
    'via',
    'kind',
    'signature',
    '__proto__',
    'x',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>('okta', 'webhook', 'otlp', 1, -1, null, true, ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(value, async (document) => {
      const loaded = await load(JSON.stringify(document));
      if (!loaded.ok) assert.ok(loaded.problems.length > 0);
    }),
    { numRuns: 300 },
  );
});
