import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { automaticSteps } from '../../../collector/src/app/automatic-steps/step-list.ts';
import { shippedPlaybooks } from '../../../collector/src/app/case-keeper.ts';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
const responder = tokenOf('acme', 'responder');
const actor = 'registrar-a:alice@acme.example';

interface Step {
  readonly id: string;
  readonly mode: string;
  readonly done: { readonly by: string; readonly result?: string } | null;
}

before(async () => {
  running = await startCollector();
});
after(() => running.stop());

async function detailOnceLooked(domain: string, token = responder): Promise<any> {
  return running.until(`automatic steps about ${domain}`, async () => {
    const { body: list } = await running.call('GET', `/cases?domain=${domain}`, { token });
    const id = list.items[0]?.case_id;
    if (id === undefined) return undefined;
    const { body } = await running.call('GET', `/cases/${id}`, { token });
    const automatic = (body.playbook?.steps ?? []).filter(({ mode }: Step) => mode === 'automatic');
    return automatic.length > 0 && automatic.every(({ done }: Step) => done !== null) ? body : undefined;
  });
}

function resultOf(detail: any, id: string): string {
  const step: Step | undefined = detail.playbook.steps.find((each: Step) => each.id === id);
  return step?.done?.result ?? '';
}

test('every automatic step of every shipped playbook can be carried out', () => {
  const missing = shippedPlaybooks().flatMap(({ id, steps }) =>
    steps
      .filter((step) => step.mode === 'automatic' && !automaticSteps.has(step.id))
      .map((step) => `${id}/${step.id}`),
  );
  assert.deepEqual(missing, []);
});

test('automatic steps run by themselves, say what they found, and stand in the story once', async () => {
  await running.deliver('acme', {
    event_type: 'registrar.session.login_succeeded',
    registrar_account: 'dnsimple/1010',
    actor_id: actor,
    actor_type: 'user',
    source_ip: '198.51.100.7',
  });
  await running.deliver('acme', lockRemoved);
  const detail = await detailOnceLooked('shop.example');
  assert.equal(detail.playbook.id, 'PB1');
  assert.match(resultOf(detail, 'list_access'), /1 login, last .* by registrar-a:alice@acme\.example/);
  assert.match(resultOf(detail, 'match_tickets'), /no ticket, plan or other intent about shop\.example/);
  assert.match(resultOf(detail, 'snapshot'), /shop\.example: .*lock disabled \(registrar audit/);
  assert.match(resultOf(detail, 'snapshot'), /no probe looks at this name from outside/);
  assert.match(resultOf(detail, 'watch_nameservers'), /nobody has told its name servers/);
  const lines = detail.case.timeline.filter(({ text }: { text: string }) =>
    text.startsWith('Checked, list access'),
  );
  assert.equal(lines.length, 1);
  assert.equal(lines[0].kind, 'action');
  assert.ok(detail.case.actions.some((text: string) => /^\[done .*\] List logins/.test(text)));
});

test('viewers read results without people', async () => {
  assert.match(JSON.stringify((await detailOnceLooked('shop.example')).playbook), /alice@acme/);
  const detail = await detailOnceLooked('shop.example', tokenOf('acme', 'viewer'));
  assert.doesNotMatch(JSON.stringify(detail), /alice/);
  assert.match(JSON.stringify(detail.playbook), /1 login, last .* by person-/);
});

test('a step that is looked at again speaks when its result changed', async () => {
  await running.deliver('acme', {
    event_type: 'registrar.domain.nameservers_changed',
    domain: 'shop.example',
    attribute: 'nameservers',
    old_value: ['ns1.a.example'],
    new_value: ['ns1.evil.example'],
    actor_id: actor,
    registrar_account: 'dnsimple/1010',
  });
  const found = await running.until('the new verdict', async () => {
    const { body: list } = await running.call('GET', '/cases?domain=shop.example', { token: responder });
    const { body } = await running.call('GET', `/cases/${list.items[0].case_id}`, { token: responder });
    const results = ['prove_recovery', 'compare_value', 'watch_nameservers'].map((id) => resultOf(body, id));
    return results.some((text) => text.includes('NOT the approved') || text.includes('not recovered'))
      ? body
      : undefined;
  });
  const words = found.playbook.steps.map(({ done }: Step) => done?.result ?? '').join('\n');
  assert.match(words, /ns1\.evil\.example/);
  assert.match(words, /ns1\.a\.example/);
});
