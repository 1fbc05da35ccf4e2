/** Mail authentication as a component of the control score: other values for domains that send and for parked ones. */
import { recordControl } from '../leaf/control-value.ts';
import { readDkimKey, readDmarc, readSpf } from './mail-auth.ts';
import { inForce } from './score-input.ts';
import type { ComponentInput, Verdict } from './score-input.ts';

const dmarcValues = { none: 0.1, quarantine: 0.4, reject: 0.6 } as const;

function setOf(input: ComponentInput, name: string, type: string): string[] | undefined {
  const value = inForce(input, recordControl(name, type))?.[0];
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value : [];
}

interface Part {
  readonly got: number;
  readonly of: number;
}

function sendingParts(input: ComponentInput, spf: string[] | undefined, dmarc: string[] | undefined): Part[] {
  const name = input.domain.domain;
  const parts: Part[] = [];
  if (spf !== undefined) parts.push({ got: readSpf(spf) === undefined ? 0 : 0.2, of: 0.2 });
  const selectors = input.domain.approved?.mail?.dkim_selectors ?? [];
  const keys = selectors.map((selector) => setOf(input, `${selector}._domainkey.${name}`, 'TXT'));
  const seen = keys.filter((key) => key !== undefined);
  if (seen.length > 0)
    parts.push({ got: seen.every((key) => (readDkimKey(key) ?? '') !== '') ? 0.2 : 0, of: 0.2 });
  if (dmarc !== undefined) {
    const policy = readDmarc(dmarc)?.policy;
    parts.push({ got: policy === undefined ? 0 : dmarcValues[policy], of: 0.6 });
  }
  return parts;
}

function parkedParts(
  mx: string[] | undefined,
  spf: string[] | undefined,
  dmarc: string[] | undefined,
): Part[] {
  const parts: Part[] = [];
  if (spf !== undefined) {
    const policy = readSpf(spf);
    parts.push({ got: policy?.all === '-' && policy.lookups === 0 ? 0.3 : 0, of: 0.3 });
  }
  if (mx !== undefined) parts.push({ got: mx.length === 1 && mx[0] === '0 .' ? 0.2 : 0, of: 0.2 });
  if (dmarc !== undefined) parts.push({ got: readDmarc(dmarc)?.policy === 'reject' ? 0.5 : 0, of: 0.5 });
  return parts;
}

/** Value over the parts that are known; unknown without SPF and DMARC both looked at, or when it is not known whether the domain sends. */
export function mailComponent(input: ComponentInput): Verdict {
  const name = input.domain.domain;
  const mx = setOf(input, name, 'MX');
  const spf = setOf(input, name, 'TXT');
  const dmarc = setOf(input, `_dmarc.${name}`, 'TXT');
  const { roles, tier } = input.domain;
  const sends =
    roles?.includes('mail') ?? (tier === 3 ? false : mx === undefined ? undefined : mx.length > 0);
  if (spf === undefined || dmarc === undefined || sends === undefined)
    return { value: null, reason: 'SPF and DMARC were not both looked at', action: 'probe TXT and _dmarc' };
  const parts = sends ? sendingParts(input, spf, dmarc) : parkedParts(mx, spf, dmarc);
  const got = parts.reduce((sum, part) => sum + part.got, 0);
  const most = parts.reduce((sum, part) => sum + part.of, 0);
  const view = inForce(input, recordControl(`_dmarc.${name}`, 'TXT'));
  return {
    value: most === 0 ? null : got / most,
    reason: sends ? 'judged as a sending domain' : 'judged as a domain that sends no mail',
    ...(view === undefined ? {} : { view }),
    ...(got < most
      ? { action: sends ? 'move DMARC to reject' : 'publish SPF -all, null MX and DMARC reject' }
      : {}),
  };
}
