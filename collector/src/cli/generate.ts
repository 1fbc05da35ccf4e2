/** `npm run generate`: writes the parts of the documentation that come from code. */
import { mkdir, writeFile } from 'node:fs/promises';
import { alertFiles } from '../app/alert-model/alert-files.ts';
import { apiPage, openApiText } from '../app/api-page.ts';
import { configurationPage } from '../app/config-page.ts';
import { dashboardFiles } from '../app/dashboard-model/dashboard-files.ts';
import { errorPage } from '../app/error-page.ts';
import { featuresPage } from '../app/features-page.ts';
import { contractTypes } from '../app/contract-types.ts';
import { detectorFrom, shippedRulesPath } from '../app/rule-files.ts';
import { schemaFiles } from '../app/schema-files.ts';
import { detectionsPage } from '../6-detect/detections-page.ts';
import { endpoints } from '../contract/api.ts';
import { commandsPage } from './command-help.ts';
import { shippedRuleTests } from './rules-proof.ts';

const docs = new URL('../../../docs/', import.meta.url);

await mkdir(new URL('schema/', docs), { recursive: true });
for (const [name, text] of schemaFiles()) await writeFile(new URL(`schema/${name}`, docs), text);
await writeFile(new URL('errors.md', docs), errorPage());
await writeFile(new URL('features.md', docs), featuresPage());
await writeFile(new URL('configuration.md', docs), configurationPage());
for (const [path, text] of [...alertFiles(), ...dashboardFiles()]) {
  const file = new URL(`../${path}`, docs);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, text);
}
const { ruleSet } = await detectorFrom([shippedRulesPath()]);
await writeFile(new URL('detections.md', docs), detectionsPage(ruleSet, await shippedRuleTests(ruleSet)));
await writeFile(new URL('commands.md', docs), commandsPage());
await writeFile(new URL('api.md', docs), apiPage());
await writeFile(new URL('openapi.json', docs), openApiText());
await writeFile(new URL('../grafana-plugin/src/api/contract.gen.ts', docs), contractTypes(endpoints));
