/** `zonewarden route --case FILE`: who would be notified for a case, and why, through the shipped policy tree. */
import { readFile } from 'node:fs/promises';
import { routeCase, routingLines, type RoutableCase } from '../app/alert-model/case-route.ts';
import { printable } from '../leaf/printable.ts';
import { CaseSchema } from '../contract/case.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

const routable = Compile(
  Type.Object({
    ...Type.Pick(CaseSchema, ['case_id', 'tenant', 'severity', 'kind']).properties,
    ...Type.Partial(
      Type.Pick(CaseSchema, ['severity_history', 'state', 'domains', 'team', 'notify', 'drill']),
    ).properties,
  }),
);

/** What a case without `notify` would say, by its severity; a case of the collector always has the field. */
const usualNotify = {
  critical: 'page',
  high: 'ticket',
  medium: 'ticket',
  low: 'digest',
  informational: 'digest',
} as const;

/** Fills what a hand-written case may leave out. */
function completed(
  one: Partial<RoutableCase> & Pick<RoutableCase, 'severity' | 'kind' | 'case_id' | 'tenant'>,
) {
  const { severity_history = [], state = 'new', domains = [], team = null, drill = false } = one;
  return {
    ...one,
    severity_history,
    state,
    domains,
    team,
    drill,
    notify: one.notify ?? usualNotify[one.severity],
  } satisfies RoutableCase;
}

interface Line {
  readonly place: string;
  readonly text: string;
}

/** One JSON document (a case, or an API answer with `items`), or a case per line (`cases.ndjson`, `-` for stdin). */
function documentsIn(
  text: string,
  file: string,
): { cases: { place: string; value: unknown }[]; bad: string[] } {
  try {
    const value = JSON.parse(text) as unknown;
    const items = (value as { items?: unknown } | null)?.items;
    const list = Array.isArray(value) ? value : Array.isArray(items) ? (items as unknown[]) : [value];
    return { cases: list.map((each) => ({ place: file, value: each })), bad: [] };
  } catch (error) {
    const lines: Line[] = text
      .split('\n')
      .map((line, index) => ({ place: `${file}:${index + 1}`, text: line.trim() }))
      .filter((line) => line.text !== '');
    if (lines.length < 2)
      return {
        cases: [],
        bad: [`${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`],
      };
    const cases: { place: string; value: unknown }[] = [];
    const bad: string[] = [];
    for (const line of lines)
      try {
        cases.push({ place: line.place, value: JSON.parse(line.text) as unknown });
      } catch {
        bad.push(`${line.place}: not JSON`);
      }
    return { cases, bad };
  }
}

function problemsOf(value: unknown): string {
  const [first] = routable.Errors(value);
  return first === undefined ? 'not a case' : `${first.instancePath || '/'} ${first.message}`;
}

async function textOf(path: string): Promise<string> {
  if (path !== '-') return readFile(path, 'utf8');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function optionsOf(argv: readonly string[]): { file: string; json: boolean } {
  const { case: file, json } = commandLine('route', {
    args: [...argv],
    options: { case: { type: 'string' }, json: { type: 'boolean', default: false } },
  }).values;
  if (file === undefined) throw misuse('route', '--case is required');
  return { file, json };
}

/** Exit status: 0 explained, 2 bad usage or a file that holds no case. `--json`: an object per case instead of text. */
export async function route(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = optionsOf(argv);
  let text: string;
  try {
    text = await textOf(options.file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    io.stderr.write(`${printable(`${options.file}: cannot be read (${code})`)}\n`);
    return exitCodes.unusable;
  }
  const { cases, bad } = documentsIn(text, options.file);
  const problems = [...bad];
  if (cases.length === 0 && bad.length === 0) problems.push(`${options.file}: holds no case`);
  for (const { place, value } of cases) {
    if (!routable.Check(value)) {
      problems.push(`${place}: ${problemsOf(value)}`);
      continue;
    }
    const routing = routeCase(completed(value));
    const lines = options.json ? [JSON.stringify(routing)] : routingLines(routing).map(printable);
    io.stdout.write(`${lines.join('\n')}\n`);
  }
  for (const problem of problems) io.stderr.write(`${printable(problem)}\n`);
  return problems.length === 0 ? exitCodes.held : exitCodes.unusable;
}
