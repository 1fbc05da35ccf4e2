/** Cases and findings for a person who watches the process. */
import type { Case } from '../contract/case.ts';
import type { Signal, SinkRun } from '../contract/component.ts';
import type { Finding } from '../contract/finding.ts';
import { succeeded } from '../contract/outcome.ts';
import type { Severity } from '../contract/severity.ts';
import { compareSeverity } from '../contract/severity.ts';
import { printable } from '../leaf/printable.ts';
import { shownValue } from './sentence.ts';

/** Where and how to write. `colour` is decided by `wantsColour`. */
export interface TerminalOptions {
  readonly id: string;
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly minimumSeverity: Severity;
}

/** Colour when asked for, or on a terminal unless NO_COLOR is set to anything (no-color.org) or TERM is `dumb`. */
export function wantsColour(
  setting: 'auto' | 'always' | 'never',
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (setting !== 'auto') return setting === 'always';
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

const colours: Readonly<Record<Severity, string>> = {
  critical: '\u001b[1;37;41m',
  high: '\u001b[1;31m',
  medium: '\u001b[1;33m',
  low: '\u001b[36m',
  informational: '\u001b[2m',
};
const dim = '\u001b[2m';
const plain = '\u001b[0m';

const linesOfStoryMax = 8;
const stepsMax = 4;
const rememberedMax = 5_000;
const widthMax = 104;
const indent = 13;

function paint(text: string, style: string, colour: boolean): string {
  return colour ? `${style}${text}${plain}` : text;
}

/** Breaks text at spaces so that no line is longer than `width`; a longer word stands alone. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** A named paragraph: the name in the margin, the text wrapped beside it; '' for an empty text. */
function field(name: string, text: string, colour: boolean): string {
  if (text === '') return '';
  const lines = wrapped(printable(text), widthMax - indent);
  return lines
    .map(
      (line, i) =>
        `  ${i === 0 ? paint(name.padEnd(indent - 3), dim, colour) : ' '.repeat(indent - 3)} ${line}\n`,
    )
    .join('');
}

function label(severity: Severity, colour: boolean): string {
  return paint(` ${severity.toUpperCase()} `, colours[severity], colour);
}

/** Steps a person has to take; automatic ones run by themselves and need no line here. */
function stepsOf(one: Case): string[] {
  const open = one.actions.filter((step) => !/^\[(automatic|done)/.test(step));
  const shown = open.slice(0, stepsMax).map((step, i) => `${i + 1}. ${step}`);
  return open.length > stepsMax
    ? [...shown, `… and ${open.length - stepsMax} more in playbook ${one.playbook}`]
    : shown;
}

/** Several lines about a case: what happened, why it is this bad, the story, what to do next, whose it is. */
export function caseText(one: Case, colour: boolean): string {
  const state = one.state === 'new' ? '' : ` · ${one.state}`;
  const page = one.notify === 'page' ? ' · pages' : one.notify === 'ticket' ? ' · ticket' : '';
  let out = `\n${label(one.severity, colour)} ${printable(one.title)}${one.drill ? ' (drill)' : ''}\n`;
  out += field('case', `${one.case_id}${state}${page}`, colour);
  out += field('what', one.summary.replace(/ Next: .*$/s, ''), colour);
  out += field('why', `${one.detections.join(', ')} · ${one.likelihood}`, colour);
  const hidden = one.timeline.length - linesOfStoryMax;
  out += field('story', hidden > 0 ? `… ${hidden} earlier lines` : '', colour);
  for (const entry of one.timeline.slice(-linesOfStoryMax))
    out += field(entry.at.slice(11, 19), entry.text, colour);
  if (one.clock)
    out += field('clock', `${one.clock.what} until ${one.clock.deadline} (${one.clock.basis})`, colour);
  for (const [i, step] of stepsOf(one).entries()) out += field(i === 0 ? 'do next' : '', step, colour);
  out += field(
    'team',
    [one.team, one.assignee ?? one.owner].filter((who) => who !== null).join(', '),
    colour,
  );
  return `${out}\n`;
}

/** One line about a finding: rule, what it is about, from what to what, and where it went. */
export function findingText(finding: Finding, colour: boolean): string {
  const about = finding.domain ?? finding.registrar_account ?? finding.actor_id ?? finding.tenant;
  const newest = finding.evidence.at(-1);
  const change =
    newest === undefined || (newest.old_value === undefined && newest.new_value === undefined)
      ? ''
      : ` · ${valueText(newest.old_value)} -> ${valueText(newest.new_value)}`;
  const meant = newest === undefined || change === '' ? '' : approvalWords(newest.approval_state);
  const notes = [meant, finding.state === 'open' ? '' : finding.state, finding.drill ? 'drill' : ''].filter(
    Boolean,
  );
  const note = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  const severity = paint(finding.severity.padEnd(8), severityStyle(finding.severity), colour);
  const text = `${finding.detection} ${finding.title} · ${about}${change}${note}`;
  return `  ${severity} ${printable(text)}\n`;
}

function approvalWords(state: string): string {
  if (state === 'approved') return 'approved';
  return state === 'pending' ? 'approval pending' : 'no approval known';
}

function severityStyle(severity: Severity): string {
  return severity === 'critical' ? colours.high : colours[severity];
}

function valueText(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'number')
    return shownValue(value);
  return Array.isArray(value) ? shownValue(value.map(String)) : String(JSON.stringify(value));
}

/** Sink that prints. A case is printed when it is new or its severity or state changed, not at each revision. */
export function createTerminalSink(options: TerminalOptions): SinkRun {
  const printed = new Map<string, string>();
  const isNews = (key: string, now: string): boolean => {
    if (printed.get(key) === now) return false;
    printed.delete(key);
    printed.set(key, now);
    for (const oldest of printed.keys()) {
      if (printed.size <= rememberedMax) break;
      printed.delete(oldest);
    }
    return true;
  };
  const textOf = (signal: Signal): string => {
    if (signal.kind === 'case') {
      const one = signal.body as Case;
      if (compareSeverity(one.severity, options.minimumSeverity) < 0) return '';
      return isNews(`case ${one.tenant} ${one.case_id}`, `${one.severity} ${one.state}`)
        ? caseText(one, options.colour)
        : '';
    }
    if (signal.kind !== 'finding') return '';
    const finding = signal.body as Finding;
    if (compareSeverity(finding.severity, options.minimumSeverity) < 0) return '';
    const isNew = isNews(
      `finding ${finding.tenant} ${finding.finding_id}`,
      `${finding.severity} ${finding.state}`,
    );
    return isNew ? findingText(finding, options.colour) : '';
  };
  return {
    id: options.id,
    accepts: ['finding', 'case'],
    batchMax: 100,
    async write(batch) {
      const text = batch.map(textOf).join('');
      if (text !== '') options.write(text);
      return { status: 'delivered' };
    },
    probe: async () => succeeded('prints here'),
    close: async () => undefined,
  };
}
