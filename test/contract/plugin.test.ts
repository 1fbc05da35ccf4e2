/**
 * The built plugin against what the plugin validator checks offline: metadata, files, versions, sizes; and every metric and event
 * name that its queries use is one that the collector emits.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { eventNames, metricNames, prometheusName } from '../../collector/src/contract/names.ts';

const root = fileURLToPath(new URL('../../grafana-plugin/', import.meta.url));
const dist = join(root, 'dist');
const built = existsSync(join(dist, 'module.js'));
const unbuilt = 'grafana-plugin/dist is not built: npm run build';

interface PluginJson {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly info: {
    readonly version: string;
    readonly updated: string;
    readonly keywords: string[];
    readonly logos: { readonly small: string; readonly large: string };
    readonly screenshots: { readonly name: string; readonly path: string }[];
    readonly author: { readonly name: string };
  };
  readonly includes: { readonly type: string; readonly path: string; readonly action?: string }[];
  readonly routes: {
    readonly path: string;
    readonly method: string;
    readonly url: string;
    readonly reqAction: string;
  }[];
  readonly roles: {
    readonly role: { readonly permissions: { readonly action: string }[] };
    readonly grants: string[];
  }[];
  readonly dependencies: { readonly grafanaDependency: string };
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test(
  'metadata: identifier, version, logos, roles and routes hang together',
  { skip: !built && unbuilt },
  () => {
    const plugin = json<PluginJson>(join(dist, 'plugin.json'));
    const own = json<{ version: string }>(join(root, 'package.json'));
    assert.match(plugin.id, /^[a-z]+-[a-z]+-app$/);
    assert.equal(plugin.type, 'app');
    assert.equal(plugin.info.version, own.version);
    assert.match(plugin.info.updated, /^\d{4}-\d\d-\d\d$/);
    assert.ok(plugin.info.keywords.length > 0 && plugin.info.author.name !== '' && plugin.name !== '');
    assert.match(plugin.dependencies.grafanaDependency, /^>=12\.4\.0$/);
    for (const path of [
      ...Object.values(plugin.info.logos),
      ...plugin.info.screenshots.map(({ path }) => path),
    ])
      assert.ok(existsSync(join(dist, path)), path);
    assert.doesNotMatch(
      readFileSync(join(dist, 'plugin.json'), 'utf8'),
      /%[A-Z_]+%/,
      'no placeholder is left',
    );
    const granted = new Set(plugin.roles.flatMap(({ role }) => role.permissions.map(({ action }) => action)));
    for (const action of granted)
      assert.ok(action === 'plugins.app:access' || action.startsWith(`${plugin.id}.`), action);
    for (const { action, path } of plugin.includes) {
      assert.ok(action !== undefined && granted.has(action), path);
      assert.ok(path.startsWith(`/a/${plugin.id}/`), path);
    }
    for (const { reqAction, path, url } of plugin.routes) {
      assert.ok(granted.has(reqAction), path);
      assert.ok(path !== '' && url.startsWith('{{ .JsonData.collectorUrl }}/api/v1'), path);
    }
  },
);

/** Grafana takes the first route whose pattern fits; `*` at the end stands for one or more segments. */
function routeOf(plugin: PluginJson, method: string, path: string): PluginJson['routes'][number] | undefined {
  return plugin.routes.find(({ path: pattern, method: allowed }) => {
    if (allowed !== '*' && allowed !== method) return false;
    return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
  });
}

test(
  'routes: reading wants reading, changing wants writing, the audit log its own right',
  { skip: !built && unbuilt },
  () => {
    const plugin = json<PluginJson>(join(dist, 'plugin.json'));
    const right = (method: string, path: string) => routeOf(plugin, method, path)?.reqAction.split('.')[1];
    assert.equal(right('GET', 'api/v1/domains'), 'domains:read');
    assert.equal(right('GET', 'api/v1/cases/case-a'), 'domains:read');
    assert.equal(right('POST', 'api/v1/cases/case-a/note'), 'cases:write');
    assert.equal(right('DELETE', 'api/v1/suppressions/s1'), 'cases:write');
    assert.equal(right('GET', 'api/v1/audit'), 'audit:read');
    assert.equal(right('GET', 'api/v1/audit/checkpoint'), 'audit:read');
    assert.equal(right('GET', 'metrics'), undefined);
  },
);

