/** Every kind of secret as a canary in a real collector whose every peer fails and repeats what it was sent: no output may hold a piece of one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Canaries, unpacked } from './canaries/canary-search.ts';
import { embeddedWorld, kafkaWorld, type CanaryWorld } from './canaries/canary-world.ts';
import { secretPlaces } from './canaries/secret-places.ts';
import { eventually, main, startCollector, untilReady, type CollectorProcess } from './collector-process.ts';

const hasty = ['--import', new URL('./canaries/hasty-timers.ts', import.meta.url).href];

/** Starts the collector of a world. */
async function run(world: CanaryWorld): Promise<CollectorProcess> {
  return startCollector(['--config', world.config], world.planter.env, hasty);
}

/** Output of a command, whatever its status. */
function command(world: CanaryWorld, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...world.planter.env };
    execFile(process.execPath, [...hasty, main, ...args], { env, maxBuffer: 2 ** 26 }, (_, out, err) =>
      resolve(out + err),
    );
  });
}

/** A request with a token; the whole answer as text, headers included. */
async function asked(url: string, token: string, method = 'GET', body?: unknown): Promise<string> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
}

function bodyOf(answer: string): any {
  return JSON.parse(answer.slice(answer.indexOf(']] ') + 3));
}

const delivery = (n: number): string =>
  JSON.stringify({
    id: `e-${n}`,
    timestamp: new Date().toISOString(),
    source_kind: 'registrar_audit',
    event_type: 'registrar.domain.lock_disabled',
    domain: 'shop.example',
    attribute: 'statuses',
    old_value: ['clientTransferProhibited'],
    new_value: [],
    actor_id: 'registrar-a:alice@acme.example',
    registrar_account: 'dnsimple/1010',
  });

