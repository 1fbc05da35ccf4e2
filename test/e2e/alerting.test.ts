/**
 * From an event to a notification through the real tools: collector, Prometheus that scrapes it, the shipped rules,
 * Alertmanager with the shipped tree, local receivers. Prints how long it took.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';
import { root, type Received, missing, until, deliver, type Stack, stack } from './alerting-stack.ts';

/** Rules that Prometheus could not evaluate, e.g. because a join found two partners. */
async function brokenRules(prometheus: string): Promise<string[]> {
  const answer = (await (await fetch(`${prometheus}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  };
  return answer.data.groups.flatMap(({ rules }) =>
    rules.flatMap(({ name, health, lastError }) => (health === 'err' ? [`${name}: ${lastError}`] : [])),
  );
}

interface Board {
  readonly panels: {
    readonly title: string;
    readonly targets: { readonly expr: string; readonly datasource: { readonly type: string } }[];
  }[];
}

/** Every PromQL query of every dashboard, with the variables as Grafana fills them. */
async function dashboardQueries(prometheus: string): Promise<{ asked: number; answered: number }> {
  let asked = 0;
  let answered = 0;
  for (const [path, json] of dashboardFiles())
    for (const { title, targets } of (JSON.parse(json) as Board).panels)
      for (const { expr, datasource } of targets) {
        if (datasource.type !== 'prometheus') continue;
        const query = expr
          .replaceAll(/\$__(rate_interval|range)/g, '1m')
          .replaceAll('$tenant', '.*')
          .replaceAll('$domain', 'shop.example');
        const answer = await fetch(`${prometheus}/api/v1/query`, {
          method: 'POST',
          body: new URLSearchParams({ query }),
        });
        const { status, error, data } = (await answer.json()) as {
          status: string;
          error?: string;
          data?: { result: unknown[] };
        };
        assert.equal(status, 'success', `${path} › ${title}: ${error}\n${query}`);
        asked++;
        if ((data?.result.length ?? 0) > 0) answered++;
      }
  return { asked, answered };
}

interface GrafanaRules {
  readonly groups: {
    readonly rules: {
      readonly uid: string;
      readonly data: { readonly model: { readonly expr?: string } }[];
    }[];
  }[];
}

/** How many series above 0 the query of each Grafana-managed rule gives; a query that fails is a mistake. */
async function grafanaQueries(prometheus: string, path: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const { groups } = parse(readFileSync(join(root, path), 'utf8')) as GrafanaRules;
  for (const { uid, data } of groups.flatMap(({ rules }) => rules)) {
    const query = data[0]?.model.expr ?? '';
    const answer = await fetch(`${prometheus}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query }),
    });
    const {
      status,
      error,
      data: found,
    } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: { value: [number, string] }[] };
    };
    assert.equal(status, 'success', `${path} ${uid}: ${error}`);
    counts.set(uid, found?.result.filter(({ value }) => Number(value[1]) > 0).length ?? 0);
  }
  return counts;
}

