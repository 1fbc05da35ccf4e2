/** Domain, coverage, rules, suppressions and audit in a real Chromium, on a collector that plays the demo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFindings, picture, settled, startDemo, themes } from './console-browser.ts';
import { consoleFixture } from './console-fixture.ts';

const fixture = consoleFixture(startDemo);
const { skip } = fixture;

const pages = [
  ['domain', '/a/zonewarden-domains-app/domains/acme/example.com', 'example.com', 'Open cases'],
  ['coverage', '/a/zonewarden-domains-app/coverage', 'Coverage', 'Kinds of witness'],
  ['rules', '/a/zonewarden-domains-app/rules', 'Rules', undefined],
  ['suppressions', '/a/zonewarden-domains-app/suppressions', 'Suppressions', 'Silences outside'],
  ['audit', '/a/zonewarden-domains-app/audit', 'Audit', undefined],
] as const;

for (const theme of themes)
  test(
    `domain, coverage, rules, suppressions, audit, ${theme}: drawn, readable by axe, nothing broken`,
    { skip },
    async () => {
      for (const width of [1400, 900]) {
        const { page, faults } = await fixture.open(theme, width);
        for (const [name, path, title, section] of pages) {
          await page.goto(`${fixture.world.base}${path}`);
          await settled(page, title);
          if (section !== undefined) await page.getByRole('heading', { name: section }).waitFor();
          await picture(page, `${name}-${theme}-${width}`);
          assert.deepEqual(await axeFindings(page), [], `${name} ${theme} ${width}`);
        }
        assert.deepEqual(faults, []);
        await page.context().close();
      }
    },
  );

test(
  'a link without a tenant leads to the domain; a rule opens from the list and stands in the address',
  { skip },
  async () => {
    const { page } = await fixture.open('dark', 1400);
    await page.goto(`${fixture.world.base}/a/zonewarden-domains-app/domains/example.com`);
    await page.waitForURL('**/domains/acme/example.com');
    await page.goto(`${fixture.world.base}/a/zonewarden-domains-app/domains/nobody.example`);
    await page.getByText('This domain is not watched').waitFor();
    await page.goto(`${fixture.world.base}/a/zonewarden-domains-app/rules?q=R05`);
    await page.getByRole('button', { name: /R05/ }).click();
    await page.getByRole('heading', { name: 'Tests' }).waitFor();
    assert.match(page.url(), /rule=/);
    await page.context().close();
  },
);