test(
  'files: documents, licence, source maps, sizes; pictures without scripts',
  { skip: !built && unbuilt },
  () => {
    for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', 'module.js', 'module.js.map'])
      assert.ok(statSync(join(dist, name)).size > 0, name);
    assert.match(readFileSync(join(dist, 'LICENSE'), 'utf8'), /Apache License/);
    const scripts = filesBelow(dist).filter((path) => path.endsWith('.js'));
    for (const path of scripts) assert.ok(existsSync(`${path}.map`), `${path}.map`);
    assert.ok(statSync(join(dist, 'module.js')).size < 10_000, 'module.js is loaded with Grafana itself');
    const packed = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
    assert.ok(packed < 300_000, `${packed} bytes of scripts, packed`);
    for (const path of filesBelow(dist).filter((name) => name.endsWith('.svg')))
      assert.doesNotMatch(readFileSync(path, 'utf8'), /<script|on\w+=|javascript:|<foreignObject/i, path);
  },
);

/** Width and height of a WebP file, by its first chunk (RFC 9649); undefined: it is none. */
function webpSize(bytes: Buffer): { readonly width: number; readonly height: number } | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP')
    return undefined;
  const chunk = bytes.toString('latin1', 12, 16);
  if (chunk === 'VP8 ')
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (chunk === 'VP8X') return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  const bits = bytes.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}

test('screenshots: each is a picture of its own in WebP, large enough to read, small enough to load', () => {
  const { info } = json<PluginJson>(join(root, 'src/plugin.json'));
  assert.ok(info.screenshots.length >= 3);
  assert.equal(new Set(info.screenshots.map(({ path }) => path)).size, info.screenshots.length);
  for (const { name, path } of info.screenshots) {
    assert.match(path, /^img\/[\w-]+\.webp$/);
    assert.ok(name.length > 10, path);
    const bytes = readFileSync(join(root, 'src', path));
    assert.ok(bytes.length < 150_000, `${path}: ${bytes.length} bytes`);
    const size = webpSize(bytes);
    assert.ok(
      size !== undefined && size.width >= 1200 && size.height >= 700,
      `${path}: ${JSON.stringify(size)}`,
    );
  }
  const named = new Set(info.screenshots.map(({ path }) => path));
  for (const path of filesBelow(join(root, 'src/img')).filter((each) => !each.endsWith('.svg')))
    assert.ok(named.has(`img/${path.slice(join(root, 'src/img/').length)}`), `${path} is named by nobody`);
});

test('queries of the plugin name metrics and events that exist', () => {
  const metrics = new Set(Object.values(metricNames).map((definition) => prometheusName(definition)));
  const events = new Set<string>(Object.values(eventNames));
  let names = 0;
  for (const path of filesBelow(join(root, 'src')).filter((name) => /telemetry|settings/.test(name))) {
    const text = readFileSync(path, 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:last\('|\) \()(zonewarden_\w+)/g)) {
      assert.ok(metrics.has(name), `${path}: ${name}`);
      names++;
    }
    for (const [, name = ''] of text.matchAll(/event_name="([^"$]+)"/g)) {
      assert.ok(events.has(name), `${path}: ${name}`);
      names++;
    }
  }
  assert.ok(names > 8, String(names));
});

test('specs for a running Grafana open every link that Grafana shows; nobody installs them with the workspace', () => {
  const { extensions } = json<{ extensions: { addedLinks: { title: string }[] } }>(
    join(root, 'src/plugin.json'),
  );
  const links = readFileSync(join(root, 'e2e/specs/links.spec.ts'), 'utf8');
  assert.ok(extensions.addedLinks.length > 0);
  for (const { title } of extensions.addedLinks) assert.ok(links.includes(title), title);
  const { workspaces } = json<{ workspaces: string[] }>(join(root, '../package.json'));
  assert.deepEqual(workspaces, ['collector', 'grafana-plugin']);
  const { packages } = json<{ packages: Record<string, { hasInstallScript?: boolean }> }>(
    join(root, 'e2e/package-lock.json'),
  );
  for (const [name, { hasInstallScript }] of Object.entries(packages))
    assert.notEqual(hasInstallScript, true, `${name} would download when it is installed`);
});
