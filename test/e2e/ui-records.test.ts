/** A record that could not be read gets another try; one value on several domains; an audit log that somebody touched. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import {
  movedRecord,
  otherDomains,
  personId,
  startApprovalWorld,
  tokenOf,
  type PersonName,
} from './approval-world.ts';
import { eventually } from './collector-process.ts';
import { axeFindings, picture, settled, type Theme } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';

const fixture = consoleFixture(startApprovalWorld);
const { skip } = fixture;

async function openAs(name: PersonName, path: string, title: string, theme: Theme = 'dark'): Promise<Page> {
  const page = await fixture.openAt(path, theme, 1400);
  await page.getByLabel('Token').fill(tokenOf(name));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await settled(page, title);
  return page;
}

test(
  'one new value on several domains leads from the fleet to them, and from each to the others',
  { skip },
  async () => {
    const target = '198.51.100.200';
    const moved = otherDomains.slice(0, 3);
    for (const domain of moved) await fixture.world.deliver(movedRecord(domain, target));
    await eventually('the value on three domains', async () => {
      const { body } = await fixture.world.call('GET', `/pivots?q=${target}`, 'rob');
      return body.items[0]?.domains === moved.length ? true : undefined;
    });
    for (const theme of ['dark', 'light'] as const) {
      const page = await openAs('rob', '/fleet', 'Fleet', theme);
      const news = page.getByRole('button', {
        name: new RegExp(`3 domains now have ${target}.*approved for none of them`),
      });
      await news.waitFor();
      await picture(page, `fleet-shared-${theme}`);
      await news.click();
      await page.getByText(/^3 of 7 domains$/).waitFor();
      assert.equal(await page.locator('[data-row]').count(), moved.length);
      assert.equal(new URL(page.url()).searchParams.get('shared'), `acme/address:${target}`);
      await picture(page, `fleet-shared-picked-${theme}`);
      assert.deepEqual(await axeFindings(page), []);
      await page.reload();
      await page.getByText(/^3 of 7 domains$/).waitFor();
      await page
        .getByRole('link', { name: moved[0] ?? '', exact: true })
        .first()
        .click();
      await settled(page, moved[0] ?? '');
      const others = page.getByRole('region', { name: 'Shared with other domains' }).last();
      await others.getByText(target).waitFor();
      await others
        .getByRole('link', { name: moved[1] ?? '', exact: true })
        .first()
        .waitFor();
      await page.goto(`${fixture.world.base}/fleet?shared=acme%2Faddress%3A${target}`);
      await page.getByRole('button', { name: /3 domains now have/, pressed: true }).click();
      await page.getByText(/^7 domains$/).waitFor();
      await page.context().close();
    }
  },
);

test(
  'a record that could not be read is read again by a click; who did it stands in the audit log',
  { skip },
  async () => {
    await fixture.world.deliver('{"event_type": "dns.record.updated", "domain": ');
    const id = await eventually('the record', async () => {
      const { body } = await fixture.world.call('GET', '/quarantine', 'ada');
      return body.items[0]?.id as string | undefined;
    });
    const rob = await openAs('rob', '/coverage?unreadable=shown', 'Coverage');
    const refused = rob.getByRole('button', { name: 'Read again' });
    await refused.waitFor();
    assert.equal(
      await refused.getAttribute('aria-disabled'),
      'true',
      'a responder looks, an editor of rules acts',
    );
    const ada = await openAs('ada', '/coverage?unreadable=shown', 'Coverage');
    await ada.getByRole('button', { name: 'Read again' }).click();
    const tried = await eventually('the other try in the audit log', async () => {
      const { body } = await fixture.world.call('GET', '/audit', 'ada');
      return body.items.find((each: any) => each.object === `quarantine ${id}`);
    });
    assert.equal(tried.by, personId('ada'));
    // Nothing was repaired: it is open again, with its bytes, and can be tried once more.
    await eventually('the record to be open again', async () => {
      const { body } = await fixture.world.call('GET', '/quarantine', 'ada');
      return body.items.some((each: any) => each.state === 'open') ? true : undefined;
    });
    await ada.reload();
    await ada.getByRole('button', { name: 'Read again' }).waitFor();
  },
);

test('an audit log that somebody touched on the disk is told broken, with the line', { skip }, async () => {
  const page = await openAs('ada', '/audit', 'Audit', 'light');
  const verification = page.locator('[data-verification]');
  await verification.getByText(/^●\s*Whole$/).waitFor();
  const file = join(fixture.world.auditFolder, 'entries.ndjson');
  const text = await readFile(file, 'utf8');
  const lines = text.split('\n');
  assert.ok(lines.length > 2);
  const touched = lines.map((line, at) =>
    at === 1 ? line.replace(/"by":"[^"]*"/, '"by":"okta:nobody@acme.example"') : line,
  );
  assert.notDeepEqual(touched, lines);
  await writeFile(file, touched.join('\n'));
  // A check holds for ten seconds: pressed until the next one was made.
  const until = (word: string): Promise<true> =>
    eventually(`the log to be told ${word}`, async () => {
      await page.getByRole('button', { name: 'Check again' }).click();
      return (await verification.innerText()).includes(word) ? true : undefined;
    });
  await until('Broken');
  assert.match(await verification.innerText(), /\b[12]\b/);
  await picture(page, 'audit-broken');
  assert.deepEqual(await axeFindings(page), []);
  await writeFile(file, text);
  await until('Whole');
});
