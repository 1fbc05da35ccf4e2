/** Records written to act on whoever reads about them, in the console of a real browser: no script runs, nothing leads away, nothing hides. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { hostileTexts } from '../fixtures/hostile-texts.ts';
import {
  deliverPatiently,
  eventually,
  startCollector,
  untilReady,
  type CollectorProcess,
} from './collector-process.ts';
import { browserSkip, openBrowser, openPage, settled } from './console-browser.ts';

const skip = browserSkip();
const secret = 'hostile-secret';
const texts = hostileTexts.filter((text) => text.length < 400).slice(0, 48);
const domainOf = (i: number): string => `d${i}.example`;

let collector: CollectorProcess;
let browser: Browser;
let directory: string;

/** A transfer lock taken away by somebody with such a name, and a record that holds the text. */
function records(text: string, i: number): object[] {
  const common = {
    timestamp: new Date().toISOString(),
    domain: domainOf(i),
    actor_id: text,
    actor_name: text,
  };
  return [
    {
      ...common,
      id: `lock-${i}`,
      source_kind: 'registrar_audit',
      event_type: 'registrar.domain.lock_disabled',
      attribute: 'statuses',
      old_value: ['clientTransferProhibited'],
      new_value: [],
      registrar_account: 'dnsimple/1010',
    },
    {
      ...common,
      id: `text-${i}`,
      source_kind: 'dns_audit',
      event_type: 'dns.record.updated',
      record_name: domainOf(i),
      record_type: 'TXT',
      old_value: ['"v=spf1 -all"'],
      new_value: [text],
      user_agent: text,
    },
  ];
}

before(async () => {
  if (skip !== false) return;
  directory = mkdtempSync(join(tmpdir(), 'zonewarden-hostile-'));
  const domains = texts.map(
    (_, i) => `{domain: ${domainOf(i)}, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010}`,
  );
  writeFileSync(
    join(directory, 'inventory.yaml'),
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
${domains.map((line) => `  - ${line}`).join('\n')}
`,
  );
  const config = join(directory, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
inventory: inventory.yaml
sources: [{id: hook, feed: webhook, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: HOOK}}}]
sinks: []
`,
  );
  collector = await startCollector(['--config', config, '--data', join(directory, 'var')], { HOOK: secret });
  await untilReady(collector.url);
  for (const [i, text] of texts.entries())
    for (const record of [...records(text, i), text])
      assert.equal(await deliverPatiently(collector.url, 'hook', secret, JSON.stringify(record)), 200);
  browser = await openBrowser();
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  await collector.end('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

async function asked(path: string): Promise<any> {
  return (await (await fetch(`${collector.url}/api/v1${path}`)).json()) as unknown;
}

/** What acts, leads away or hides on a page as it stands: an expression for the browser that gives the problems. */
const found = String.raw`(() => {
  const problems = new Set();
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    if (['iframe', 'object', 'embed'].includes(name)) problems.add('element ' + name);
    if (name === 'script' && !element.src.startsWith(location.origin)) problems.add('a script of somebody else');
    for (const { name: attribute, value } of element.attributes) {
      if (attribute.startsWith('on')) problems.add(name + ' ' + attribute);
      if (!['href', 'src', 'action', 'srcset', 'xlink:href'].includes(attribute)) continue;
      const url = new URL(value, location.href);
      const isPicture = name === 'img' && url.protocol === 'data:';
      const isFaithful = url.protocol === 'https:' && !url.hostname.endsWith('evil.example');
      if (url.origin !== location.origin && !isPicture && !isFaithful)
        problems.add(name + ' ' + attribute + '=' + value.slice(0, 80));
    }
  }
  const said = [...document.querySelectorAll('[title],[aria-label]')].flatMap((element) =>
    ['title', 'aria-label'].map((name) => element.getAttribute(name) ?? ''),
  );
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
    if (!['style', 'script'].includes(node.parentElement.localName)) said.push(node.nodeValue);
  // Lone halves, line separators, fillers, tags, controls, directions and what has no width.
  const acting = /[\p{Cs}\p{Zl}\p{Zp}\u3164\uffa0\u{e0000}-\u{e007f}]|(?![\n\t\r])\p{Cc}|\p{Cf}/u;
  for (const text of said) {
    const match = acting.exec(text);
    if (match !== null)
      problems.add('U+' + match[0].codePointAt(0).toString(16) + ' in ' + JSON.stringify(text.slice(0, 120)));
  }
  return [...problems];
})()`;
const shown = 'document.body.innerText';

async function look(page: Page, path: string, heading: string | RegExp): Promise<string> {
  await page.goto(`${collector.url}${path}`);
  await settled(page, heading);
  assert.deepEqual(await page.evaluate<string[]>(found), [], path);
  return await page.evaluate<string>(shown);
}

test(
  'hostile records on every page of the console: no script runs, no link leads away, nothing hides',
  { skip },
  async () => {
    await eventually('a case for most domains', async () =>
      (await asked('/cases?limit=1')).total >= texts.length / 2 ? true : undefined,
    );
    const { page, faults } = await openPage(browser, collector.url, 'dark', 1400);
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const popups: string[] = [];
    page.context().on('page', (other) => popups.push(other.url()));
    await look(page, '/fleet', 'Fleet');
    await look(page, '/cases', 'Cases');
    await look(page, '/coverage?unreadable=shown', 'Coverage');
    await look(page, '/audit', 'Audit');
    let seen = '';
    for (const { case_id: id } of (await asked('/cases?limit=12')).items as { case_id: string }[])
      seen += await look(page, `/cases/${id}`, /./);
    for (const i of texts.keys()) seen += await look(page, `/domains/acme/${domainOf(i)}`, domainOf(i));
    assert.ok(seen.includes('<script>alert(1)</script>'), 'what somebody wrote is shown as text');
    const turned = /pay(.{1,12}?)lapyap\.example/u.exec(seen)?.[1];
    assert.ok(
      turned !== undefined,
      'where a character turned the direction of a name, another one shows that',
    );
    assert.deepEqual(dialogs, []);
    assert.deepEqual(popups, []);
    // Nobody signed in: what only others may read is refused.
    assert.deepEqual(
      faults.filter((fault) => !/^403 |status of 403/.test(fault)),
      [],
    );
  },
);
