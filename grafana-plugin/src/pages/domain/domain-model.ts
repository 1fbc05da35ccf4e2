/** Orders and words of the domain page. Pure. */
import { t } from '@grafana/i18n';
import type { ControlView, DomainDetail } from '../../api/shapes.ts';
import type { ScoreTone } from '../../components/tone.ts';
import { eventPhrase } from '../../model/words.ts';

type Components = NonNullable<DomainDetail['score']>['components'];

/** Known and weak first, then what is not known, then what does not apply; of those alike the heavier first. */
export function orderedComponents(components: Components): Components[number][] {
  const group = ({ applicable, known }: Components[number]): number => (!applicable ? 2 : known ? 0 : 1);
  return [...components].sort(
    (a, b) => group(a) - group(b) || (a.value ?? 0) - (b.value ?? 0) || b.weight - a.weight,
  );
}

/** What a verdict about a control says, and how good it is. */
export function verdictOf(verdict: ControlView['verdict']): {
  readonly text: string;
  readonly tone?: ScoreTone;
} {
  if (verdict === 'as_approved') return { text: t('verdict.as-approved', 'as approved'), tone: 'good' };
  if (verdict === 'differs') return { text: t('verdict.differs', 'differs from approved'), tone: 'bad' };
  if (verdict === 'contradicted')
    return { text: t('verdict.contradicted', 'witnesses contradict each other'), tone: 'bad' };
  return verdict === 'not_approved_yet'
    ? { text: t('verdict.not-approved', 'nobody approved a value yet'), tone: 'fair' }
    : { text: t('verdict.unknown', 'not known') };
}

/** Whether anyone meant a change, in few words. */
export function approvalMark(approval: string): { readonly text: string; readonly tone?: ScoreTone } {
  if (approval === 'approved') return { text: t('approval.approved', 'approved'), tone: 'good' };
  if (approval === 'pending') return { text: t('approval.pending', 'approval pending'), tone: 'fair' };
  if (approval === 'rejected') return { text: t('approval.rejected', 'approval refused'), tone: 'bad' };
  return approval === 'not_found'
    ? { text: t('approval.not-found', 'nobody approved it'), tone: 'bad' }
    : { text: t('approval.not-checked', 'needs no approval') };
}

const verdictOrder: readonly ControlView['verdict'][] = [
  'contradicted',
  'differs',
  'not_approved_yet',
  'as_approved',
  'unknown',
];

/** What needs a look first. */
export function orderedControls(controls: readonly ControlView[]): ControlView[] {
  return [...controls].sort(
    (a, b) =>
      verdictOrder.indexOf(a.verdict) - verdictOrder.indexOf(b.verdict) ||
      (a.control < b.control ? -1 : Number(a.control > b.control)),
  );
}

/** `pay.example A` of `record:pay.example/A`; other controls as words. */
export function controlName(control: string): string {
  if (control === 'lock') return t('control.lock', 'Transfer lock');
  const record = /^record:(.+)\/([A-Z0-9-]+)$/.exec(control);
  if (record !== null) return `${record[1]} ${record[2]}`;
  const text = control.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const spelt: Readonly<Record<string, string>> = {
  dnssec: 'DNSSEC',
  caa: 'CAA',
  account_mfa: 'Account MFA',
  nameserver_stability: 'Name server stability',
  nameserver_diversity: 'Name server diversity',
};

/** Name of a component of the score as people write it. */
export function componentName(name: string): string {
  return Object.hasOwn(spelt, name) ? (spelt[name] as string) : controlName(name);
}

/** A detection by its number, an event as a phrase: what adds to the risk. */
export function signalName(signal: string): string {
  return signal.includes('.') ? eventPhrase(signal) : signal;
}

const curveMs = 5 * 60_000;

/** Enough history for a curve: a line through seconds would say more than is known. */
export function isCurve(timesMs: readonly number[]): boolean {
  const first = timesMs[0];
  return first !== undefined && (timesMs.at(-1) as number) - first >= curveMs;
}
