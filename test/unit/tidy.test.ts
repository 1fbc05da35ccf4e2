/** The habits of this repository, held by a test: who may import whom, what pure rooms may not touch, sizes, names, docs. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sourceRoot = 'collector/src';

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  /** Path from the repository root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Text without comments; strings stay. */
  readonly code: string;
  readonly imports: readonly Import[];
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

function importsOf(code: string): Import[] {
  const found: Import[] = [];
  for (const [, typeWord, specifier = ''] of code.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm,
  ))
    found.push({ specifier, typeOnly: typeWord !== undefined });
  for (const [, specifier = ''] of code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g))
    found.push({ specifier, typeOnly: false });
  return found;
}

function files(pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('node_modules'))
    .sort()
    .map((path) => {
      const text = read(path);
      const code = withoutComments(text);
      return { path, text, code, imports: importsOf(code) };
    });
}

const sources = files(`${sourceRoot}/**/*.ts`);
const tests = files('test/**/*.ts');

function room(path: string): string {
  return path.slice(sourceRoot.length + 1).split('/')[0] ?? '';
}

/** Component folder inside a stage, or '' for files at its root. */
function component(path: string): string {
  const parts = path.slice(sourceRoot.length + 1).split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '';
}

function target(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

const wiring = new Set(['app', 'host', 'cli']);
const own: Readonly<Record<string, readonly string[]>> = { contract: [], leaf: ['contract'] };
const pure = /^(contract|leaf|engine|[2-7]-[a-z]+)$/;
const packagesOf: Readonly<Record<string, RegExp>> = {
  contract: /^typebox(\/|$)/,
  leaf: /^(tldts|yaml)$/,
};

/** No problem: an empty list. Otherwise every problem is shown, not only the first. */
function none(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join('\n')}\n`);
}

test('there is something to hold', () => {
  assert.ok(sources.length > 50, `${sources.length} source files`);
  assert.ok(sources.some((file) => file.imports.length > 0));
});

test('a room imports contract, leaf and itself; only app, host and cli wire', () => {
  const problems: string[] = [];
  for (const file of sources) {
    const from = room(file.path);
    for (const { specifier } of file.imports) {
      if (!specifier.startsWith('.')) {
        const allowed = packagesOf[from];
        if (allowed !== undefined && !allowed.test(specifier))
          problems.push(`${file.path}: package ${specifier}`);
        continue;
      }
      const to = target(file, specifier);
      if (!to.startsWith(`${sourceRoot}/`)) problems.push(`${file.path}: leaves the sources: ${specifier}`);
      else if (!existsSync(join(root, to))) problems.push(`${file.path}: ${specifier} does not exist`);
      else if (wiring.has(from)) {
        if (room(to) === 'cli' && from !== 'cli')
          problems.push(`${file.path}: ${from} may not import a command`);
      } else if (room(to) !== from && !(own[from] ?? ['contract', 'leaf']).includes(room(to)))
        problems.push(`${file.path}: ${from} may not import ${room(to)} (${specifier})`);
    }
  }
  none(problems);
});

test('components of a stage do not know each other; only the list of the stage knows them', () => {
  const problems: string[] = [];
  for (const file of sources) {
    if (!/^\d-/.test(room(file.path))) continue;
    for (const { specifier } of file.imports) {
      if (!specifier.startsWith('.')) continue;
      const to = target(file, specifier);
      if (room(to) !== room(file.path) || component(to) === '' || component(to) === component(file.path))
        continue;
      if (component(file.path) === '' && /\/(index|.*-(list|parts))\.ts$/.test(file.path)) continue;
      problems.push(`${file.path}: imports ${specifier}`);
    }
  }
  none(problems);
});

const bannedInPure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\./, 'a clock; time is passed in'],
  [/\bMath\.random\b|\bcrypto\.|\brandomUUID\b/, 'randomness'],
  [/\bprocess\.|\bglobalThis\b/, 'the process'],
  [/\bset(?:Timeout|Interval|Immediate)\(|\bfetch\(/, 'timers or network'],
  [/\bIntl\.|\.toLocale[A-Z]\w*\(|\.localeCompare\(/, 'locale-dependent text; compare by code unit'],
];

test('pure rooms use no clock, randomness, process, locale or I/O', () => {
  const problems: string[] = [];
  for (const file of sources) {
    if (!pure.test(room(file.path))) continue;
    for (const { specifier } of file.imports)
      if (specifier.startsWith('node:')) problems.push(`${file.path}: ${specifier}`);
    const words = file.code.replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
    for (const [pattern, what] of bannedInPure)
      if (pattern.test(words)) problems.push(`${file.path}: ${what}`);
  }
  none(problems);
});

test('what decides uses no function whose last digit differs between engines', () => {
  const banned =
    /\bMath\.(?:exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\b/;
  const problems = sources
    .filter(
      (file) => pure.test(room(file.path)) && (banned.test(file.code) || /[\w)\]]\s\*\*\s/.test(file.code)),
    )
    // Integer powers of bigints are exact.
    .filter((file) => file.path !== `${sourceRoot}/leaf/sha256.ts`)
    .map((file) => `${file.path}: use leaf/deterministic-math.ts`);
  none(problems);
});

test('no import cycles, types aside', () => {
  const edges = new Map(
    sources.map((file) => [
      file.path,
      file.imports
        .filter((one) => one.specifier.startsWith('.') && !one.typeOnly)
        .map((one) => target(file, one.specifier)),
    ]),
  );
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) problems.push([...trail.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  none(problems);
});

const functionStart =
  /^(?!\s*(?:if|for|while|switch|catch|do|else|return)\b)(\s*)(?:(?:export )?(?:async )?function\b|const \w+ = (?:async )?(?:<[^>]*>)?\(.*=> \{$|(?:async )?\*?\w+\([^;]*\)(?:: [^;]+)? \{$|\w+: (?:async )?\(.*=> \{$)/;

/** Functions of formatted code with their own lines: those of functions inside them are theirs. */
function functionsOf(lines: readonly string[]): { at: number; own: number }[] {
  const open: { at: number; indent: string; inner: number }[] = [];
  const found: { at: number; own: number }[] = [];
  lines.forEach((line, at) => {
    const last = open.at(-1);
    if (last !== undefined && line.startsWith(`${last.indent}}`)) {
      open.pop();
      const length = at - last.at + 1;
      found.push({ at: last.at, own: length - last.inner });
      const outer = open.at(-1);
      if (outer !== undefined) outer.inner += length;
      return;
    }
    const indent = functionStart.exec(line)?.[1];
    if (indent !== undefined && !line.trimEnd().endsWith('}')) open.push({ at, indent, inner: 0 });
  });
  return found;
}

test('own lines of a function are counted without those of functions inside it', () => {
  const text = [
    'function a(',
    '  x: number,',
    '): void {',
    '  const b = () => {',
    '    c();',
    '  };',
    '  b();',
    '}',
  ];
  assert.deepEqual(functionsOf(text), [
    { at: 3, own: 3 },
    { at: 0, own: 5 },
  ]);
});

test('files and functions stay small enough to read', () => {
  const problems: string[] = [];
  const check = (file: SourceFile, linesMax: number, functionLinesMax: number): void => {
    const lines = file.text.split('\n');
    if (lines.length - 1 > linesMax)
      problems.push(`${file.path}: ${lines.length - 1} lines, at most ${linesMax}`);
    for (const { at, own } of functionsOf(lines))
      if (own > functionLinesMax)
        problems.push(`${file.path}:${at + 1}: function of ${own} own lines, at most ${functionLinesMax}`);
  };
  for (const file of sources) check(file, 400, 70);
  for (const file of tests) check(file, 400, 120);
  none(problems);
});

test('names say what a file holds', () => {
  const problems: string[] = [];
  for (const { path } of [...sources, ...tests]) {
    for (const part of path.replace(/(\.property|\.fuzz)?(\.test)?\.ts$/, '').split('/')) {
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part)) problems.push(`${path}: "${part}" is not kebab-case`);
      if (/^(utils?|helpers?|common|manager|base|misc|shared|lib|types)$/.test(part))
        problems.push(`${path}: "${part}" says nothing`);
    }
  }
  none(problems);
});

test('no default exports, no enums, no namespaces', () => {
  const banned = /^export default\b|^(export )?(declare )?(const )?enum \w|^(export )?namespace \w/m;
  none(sources.filter((file) => banned.test(file.code)).map((file) => file.path));
});

test('every exported thing says in a sentence what it is for', () => {
  const problems: string[] = [];
  for (const file of sources) {
    const lines = file.text.split('\n');
    lines.forEach((line, at) => {
      const name = /^export (?:async )?(?:function\*?|const|interface|type|class) (\w+)/.exec(line)?.[1];
      if (name === undefined) return;
      // An overload shares the sentence of the one above.
      const before = lines[at - 1] ?? '';
      if (!before.endsWith('*/') && !before.startsWith(`export function ${name}`))
        problems.push(`${file.path}:${at + 1}: ${name}`);
    });
  }
  none(problems);
});

test('tests stand where their sources stand', () => {
  const problems: string[] = [];
  for (const { path } of tests) {
    const inside = /^test\/unit\/([^/]+)\/.*\.test\.ts$/.exec(path)?.[1];
    if (inside !== undefined && !existsSync(join(root, sourceRoot, inside)))
      problems.push(`${path}: there is no room ${inside}`);
  }
  none(problems);
});

const pages = globSync('{*.md,docs/**/*.md,test/**/*.md,collector/rules/**/*.md}', { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .sort();

test('paths and links in the documentation exist', () => {
  const problems: string[] = [];
  for (const page of pages) {
    const text = read(page).replace(/```[\s\S]*?```/g, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:|#)/.test(link)) continue;
      const place = join(root, dirname(page), link.split('#')[0] ?? '');
      if (!existsSync(place)) problems.push(`${page}: link ${link}`);
    }
    for (const [, path = ''] of text.matchAll(
      /`((?:collector|docs|test|dashboards|alert-rules)\/[\w./-]+)`/g,
    ))
      if (!existsSync(join(root, path))) problems.push(`${page}: path ${path}`);
  }
  none(problems);
});

test('the README stays short', () => {
  const lines = read('README.md').split('\n').length - 1;
  assert.ok(lines <= 150, `${lines} lines`);
});

test('nothing speaks of the machine it was written on', () => {
  // Put together from pieces, so that this file does not find itself.
  const banned = new RegExp(['(?<![\\w.])/wor', 'k/|/home/\\w+/|/Users/\\w+/|registry\\.npm', 'js'].join(''));
  const texts = [
    ...sources,
    ...tests,
    ...pages.map((path) => ({ path, text: read(path) })),
    ...['package.json', 'collector/package.json', '.ci/run'].map((path) => ({ path, text: read(path) })),
  ];
  none(texts.filter(({ text }) => banned.test(text)).map(({ path }) => path));
});
