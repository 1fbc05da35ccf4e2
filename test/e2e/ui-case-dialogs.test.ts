/** Every change a person can make in a case, by its dialog in a real Chromium; what came of it is asked from the API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { personId, startApprovalWorld, tokenOf, type PersonName } from './approval-world.ts';
import { axeFindings, picture, settled } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';

const fixture = consoleFixture(startApprovalWorld);
const { skip } = fixture;

async function openAs(name: PersonName, id: string, heading: RegExp): Promise<Page> {
  const { page } = await fixture.open('dark', 1400);
  await page.goto(`${fixture.world.base}/cases/${id}`);
  await page.getByLabel('Token').fill(tokenOf(name));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await settled(page, heading);
  await page.getByRole('heading', { name: 'Work on the case' }).waitFor();
  return page;
}

const caseNow = async (id: string) => (await fixture.world.call('GET', `/cases/${id}`, 'rob')).body;

test('assign, contained, closed with a disposition, open again', { skip }, async () => {
  const id = await fixture.world.anotherCase('pay.example');
  const page = await openAs('rob', id, /pay\.example/);
  await page.getByRole('button', { name: 'Assign …' }).click();
  await page.getByLabel('Person').fill(personId('ann'));
  await page.getByRole('dialog').getByRole('button', { name: 'Assign', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await caseNow(id)).case.assignee, personId('ann'));

  await page.getByRole('button', { name: 'Attack is stopped …' }).click();
  await page.getByLabel('Reason (optional)').fill('provider took it down');
  await page.getByRole('dialog').getByRole('button', { name: 'Contained' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await caseNow(id)).case.state, 'contained');

  await page.getByRole('button', { name: 'Close …' }).click();
  await page
    .getByRole('dialog')
    .getByText('False alarm')
    .or(page.getByRole('dialog').getByText(/rule or a source was wrong/))
    .first()
    .click();
  await page.getByLabel('Reason').fill('the probe asked a stale resolver');
  await page.getByRole('button', { name: 'Close case' }).click();
  await page.getByRole('button', { name: 'Open again …' }).waitFor();
  const closed = (await caseNow(id)).case;
  assert.deepEqual([closed.state, closed.disposition], ['closed', 'false_positive']);

  await page.getByRole('button', { name: 'Open again …' }).click();
  await page.getByLabel('Reason (optional)').fill('it is back');
  await page.getByRole('dialog').getByRole('button', { name: 'Open again' }).click();
  await page.getByRole('button', { name: 'Close …' }).waitFor();
  assert.equal((await caseNow(id)).case.state, 'reopened');
});

test(
  'findings like these are suppressed; the page of suppressions renews, makes and ends them',
  { skip },
  async () => {
    const id = await fixture.world.anotherCase('mail.example');
    const page = await openAs('rob', id, /mail\.example/);
    await page.getByRole('button', { name: 'Suppress …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'Domain' }).check({ force: true });
    await dialog.getByLabel('Reason').fill('mail moves this week');
    await dialog.getByLabel('Ticket').fill('CHG-1');
    await dialog.getByLabel('Owner').fill('ops');
    await picture(page, 'case-suppress');
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Suppress', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const list = async () => (await fixture.world.call('GET', '/suppressions', 'rob')).body.items;
    const [made] = await list();
    // A domain of tier 0 is hidden by two people only.
    assert.deepEqual([made.scope, made.state, made.ticket], [{ domain: 'mail.example' }, 'waiting', 'CHG-1']);

    await page.goto(`${fixture.world.base}/suppressions`);
    await settled(page, 'Suppressions');
    const approved = await fixture.world.call('POST', `/suppressions/${made.id}/approve`, 'ben', {});
    assert.equal(approved.status, 200);
    await page.reload();
    await page.getByRole('button', { name: 'Renew …' }).click();
    assert.equal(await dialog.getByLabel('Domain').last().inputValue(), 'mail.example');
    await dialog.getByRole('radio', { name: '30 d' }).check({ force: true });
    await dialog.getByRole('button', { name: 'Suppress', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await list()).length, 2);

    await page.getByRole('button', { name: 'Suppress …' }).click();
    await dialog.getByRole('radio', { name: 'Network' }).check({ force: true });
    await dialog.getByLabel('Network').last().fill('192.0.2.0/24');
    await dialog.getByLabel('Reason').fill('our own probes');
    await dialog.getByLabel('Ticket').fill('CHG-2');
    await dialog.getByLabel('Owner').fill('ops');
    await dialog.getByRole('radio', { name: 'For good (two approvals)' }).check({ force: true });
    await dialog.getByRole('button', { name: 'Suppress', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    // For good needs two others: it waits, and who made it may not approve it.
    const row = page.getByRole('row', { name: /192\.0\.2\.0\/24/ });
    await row.getByText('Waiting').waitFor();
    assert.equal(await row.getByRole('button', { name: 'Approve' }).getAttribute('aria-disabled'), 'true');
    await picture(page, 'suppressions-made');
    assert.deepEqual(await axeFindings(page), []);
    for (const name of ['ann', 'ben'] as const) {
      const { page: theirs } = await fixture.open('light', 1400);
      await theirs.goto(`${fixture.world.base}/suppressions`);
      await theirs.getByLabel('Token').fill(tokenOf(name));
      await theirs.getByRole('button', { name: 'Sign in' }).click();
      await theirs
        .getByRole('row', { name: /192\.0\.2\.0\/24/ })
        .getByRole('button', { name: 'Approve' })
        .click();
      await theirs
        .getByRole('row', { name: /192\.0\.2\.0\/24/ })
        .getByText(name === 'ann' ? '1/2' : '2/2')
        .waitFor();
      await theirs.context().close();
    }
    const waiting = (await list()).find((each: any) => each.scope.cidr !== undefined);
    assert.equal(waiting.state, 'active');
    await page.reload();
    await page
      .getByRole('row', { name: /192\.0\.2\.0\/24/ })
      .getByRole('button', { name: 'End' })
      .click();
    await page
      .getByRole('row', { name: /192\.0\.2\.0\/24/ })
      .getByText('Ended')
      .waitFor();
    assert.equal((await list()).find((each: any) => each.scope.cidr !== undefined).state, 'ended');
  },
);

test('two cases become one and two again', { skip }, async () => {
  const first = await fixture.world.anotherCase('blog.example');
  const second = await fixture.world.anotherCase('wiki.example');
  const page = await openAs('rob', second, /wiki\.example/);
  await page.getByRole('button', { name: 'Merge …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Other case').click();
  await page.getByRole('option', { name: /blog\.example/ }).click();
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.waitForURL(new RegExp(`/cases/${first}$`));
  await settled(page, /example/);
  const merged = (await caseNow(first)).case;
  assert.deepEqual(new Set(merged.domains), new Set(['blog.example', 'wiki.example']));
  assert.equal((await caseNow(second)).case.merged_into, first);

  await page.getByRole('button', { name: 'Split …' }).click();
  await dialog.getByRole('checkbox').last().check({ force: true });
  await picture(page, 'case-split');
  await dialog.getByRole('button', { name: 'Move to a case of their own' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('The findings have a case of their own now.').waitFor({ state: 'attached' });
  assert.equal((await caseNow(first)).case.finding_ids.length, merged.finding_ids.length - 1);
});

test(
  'a legal hold is set by an approver, seen by everybody, and lifted by an administrator',
  { skip },
  async () => {
    const id = await fixture.world.anotherCase('docs.example');
    const ann = await openAs('ann', id, /docs\.example/);
    await ann.getByRole('button', { name: 'Legal hold …' }).click();
    await ann.getByLabel('Reason (optional)').fill('counsel asked');
    await ann.getByRole('dialog').getByRole('button', { name: 'Set hold' }).click();
    await ann.getByTitle(/may be forgotten/).waitFor();
    assert.equal((await caseNow(id)).legal_hold, true);
    const lift = ann.getByRole('button', { name: 'Lift legal hold …' });
    assert.equal(await lift.getAttribute('aria-disabled'), 'true', 'an approver cannot lift it');
    await picture(ann, 'case-hold');
    const ada = await openAs('ada', id, /docs\.example/);
    await ada.getByTitle(/may be forgotten/).waitFor();
    await ada.getByRole('button', { name: 'Lift legal hold …' }).click();
    await ada.getByRole('dialog').getByRole('button', { name: 'Lift hold' }).click();
    await ada.getByTitle(/may be forgotten/).waitFor({ state: 'detached' });
    assert.equal((await caseNow(id)).legal_hold, false);
  },
);

test(
  'a proposal in words: rejected once, approved, carried out by one and seen by another',
  { skip },
  async () => {
    const id = await fixture.world.anotherCase('help.example');
    const rob = await openAs('rob', id, /help\.example/);
    const propose = async (what: string): Promise<string> => {
      const { body } = await fixture.world.call('POST', `/cases/${id}/actions`, 'rob', {
        what,
        destructive: false,
      });
      await rob.locator(`[data-proposal="${body.id}"]`).waitFor();
      return body.id as string;
    };
    const bad = await propose('switch everything off');
    const ann = await openAs('ann', id, /help\.example/);
    const rejected = ann.locator(`[data-proposal="${bad}"]`);
    await rejected.getByRole('button', { name: 'Reject …' }).click();
    await rejected.getByLabel('Reason').fill('too much');
    await rejected.getByRole('button', { name: 'Reject', exact: true }).click();
    await rejected.getByText('Rejected').waitFor();

    const good = await propose('call the registrar and freeze the account');
    const own = ann.locator(`[data-proposal="${good}"]`);
    await own.getByRole('button', { name: 'Approve' }).click();
    const robs = rob.locator(`[data-proposal="${good}"]`);
    await robs.getByLabel('What came of it').fill('frozen, ticket 4711');
    await robs.getByRole('button', { name: 'Carried out' }).click();
    await robs.getByText(`Carried out by ${personId('rob')}: frozen, ticket 4711`).waitFor();
    await robs
      .locator('p', { hasText: 'You carried it out: somebody else has to see the effect.' })
      .waitFor();
    await own.getByRole('button', { name: 'Effect seen' }).click();
    await own.getByText('Confirmed').waitFor();
    await picture(ann, 'case-by-hand');
    assert.deepEqual(await axeFindings(ann), []);
    const states = Object.fromEntries(
      (await caseNow(id)).proposals.map((each: any) => [each.action_id, each.state]),
    );
    assert.deepEqual(states, { [bad]: 'rejected', [good]: 'confirmed' });
  },
);

test(
  'coverage shows what could not be read to those who may; audit says that its log is whole',
  { skip },
  async () => {
    await fixture.world.deliver('{"event_type": "dns.record.updated", "domain": ');
    const { page } = await fixture.open('dark', 1400);
    await page.goto(`${fixture.world.base}/coverage`);
    await page.getByLabel('Token').fill(tokenOf('ada'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await settled(page, 'Coverage');
    await page.getByRole('button', { name: 'Show them' }).click();
    await page.getByText(/Payload, \d+ bytes/).click();
    await page.getByText('{"event_type": "dns.record.updated", "domain":').waitFor();
    await page.getByRole('button', { name: 'Read again' }).scrollIntoViewIfNeeded();
    await picture(page, 'coverage-unreadable');
    assert.deepEqual(await axeFindings(page), []);
    assert.equal(new URL(page.url()).searchParams.get('unreadable'), 'shown');
    await page.goto(`${fixture.world.base}/audit`);
    await settled(page, 'Audit');
    await page
      .locator('[data-verification]')
      .getByText(/\d+ entries follow each other unbroken/)
      .waitFor();
    await page
      .getByText('GET /quarantine')
      .or(page.getByText(/quarantine/i))
      .first()
      .waitFor();
    await picture(page, 'audit-whole');
    assert.deepEqual(await axeFindings(page), []);
    const viewer = await fixture.open('light', 1400);
    await viewer.page.goto(`${fixture.world.base}/coverage?unreadable=shown`);
    await viewer.page.getByLabel('Token').fill(tokenOf('vera'));
    await viewer.page.getByRole('button', { name: 'Sign in' }).click();
    await viewer.page.getByText('It needs the role “responder”.').waitFor();
    await viewer.page.goto(`${fixture.world.base}/audit`);
    await viewer.page.getByText('You may not see this').first().waitFor();
  },
);