/** Words of a case are others' words: a mention, a link and code marks must not survive into a chat message. */
async function hostileWords({ alertmanager, received }: Stack): Promise<void> {
  const hostile = '<!channel> & `<https://evil.example|click>`';
  const labels = {
    source: 'zonewarden',
    signal: 'case',
    notify: 'page',
    case_id: 'case-hostile',
    severity: 'critical',
  };
  const annotations = {
    summary: hostile,
    change: hostile,
    description: hostile,
    owner: hostile,
    deadline: hostile,
  };
  const answer = await fetch(`${alertmanager}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: 'ZonewardenCase', ...labels }, annotations }]),
  });
  assert.equal(answer.status, 200);
  const message = await until('the hostile message', () =>
    received.find(({ path, body }) => path === '/slack' && JSON.stringify(body).includes('case-hostile')),
  );
  const [attachment] = message.body['attachments'] as { title: string; text: string }[];
  assert.equal(attachment?.title, '[CRITICAL] &lt;!channel&gt; &amp; `&lt;https://evil.example|click&gt;`');
  assert.match(
    attachment?.text ?? '',
    /\*What changed\* `&lt;!channel&gt; &amp; '&lt;https:\/\/evil\.example\|click&gt;'`/,
  );
  assert.doesNotMatch(attachment?.text ?? '', /<!|<https:\/\/evil/);
}

test('an event becomes a page, a chat message and tickets, and grows worse without a second ticket', async (t) => {
  const absent = missing();
  if (absent.length > 0)
    return t.skip(`not installed: ${absent.join(', ')} (Debian packages of these names)`);
  const running = await stack(t);
  const { url, prometheus, received } = running;
  const at = (path: string): Received[] => received.filter((one) => one.path === path);
  const stamp = (): string => new Date().toISOString().replace(/\.\d+/, '');

  const firstMs = Date.now();
  const domain = { id: 1, name: 'shop.example', state: 'registered', account_id: 1010 };
  await deliver(url, 'domain.auto_renewal_disable', { domain: { ...domain, updated_at: stamp() } });
  const first = await until('a first webhook', () => at('/automation')[0]);
  t.diagnostic(`renewal switched off, to webhook: ${(first.atMs - firstMs) / 1000} s`);
  const firstTicket = await until('a first ticket', () => at('/jira')[0]);

  const unlockMs = Date.now();
  await deliver(url, 'zone_record.update', {
    zone_record: {
      id: 8,
      ttl: 60,
      name: 'api',
      type: 'A',
      content: '203.0.113.9',
      zone_id: 'shop.example',
      updated_at: stamp(),
    },
  });
  await deliver(url, 'domain.transfer_lock_disable', { domain: { ...domain, updated_at: stamp() } });
  const page = await until('a page', () =>
    at('/pagerduty').find(({ body }) => (body['payload'] as { severity?: string })?.severity === 'critical'),
  );
  const chat = await until('a chat message', () =>
    at('/slack').find(({ body }) => JSON.stringify(body).includes('CRITICAL')),
  );
  t.diagnostic(
    `unlock to PagerDuty: ${(page.atMs - unlockMs) / 1000} s, to Slack: ${(chat.atMs - unlockMs) / 1000} s`,
  );
  t.diagnostic('with a scrape each second, rules every 10 s as shipped, and group_wait 1 s instead of 10 s');

  const payload = page.body['payload'] as Record<string, unknown> & {
    custom_details: Record<string, string>;
  };
  assert.equal(page.body['event_action'], 'trigger');
  assert.match(String(payload['summary']), /^\[CRITICAL\] .*shop\.example/);
  assert.equal(payload['component'], 'shop.example');
  assert.match(payload.custom_details['what_changed'] ?? '', /203\.0\.113\.9|lock/);
  assert.ok((payload.custom_details['why'] ?? '').length > 20);
  assert.equal(payload.custom_details['owner'], 'payments');
  assert.match(payload.custom_details['case'] ?? '', /\/cases\/case-[a-z0-9]+$/);
  assert.equal(page.body['client_url'], payload.custom_details['case']);

  const [attachment] = chat.body['attachments'] as {
    title: string;
    text: string;
    color: string;
    fallback: string;
  }[];
  assert.equal(attachment?.color, 'danger');
  assert.match(attachment?.text ?? '', /\*Owner\* payments, team dns-ops/);
  assert.match(attachment?.text ?? '', /<http:\/\/localhost:8470\/cases\/case-[a-z0-9]+\|Case case-/);
  const escalated = await until('the ticket of the worse case', () =>
    at('/jira').find(({ body, atMs }) => atMs > unlockMs && JSON.stringify(body).includes('"critical"')),
  );
  const groupKeys = (path: string): Set<unknown> => new Set(at(path).map(({ body }) => body['groupKey']));
  const caseIds = new Set(
    at('/jira').map(({ body }) => (body['groupLabels'] as { case_id: string }).case_id),
  );
  assert.equal(groupKeys('/jira').size, caseIds.size, 'a case has one ticket identity');
  assert.equal(
    escalated.body['groupKey'],
    firstTicket.body['groupKey'],
    'the escalation joins the ticket that is there',
  );
  assert.equal(
    new Set(at('/pagerduty').map(({ body }) => body['dedup_key'])).size,
    new Set(at('/pagerduty').map(({ body }) => (body['payload'] as typeof payload).custom_details['case']))
      .size,
  );
  assert.deepEqual(
    at('/operations').filter(({ body }) => JSON.stringify(body).includes('ZonewardenCase')),
    [],
  );
  assert.deepEqual(await brokenRules(prometheus), []);
  const { asked, answered } = await dashboardQueries(prometheus);
  t.diagnostic(`${asked} queries of dashboards run in Prometheus, ${answered} of them have data here`);
  assert.ok(asked > 60 && answered > 30, `${asked} ${answered}`);
  const full = await grafanaQueries(prometheus, 'alert-rules/grafana/full/rules.yaml');
  const plain = await grafanaQueries(prometheus, 'alert-rules/grafana/rules-only/rules.yaml');
  assert.equal(full.get('zonewarden-case'), caseIds.size, 'one instance per case');
  assert.deepEqual(
    ['tickets', 'page', 'digest', 'drill'].map((suffix) => plain.get(`zonewarden-case-${suffix}`)),
    [caseIds.size, 1, 0, 0],
  );
  await hostileWords(running);
});
