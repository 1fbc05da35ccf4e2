/** Cases and findings for a person who watches the process. */
import type { Case } from '../contract/case.ts';
import type { Signal, SinkRun } from '../contract/component.ts';
import type { Finding } from '../contract/finding.ts';
import { succeeded } from '../contract/outcome.ts';
import type { Severity } from '../contract/severity.ts';
import { compareSeverity } from '../contract/severity.ts';
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

const unsafe =
  // eslint-disable-next-line no-control-regex -- these are the characters to be escaped
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Text from outside, safe to print: control, bidirectional and invisible characters as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(unsafe, (found) => `\\u{${found.charCodeAt(0).toString(16)}}`);
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

const linesOfStoryMax = 6;
const rememberedMax = 5_000;

function paint(text: string, style: string, colour: boolean): string {
  return colour ? `${style}${text}${plain}` : text;
}

function field(name: string, text: string, colour: boolean): string {
  return text === '' ? '' : `  ${paint(name.padEnd(8), dim, colour)} ${printable(text)}\n`;
}

/** Several lines about a case: what, on what, the story, who saw it, what to do next. */
export function caseText(one: Case, colour: boolean): string {
  const label = paint(` ${one.severity.toUpperCase()} `, colours[one.severity], colour);
  const about = shownValue(one.domains.length > 0 ? one.domains : one.registrar_accounts);
  const seenBy = [
    ...new Set(one.timeline.map((entry) => entry.source_kind).filter((kind) => kind !== undefined)),
  ];
  const hidden = one.timeline.length - linesOfStoryMax;
  let out = `${label} ${printable(one.title)}  ${printable(about)}  case ${printable(one.case_id)} ${one.state}${one.drill ? ' (drill)' : ''}\n`;
  out += field('what', one.summary, colour);
  out += field('seen by', seenBy.join(', '), colour);
  if (hidden > 0) out += field('', `… ${hidden} earlier lines`, colour);
  for (const entry of one.timeline.slice(-linesOfStoryMax))
    out += field(entry.at.slice(11, 19), entry.text, colour);
  out += field(
    'why',
    `${one.detections.join(', ')}; likelihood ${one.likelihood}, effect ${one.effect}`,
    colour,
  );
  if (one.clock)
    out += field('clock', `${one.clock.what} until ${one.clock.deadline} (${one.clock.basis})`, colour);
  out += field(
    'next',
    [one.playbook === null ? '' : `playbook ${one.playbook}`, ...one.actions].filter(Boolean).join('; '),
    colour,
  );
  out += field(
    'team',
    [one.team, one.assignee ?? one.owner].filter((who) => who !== null).join(', '),
    colour,
  );
  return out;
}

/** What a finding stands on: the newest evidence with old and new value, witnesses, approval. */
export function findingText(finding: Finding, colour: boolean): string {
  const label = paint(` ${finding.severity.toUpperCase()} `, colours[finding.severity], colour);
  const about = finding.domain ?? finding.registrar_account ?? finding.actor_id ?? finding.tenant;
  const note = [
    finding.preliminary ? 'preliminary' : '',
    finding.state === 'open' ? '' : finding.state,
    finding.drill ? 'drill' : '',
  ];
  const shown = note.filter(Boolean).join(', ');
  let out = `${label} ${printable(finding.detection)} ${printable(finding.title)}  ${printable(about)}${shown === '' ? '' : `  (${shown})`}\n`;
  const newest = finding.evidence.at(-1);
  if (newest && (newest.old_value !== undefined || newest.new_value !== undefined)) {
    const what = [newest.record_name, newest.record_type, newest.attribute].filter(Boolean).join(' ');
    const change = `${valueText(newest.old_value)} -> ${valueText(newest.new_value)}`;
    out += field('what', `${what === '' ? '' : `${what}: `}${change}`, colour);
  } else out += field('what', finding.summary, colour);
  out += field(
    'seen by',
    [...new Set(finding.evidence.map((one) => `${one.source_system} (${one.source_kind})`))].join(', '),
    colour,
  );
  if (newest) out += field('meant', newest.approval_state.replace('_', ' '), colour);
  return out;
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
