/** Makes the secrets of the demo once, as files in a volume: nothing is committed, nothing is in an environment. */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.env['SECRETS_DIRECTORY'] ?? '/run/zonewarden';

for (const name of ['grafana_admin_password', 'demo_key']) {
  const file = join(directory, name);
  if (existsSync(file)) continue;
  writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o444, flag: 'wx' });
}
process.stdout.write(
  'Secrets are in the volume "secrets". Password of the Grafana user admin:\n' +
    '  docker compose exec collector cat /run/zonewarden/grafana_admin_password\n',
);
