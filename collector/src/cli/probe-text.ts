/** The text of `zonewarden probe`: first where the witnesses differ, then what each of them says. */
import type { AnswerView } from '../1-source/answer-probe/answer-reading.ts';
import type { DelegationReading } from '../1-source/delegation-probe/delegation-reading.ts';
import type { Reading } from '../1-source/probe-state.ts';
import type { RegistrationReading } from './probe-registration.ts';

/** One recurring check of a running collector, as its API gives it. */
export interface KnownCheck {
  readonly source: string;
  readonly kind: string;
  readonly next_check: string;
  readonly last_checked: string | null;
  readonly stale_since: string | null;
}

/** Everything that was looked at. `registration` and `checks` absent: not asked for. */
export interface ProbeLook {
  readonly domain: string;
  readonly delegation: DelegationReading;
  readonly registration?: RegistrationReading;
  readonly answers: readonly AnswerView[];
  readonly checks?: readonly KnownCheck[];
}

function valueText(reading: Reading, problem: string | undefined): string {
  if (reading.outcome === 'answer') return reading.value.join(', ');
  return reading.outcome === 'absent' ? '(none)' : `? ${problem ?? 'could not tell'}`;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}

const told = ({ outcome }: Reading): boolean => outcome !== 'unknown';

/** Values that differ, most witnesses first, as `value (who, who)`. */
function split(readings: readonly { who: string; reading: Reading }[]): string | undefined {
  const byValue = new Map<string, string[]>();
  for (const { who, reading } of readings)
    if (told(reading)) {
      const text = valueText(reading, undefined);
      byValue.set(text, [...(byValue.get(text) ?? []), who]);
    }
  if (byValue.size < 2) return undefined;
  return [...byValue]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([value, who]) => `${value} (${who.join(', ')})`)
    .join('  |  ');
}

/** Sentences about witnesses that disagree; empty when all agree. */
export function differences({ delegation, registration, answers }: ProbeLook): string[] {
  const lines: string[] = [];
  const parents = delegation.parents.filter((view) => told(view.ns));
  const children = delegation.children.filter((view) => view.lame === false && told(view.ns));
  const ns = split([
    ...parents.map((view) => ({ who: `parent ${view.server}`, reading: view.ns })),
    ...children.map((view) => ({ who: `zone ${view.server}`, reading: view.ns })),
  ]);
  if (ns !== undefined) lines.push(`NS: ${ns}`);
  const ds = split(parents.map((view) => ({ who: `parent ${view.server}`, reading: view.ds })));
  if (ds !== undefined) lines.push(`DS: ${ds}`);
  const serials = new Set(children.map((view) => view.serial));
  if (serials.size > 1)
    lines.push(`serial: ${children.map((view) => `${view.serial} (${view.server})`).join('  |  ')}`);
  const [parent] = parents;
  if (parent !== undefined && registration?.problem === undefined) {
    if (registration?.nameservers !== undefined && !sameSet(registration.nameservers, parent.ns.value))
      lines.push(
        `NS: the registry says ${registration.nameservers.join(', ') || '(none)'}, the parent zone ${valueText(parent.ns, undefined)}`,
      );
    if (registration?.ds !== undefined && told(parent.ds) && !sameSet(registration.ds, parent.ds.value))
      lines.push(
        `DS: the registry says ${registration.ds.join(', ') || '(none)'}, the parent zone ${valueText(parent.ds, undefined)}`,
      );
  }
  for (const [title, views] of grouped(answers)) {
    const text = split(views.map((view) => ({ who: view.source, reading: view.reading })));
    if (text !== undefined) lines.push(`${title}: ${text}`);
    const bogus = views.filter((view) => view.bogus === true).map((view) => view.source);
    if (bogus.length > 0) lines.push(`${title}: DNSSEC validation fails at ${bogus.join(', ')}`);
  }
  for (const view of delegation.children)
    if (view.lame === true)
      lines.push(`${view.server} (${view.address}) is lame: it answers without authority`);
  return lines;
}

