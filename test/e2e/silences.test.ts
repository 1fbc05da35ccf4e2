/** Silences in a real Alertmanager, whose API Grafana's own speaks too. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCollector, tokenOf } from '../unit/app/running-collector.ts';
import { ended } from './server-process.ts';
import { freePort } from './free-port.ts';

const program = ['/usr/bin/prometheus-alertmanager', '/usr/local/bin/alertmanager'].find(existsSync);

test(
  'a 90-day silence set in an Alertmanager is listed as long',
  { skip: program === undefined ? 'no Alertmanager on this machine' : false, timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zonewarden-silences-'));
    const port = await freePort();
    writeFileSync(join(folder, 'am.yml'), 'route: {receiver: none}\nreceivers: [{name: none}]\n');
    const child = spawn(
      program ?? '',
      [
        `--config.file=${join(folder, 'am.yml')}`,
        `--storage.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    const url = `http://127.0.0.1:${port}`;
    const running = await startCollector({
      extra: `outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
silences: [{id: am, kind: alertmanager, url: '${url}', interval_s: 5}]`,
    });
    try {
      await running.until('Alertmanager', async () =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => (ok ? true : undefined),
          () => undefined,
        ),
      );
      const nowMs = Date.now();
      const made = await fetch(`${url}/api/v2/silences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          matchers: [{ name: 'severity', value: 'critical|high', isRegex: true, isEqual: true }],
          startsAt: new Date(nowMs).toISOString(),
          endsAt: new Date(nowMs + 90 * 86_400_000).toISOString(),
          createdBy: 'jane',
          comment: 'too loud',
        }),
      });
      assert.equal(made.status, 200);
      const seen = await running.until('the silence', async () => {
        const { body } = await running.call('GET', '/silences', { token: tokenOf('acme', 'responder') });
        return body.items[0];
      });
      assert.deepEqual(seen.matchers, ['severity=~"critical|high"']);
      assert.equal(seen.long, true);
      assert.equal(seen.created_by, 'jane');
      assert.equal(seen.state, 'active');
    } finally {
      await running.stop();
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
