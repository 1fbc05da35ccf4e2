/**
 * Makes the secrets of the demo once, as files in a volume: nothing is committed, nothing is in an environment. The
 * configurations get an API token of their own beside them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.env['SECRETS_DIRECTORY'] ?? '/run/zonewarden';
const configurations = process.env['CONFIGURATIONS_DIRECTORY'] ?? '/etc/zonewarden';

for (const name of ['grafana_admin_password', 'demo_key', 'api_token', 'grafana_token']) {
  const file = join(directory, name);
  if (existsSync(file)) continue;
  writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o444, flag: 'wx' });
}

function digestOf(name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(directory, name)))
    .digest('hex');
}

// Grafana's own token only reads and stands for nobody; whoever is signed in there is named by Grafana's signed identity.
const access = [
  'api:',
  '  anonymous: viewer',
  '  tokens:',
  `    - { id: compose, sha256: ${digestOf('api_token')}, user: 'compose:admin', roles: [viewer, responder, approver, admin] }`,
  `    - { id: grafana, sha256: ${digestOf('grafana_token')}, roles: [viewer] }`,
  '  grafana:',
  '    jwks_url: http://grafana:3000/api/signing-keys/keys',
  '    issuer: http://localhost:3000/',
  "    users: [{ subject: 'user:1', roles: [viewer, responder, approver, rule_editor, admin] }]",
].join('\n');
for (const name of ['default.yaml', 'quick.yaml'])
  writeFileSync(join(directory, name), `${readFileSync(join(configurations, name), 'utf8')}${access}\n`);

process.stdout.write(
  'Secrets are in the volume "secrets". Password of the Grafana user admin, and token of the API:\n' +
    '  docker compose exec collector cat /run/zonewarden/grafana_admin_password\n' +
    '  docker compose exec collector cat /run/zonewarden/api_token\n',
);