function delegationLines(look: DelegationReading): string[] {
  if (look.parent === undefined) return [`  parent: ? ${look.problem ?? ''}`];
  const lines: string[] = [];
  for (const view of look.parents) {
    lines.push(`  parent ${look.parent} at ${view.server} (${view.address})`);
    lines.push(`    NS    ${valueText(view.ns, view.problem)}`);
    lines.push(`    DS    ${valueText(view.ds, view.problem)}`);
    lines.push(`    glue  ${valueText(view.glue, view.problem)}`);
  }
  if (look.parents.length > 0 && look.parents.every((view) => view.ns.outcome === 'absent'))
    lines.push(`  not delegated: the servers of ${look.parent} know no such domain`);
  for (const view of look.children) {
    const state =
      view.lame === true
        ? 'LAME: answers without authority'
        : view.lame === false
          ? `serial ${view.serial}`
          : `? ${view.problem ?? ''}`;
    lines.push(`  zone at ${view.server} (${view.address || 'no address'})  ${state}`);
    if (view.lame === false) lines.push(`    NS    ${valueText(view.ns, view.problem)}`);
  }
  return lines;
}

function registrationLines(look: RegistrationReading): string[] {
  const title = `  RDAP at ${look.server ?? '?'}`;
  if (look.problem !== undefined)
    return [look.server === undefined ? `  ? ${look.problem}` : `${title}  ? ${look.problem}`];
  const said = (value: readonly string[] | undefined): string =>
    value === undefined ? '(not said)' : value.length === 0 ? '(none)' : value.join(', ');
  const registrar = [look.registrar, look.registrarName].filter((each) => each !== undefined);
  return [
    `${title}, ${look.domain ?? ''}`,
    `    status     ${said(look.statuses)}`,
    `    NS         ${said(look.nameservers)}`,
    `    DS         ${said(look.ds)}`,
    `    registrar  ${registrar.length > 0 ? registrar.join('  ') : '(not said)'}`,
    `    expiry     ${look.expiry ?? '(not said)'}`,
  ];
}

/** Views by question, in order of name and type. */
function grouped(views: readonly AnswerView[]): Map<string, AnswerView[]> {
  const groups = new Map<string, AnswerView[]>();
  for (const view of views) {
    // The made-up name says nothing to a reader; what it stands for does.
    const { name, type, as } = view.question;
    const title = as === undefined ? `${name} ${type}` : `${as} ${type} (a name that does not exist)`;
    groups.set(title, [...(groups.get(title) ?? []), view]);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function answerLines(views: readonly AnswerView[]): string[] {
  const width = Math.max(15, ...views.map(({ source }) => source.length));
  return [...grouped(views)].flatMap(([title, group]) => [
    `  ${title}`,
    ...group.map((view) => {
      const mark = view.validated === true ? '  [validated]' : view.bogus === true ? '  [DNSSEC BOGUS]' : '';
      return `    ${view.kind.padEnd(13)} ${view.source.padEnd(width)}  ${valueText(view.reading, view.problem)}${mark}`;
    }),
  ]);
}

function checkLines(checks: readonly KnownCheck[]): string[] {
  if (checks.length === 0) return ['  no probe of the collector looks at this domain'];
  return checks.map(
    ({ source, kind, next_check, last_checked, stale_since }) =>
      `  ${kind.padEnd(10)} ${source.padEnd(12)}  last ${last_checked ?? 'never'}  next ${next_check}${stale_since === null ? '' : `  STALE since ${stale_since}`}`,
  );
}

/** The page as lines. */
export function probeText(look: ProbeLook): string {
  const differing = differences(look);
  return [
    look.domain,
    '',
    differing.length === 0 ? 'All witnesses that could tell agree.' : 'The witnesses differ',
    ...differing.map((line) => `  ! ${line}`),
    '',
    'Delegation',
    ...delegationLines(look.delegation),
    ...(look.registration === undefined ? [] : ['', 'Registration', ...registrationLines(look.registration)]),
    '',
    'Answers',
    ...answerLines(look.answers),
    ...(look.checks === undefined ? [] : ['', 'Checks of the collector', ...checkLines(look.checks)]),
    '',
  ].join('\n');
}