/** Deliveries as they should be, and as they should not: every one of them shows a secret in its request. */
async function deliver(url: string, world: CanaryWorld): Promise<string[]> {
  const textOf = (name: string): string => world.planter.textOf(name);
  const statuses: string[] = [];
  const post = async (path: string, body: string, headers: Record<string, string>): Promise<void> => {
    const answer = await fetch(`${url}/ingest/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    statuses.push(`${answer.status} ${await answer.text()}`);
  };
  const signed = (name: string, body: string) => ({
    'x-signature': createHmac('sha256', textOf(name)).update(body).digest('hex'),
  });
  await post('hook', delivery(1), signed('webhook secret', delivery(1)));
  for (const name of ['webhook secret', 'previous webhook secret'])
    for (const body of [delivery(2), 'not JSON', '{"event_type":1}', ''])
      await post('hook', body, signed(name, body));
  await post('hook', delivery(3), { 'x-signature': textOf('webhook secret') });
  await post('shared', '{"data":{"events":[{}]}}', { authorization: textOf('secret in a file') });
  await post('shared', 'not JSON', { authorization: textOf('secret in a file') });
  await post('shared', '{}', { authorization: `${textOf('secret in a file')}x` });
  await post(`path/${textOf('path secret')}`, 'not JSON', {});
  await post(`path/${textOf('path secret')}x`, '{}', {});
  await post(`path/${textOf('path secret')}`, 'x'.repeat(2 ** 21), {});
  return statuses;
}

/** Every GET of the API as its own document lists it, with whatever ids its lists give; also with credentials that are wrong or in the wrong place. */
async function askEverything(api: string, world: CanaryWorld, caseId: string): Promise<string[]> {
  const token = world.planter.textOf('API token');
  const document = bodyOf(await asked(`${api}/openapi.json`, token));
  const first = async (list: string, field: string): Promise<string> =>
    String(bodyOf(await asked(`${api}/${list}`, token)).items?.[0]?.[field] ?? 'none');
  const ids: Record<string, string> = {
    '/cases/{id}': caseId,
    '/cases/{id}/export': caseId,
    '/actions/{id}': await first('actions', 'id'),
    '/rules/{id}': await first('rules', 'id'),
    '/evidence/{id}': await first('findings', 'finding_id'),
    '/drills/{id}': 'none',
  };
  const answers: string[] = [];
  const paths = Object.keys(document.paths as object).filter(
    (path) => document.paths[path].get && path !== '/stream',
  );
  assert.ok(paths.length > 20);
  for (const path of paths) {
    const filled = path
      .replace('{tenant}/{domain}', 'acme/shop.example')
      .replace('{id}', encodeURIComponent(ids[path] ?? 'none'));
    answers.push(await asked(`${api}${filled}`, token));
  }
  answers.push(
    await asked(`${api}/status`, `${token}x`),
    await asked(`${api}/status?token=${encodeURIComponent(token)}`, 'x'),
  );
  const part = (value: object | string): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const identity = `${part({ alg: 'ES256', kid: 'k', typ: 'jwt' })}.${part({ sub: 'user:7' })}.${part(token.repeat(2).slice(0, 64))}`;
  answers.push(
    await (
      await fetch(`${api}/status`, {
        headers: {
          authorization: `Bearer ${world.planter.textOf('plugin token')}`,
          'x-grafana-id': identity,
        },
      })
    ).text(),
  );
  for (const headers of [{ cookie: `session=${token}` }, { authorization: `Basic ${token}` }])
    answers.push(await (await fetch(`${api}/status`, { headers })).text());
  return answers;
}

/** A proposal to every executor, approved where its dry run allows that. */
async function propose(api: string, world: CanaryWorld, caseId: string): Promise<string[]> {
  const [one, two] = [world.planter.textOf('API token'), world.planter.textOf('second API token')];
  const records = [{ name: 'www.shop.example', type: 'A', values: ['192.0.2.1'] }];
  const plans = [
    ...['update', 'dnsimple', 'cloudflare', 'route53'].flatMap((executor) =>
      [1, 2, 3].map(() => ({ executor, kind: 'set_records', zone: 'shop.example', records })),
    ),
    ...['dnsimple', 'cloudflare', 'route53'].flatMap((executor) =>
      [1, 2, 3].map(() => ({ executor, kind: 'lock_transfer', domain: 'shop.example' })),
    ),
    ...[1, 2, 3].map(() => ({ executor: 'soar', kind: 'notify', text: 'block the account' })),
  ];
  const answers: string[] = [];
  for (const plan of plans) {
    const made = await asked(`${api}/cases/${caseId}/actions`, one, 'POST', { plan });
    answers.push(made);
    const id = made.startsWith('2') ? String(bodyOf(made).id) : 'none';
    answers.push(await asked(`${api}/actions/${id}/approve`, two, 'POST', {}));
  }
  return answers;
}

/** The first words of the live stream. */
async function streamed(api: string, token: string): Promise<string> {
  const answer = await fetch(`${api}/stream`, { headers: { authorization: `Bearer ${token}` } });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

function filesBelow(directory: string): [name: string, bytes: Buffer][] {
  return globSync('**/*', { cwd: directory })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => [name, readFileSync(join(directory, name))]);
}

function assertNone(canaries: Canaries, outputs: readonly (readonly [string, Buffer | string])[]): void {
  const finds = outputs.flatMap(([name, output]) =>
    unpacked(Buffer.from(output))
      .flatMap((part) => canaries.findIn(part))
      .map((find) => `${name} holds ${find}`),
  );
  assert.deepEqual(finds, []);
}

test('the search finds a canary however it is written', () => {
  const canaries = new Canaries();
  const secret = canaries.add('it', 'a/b+c=d"e f0123456789/+ABCDEFGHIJ');
  for (const written of [
    secret,
    encodeURIComponent(secret),
    JSON.stringify({ secret }),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64'),
    Buffer.from(`user:${secret}`).toString('base64'),
    Buffer.from(`x${secret}`).toString('base64url'),
    secret.slice(10, 23),
  ])
    assert.equal(canaries.findIn(Buffer.from(`before ${written} after`)).length, 1, written);
  assert.deepEqual(canaries.findIn(Buffer.from('nothing of the kind, 0123456 ABCDEFGH')), []);
});

test('no output of a collector holds a piece of a secret, whatever its peers do', async (t) => {
  const world = await embeddedWorld(t);
  if (world === undefined) return t.skip('the openssl command is not installed');
  const { directory, peers } = world;
  const { canaries } = world.planter;
  const running = await run(world);
  t.after(() => running.child.kill('SIGKILL'));
  await untilReady(running.url);
  const api = `${running.url}/api/v1`;
  const token = world.planter.textOf('API token');
  const answers = await deliver(running.url, world);
  const found = await eventually('a case', async () => bodyOf(await asked(`${api}/cases`, token)).items[0]);
  const caseId = String(found.case_id);
  answers.push(...(await propose(api, world, caseId)));
  for (const { name, server, enough } of peers)
    await eventually(`enough failures of ${name}`, async () => {
      // Executors and identities are asked when somebody asks.
      if (server.count() < enough) answers.push(...(await askEverything(api, world, caseId)));
      return server.count() >= enough ? true : undefined;
    });
  answers.push(...(await askEverything(api, world, caseId)), await streamed(api, token));
  answers.push(await asked(`${running.url}/metrics`, token), await asked(`${running.url}/`, token));
  const copy = join(directory, 'copy');
  const bundle = join(directory, 'bundle.json');
  answers.push(
    await command(world, 'backup', '--data', world.data, '--out', copy),
    await command(world, 'check', '--config', world.config, '--probe'),
  );
  assert.equal(await running.end('SIGTERM'), 0, running.said());
  answers.push(await command(world, 'evidence', 'export', caseId, '--data', world.data, '--out', bundle));
  const [stored, copied] = [filesBelow(world.data), filesBelow(copy)];
  const key = stored.find(([, bytes]) => bytes.includes('-----BEGIN PRIVATE KEY-----'));
  assert.ok(key !== undefined, 'the audit log is signed with a key');
  canaries.add('signing key', key[1].toString());

  const texts = answers.join('\n');
  assert.match(texts, /\*\*\*/, 'something was cut out: the peers did repeat secrets');
  assert.ok(stored.length > 6 && copied.length > 6);
  assert.ok(running.said().includes('siem') && texts.includes('endpoint_refused'));
  assertNone(canaries, [
    ['log and terminal', running.said()],
    ['an answer', texts],
    ['the evidence bundle', readFileSync(bundle)],
    ...stored.filter(([name]) => name !== key[0]).map(([name, bytes]) => [`data/${name}`, bytes] as const),
    ...copied.filter(([name]) => name !== key[0]).map(([name, bytes]) => [`backup/${name}`, bytes] as const),
  ]);
});

test('an engine on Kafka that is refused says nothing of its secrets, and every place for a secret was tried', async (t) => {
  const [embedded, kafka] = [await embeddedWorld(t), await kafkaWorld(t)];
  if (embedded === undefined || kafka === undefined) return t.skip('the openssl command is not installed');
  const without = [...secretPlaces([embedded.document, kafka.document])]
    .filter(([, isPlanted]) => !isPlanted)
    .map(([place]) => place);
  assert.deepEqual(without, [], 'a new kind of secret needs a canary');
  const said = await command(kafka, 'run', '--config', kafka.config);
  assert.ok((kafka.peers[0]?.server.count() ?? 0) > 0, said);
  assertNone(kafka.planter.canaries, [['log', said], ...filesBelow(kafka.data)]);
});
